-- Lists of the API over a million files: an index for each order in which they are asked for.

-- Nothing is counted by region any more (0060); lists are asked for by status, newest first, and by the day of filing.
DROP INDEX file_by_region;
CREATE INDEX file_by_status ON file (status, registered_at, id);
CREATE INDEX file_by_filed ON file (filed);
-- The few on which silence gave the right, and those that are late, newest first.
CREATE INDEX file_by_right ON file (filed, id) WHERE right_acquired_at IS NOT NULL;
