//! Fills the database with copies of one file and their timers, and checks afterwards what became of them.

use jiff::Timestamp;
use sqlx::{AssertSqlSafe, PgPool};

use crate::support::Gateway;

/// Copies the template into so many files with four timers each; the first `due` of them have one at the instant.
pub(crate) async fn fill(pool: &PgPool, template: &str, instant: Timestamp, files: i64, due: i64) {
    let begin = std::time::Instant::now();
    let columns: Vec<String> = sqlx::query_scalar(
        "SELECT quote_ident(column_name) FROM information_schema.columns
         WHERE table_schema = 'public' AND table_name = 'file' AND is_generated = 'NEVER' ORDER BY ordinal_position",
    )
    .fetch_all(pool)
    .await
    .unwrap();
    let names = columns.join(", ");
    let copies = columns.iter().map(|column| match column.as_str() {
        "id" => format!("{} AS id", file_id("n")),
        "reference" => "'PCT-' || n AS reference".to_owned(),
        "registration" => "'W26-' || n AS registration".to_owned(),
        "state" => format!("({}) AS state", state("n")),
        other => format!("t.{other}"),
    });
    let copies = copies.collect::<Vec<_>>().join(", ");
    run(pool, &format!(
        "INSERT INTO file ({names}) SELECT {copies} FROM file t, generate_series(1, {files}) n WHERE t.reference = '{template}'"
    ))
    .await;
    eprintln!("{files} files after {:?}", begin.elapsed());
    // Whoever is due has one timer at the instant: half of them the right by silence, half the end of the limit. All
    // other timers are spread over the two months that follow.
    let id = file_id("n");
    let later = format!("'{instant}'::timestamptz + make_interval(secs => 3600 + (n * 7919) % 5000000)");
    run(
        pool,
        &format!(
            "INSERT INTO timer (file_id, key, legal, due_at)
         SELECT {id}, key, true, CASE
             WHEN n <= {due} AND key = CASE n % 2 WHEN 0 THEN 'silence' ELSE 'due:decision' END
             THEN '{instant}'::timestamptz ELSE {later} END
         FROM generate_series(1, {files}) n,
              unnest(ARRAY['silence', 'due:decision', 'remind:decision:3', 'remind:decision:1']) key"
        ),
    )
    .await;
    run(pool, "VACUUM (ANALYZE) file, timer").await;
    run(pool, "CHECKPOINT").await;
    eprintln!("timers, statistics and checkpoint after {:?}", begin.elapsed());
}

/// The id of the copy with this number.
fn file_id(n: &str) -> String {
    format!("('00000000-0000-8000-8000-' || lpad(to_hex({n}), 12, '0'))::uuid")
}

/// The state of a copy: its own id, reference, number and consultations.
fn state(n: &str) -> String {
    let copied = format!("replace(t.state::text, t.id::text, {}::text)", file_id(n));
    let copied = format!("replace({copied}, '\"' || t.reference || '\"', '\"PCT-' || {n} || '\"')");
    format!("replace({copied}, t.registration, 'W26-' || {n})::jsonb")
}

async fn run(pool: &PgPool, statement: &str) {
    sqlx::raw_sql(AssertSqlSafe(statement.to_owned())).execute(pool).await.unwrap();
}

/// Each timer that was due has done its work once, none before the instant, and no other one has fired.
pub(crate) async fn check(gateway: &Gateway, instant: Timestamp, due: i64) {
    let of = async |name: &'static str| -> (i64, i64, Option<String>) {
        sqlx::query_as(
            "SELECT count(*), count(DISTINCT file_id), min(legal_at)::text FROM event
             WHERE name = $1 AND file_id::text LIKE '00000000-0000-8000-8000-%'",
        )
        .bind(name)
        .fetch_one(&gateway.pool)
        .await
        .unwrap()
    };
    for name in ["right-acquired", "deadline-passed"] {
        let (events, files, first) = of(name).await;
        assert_eq!((events, files), (due / 2, due / 2), "{name}");
        let first: String = first.unwrap().replace("+00", "Z").replace(' ', "T");
        assert!(first.parse::<Timestamp>().unwrap() >= instant, "{name} at {first}");
    }
    let wrong: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM event WHERE name = 'right-acquired' AND data->>'acquired_at' <> $1",
    )
    .bind(instant.to_string())
    .fetch_one(&gateway.pool)
    .await
    .unwrap();
    assert_eq!(wrong, 0, "rights at another instant than {instant}");
}
