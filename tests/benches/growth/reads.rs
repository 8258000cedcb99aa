//! How long the routes of the API and the pages take, asked over HTTP with the roles that ask them in life.

use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use sqlx::PgPool;

use crate::load::quantile;
use crate::support::Gateway;
use crate::support::gateway::SOUANI;

/// Warm-up questions of each route that do not count: plans are made and pages of the database read.
const WARM_UP: usize = 10;

/// What was measured of one route.
pub(crate) struct Read {
    pub(crate) route: String,
    pub(crate) p50_ms: f64,
    pub(crate) p99_ms: f64,
    pub(crate) max_ms: f64,
}

impl Read {
    pub(crate) fn json(&self) -> Value {
        json!({"route": self.route, "p50_ms": self.p50_ms, "p99_ms": self.p99_ms, "max_ms": self.max_ms})
    }
}

/// Who asks what. `{ref}`, `{commune}`, `{region}` and `{cursor}` become others each time.
const ROUTES: &[(&str, &str)] = &[
    ("ministry", "/api/v1/files"),
    ("ministry", "/api/v1/files?cursor={cursor}"),
    ("ministry", "/api/v1/files?commune={commune}"),
    ("ministry", "/api/v1/files?region={region}&status=reviewed"),
    ("ministry", "/api/v1/files?status=withdrawn"),
    ("ministry", "/api/v1/files?overdue=true"),
    ("ministry", "/api/v1/files?commune={commune}&overdue=true"),
    ("ministry", "/api/v1/files?reference={ref}"),
    ("ministry", "/api/v1/files?filed_from=2026-01-10&filed_to=2026-01-20"),
    ("ministry", "/api/v1/files/{ref}"),
    ("ministry", "/api/v1/files/{ref}/deadline"),
    ("operator", "/api/v1/files/{ref}/waiting"),
    ("souani", "/api/v1/files"),
    ("souani", "/api/v1/files?status=under-review"),
    ("souani", "/api/v1/consultations?open=true"),
    ("souani", "/api/v1/deadlines?within_days=30"),
    ("souani", "/api/v1/stats/day"),
    ("ministry", "/api/v1/consultations"),
    ("ministry", "/api/v1/consultations?open=true"),
    ("ministry", "/api/v1/consultations?overdue=true"),
    ("ministry", "/api/v1/consultations?agency=onee&status=acknowledged"),
    ("ministry", "/api/v1/consultations?region={region}&open=true"),
    ("ministry", "/api/v1/consultations?commune={commune}"),
    ("ministry", "/api/v1/deadlines"),
    ("ministry", "/api/v1/deadlines?passed=true"),
    ("ministry", "/api/v1/agencies"),
    ("operator", "/api/v1/agencies/onee/drift"),
    ("operator", "/api/v1/lines"),
    ("ministry", "/api/v1/communes"),
    ("ministry", "/api/v1/communes/{commune}"),
    ("ministry", "/api/v1/silence"),
    ("ministry", "/api/v1/silence?stage=acquired"),
    ("ministry", "/api/v1/payments"),
    ("ministry", "/api/v1/payments/statements"),
    ("operator", "/api/v1/alarms"),
    ("operator", "/api/v1/parked"),
    ("operator", "/api/v1/waiting"),
    ("operator", "/api/v1/held"),
    ("operator", "/api/v1/acts"),
    ("ministry", "/api/v1/stats/day"),
    ("ministry", "/fr"),
    ("operator", "/lines"),
    ("operator", "/operator"),
    ("operator", "/parked"),
    ("operator", "/why/{ref}"),
    ("ministry", "/files/{ref}"),
    ("ministry", "/payments"),
    ("ministry", "/live"),
];

/// Asks every route so many times, one question after another.
pub(crate) async fn all(gateway: &Gateway, files: usize, times: usize) -> Vec<Read> {
    let client = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(30)).build().unwrap();
    let communes: Vec<String> =
        list(&gateway.pool, "SELECT DISTINCT commune FROM file_by_month ORDER BY 1").await;
    let mut reads = Vec::new();
    for (caller, route) in ROUTES {
        let mut took = Vec::with_capacity(times);
        for number in 0..times + WARM_UP {
            let some = (number * 7_919 + 13) % files;
            let region = format!("{:02}", number % 12 + 1);
            let place =
                format!("2026-10-{:02}T10:00:00Z|{}", number % 28 + 1, uuid::Uuid::from_u128(1 << 127));
            let cursor = URL_SAFE_NO_PAD.encode(place);
            let path = route
                .replace("{ref}", &format!("PCT-{}", some + 1))
                .replace("{commune}", &communes[some % communes.len()])
                .replace("{region}", &region)
                .replace("{cursor}", &cursor);
            let begin = Instant::now();
            let url = format!("http://{}{path}", gateway.ports.http);
            let answer = client.get(url).bearer_auth(&gateway.tokens[*caller]).send().await.unwrap();
            let status = answer.status();
            let bytes =
                if *route == "/live" { first(answer).await } else { answer.bytes().await.unwrap().len() };
            if !status.is_success() || bytes == 0 {
                eprintln!("{caller} {path}: {status}");
                took.push(f64::INFINITY);
                break;
            }
            if number >= WARM_UP {
                took.push(begin.elapsed().as_secs_f64() * 1000.0);
            }
        }
        let read = Read {
            route: format!("{caller} {route}"),
            p50_ms: quantile(&took, 50),
            p99_ms: quantile(&took, 99),
            max_ms: quantile(&took, 100),
        };
        eprintln!("{:<70} p50 {:>7.1} ms  p99 {:>7.1} ms", read.route, read.p50_ms, read.p99_ms);
        reads.push(read);
    }
    reads
}

/// Bytes of the first piece of an answer that does not end.
async fn first(mut answer: reqwest::Response) -> usize {
    answer.chunk().await.unwrap().map_or(0, |piece| piece.len())
}

async fn list(pool: &PgPool, sql: &'static str) -> Vec<String> {
    let mut all: Vec<String> = sqlx::query_scalar(sql).fetch_all(pool).await.unwrap();
    all.retain(|code| code != SOUANI);
    all
}
