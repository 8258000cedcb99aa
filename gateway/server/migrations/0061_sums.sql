-- Moving the journals of figures into the sums: by the active core, now and then.

CREATE FUNCTION figures_settle() RETURNS bigint LANGUAGE sql AS $$
    WITH gone AS (DELETE FROM file_change RETURNING *),
    facts AS (
        SELECT *, decision IS NULL AND NOT acquired AND NOT withdrawn AS open FROM gone
    ),
    by_month AS (
        INSERT INTO file_by_month AS t
        SELECT commune, month, project_class, min(region), min(province), sum(files),
               COALESCE(sum(files) FILTER (WHERE open AND NOT reviewed), 0),
               COALESCE(sum(files) FILTER (WHERE open AND reviewed), 0),
               COALESCE(sum(files) FILTER (WHERE decision = 'granted'), 0),
               COALESCE(sum(files) FILTER (WHERE decision = 'refused'), 0),
               COALESCE(sum(files * days), 0),
               COALESCE(sum(files) FILTER (WHERE decision IS NULL AND acquired), 0),
               COALESCE(sum(files) FILTER (WHERE acquired), 0), COALESCE(sum(files) FILTER (WHERE invoked), 0),
               COALESCE(sum(files) FILTER (WHERE attested), 0), COALESCE(sum(files) FILTER (WHERE delivered), 0),
               COALESCE(sum(files) FILTER (WHERE decision IS NULL AND NOT acquired AND withdrawn), 0),
               COALESCE(sum(files) FILTER (WHERE decision IS NULL AND NOT acquired AND withdrawn AND reviewed), 0)
        FROM facts GROUP BY 1, 2, 3
        ON CONFLICT (commune, month, project_class) DO UPDATE SET files = t.files + excluded.files,
            under_review = t.under_review + excluded.under_review, awaiting = t.awaiting + excluded.awaiting,
            granted = t.granted + excluded.granted, refused = t.refused + excluded.refused,
            days = t.days + excluded.days, silent = t.silent + excluded.silent, acquired = t.acquired + excluded.acquired,
            invoked = t.invoked + excluded.invoked, attested = t.attested + excluded.attested,
            delivered = t.delivered + excluded.delivered, withdrawn = t.withdrawn + excluded.withdrawn,
            withdrawn_reviewed = t.withdrawn_reviewed + excluded.withdrawn_reviewed
    ),
    by_due AS (
        INSERT INTO file_by_due AS t
        SELECT due, commune, month, project_class, reviewed, silence, min(region), min(province), sum(files)
        FROM facts WHERE open AND due IS NOT NULL GROUP BY 1, 2, 3, 4, 5, 6 HAVING sum(files) <> 0
        ON CONFLICT (due, commune, month, project_class, reviewed, silence)
        DO UPDATE SET files = t.files + excluded.files
    ),
    by_hour AS (
        INSERT INTO file_by_hour AS t
        SELECT h.hour, commune, project_class, min(region), min(province),
               COALESCE(sum(files) FILTER (WHERE h.what = 1), 0), COALESCE(sum(files) FILTER (WHERE h.what = 2), 0),
               COALESCE(sum(files) FILTER (WHERE h.what = 3), 0), COALESCE(sum(files) FILTER (WHERE h.what = 4), 0),
               COALESCE(sum(files) FILTER (WHERE h.what = 5), 0)
        FROM facts, LATERAL (VALUES (1, registered_hour), (2, reviewed_hour), (3, decided_hour),
            (4, CASE WHEN decision IS NULL THEN acquired_hour END), (5, delivered_hour)) AS h (what, hour)
        WHERE h.hour IS NOT NULL GROUP BY 1, 2, 3
        ON CONFLICT (hour, commune, project_class) DO UPDATE SET registered = t.registered + excluded.registered,
            reviewed = t.reviewed + excluded.reviewed, decided = t.decided + excluded.decided,
            silent = t.silent + excluded.silent, delivered = t.delivered + excluded.delivered
    ),
    asked AS (DELETE FROM consultation_change RETURNING *),
    asked_by_month AS (
        INSERT INTO consultation_by_month AS t
        SELECT commune, month, agency, agency_id, min(region), min(province), sum(consultations),
               COALESCE(sum(consultations) FILTER (WHERE status = 'open'), 0),
               COALESCE(sum(consultations) FILTER (WHERE status = 'answered'), 0),
               COALESCE(sum(consultations) FILTER (WHERE status = 'answered' AND late), 0),
               COALESCE(sum(consultations) FILTER (WHERE status = 'no-answer'), 0),
               COALESCE(sum(consultations) FILTER (WHERE status = 'undeliverable'), 0),
               COALESCE(sum(consultations) FILTER (WHERE status = 'cancelled'), 0),
               COALESCE(sum(consultations * days), 0)
        FROM asked GROUP BY 1, 2, 3, 4
        ON CONFLICT (commune, month, agency, agency_id) DO UPDATE SET asked = t.asked + excluded.asked,
            open = t.open + excluded.open, answered = t.answered + excluded.answered,
            answered_late = t.answered_late + excluded.answered_late, no_answer = t.no_answer + excluded.no_answer,
            undeliverable = t.undeliverable + excluded.undeliverable, cancelled = t.cancelled + excluded.cancelled,
            days = t.days + excluded.days
    ),
    asked_by_due AS (
        INSERT INTO consultation_by_due AS t
        SELECT due, commune, month, agency, agency_id, min(region), min(province), sum(consultations)
        FROM asked WHERE status = 'open' GROUP BY 1, 2, 3, 4, 5 HAVING sum(consultations) <> 0
        ON CONFLICT (due, commune, month, agency, agency_id) DO UPDATE SET open = t.open + excluded.open
    ),
    money AS (DELETE FROM fee_change RETURNING *),
    money_by_month AS (
        INSERT INTO fee_by_month AS t
        SELECT commune, month, status, min(region), min(province), sum(fees), sum(amount_centimes), sum(paid_centimes)
        FROM money GROUP BY 1, 2, 3
        ON CONFLICT (commune, month, status) DO UPDATE SET fees = t.fees + excluded.fees,
            amount_centimes = t.amount_centimes + excluded.amount_centimes,
            paid_centimes = t.paid_centimes + excluded.paid_centimes
    )
    SELECT (SELECT count(*) FROM gone) + (SELECT count(*) FROM asked) + (SELECT count(*) FROM money)
$$;
COMMENT ON FUNCTION figures_settle IS 'By one core at a time: it alone changes the sums.';

-- What is empty again, and hours before this one.
CREATE FUNCTION figures_forget(hour_min int) RETURNS void LANGUAGE sql AS $$
    DELETE FROM file_by_hour WHERE hour < hour_min;
    DELETE FROM file_by_due WHERE files = 0;
    DELETE FROM consultation_by_due WHERE open = 0;
$$;

-- What is there already, told as if it were changed now.
INSERT INTO file_change
SELECT count(*), month_of(registered_at), region, province, commune, project_class, decision,
       reviewed_at IS NOT NULL, right_acquired_at IS NOT NULL, invoked_at IS NOT NULL,
       attested_at IS NOT NULL, delivered_at IS NOT NULL, withdrawn_at IS NOT NULL, silence_is_approval, due,
       local_date_of(decided_at) - filed, hour_of(registered_at), hour_of(reviewed_at), hour_of(decided_at),
       hour_of(right_acquired_at), hour_of(delivered_at)
FROM file GROUP BY 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21;
INSERT INTO consultation_change
SELECT count(*), month_of(planned_at), region, province, commune, agency, agency_id,
       CASE WHEN is_awaited(status) THEN 'open' ELSE status END, late, CASE WHEN is_awaited(status) THEN due END,
       CASE WHEN status = 'answered' THEN local_date_of(answered_at) - local_date_of(planned_at) END
FROM consultation GROUP BY 2, 3, 4, 5, 6, 7, 8, 9, 10, 11;
INSERT INTO fee_change
SELECT commune, month_of(assessed_at), status, region, province, count(*), sum(amount_centimes),
       COALESCE(sum(paid_centimes), 0)
FROM fee GROUP BY 1, 2, 3, 4, 5;
SELECT figures_settle();

GRANT SELECT, INSERT, DELETE ON file_change, consultation_change, fee_change TO wasl_core;
GRANT SELECT, INSERT, UPDATE, DELETE ON
    file_by_month, file_by_due, file_by_hour, consultation_by_month, consultation_by_due, fee_by_month TO wasl_core;
GRANT SELECT ON file_month_figures, file_due_figures, file_hour_figures, consultation_month_figures,
    consultation_due_figures, fee_month_figures TO wasl_core, wasl_api;
