-- What was said about a file that is not known yet, because new files wait behind it in a queue of their own. It is done
-- in the transaction that registers the file, or answered as about an unknown file once it is proved that nothing sent
-- before it waits in the queue of new files: a marker that was sent after this one (epoch and round) has come back.
CREATE TABLE early (
    seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    file_id uuid NOT NULL,
    epoch bigint NOT NULL,
    round bigint NOT NULL,
    raw bytea NOT NULL,
    headers jsonb NOT NULL,
    content_type text,
    routing_key text,
    user_id text,
    message_id text,
    read_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX early_by_file ON early (file_id);
GRANT SELECT, INSERT, DELETE ON early TO wasl_core;
