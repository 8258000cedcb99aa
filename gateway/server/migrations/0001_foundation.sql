-- wasl's memory. One writer: the core role. The api role reads, and writes only what it must commit before
-- it answers the network (captures, nonces, documents, parked callbacks). Adapters have no access at all.
--
-- Two times stand everywhere: legal time (`*_at` of the law, from messages or the legal clock) and recording
-- time (`recorded_at`, `seen_at`, `created_at`: the wall clock of the database).

-- One core is active. Every transaction of the core checks the epoch that it was given; a core that was
-- frozen and wakes up after another took over finds a higher epoch and can write nothing.
CREATE TABLE leader (
    only_one boolean PRIMARY KEY DEFAULT true CHECK (only_one),
    epoch bigint NOT NULL,
    holder text NOT NULL,
    since timestamptz NOT NULL DEFAULT now()
);
INSERT INTO leader (epoch, holder) VALUES (0, 'nobody');

-- What has been seen: (source, id) is unique for the life of the file. The hash is over the canonical
-- {type, subject, data}, so that a retry with other trace headers is a duplicate, and the same id with
-- another content is a fault.
CREATE TABLE inbox (
    source text NOT NULL,
    id text NOT NULL,
    body_hash bytea NOT NULL,
    seen_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (source, id)
);

-- A permit file: its state, and the columns that are searched, ranked and reported.
CREATE TABLE file (
    id uuid PRIMARY KEY,
    commune text NOT NULL,
    province text NOT NULL,
    region text NOT NULL,
    reference text NOT NULL,
    registration text NOT NULL,
    permit text NOT NULL,
    project_class text NOT NULL,
    status text NOT NULL,
    deposit_version int NOT NULL,
    sequence bigint NOT NULL,
    hash bytea NOT NULL,
    state jsonb NOT NULL,
    filed date NOT NULL,
    due date,
    due_later date,
    right_acquires_at timestamptz,
    silence_is_approval boolean NOT NULL,
    registered_at timestamptz NOT NULL,
    reviewed_at timestamptz,
    decided_at timestamptz,
    decision text,
    overdue_at timestamptz,
    right_acquired_at timestamptz,
    invoked_at timestamptz,
    attested_at timestamptz,
    delivered_at timestamptz,
    withdrawn_at timestamptz,
    recorded_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (commune, reference)
);
CREATE INDEX file_by_region ON file (region, province, commune, filed);
CREATE INDEX file_open_by_due ON file (due) WHERE decided_at IS NULL AND withdrawn_at IS NULL;
CREATE INDEX file_by_registration ON file (registration);
CREATE INDEX file_by_registered_at ON file (registered_at, id);

-- The truth: append only, numbered per file and over all, each with the hash of the one before in its file.
-- `data` is json, not jsonb: the hash is over these bytes.
CREATE TABLE event (
    position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    file_id uuid NOT NULL,
    sequence bigint NOT NULL,
    name text NOT NULL,
    cause text NOT NULL,
    data json NOT NULL,
    hash bytea NOT NULL,
    legal_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (file_id, sequence)
);

-- Read model: one row per consultation.
CREATE TABLE consultation (
    id uuid PRIMARY KEY,
    file_id uuid NOT NULL REFERENCES file (id),
    agency text NOT NULL,
    agency_id text NOT NULL,
    commune text NOT NULL,
    province text NOT NULL,
    region text NOT NULL,
    deposit_version int NOT NULL,
    binding boolean NOT NULL,
    status text NOT NULL,
    due date NOT NULL,
    agency_reference text,
    opinion text,
    overdue boolean NOT NULL,
    late boolean NOT NULL,
    request text NOT NULL,
    attempt int NOT NULL,
    failures int NOT NULL,
    waiting boolean NOT NULL,
    last_fault text,
    planned_at timestamptz NOT NULL,
    sent_at timestamptz,
    answered_at timestamptz
);
CREATE INDEX consultation_by_file ON consultation (file_id);
CREATE INDEX consultation_by_agency ON consultation (agency, status, due);
CREATE INDEX consultation_open_by_region ON consultation (region, agency) WHERE answered_at IS NULL;

-- Read model: one row per fee. The order's id is our reference at the bank.
CREATE TABLE fee (
    order_id uuid PRIMARY KEY,
    file_id uuid NOT NULL REFERENCES file (id),
    fee text NOT NULL,
    commune text NOT NULL,
    province text NOT NULL,
    region text NOT NULL,
    label text NOT NULL,
    amount_centimes bigint NOT NULL,
    beneficiary text NOT NULL,
    beneficiary_rib text NOT NULL,
    status text NOT NULL,
    bank_reference text,
    transaction text,
    means text,
    paid_centimes bigint,
    assessed_at timestamptz NOT NULL,
    settled_at timestamptz,
    request text NOT NULL,
    attempt int NOT NULL,
    failures int NOT NULL,
    waiting boolean NOT NULL,
    last_fault text
);
CREATE INDEX fee_by_file ON fee (file_id);
CREATE INDEX fee_by_status ON fee (status, region);

-- Timers: legal ones by the legal clock, the others (retry, poll, watchdog) by the wall clock. The instant
-- of a legal timer is a cache of (local date, zone, rule): it is computed again when the calendar changes.
CREATE TABLE timer (
    file_id uuid NOT NULL REFERENCES file (id),
    key text NOT NULL,
    legal boolean NOT NULL,
    due_at timestamptz NOT NULL,
    PRIMARY KEY (file_id, key)
);
CREATE INDEX timer_by_due ON timer (legal, due_at);

-- Nothing is published but from here, after the commit. Rows go when the broker has confirmed them.
CREATE TABLE outbox (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    lane uuid NOT NULL,
    exchange text NOT NULL,
    routing_key text NOT NULL,
    message_id text NOT NULL,
    content_type text NOT NULL,
    body bytea NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON COLUMN outbox.lane IS 'Messages of one lane (a file) to one destination go out one after another.';
CREATE INDEX outbox_by_destination ON outbox (exchange, routing_key, id);

-- What could not go on, with its raw bytes: nothing is thrown away.
CREATE TABLE parked (
    id uuid PRIMARY KEY,
    queue text NOT NULL,
    code text NOT NULL,
    faults jsonb NOT NULL,
    raw bytea NOT NULL,
    headers jsonb NOT NULL,
    content_type text,
    routing_key text,
    user_id text,
    message_id text,
    file_id uuid,
    consultation_id uuid,
    status text NOT NULL DEFAULT 'parked' CHECK (status IN ('parked', 'replayed', 'set-aside')),
    parked_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX parked_open ON parked (parked_at) WHERE status = 'parked';
CREATE INDEX parked_by_file ON parked (file_id) WHERE status = 'parked';

-- Cursors of polled feeds: moved by compare-and-set together with the items that were read.
CREATE TABLE feed (
    agency text NOT NULL,
    name text NOT NULL,
    cursor text NOT NULL DEFAULT '',
    version bigint NOT NULL DEFAULT 0,
    asked_at timestamptz,
    next_at timestamptz NOT NULL DEFAULT now(),
    failures int NOT NULL DEFAULT 0,
    last_fault text,
    PRIMARY KEY (agency, name)
);

-- Card payments: committed before the bank is answered. One capture per order.
CREATE TABLE capture (
    order_id uuid PRIMARY KEY,
    transaction text NOT NULL,
    amount_centimes bigint NOT NULL,
    captured_at timestamptz NOT NULL DEFAULT now()
);

-- Nonces of signed callbacks, never seen twice.
CREATE TABLE nonce (
    agency text NOT NULL,
    nonce text NOT NULL,
    seen_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (agency, nonce)
);

-- What was said to and by whom: hash, size, when, outcome.
CREATE TABLE exchange (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    consultation_id uuid NOT NULL,
    file_id uuid NOT NULL,
    agency text NOT NULL,
    request text NOT NULL,
    attempt int NOT NULL,
    what text NOT NULL,
    at timestamptz NOT NULL,
    took_ms bigint NOT NULL,
    sent_bytes bigint NOT NULL,
    received_bytes bigint NOT NULL,
    status text NOT NULL,
    sha256 text NOT NULL
);
CREATE INDEX exchange_by_consultation ON exchange (consultation_id, id);

-- Documents: who put what. The bytes lie in the document store under their hash.
CREATE TABLE document (
    sha256 text NOT NULL,
    commune text NOT NULL,
    media_type text NOT NULL,
    size_bytes bigint NOT NULL,
    stored_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (sha256, commune)
);

-- Rights. Login users are made by the operator as members of these two groups.
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'wasl_core') THEN
        CREATE ROLE wasl_core NOLOGIN;
    END IF;
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'wasl_api') THEN
        CREATE ROLE wasl_api NOLOGIN;
    END IF;
END
$$;
GRANT SELECT, INSERT, UPDATE, DELETE ON
    inbox, file, consultation, fee, timer, outbox, parked, feed, capture, nonce, exchange, document TO wasl_core;
GRANT SELECT, INSERT ON event TO wasl_core;
GRANT SELECT, UPDATE ON leader TO wasl_core;
GRANT SELECT ON
    leader, file, event, consultation, fee, timer, outbox, parked, feed, capture, exchange, document TO wasl_api;
GRANT INSERT ON capture, parked, document TO wasl_api;
GRANT SELECT, INSERT, DELETE ON nonce TO wasl_api;
