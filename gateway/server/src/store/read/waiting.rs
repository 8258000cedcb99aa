//! Why is this file waiting? What the file itself tells ([`wasl_core::file::waiting`]), with what only the store knows:
//! when something is tried again, and what stands in the way outside the file.

use std::collections::BTreeMap;

use serde::Serialize;
use sqlx::PgPool;
use uuid::Uuid;
use wasl_core::file::TimerKind;
use wasl_core::file::waiting::{Wait, WaitStep, waits};
use wasl_schemas::id::{ConsultationId, FileId};

use super::parked::{self, ParkedFilter, ParkedLine};
use super::{Day, Instant, held};
use crate::store::{StoreError, files};

/// Parked messages of one file that are told at most.
const PARKED_MAX: i64 = 100;
/// Requests that are listed at most.
const REQUESTS_MAX: i64 = 1_000;

/// One thing that a file waits for.
#[derive(Debug, Clone, Serialize)]
pub struct WaitLine {
    /// What the file tells.
    #[serde(flatten)]
    pub wait: Wait,
    /// When it is tried, asked or looked at again by itself.
    pub next_at: Option<Instant>,
    /// Operators have paused the agency.
    pub paused: bool,
    /// The circuit breaker of the agency's line is open.
    pub breaker_open: bool,
    /// What an operator can do: `release`, `resume`, `line`, `parked`, or `nothing` but wait.
    pub can: &'static str,
}

/// Why a file waits.
#[derive(Debug, Clone, Serialize)]
pub struct Waiting {
    /// Everything it waits for, the most pressing first.
    pub waits: Vec<WaitLine>,
    /// Messages about it that are parked.
    pub parked: Vec<ParkedLine>,
    /// Nothing new is taken in, so what its commune sends is not read for now.
    pub draining: bool,
}

/// Why this file waits; of one kind of agency alone where `agency` says so.
///
/// # Errors
/// The database's; a state that this version cannot read.
pub async fn of(pool: &PgPool, file: Uuid, agency: Option<&str>) -> Result<Waiting, StoreError> {
    let Some(state) = files::stored(pool, FileId(file)).await? else {
        return Ok(Waiting { waits: Vec::new(), parked: Vec::new(), draining: false });
    };
    let filter = ParkedFilter { status: Some("parked"), file: Some(file), ..ParkedFilter::default() };
    let (timers, parked, pauses, open, draining) = tokio::try_join!(
        timers(pool, file),
        parked::list(pool, &filter, None, PARKED_MAX),
        held::pauses(pool),
        open_breakers(pool),
        held::is_draining(pool)
    )?;
    let of_agency =
        |wait: &Wait| agency.is_none_or(|kind| wait.agency.as_ref().is_some_and(|a| a.as_str() == kind));
    let line = |wait: Wait| {
        let kind = wait.agency.as_ref().map(|kind| kind.as_str());
        let paused = kind.is_some_and(|kind| pauses.iter().any(|pause| pause.agency == kind));
        let breaker_open = kind.is_some_and(|kind| open.iter().any(|agency| agency == kind));
        let can = match wait.step {
            WaitStep::Operator => "release",
            WaitStep::RightHeld if !parked.is_empty() => "parked",
            WaitStep::Sending if paused => "resume",
            WaitStep::Sending if breaker_open || wait.failures > 0 => "line",
            _ => "nothing",
        };
        let next_at = next(&wait, &timers).filter(|_| !paused);
        WaitLine { next_at, paused, breaker_open, can, wait }
    };
    let lines = waits(&state).into_iter().filter(of_agency).map(line).collect();
    Ok(Waiting { waits: lines, parked: if agency.is_none() { parked } else { Vec::new() }, draining })
}

/// The next moment at which something happens by itself.
fn next(wait: &Wait, timers: &BTreeMap<String, Instant>) -> Option<Instant> {
    let at = |kind: TimerKind| timers.get(&kind.to_string()).copied();
    match (wait.step, wait.consultation) {
        (WaitStep::Operator, _) => None,
        (WaitStep::RightHeld, _) => at(TimerKind::Silence),
        (WaitStep::Decision, _) => at(TimerKind::Due("decision".to_owned())),
        (_, Some(id)) => of_request(id).into_iter().filter_map(at).min(),
        _ => None,
    }
}

const fn of_request(id: ConsultationId) -> [TimerKind; 3] {
    [TimerKind::Retry(id), TimerKind::Watchdog(id), TimerKind::Poll(id)]
}

async fn timers(pool: &PgPool, file: Uuid) -> Result<BTreeMap<String, Instant>, StoreError> {
    let rows = sqlx::query!(r#"SELECT key, due_at AS "due_at: Instant" FROM timer WHERE file_id = $1"#, file)
        .fetch_all(pool)
        .await?;
    Ok(rows.into_iter().map(|row| (row.key, row.due_at)).collect())
}

async fn open_breakers(pool: &PgPool) -> Result<Vec<String>, StoreError> {
    Ok(sqlx::query_scalar!("SELECT agency FROM agency_line WHERE breaker = 'open'").fetch_all(pool).await?)
}

/// A request that waits for operators.
#[derive(Debug, Clone, Serialize)]
pub struct RequestLine {
    /// Consultation or order.
    pub consultation_id: Uuid,
    /// Kind of agency.
    pub agency: String,
    /// Which agency of the kind.
    pub agency_id: String,
    /// What was asked.
    pub request: String,
    /// Which attempt.
    pub attempt: i32,
    /// The last fault.
    pub last_fault: String,
    /// The file's reference.
    pub reference: String,
    /// The file's commune.
    pub commune: String,
    /// The file.
    pub file_id: Uuid,
    /// Last day for the opinion.
    pub due: Option<Day>,
    /// A release was asked for and waits for its approval, or for the core.
    pub act: Option<Uuid>,
}

/// Requests of which nobody knows whether they have arrived, the first due first.
///
/// # Errors
/// The database's.
pub async fn for_operators(pool: &PgPool) -> Result<Vec<RequestLine>, StoreError> {
    Ok(sqlx::query_as!(
        RequestLine,
        r#"SELECT w.id AS "consultation_id!", w.agency AS "agency!", w.agency_id AS "agency_id!",
               w.request AS "request!", w.attempt AS "attempt!", w.last_fault AS "last_fault!",
               f.reference, f.commune, f.id AS file_id, w.due AS "due: Day",
               (SELECT a.id FROM operator_act a WHERE a.consultation_id = w.id AND a.kind = 'release'
                  AND a.status IN ('asked', 'approved') ORDER BY a.asked_at LIMIT 1) AS act
           FROM (SELECT id, file_id, agency, agency_id, request, attempt, last_fault, due FROM consultation
                 WHERE waiting AND last_fault LIKE 'operator-needed:%'
                 UNION ALL SELECT order_id, file_id, 'barid-bank', 'barid-bank', request, attempt, last_fault, NULL
                 FROM fee WHERE waiting AND last_fault LIKE 'operator-needed:%') AS w
               JOIN file f ON f.id = w.file_id
           ORDER BY w.due NULLS LAST, w.id LIMIT $1"#,
        REQUESTS_MAX
    )
    .fetch_all(pool)
    .await?)
}
