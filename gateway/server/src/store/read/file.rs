//! One file with all that belongs to it.

use serde::Serialize;
use serde_json::Value;
use serde_json::value::RawValue;
use sqlx::PgPool;
use sqlx::types::Json;
use uuid::Uuid;

use super::{Day, Instant, Scope};
use crate::store::StoreError;

/// Most events of one file that are shown; a file has a few dozen.
pub const EVENTS_MAX: i64 = 2_000;
/// Most exchanges of one file that are shown, the last ones.
pub const EXCHANGES_MAX: i64 = 2_000;

/// A file's row.
#[derive(Debug, Clone, Serialize)]
pub struct FileRow {
    /// The gateway's id.
    pub id: Uuid,
    /// Commune or arrondissement that decides.
    pub commune: String,
    /// Its prefecture or province.
    pub province: String,
    /// Its region.
    pub region: String,
    /// The commune's reference.
    pub reference: String,
    /// The gateway's number.
    pub registration: String,
    /// Kind of permit.
    pub permit: String,
    /// `large` or `small`, by the rule.
    pub project_class: String,
    /// Where it stands.
    pub status: String,
    /// Version of the present deposit.
    pub deposit_version: i32,
    /// Local date of the commune's receipt.
    pub filed: Day,
    /// Last day for the decision, the earlier reading.
    pub due: Option<Day>,
    /// The later reading, where the unit is doubtful.
    pub due_later: Option<Day>,
    /// Whether silence is approval.
    pub silence_is_approval: bool,
    /// When silence gives the right.
    pub right_acquires_at: Option<Instant>,
    /// When it was registered.
    pub registered_at: Instant,
    /// When its reviews were complete.
    pub reviewed_at: Option<Instant>,
    /// When the commune decided.
    pub decided_at: Option<Instant>,
    /// `granted` or `refused`.
    pub decision: Option<String>,
    /// When silence gave the right.
    pub right_acquired_at: Option<Instant>,
    /// When the applicant invoked it.
    pub invoked_at: Option<Instant>,
    /// When it was attested.
    pub attested_at: Option<Instant>,
    /// When the permit was delivered.
    pub delivered_at: Option<Instant>,
    /// When it was withdrawn.
    pub withdrawn_at: Option<Instant>,
    /// Number of its events.
    pub sequence: i64,
    /// The whole state as the core keeps it.
    #[serde(skip)]
    pub state: Value,
}

/// Files with this reference, registration number or id inside the scope, at most two: two mean that the
/// commune must be named.
///
/// # Errors
/// The database's.
pub async fn find(
    pool: &PgPool,
    scope: &Scope,
    reference: &str,
    commune: Option<&str>,
) -> Result<Vec<FileRow>, StoreError> {
    Ok(sqlx::query_as!(
        FileRow,
        r#"SELECT id, commune, province, region, reference, registration, permit, project_class, status,
               deposit_version, filed AS "filed: Day", due AS "due: Day", due_later AS "due_later: Day",
               silence_is_approval, right_acquires_at AS "right_acquires_at: Instant",
               registered_at AS "registered_at: Instant", reviewed_at AS "reviewed_at: Instant",
               decided_at AS "decided_at: Instant", decision, right_acquired_at AS "right_acquired_at: Instant",
               invoked_at AS "invoked_at: Instant", attested_at AS "attested_at: Instant",
               delivered_at AS "delivered_at: Instant", withdrawn_at AS "withdrawn_at: Instant", sequence, state
           FROM file f
           WHERE ($1::text IS NULL OR region = $1) AND ($2::text IS NULL OR province = $2)
             AND ($3::text IS NULL OR commune = $3)
             AND ($4::text IS NULL OR EXISTS (SELECT FROM consultation c WHERE c.file_id = f.id AND c.agency = $4
                                              AND ($5::text IS NULL OR c.agency_id = $5)))
             AND (reference = $6 OR registration = $6 OR id = $8) AND ($7::text IS NULL OR commune = $7)
           ORDER BY id LIMIT 2"#,
        scope.region.as_deref(),
        scope.province.as_deref(),
        scope.commune.as_deref(),
        scope.agency.as_deref(),
        scope.agency_id.as_deref(),
        reference,
        commune,
        Uuid::parse_str(reference).ok()
    )
    .fetch_all(pool)
    .await?)
}

/// A fee of a file.
#[derive(Debug, Clone, Serialize)]
pub struct FeeLine {
    /// Our reference at the bank.
    pub order_id: Uuid,
    /// The commune's key.
    pub fee: String,
    /// What for.
    pub label: String,
    /// What is asked.
    pub amount_centimes: i64,
    /// Who receives it.
    pub beneficiary: String,
    /// Where it stands.
    pub status: String,
    /// The bank's number.
    pub bank_reference: Option<String>,
    /// `card`, `counter`, `transfer`.
    pub means: Option<String>,
    /// What was paid.
    pub paid_centimes: Option<i64>,
    /// When it was assessed.
    pub assessed_at: Instant,
    /// When it was settled.
    pub settled_at: Option<Instant>,
    /// Why it waits.
    pub last_fault: Option<String>,
}

/// The fees of a file, in the order of their assessment.
///
/// # Errors
/// The database's.
pub async fn fees(pool: &PgPool, file: Uuid) -> Result<Vec<FeeLine>, StoreError> {
    Ok(sqlx::query_as!(
        FeeLine,
        r#"SELECT order_id, fee, label, amount_centimes, beneficiary, status, bank_reference, means, paid_centimes,
               assessed_at AS "assessed_at: Instant", settled_at AS "settled_at: Instant", last_fault
           FROM fee WHERE file_id = $1 ORDER BY assessed_at, order_id"#,
        file
    )
    .fetch_all(pool)
    .await?)
}

/// An event of a file.
#[derive(Debug, Serialize)]
pub struct EventLine {
    /// Its number in the file.
    pub sequence: i64,
    /// What happened.
    pub name: String,
    /// The message or timer that caused it.
    pub cause: String,
    /// Legal time.
    pub legal_at: Instant,
    /// Recording time.
    pub recorded_at: Instant,
    /// Hash over this event and the one before it, in hexadecimal.
    pub hash: String,
    /// The event as it is stored.
    pub data: Json<Box<RawValue>>,
}

/// The events of a file, oldest first, at most [`EVENTS_MAX`].
///
/// # Errors
/// The database's.
pub async fn events(pool: &PgPool, file: Uuid) -> Result<Vec<EventLine>, StoreError> {
    Ok(sqlx::query_as!(
        EventLine,
        r#"SELECT sequence, name, cause, legal_at AS "legal_at: Instant", recorded_at AS "recorded_at: Instant",
               encode(hash, 'hex') AS "hash!", data AS "data: Json<Box<RawValue>>"
           FROM event WHERE file_id = $1 ORDER BY sequence LIMIT $2"#,
        file,
        EVENTS_MAX
    )
    .fetch_all(pool)
    .await?)
}

/// Something said on an agency's wire.
#[derive(Debug, Clone, Serialize)]
pub struct ExchangeLine {
    /// Its number.
    pub id: i64,
    /// Consultation or order.
    pub consultation_id: Uuid,
    /// Kind of agency.
    pub agency: String,
    /// What was asked.
    pub request: String,
    /// Which attempt.
    pub attempt: i32,
    /// What was said.
    pub what: String,
    /// Wall-clock time.
    pub at: Instant,
    /// How long it took, in milliseconds.
    pub took_ms: i64,
    /// Bytes sent.
    pub sent_bytes: i64,
    /// Bytes received.
    pub received_bytes: i64,
    /// HTTP status or a word.
    pub status: String,
    /// SHA-256 of what was received, or sent when nothing came back.
    pub sha256: String,
    /// Its bodies are kept and can be read with the right for it.
    pub has_body: bool,
}

/// The exchanges of a file, newest first, at most [`EXCHANGES_MAX`]; of one agency only when the scope says so.
///
/// # Errors
/// The database's.
pub async fn exchanges(pool: &PgPool, scope: &Scope, file: Uuid) -> Result<Vec<ExchangeLine>, StoreError> {
    Ok(sqlx::query_as!(
        ExchangeLine,
        r#"SELECT e.id, e.consultation_id, e.agency, e.request, e.attempt, e.what, e.at AS "at: Instant", e.took_ms,
               e.sent_bytes, e.received_bytes, e.status, e.sha256,
               EXISTS (SELECT FROM exchange_body b WHERE b.id = e.body_id) AS "has_body!"
           FROM exchange e
           WHERE e.consultation_id IN (
                   SELECT c.id FROM consultation c
                   WHERE c.file_id = $1 AND ($2::text IS NULL OR c.agency = $2)
                     AND ($3::text IS NULL OR c.agency_id = $3)
                   UNION ALL SELECT order_id FROM fee WHERE file_id = $1 AND $2 IS NULL)
           ORDER BY e.id DESC LIMIT $4"#,
        file,
        scope.agency.as_deref(),
        scope.agency_id.as_deref(),
        EXCHANGES_MAX
    )
    .fetch_all(pool)
    .await?)
}
