-- The limit of a listed act has passed, and the right waits for what may not have been read: since when, and why.
ALTER TABLE file ADD COLUMN held_since timestamptz, ADD COLUMN held_reason text;
CREATE INDEX file_held ON file (held_since) WHERE held_since IS NOT NULL;
