-- The lines to the agencies: where their messages differ from what their readers were written for, what their
-- circuit breakers do, and when certificates end. Told by the processes that speak with them, at least once; no
-- file waits for any of it.

CREATE TABLE agency_drift (
    agency text NOT NULL,
    message text NOT NULL,
    path text NOT NULL,
    kind text NOT NULL,
    detail text NOT NULL,
    known boolean NOT NULL,
    first_seen timestamptz NOT NULL,
    last_seen timestamptz NOT NULL,
    count bigint NOT NULL,
    PRIMARY KEY (agency, message, path, kind, detail)
);
COMMENT ON TABLE agency_drift IS 'Places, codes and lengths; never a value of a person.';

CREATE TABLE agency_line (
    agency text PRIMARY KEY,
    breaker text NOT NULL,
    breaker_since timestamptz NOT NULL,
    reported_at timestamptz NOT NULL
);

CREATE TABLE agency_certificate (
    agency text NOT NULL,
    purpose text NOT NULL,
    sha256 text NOT NULL,
    ends_at timestamptz NOT NULL,
    seen_at timestamptz NOT NULL,
    PRIMARY KEY (agency, purpose, sha256)
);

GRANT SELECT, INSERT, UPDATE, DELETE ON agency_drift, agency_line, agency_certificate TO wasl_core;
GRANT SELECT ON agency_drift, agency_line, agency_certificate TO wasl_api;
