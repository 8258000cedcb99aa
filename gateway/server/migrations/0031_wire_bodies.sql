-- Bodies of the wire log, apart from the log itself: they hold what the file holds. Who reads one is written down in
-- the same transaction, before it is shown.

ALTER TABLE exchange ADD COLUMN body_id uuid;

CREATE TABLE exchange_body (
    id uuid PRIMARY KEY,
    sent text,
    sent_form text,
    sent_cut boolean NOT NULL,
    received text,
    received_form text,
    received_cut boolean NOT NULL,
    kept_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX exchange_body_by_age ON exchange_body (kept_at);

CREATE TABLE exchange_reading (
    exchange_id bigint NOT NULL,
    file_id uuid NOT NULL,
    reader text NOT NULL,
    read_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX exchange_reading_by_file ON exchange_reading (file_id, read_at);

GRANT SELECT, INSERT, DELETE ON exchange_body TO wasl_core;
GRANT SELECT ON exchange_body TO wasl_api;
GRANT SELECT, INSERT ON exchange_reading TO wasl_api;
GRANT SELECT ON exchange_reading TO wasl_core;
