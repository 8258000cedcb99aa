-- A file is also looked up by its reference alone: the commune is asked for only when two share it.
CREATE INDEX file_by_reference ON file (reference);
-- The strip of the last minutes on the live page.
CREATE INDEX event_by_recorded_at ON event USING brin (recorded_at);
