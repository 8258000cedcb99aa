-- Rules, calendar and time zones have one version. When the active core finds another version than the one that
-- was applied last, it computes every open deadline again, batch by batch; how far it has come is committed with
-- each batch, so that a core that takes over goes on from there. An operator asks the core to read the files
-- again by setting `requested_at`; it answers once nothing is left to do, or with the fault that it found.
CREATE TABLE recompute (
    only_one boolean PRIMARY KEY DEFAULT true CHECK (only_one),
    version text NOT NULL,
    -- The last file that was looked at; none before the first batch.
    file_id uuid,
    files bigint NOT NULL DEFAULT 0,
    moved bigint NOT NULL DEFAULT 0,
    started_at timestamptz NOT NULL DEFAULT now(),
    finished_at timestamptz,
    requested_at timestamptz,
    answered_at timestamptz,
    fault text
);
GRANT SELECT, INSERT, UPDATE ON recompute TO wasl_core;
GRANT SELECT ON recompute TO wasl_api;
