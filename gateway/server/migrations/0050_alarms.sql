-- Alarms with a state: each row is one time that something was wrong, from its begin to its end. The active core
-- writes them; a core that takes over goes on with those that are open, so that none is told a second time.
CREATE TABLE alarm (
    name text NOT NULL,
    -- Which queue, agency or certificate; empty where there is only one.
    subject text NOT NULL,
    since timestamptz NOT NULL DEFAULT now(),
    until timestamptz CHECK (until >= since),
    -- What was seen last (an age in seconds, a count, days that are left), and the limit that it passed.
    value double precision NOT NULL,
    threshold double precision NOT NULL,
    seen_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (name, subject, since)
);
CREATE UNIQUE INDEX alarm_open ON alarm (name, subject) WHERE until IS NULL;
CREATE INDEX alarm_by_since ON alarm (since);

-- When an agency was last heard.
CREATE INDEX exchange_heard ON exchange (agency, at) WHERE received_bytes > 0;

GRANT SELECT, INSERT, UPDATE, DELETE ON alarm TO wasl_core;
GRANT SELECT ON alarm TO wasl_api;
