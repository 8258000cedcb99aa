-- The lead is a lease: whoever leads renews it; when it is not renewed in time (a frozen core), or the session
-- that holds it is gone (a killed core), another takes over by raising the epoch. The lease stands apart from
-- `leader`, whose row every transaction share-locks: renewing must not wait for batches, nor batches for it.
CREATE TABLE lease (
    only_one boolean PRIMARY KEY DEFAULT true CHECK (only_one),
    epoch bigint NOT NULL,
    renewed_at timestamptz NOT NULL,
    backend_pid int NOT NULL,
    backend_start timestamptz NOT NULL
);
INSERT INTO lease (epoch, renewed_at, backend_pid, backend_start) SELECT epoch, 'epoch', 0, 'epoch' FROM leader;
GRANT SELECT, UPDATE ON lease TO wasl_core;
GRANT SELECT ON lease TO wasl_api;
