-- Lists by dates alone, over a million files: the newest of what is late, or was filed between two days, are found in an
-- index that holds all that is asked, so that no other file is looked at.
DROP INDEX file_open_by_due;
CREATE INDEX file_open_by_due ON file (due, id) INCLUDE (registered_at, filed, right_acquired_at)
    WHERE decided_at IS NULL AND withdrawn_at IS NULL;
DROP INDEX file_by_filed;
CREATE INDEX file_by_filed ON file (filed) INCLUDE (registered_at, id);

-- What is set aside about one file, whoever says so.
CREATE INDEX parked_of_file ON parked (file_id) WHERE file_id IS NOT NULL;
CREATE INDEX parked_about_file ON parked (about_file_id) WHERE about_file_id IS NOT NULL;
CREATE INDEX parked_of_consultation ON parked (consultation_id) WHERE consultation_id IS NOT NULL;
