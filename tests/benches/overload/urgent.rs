//! What must not wait behind a backlog: timers that fall due, callbacks of agencies, decisions of communes.

use std::time::Instant;

use jiff::Timestamp;
use serde_json::{Value, json};
use wasl_tests::world::clock::wall_ms;

use crate::load::quantile;
use crate::support::Gateway;
use crate::support::gateway::SOUANI;
use crate::support::messages::{minutes_before, structured};

/// Timers that fall due each second.
const TIMERS_PER_SECOND: usize = 5;

/// Milliseconds from the moment at which each became due, or came, to its commit.
pub(crate) struct Urgent {
    timers: Vec<f64>,
    callbacks: Vec<f64>,
}

/// Moves reminders of files that are there into the time of the overload, some every second.
pub(crate) async fn timers(gateway: &Gateway, seconds: usize) {
    sqlx::query("CREATE TABLE bench_due (file_id uuid, due_at timestamptz)")
        .execute(&gateway.pool)
        .await
        .unwrap();
    let moved = sqlx::query(
        "WITH chosen AS (SELECT t.file_id, t.key, row_number() OVER () AS n FROM timer t JOIN file f ON f.id = t.file_id
                 WHERE f.reference LIKE 'CARRIED-%' AND t.key = (SELECT min(r.key) FROM timer r
                     WHERE r.file_id = t.file_id AND r.key LIKE 'remind:%') ORDER BY f.reference DESC LIMIT $1),
         moved AS (UPDATE timer t SET due_at = $2::text::timestamptz + make_interval(secs => n::float8 / $3)
             FROM chosen c WHERE t.file_id = c.file_id AND t.key = c.key RETURNING t.file_id, t.due_at)
         INSERT INTO bench_due SELECT * FROM moved",
    )
    .bind(i64::try_from(seconds * TIMERS_PER_SECOND).unwrap())
    .bind(gateway.clock.now().to_string())
    .bind(TIMERS_PER_SECOND as f64)
    .execute(&gateway.pool)
    .await
    .unwrap();
    assert!(moved.rows_affected() > 0, "no reminder to move");
}

/// A decision about a reviewed file.
pub(crate) fn decision(gateway: &Gateway, reference: &str) -> Vec<u8> {
    let now = gateway.clock.now();
    let data = json!({
        "number": format!("D-{reference}"), "outcome": "granted", "decided_at": minutes_before(now, 1),
    });
    structured(SOUANI, "decision.taken", reference, now, &data).body
}

/// From each decision's publish to its commit.
pub(crate) async fn decisions(gateway: &Gateway, decided: &[(String, Instant)]) -> Vec<f64> {
    let rows: Vec<(String, f64)> = sqlx::query_as(
        "SELECT f.reference, extract(epoch FROM now() - e.recorded_at)::float8 FROM event e JOIN file f ON f.id = e.file_id
         WHERE e.name = 'decision-recorded'",
    )
    .fetch_all(&gateway.pool)
    .await
    .unwrap();
    let now = Instant::now();
    let of = |(reference, sent): &(String, Instant)| {
        let (_, ago) = rows.iter().find(|(known, _)| known == reference)?;
        Some(((now - *sent).as_secs_f64() - ago) * 1000.0)
    };
    decided.iter().filter_map(of).collect()
}

impl Urgent {
    pub(crate) async fn measure(gateway: &Gateway, from: &Timestamp, until: &Timestamp) -> Self {
        // The legal clock runs with the wall: how far the one is from the other.
        let ahead_ms = gateway.clock.now().as_millisecond() - wall_ms();
        let timers: Vec<f64> = sqlx::query_scalar(
            "SELECT (extract(epoch FROM e.recorded_at - d.due_at) * 1000 + $3)::float8
             FROM event e JOIN bench_due d ON d.file_id = e.file_id
             WHERE e.name = 'deadline-approaching'
               AND e.recorded_at BETWEEN $1::text::timestamptz AND $2::text::timestamptz",
        )
        .bind(from.to_string())
        .bind(until.to_string())
        .bind(ahead_ms as f64)
        .fetch_all(&gateway.pool)
        .await
        .unwrap();
        let callbacks: Vec<f64> = sqlx::query_scalar(
            "SELECT (extract(epoch FROM e.recorded_at - x.at) * 1000)::float8
             FROM exchange x JOIN event e ON e.file_id = x.file_id AND e.name = 'consultation-answered'
                 AND e.data->>'consultation' = x.consultation_id::text
             WHERE x.what LIKE 'callback%' AND e.recorded_at BETWEEN $1::text::timestamptz AND $2::text::timestamptz
               AND x.id = (SELECT max(y.id) FROM exchange y WHERE y.consultation_id = x.consultation_id
                           AND y.what LIKE 'callback%')",
        )
        .bind(from.to_string())
        .bind(until.to_string())
        .fetch_all(&gateway.pool)
        .await
        .unwrap();
        Self { timers, callbacks }
    }

    fn all(&self) -> [(&'static str, &Vec<f64>); 2] {
        [("timers", &self.timers), ("callbacks", &self.callbacks)]
    }

    pub(crate) fn json(&self) -> Value {
        let of = |(name, times): (&str, &Vec<f64>)| {
            let figures = json!({
                "count": times.len(), "p50_ms": quantile(times, 50), "p99_ms": quantile(times, 99),
                "max_ms": quantile(times, 100),
            });
            (name.to_owned(), figures)
        };
        Value::Object(self.all().into_iter().map(of).collect())
    }

    pub(crate) fn missed(&self, p99_ms_max: f64) -> Vec<String> {
        let late = |(_, times): &(&str, &Vec<f64>)| times.is_empty() || quantile(times, 99) > p99_ms_max;
        let said = |(name, times): (&str, &Vec<f64>)| format!("{name} p99 {:.0} ms", quantile(times, 99));
        self.all().into_iter().filter(late).map(said).collect()
    }
}
