-- Figures are kept, not counted: what the pages show of a million files is summed from some ten thousand rows.
--
-- Every change of a file, a consultation or a fee leaves, in the same transaction, what it adds and takes away in a
-- journal (`*_change`: no row that two transactions could wait for). The active core moves the journal into the sums
-- every few seconds; whoever reads adds both (the views `*_figures`), so the figures are exact at any moment.
-- A month is a number (year * 12 + month, UTC), an hour is a number (hours since 1970): no time is reckoned here.

-- Local dates for sums of delays, by the offsets of the zone that the core carries (a test compares the two).
CREATE FUNCTION local_date_of(at timestamptz) RETURNS date LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN (at AT TIME ZONE 'UTC' + make_interval(secs =>
    (ARRAY[0, 3600, 0, 3600, 0, 3600, 0, 3600, 0, 3600, 0, 3600, 0, 3600, 0, 3600, 0, 3600, 0, 3600, 0,
        3600, 0, 3600, 0, 3600, 0, 3600, 0, 3600, 0, 3600, 0]::float8[])[width_bucket(at, ARRAY['2015-03-29T02:00:00Z', '2015-06-14T02:00:00Z', '2015-07-19T02:00:00Z', '2015-10-25T02:00:00Z',
        '2016-03-27T02:00:00Z', '2016-06-05T02:00:00Z', '2016-07-10T02:00:00Z', '2016-10-30T02:00:00Z',
        '2017-03-26T02:00:00Z', '2017-05-21T02:00:00Z', '2017-07-02T02:00:00Z', '2017-10-29T02:00:00Z',
        '2018-03-25T02:00:00Z', '2018-05-13T02:00:00Z', '2018-06-17T02:00:00Z',
        '2019-05-05T02:00:00Z', '2019-06-09T02:00:00Z', '2020-04-19T02:00:00Z', '2020-05-31T02:00:00Z',
        '2021-04-11T02:00:00Z', '2021-05-16T02:00:00Z', '2022-03-27T02:00:00Z', '2022-05-08T02:00:00Z',
        '2023-03-19T02:00:00Z', '2023-04-23T02:00:00Z', '2024-03-10T02:00:00Z', '2024-04-14T02:00:00Z',
        '2025-02-23T02:00:00Z', '2025-04-06T02:00:00Z', '2026-02-15T02:00:00Z', '2026-03-22T02:00:00Z',
        '2026-09-20T01:00:00Z']::timestamptz[]) + 1]))::date;

CREATE FUNCTION month_of(at timestamptz) RETURNS int LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN (extract(year FROM at AT TIME ZONE 'UTC') * 12 + extract(month FROM at AT TIME ZONE 'UTC'))::int;

CREATE FUNCTION hour_of(at timestamptz) RETURNS int LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN floor(extract(epoch FROM at) / 3600)::int;

-- ---- files

CREATE TABLE file_change (
    files bigint NOT NULL,
    month int NOT NULL,
    region text NOT NULL,
    province text NOT NULL,
    commune text NOT NULL,
    project_class text NOT NULL,
    decision text,
    reviewed boolean NOT NULL,
    acquired boolean NOT NULL,
    invoked boolean NOT NULL,
    attested boolean NOT NULL,
    delivered boolean NOT NULL,
    withdrawn boolean NOT NULL,
    silence boolean NOT NULL,
    due date,
    days int,
    registered_hour int NOT NULL,
    reviewed_hour int,
    decided_hour int,
    acquired_hour int,
    delivered_hour int
);

-- Files by month of registration, commune and class.
CREATE TABLE file_by_month (
    commune text NOT NULL,
    month int NOT NULL,
    project_class text NOT NULL,
    region text NOT NULL,
    province text NOT NULL,
    files bigint NOT NULL,
    under_review bigint NOT NULL,
    awaiting bigint NOT NULL,
    granted bigint NOT NULL,
    refused bigint NOT NULL,
    days bigint NOT NULL,
    silent bigint NOT NULL,
    acquired bigint NOT NULL,
    invoked bigint NOT NULL,
    attested bigint NOT NULL,
    delivered bigint NOT NULL,
    withdrawn bigint NOT NULL,
    withdrawn_reviewed bigint NOT NULL,
    PRIMARY KEY (commune, month, project_class)
) WITH (fillfactor = 70);

-- Open files by the day of their limit.
CREATE TABLE file_by_due (
    due date NOT NULL,
    commune text NOT NULL,
    month int NOT NULL,
    project_class text NOT NULL,
    reviewed boolean NOT NULL,
    silence boolean NOT NULL,
    region text NOT NULL,
    province text NOT NULL,
    files bigint NOT NULL,
    PRIMARY KEY (due, commune, month, project_class, reviewed, silence)
) WITH (fillfactor = 70);

-- What happened in which hour; hours that nobody asks for any more are forgotten.
CREATE TABLE file_by_hour (
    hour int NOT NULL,
    commune text NOT NULL,
    project_class text NOT NULL,
    region text NOT NULL,
    province text NOT NULL,
    registered bigint NOT NULL,
    reviewed bigint NOT NULL,
    decided bigint NOT NULL,
    silent bigint NOT NULL,
    delivered bigint NOT NULL,
    PRIMARY KEY (hour, commune, project_class)
) WITH (fillfactor = 70);

-- What a change means for each of the sums.
CREATE VIEW file_month_change AS
SELECT commune, month, project_class, region, province, files,
       CASE WHEN decision IS NULL AND NOT acquired AND NOT withdrawn AND NOT reviewed THEN files ELSE 0 END AS under_review,
       CASE WHEN decision IS NULL AND NOT acquired AND NOT withdrawn AND reviewed THEN files ELSE 0 END AS awaiting,
       CASE WHEN decision = 'granted' THEN files ELSE 0 END AS granted,
       CASE WHEN decision = 'refused' THEN files ELSE 0 END AS refused,
       files * COALESCE(days, 0) AS days,
       CASE WHEN decision IS NULL AND acquired THEN files ELSE 0 END AS silent,
       CASE WHEN acquired THEN files ELSE 0 END AS acquired,
       CASE WHEN invoked THEN files ELSE 0 END AS invoked,
       CASE WHEN attested THEN files ELSE 0 END AS attested,
       CASE WHEN delivered THEN files ELSE 0 END AS delivered,
       CASE WHEN decision IS NULL AND NOT acquired AND withdrawn THEN files ELSE 0 END AS withdrawn,
       CASE WHEN decision IS NULL AND NOT acquired AND withdrawn AND reviewed THEN files ELSE 0 END AS withdrawn_reviewed
FROM file_change;

CREATE VIEW file_due_change AS
SELECT due, commune, month, project_class, reviewed, silence, region, province, files FROM file_change
WHERE due IS NOT NULL AND decision IS NULL AND NOT acquired AND NOT withdrawn;

CREATE VIEW file_hour_change AS
SELECT hour, commune, project_class, region, province, CASE WHEN what = 1 THEN files ELSE 0 END AS registered,
       CASE WHEN what = 2 THEN files ELSE 0 END AS reviewed, CASE WHEN what = 3 THEN files ELSE 0 END AS decided,
       CASE WHEN what = 4 THEN files ELSE 0 END AS silent, CASE WHEN what = 5 THEN files ELSE 0 END AS delivered
FROM file_change, LATERAL (VALUES (1, registered_hour), (2, reviewed_hour), (3, decided_hour),
    (4, CASE WHEN decision IS NULL THEN acquired_hour END), (5, delivered_hour)) AS happened (what, hour)
WHERE hour IS NOT NULL;

CREATE VIEW file_month_figures AS SELECT * FROM file_by_month UNION ALL SELECT * FROM file_month_change;
CREATE VIEW file_due_figures AS SELECT * FROM file_by_due UNION ALL SELECT * FROM file_due_change;
CREATE VIEW file_hour_figures AS SELECT * FROM file_by_hour UNION ALL SELECT * FROM file_hour_change;

CREATE FUNCTION file_counts() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO file_change
        SELECT count(*), month_of(registered_at), region, province, commune, project_class, decision,
               reviewed_at IS NOT NULL, right_acquired_at IS NOT NULL, invoked_at IS NOT NULL,
               attested_at IS NOT NULL, delivered_at IS NOT NULL, withdrawn_at IS NOT NULL, silence_is_approval, due,
               local_date_of(decided_at) - filed, hour_of(registered_at), hour_of(reviewed_at), hour_of(decided_at),
               hour_of(right_acquired_at), hour_of(delivered_at)
        FROM new_rows GROUP BY 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21;
    ELSIF TG_OP = 'UPDATE' THEN
        INSERT INTO file_change
        SELECT sum(sign), month_of(registered_at), region, province, commune, project_class, decision,
               reviewed_at IS NOT NULL, right_acquired_at IS NOT NULL, invoked_at IS NOT NULL,
               attested_at IS NOT NULL, delivered_at IS NOT NULL, withdrawn_at IS NOT NULL, silence_is_approval, due,
               local_date_of(decided_at) - filed, hour_of(registered_at), hour_of(reviewed_at), hour_of(decided_at),
               hour_of(right_acquired_at), hour_of(delivered_at)
        FROM (SELECT 1 AS sign, * FROM new_rows UNION ALL SELECT -1, * FROM old_rows) AS r
        GROUP BY 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21 HAVING sum(sign) <> 0;
    ELSE
        INSERT INTO file_change
        SELECT -count(*), month_of(registered_at), region, province, commune, project_class, decision,
               reviewed_at IS NOT NULL, right_acquired_at IS NOT NULL, invoked_at IS NOT NULL,
               attested_at IS NOT NULL, delivered_at IS NOT NULL, withdrawn_at IS NOT NULL, silence_is_approval, due,
               local_date_of(decided_at) - filed, hour_of(registered_at), hour_of(reviewed_at), hour_of(decided_at),
               hour_of(right_acquired_at), hour_of(delivered_at)
        FROM old_rows GROUP BY 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21;
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER counts_inserted AFTER INSERT ON file REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION file_counts();
CREATE TRIGGER counts_updated AFTER UPDATE ON file REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION file_counts();
CREATE TRIGGER counts_deleted AFTER DELETE ON file REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT EXECUTE FUNCTION file_counts();

-- ---- consultations

CREATE TABLE consultation_change (
    consultations bigint NOT NULL,
    month int NOT NULL,
    region text NOT NULL,
    province text NOT NULL,
    commune text NOT NULL,
    agency text NOT NULL,
    agency_id text NOT NULL,
    -- `open` for all that is awaited.
    status text NOT NULL,
    late boolean NOT NULL,
    -- Of an open one.
    due date,
    -- Of an answered one.
    days int
);

CREATE TABLE consultation_by_month (
    commune text NOT NULL,
    month int NOT NULL,
    agency text NOT NULL,
    agency_id text NOT NULL,
    region text NOT NULL,
    province text NOT NULL,
    asked bigint NOT NULL,
    open bigint NOT NULL,
    answered bigint NOT NULL,
    answered_late bigint NOT NULL,
    no_answer bigint NOT NULL,
    undeliverable bigint NOT NULL,
    cancelled bigint NOT NULL,
    days bigint NOT NULL,
    PRIMARY KEY (commune, month, agency, agency_id)
) WITH (fillfactor = 70);

-- Open consultations by the day of their limit.
CREATE TABLE consultation_by_due (
    due date NOT NULL,
    commune text NOT NULL,
    month int NOT NULL,
    agency text NOT NULL,
    agency_id text NOT NULL,
    region text NOT NULL,
    province text NOT NULL,
    open bigint NOT NULL,
    PRIMARY KEY (due, commune, month, agency, agency_id)
) WITH (fillfactor = 70);

CREATE VIEW consultation_month_change AS
SELECT commune, month, agency, agency_id, region, province, consultations AS asked,
       CASE WHEN status = 'open' THEN consultations ELSE 0 END AS open,
       CASE WHEN status = 'answered' THEN consultations ELSE 0 END AS answered,
       CASE WHEN status = 'answered' AND late THEN consultations ELSE 0 END AS answered_late,
       CASE WHEN status = 'no-answer' THEN consultations ELSE 0 END AS no_answer,
       CASE WHEN status = 'undeliverable' THEN consultations ELSE 0 END AS undeliverable,
       CASE WHEN status = 'cancelled' THEN consultations ELSE 0 END AS cancelled,
       consultations * COALESCE(days, 0) AS days
FROM consultation_change;

CREATE VIEW consultation_due_change AS
SELECT due, commune, month, agency, agency_id, region, province, consultations AS open FROM consultation_change
WHERE status = 'open';

CREATE VIEW consultation_month_figures AS
SELECT * FROM consultation_by_month UNION ALL SELECT * FROM consultation_month_change;
CREATE VIEW consultation_due_figures AS
SELECT * FROM consultation_by_due UNION ALL SELECT * FROM consultation_due_change;

CREATE FUNCTION is_awaited(status text) RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN status IN ('planned', 'sent', 'acknowledged', 'incomplete', 'completed');

CREATE FUNCTION consultation_counts() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO consultation_change
        SELECT count(*), month_of(planned_at), region, province, commune, agency, agency_id,
               CASE WHEN is_awaited(status) THEN 'open' ELSE status END, late, CASE WHEN is_awaited(status) THEN due END,
               CASE WHEN status = 'answered' THEN local_date_of(answered_at) - local_date_of(planned_at) END
        FROM new_rows GROUP BY 2, 3, 4, 5, 6, 7, 8, 9, 10, 11;
    ELSIF TG_OP = 'UPDATE' THEN
        INSERT INTO consultation_change
        SELECT sum(sign), month_of(planned_at), region, province, commune, agency, agency_id,
               CASE WHEN is_awaited(status) THEN 'open' ELSE status END, late, CASE WHEN is_awaited(status) THEN due END,
               CASE WHEN status = 'answered' THEN local_date_of(answered_at) - local_date_of(planned_at) END
        FROM (SELECT 1 AS sign, * FROM new_rows UNION ALL SELECT -1, * FROM old_rows) AS r
        GROUP BY 2, 3, 4, 5, 6, 7, 8, 9, 10, 11 HAVING sum(sign) <> 0;
    ELSE
        INSERT INTO consultation_change
        SELECT -count(*), month_of(planned_at), region, province, commune, agency, agency_id,
               CASE WHEN is_awaited(status) THEN 'open' ELSE status END, late, CASE WHEN is_awaited(status) THEN due END,
               CASE WHEN status = 'answered' THEN local_date_of(answered_at) - local_date_of(planned_at) END
        FROM old_rows GROUP BY 2, 3, 4, 5, 6, 7, 8, 9, 10, 11;
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER counts_inserted AFTER INSERT ON consultation REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION consultation_counts();
CREATE TRIGGER counts_updated AFTER UPDATE ON consultation REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION consultation_counts();
CREATE TRIGGER counts_deleted AFTER DELETE ON consultation REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT EXECUTE FUNCTION consultation_counts();

-- ---- fees

CREATE TABLE fee_change (
    commune text NOT NULL,
    month int NOT NULL,
    status text NOT NULL,
    region text NOT NULL,
    province text NOT NULL,
    fees bigint NOT NULL,
    amount_centimes bigint NOT NULL,
    paid_centimes bigint NOT NULL
);
CREATE TABLE fee_by_month (LIKE fee_change, PRIMARY KEY (commune, month, status)) WITH (fillfactor = 70);
CREATE VIEW fee_month_figures AS SELECT * FROM fee_by_month UNION ALL SELECT * FROM fee_change;

CREATE FUNCTION fee_counts() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' THEN
        INSERT INTO fee_change
        SELECT commune, month_of(assessed_at), status, region, province, -count(*), -sum(amount_centimes),
               -COALESCE(sum(paid_centimes), 0)
        FROM old_rows GROUP BY 1, 2, 3, 4, 5;
    END IF;
    IF TG_OP <> 'DELETE' THEN
        INSERT INTO fee_change
        SELECT commune, month_of(assessed_at), status, region, province, count(*), sum(amount_centimes),
               COALESCE(sum(paid_centimes), 0)
        FROM new_rows GROUP BY 1, 2, 3, 4, 5;
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER counts_inserted AFTER INSERT ON fee REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION fee_counts();
CREATE TRIGGER counts_updated AFTER UPDATE ON fee REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION fee_counts();
CREATE TRIGGER counts_deleted AFTER DELETE ON fee REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT EXECUTE FUNCTION fee_counts();
