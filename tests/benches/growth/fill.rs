//! Fills a database with copies of one file that was registered and reviewed in earnest.
//!
//! Honest where the path looks: ids of files are spread at random and those of their consultations stand beside them,
//! communes over all codes, limits and registrations over months, each status has its files, timers are as many as in
//! life. Leaner where it does not: of a file's events the first three, of its exchanges two and no bodies, of its
//! messages one inbox row; the state of a copy is that of the template with its own id and reference (no timer of it
//! falls due while it is measured).

use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Connection};

use crate::support::servers::root;

/// What the migration tells of the files that are there already: here once more, since the triggers are silent while
/// the database is filled.
const MIGRATION: &str = include_str!("../../../gateway/server/migrations/0061_sums.sql");

/// Copies the template until so many files are open; a tenth more have ended.
pub(crate) async fn fill(address: &str, template: &str, open: usize) {
    let begin = std::time::Instant::now();
    let mut connection = PgConnection::connect(address).await.unwrap();
    run(&mut connection, "SET session_replication_role = replica; SET synchronous_commit = off").await;
    places(&mut connection).await;
    let all = open + open / 10;
    let columns: Vec<String> = sqlx::query_scalar(
        "SELECT column_name::text FROM information_schema.columns WHERE table_name = 'file' ORDER BY ordinal_position",
    )
    .fetch_all(&mut connection)
    .await
    .unwrap();
    let values: Vec<String> = columns.iter().map(|column| value(column)).collect();
    run(&mut connection, &format!(
        "INSERT INTO file ({}) SELECT {} FROM (SELECT n, n > {open} AS ended, {SPREAD} FROM generate_series(1, {all}) n) c
             JOIN place p ON p.number = (n::bigint * 7919) % (SELECT count(*) FROM place)
             CROSS JOIN file t WHERE t.reference = '{template}'",
        columns.join(", "), values.join(", "),
    ))
    .await;
    for statement in dependants(template, all) {
        run(&mut connection, &statement).await;
    }
    let (_, told) = MIGRATION.split_once("-- What is there already").unwrap();
    let (told, _) = told.split_once("GRANT ").unwrap();
    let (_, told) = told.split_once('\n').unwrap();
    run(
        &mut connection,
        "TRUNCATE file_change, file_by_month, file_by_due, file_by_hour, consultation_change,
             consultation_by_month, consultation_by_due, fee_change, fee_by_month",
    )
    .await;
    run(&mut connection, told).await;
    // Figures by the hour are kept for days: a database that grew day by day never had the others.
    run(
        &mut connection,
        &format!(
            "SELECT figures_forget(hour_of(registered_at) - 50) FROM file WHERE reference = '{template}'"
        ),
    )
    .await;
    run(&mut connection, "VACUUM (FULL) file_by_hour").await;
    run(&mut connection, "DROP TABLE place").await;
    run(&mut connection, "VACUUM (ANALYZE)").await;
    run(&mut connection, "CHECKPOINT").await;
    eprintln!("{open} open files in the database after {:?}", begin.elapsed());
}

/// Reads rows and indexes into the database's memory: a server that has run for a while has what is in use there, one
/// that was just filled has what was written last. The states of files (in TOAST) stay on the disk.
pub(crate) async fn warm(address: &str) {
    let mut connection = PgConnection::connect(address).await.unwrap();
    run(&mut connection, "CREATE EXTENSION IF NOT EXISTS pg_prewarm").await;
    let pages: i64 = sqlx::query_scalar(
        "SELECT sum(pg_prewarm(c.oid))::bigint FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
         WHERE n.nspname = 'public' AND c.relkind IN ('r', 'i')",
    )
    .fetch_one(&mut connection)
    .await
    .unwrap();
    eprintln!("{} MiB of rows and indexes in the database's memory", pages / 128);
}

/// Days since the registration of an open file: up to forty; one in fifty is late. What has ended came in the last year.
const SPREAD: &str =
    "CASE WHEN n % 50 = 0 THEN 75 + n % 20 ELSE n % 40 END AS days, 40 + n % 300 AS days_ended";

/// The value of a column for copy number `n`; `ended` copies are granted, refused, withdrawn or have a right by silence.
fn value(column: &str) -> String {
    let age = "make_interval(hours => 24 * CASE WHEN ended THEN days_ended ELSE days END, secs => n % 80000)";
    match column {
        "id" => "md5('file' || n)::uuid".to_owned(),
        "reference" => "'PCT-' || n".to_owned(),
        "registration" => "'W26-' || n".to_owned(),
        "commune" | "province" | "region" => format!("p.{column}"),
        "project_class" => "CASE n % 4 WHEN 0 THEN 'large' ELSE 'small' END".to_owned(),
        "status" => "CASE WHEN NOT ended THEN CASE WHEN n % 3 = 0 THEN 'under-review' ELSE t.status END
            ELSE (ARRAY['delivered', 'refused', 'withdrawn', 'right-acquired'])[n % 4 + 1] END"
            .to_owned(),
        "state" => {
            "jsonb_set(jsonb_set(t.state, '{id}', to_jsonb(md5('file' || n))), '{permit_file,reference}',
            to_jsonb('PCT-' || n))"
                .to_owned()
        }
        "filed" => "t.filed - CASE WHEN ended THEN days_ended ELSE days END".to_owned(),
        "due" => "t.filed + 60 - CASE WHEN ended THEN days_ended ELSE days END".to_owned(),
        "due_later" => "NULL".to_owned(),
        "right_acquires_at" | "registered_at" | "recorded_at" => format!("t.{column} - {age}"),
        "reviewed_at" => format!("CASE WHEN n % 3 > 0 THEN t.reviewed_at - {age} END"),
        "decided_at" => format!(
            "CASE WHEN ended AND n % 4 < 2 THEN t.registered_at - {age} + make_interval(hours => 700) END"
        ),
        "decision" => {
            "CASE WHEN ended THEN CASE n % 4 WHEN 0 THEN 'granted' WHEN 1 THEN 'refused' END END".to_owned()
        }
        "delivered_at" => format!(
            "CASE WHEN ended AND n % 4 = 0 THEN t.registered_at - {age} + make_interval(hours => 800) END"
        ),
        "withdrawn_at" => format!(
            "CASE WHEN ended AND n % 4 = 2 THEN t.registered_at - {age} + make_interval(hours => 500) END"
        ),
        "right_acquired_at" => format!(
            "CASE WHEN ended AND n % 4 = 3 THEN t.registered_at - {age} + make_interval(hours => 1440) END"
        ),
        "silence_is_approval" => "n % 2 = 1".to_owned(),
        "overdue_at" => "CASE WHEN NOT ended AND n % 50 = 0 THEN t.registered_at END".to_owned(),
        other => format!("t.{other}"),
    }
}

/// The rows that belong to files. Of a file under review one consultation is open.
fn dependants(template: &str, all: usize) -> Vec<String> {
    let of = format!("(SELECT id FROM file WHERE reference = '{template}')");
    vec![
        format!(
            "INSERT INTO consultation SELECT overlay(md5('consultation' || f.n || t.agency) PLACING left(md5('file' || f.n), 12) FROM 1)::uuid,
                 f.id, t.agency, t.agency_id,
                 f.commune, f.province, f.region, t.deposit_version, t.binding,
                 CASE WHEN f.awaited AND t.agency = 'onee' THEN 'acknowledged' ELSE t.status END,
                 f.filed + 15, t.agency_reference, CASE WHEN NOT (f.awaited AND t.agency = 'onee') THEN t.opinion END,
                 f.awaited AND f.n % 50 = 0, t.late, t.request, t.attempt, t.failures, t.waiting, t.last_fault,
                 f.registered_at, f.registered_at,
                 CASE WHEN NOT (f.awaited AND t.agency = 'onee') THEN f.registered_at + make_interval(hours => 24 + f.n % 200) END
             FROM (SELECT *, substr(reference, 5)::int AS n, reviewed_at IS NULL AND decided_at IS NULL AS awaited FROM file
                   WHERE reference LIKE 'PCT-%' AND reference <> '{template}') f
             CROSS JOIN consultation t WHERE t.file_id = {of}"
        ),
        format!(
            "INSERT INTO event (file_id, sequence, name, cause, data, hash, legal_at, recorded_at)
             SELECT f.id, t.sequence, t.name, t.cause, t.data, t.hash, f.registered_at, f.recorded_at
             FROM file f CROSS JOIN event t WHERE t.file_id = {of} AND t.sequence <= 3 AND f.id <> t.file_id
             ORDER BY f.recorded_at"
        ),
        format!(
            "INSERT INTO timer (file_id, key, legal, due_at)
             SELECT f.id, t.key, true, now() + make_interval(hours => 24 * (10 + substr(f.reference, 5)::int % 90), secs => substr(f.reference, 5)::int % 86000)
             FROM file f CROSS JOIN timer t WHERE t.file_id = {of} AND t.legal AND f.id <> t.file_id
               AND f.decided_at IS NULL AND f.withdrawn_at IS NULL AND f.right_acquired_at IS NULL"
        ),
        format!(
            "INSERT INTO exchange (consultation_id, file_id, agency, request, attempt, what, at, took_ms, sent_bytes,
                 received_bytes, status, sha256)
             SELECT c.id, c.file_id, c.agency, c.request, 1, t.what, t.at - make_interval(secs => abs(hashtext(c.id::text)) % 3000000),
                 t.took_ms, t.sent_bytes, t.received_bytes, t.status, t.sha256
             FROM consultation c JOIN (SELECT DISTINCT ON (agency) * FROM exchange WHERE file_id = {of}
                 ORDER BY agency, id) t ON t.agency = c.agency WHERE c.file_id <> {of}"
        ),
        format!(
            "INSERT INTO inbox (source, id, body_hash, seen_at)
             SELECT '/communes/' || commune, md5('message' || n)::uuid::text, sha256(n::text::bytea), recorded_at
             FROM (SELECT commune, substr(reference, 5) AS n, recorded_at FROM file
                   WHERE reference LIKE 'PCT-%' AND reference <> '{template}') f"
        ),
        format!(
            "INSERT INTO fee SELECT md5('fee' || n)::uuid, id, 'building-tax', commune, province, region, 'Taxe', 10000 + n,
                 'Commune', '007810000123456789012345', CASE n % 3 WHEN 0 THEN 'ordered' ELSE 'paid' END, NULL,
                 CASE WHEN n % 3 > 0 THEN 'T' || n END, CASE WHEN n % 3 > 0 THEN 'card' END,
                 CASE WHEN n % 3 > 0 THEN 10000 + n END, registered_at, CASE WHEN n % 3 > 0 THEN registered_at END,
                 'order', 1, 0, false, NULL
             FROM (SELECT *, substr(reference, 5)::int AS n FROM file WHERE reference LIKE 'PCT-%'
                   AND reference <> '{template}' AND reviewed_at IS NOT NULL) f WHERE n % 5 = 1"
        ),
        format!(
            "INSERT INTO parked (id, queue, code, faults, raw, headers, routing_key, about_file_id, parked_at)
             SELECT md5('parked' || n)::uuid, CASE n % 2 WHEN 0 THEN 'intake' ELSE 'answers' END, 'schema-invalid', '[]',
                 'x', '{{}}', 'commune.015110106.file.submitted', md5('file' || n)::uuid, now() - make_interval(hours => n)
             FROM generate_series(1, {}) n",
            (all / 2_000).clamp(10, 500)
        ),
    ]
}

/// All communes of the country with province and region.
async fn places(connection: &mut PgConnection) {
    let read = |name: &str| -> Vec<Vec<String>> {
        let text = std::fs::read_to_string(root().join("config").join(name)).unwrap();
        text.lines().skip(1).map(|line| line.split(',').take(2).map(str::to_owned).collect()).collect()
    };
    let regions: std::collections::HashMap<String, String> =
        read("provinces.csv").into_iter().map(|row| (row[0].clone(), row[1].clone())).collect();
    let communes = read("communes.csv");
    let column = |of: &dyn Fn(&Vec<String>) -> String| communes.iter().map(of).collect::<Vec<_>>();
    run(connection, "CREATE TABLE place (number bigint, commune text, province text, region text)").await;
    sqlx::query(
        "INSERT INTO place SELECT row_number() OVER () - 1, * FROM UNNEST($1::text[], $2::text[], $3::text[])",
    )
    .bind(column(&|row| row[0].clone()))
    .bind(column(&|row| row[1].clone()))
    .bind(column(&|row| regions[&row[1]].clone()))
    .execute(connection)
    .await
    .unwrap();
}

async fn run(connection: &mut PgConnection, statement: &str) {
    sqlx::raw_sql(AssertSqlSafe(statement.to_owned())).execute(connection).await.unwrap();
}
