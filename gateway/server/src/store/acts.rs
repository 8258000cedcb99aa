//! What operators ask for, approve and decline. Who may approve what, and what may follow what, is kept by the
//! database (migration `0040`); this only writes.

use serde::{Deserialize, Serialize};
use sqlx::{PgPool, PgTransaction};
use uuid::Uuid;

use super::StoreError;
use super::read::Instant;

/// What an act does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ActKind {
    /// Parked messages go where they first went, once more.
    Replay,
    /// Parked messages are dealt with: nothing is done with them, and nothing waits for them.
    SetAside,
    /// A request of which nobody knows whether it has arrived is settled.
    Release,
    /// What a commune was told by one event of a file is told again, under the same id.
    Redeliver,
    /// Nothing more is sent to one kind of agency.
    Pause,
    /// It is sent to again.
    Resume,
    /// Nothing new is taken in; what is in is finished.
    Drain,
    /// It is taken in again.
    Undrain,
}

impl ActKind {
    /// The key in the database, in JSON and in text keys.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Replay => "replay",
            Self::SetAside => "set-aside",
            Self::Release => "release",
            Self::Redeliver => "redeliver",
            Self::Pause => "pause",
            Self::Resume => "resume",
            Self::Drain => "drain",
            Self::Undrain => "undrain",
        }
    }

    /// Reads a key back.
    #[must_use]
    pub fn parse(key: &str) -> Option<Self> {
        [
            Self::Replay,
            Self::SetAside,
            Self::Release,
            Self::Redeliver,
            Self::Pause,
            Self::Resume,
            Self::Drain,
            Self::Undrain,
        ]
        .into_iter()
        .find(|kind| kind.as_str() == key)
    }

    /// Nothing happens before somebody else has approved it.
    #[must_use]
    pub const fn needs_two(self) -> bool {
        matches!(self, Self::Replay | Self::SetAside | Self::Release)
    }
}

/// An act to ask for.
#[derive(Debug, Clone)]
pub struct NewAct {
    /// What it does.
    pub kind: ActKind,
    /// Why, in the operator's words: 3 to 1000 characters.
    pub reason: String,
    /// Who asks.
    pub asked_by: String,
    /// Kind of agency, for a pause.
    pub agency: Option<String>,
    /// The file, for a release or a redelivery.
    pub file: Option<Uuid>,
    /// Consultation or order, for a release.
    pub consultation: Option<Uuid>,
    /// `done`, `not-done`, `send-again`, for a release.
    pub release_as: Option<String>,
    /// The agency's own number, for a release.
    pub agency_reference: Option<String>,
    /// Number of the event, for a redelivery.
    pub sequence: Option<i64>,
}

impl NewAct {
    /// An act about nothing yet.
    #[must_use]
    pub fn new(kind: ActKind, reason: &str, asked_by: &str) -> Self {
        Self {
            kind,
            reason: reason.trim().to_owned(),
            asked_by: asked_by.to_owned(),
            agency: None,
            file: None,
            consultation: None,
            release_as: None,
            agency_reference: None,
            sequence: None,
        }
    }
}

/// Which parked messages are meant: those that are seen when the act is asked for, and no others.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Chosen {
    /// These; none means those that fit the rest.
    pub ids: Vec<Uuid>,
    /// Read from this queue.
    pub queue: Option<String>,
    /// With this first fault.
    pub code: Option<String>,
    /// About this file.
    pub file: Option<Uuid>,
}

impl Chosen {
    /// Nothing is chosen at all: never everything by mistake.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.ids.is_empty() && self.queue.is_none() && self.code.is_none() && self.file.is_none()
    }
}

/// Asks for an act about no parked message; its id.
///
/// # Errors
/// The database's; [`StoreError::Refused`] for an act that cannot be.
pub async fn ask(pool: &PgPool, act: &NewAct) -> Result<Uuid, StoreError> {
    let mut tx = pool.begin().await?;
    let id = insert(&mut tx, act, 0).await?;
    tx.commit().await?;
    Ok(id)
}

/// Asks for an act about parked messages, which are fixed here. Its id and how many they are; `None` when nothing that
/// is parked fits, or more than `most`.
///
/// # Errors
/// The database's.
pub async fn ask_about(
    pool: &PgPool,
    act: &NewAct,
    chosen: &Chosen,
    most: i64,
) -> Result<Option<(Uuid, usize)>, StoreError> {
    let mut tx = pool.begin().await?;
    let ids: Option<&[Uuid]> = (!chosen.ids.is_empty()).then_some(&chosen.ids);
    let seen = sqlx::query!(
        r#"SELECT p.id, p.parked_at AS "parked_at: Instant" FROM parked p
           WHERE p.status = 'parked' AND ($1::uuid[] IS NULL OR p.id = ANY($1)) AND ($2::text IS NULL OR p.queue = $2)
             AND ($3::text IS NULL OR p.code = $3)
             AND ($4::uuid IS NULL OR p.file_id = $4 OR p.about_file_id = $4
                  OR p.consultation_id IN (SELECT id FROM consultation WHERE file_id = $4
                                           UNION ALL SELECT order_id FROM fee WHERE file_id = $4))
           ORDER BY p.parked_at, p.id LIMIT $5"#,
        ids,
        chosen.queue.as_deref(),
        chosen.code.as_deref(),
        chosen.file,
        most + 1
    )
    .fetch_all(&mut *tx)
    .await?;
    let count = seen.len();
    let missing = !chosen.ids.is_empty() && count < chosen.ids.len();
    if chosen.is_empty() || count == 0 || missing || i64::try_from(count).unwrap_or(i64::MAX) > most {
        return Ok(None);
    }
    let id = insert(&mut tx, act, i32::try_from(count).unwrap_or(i32::MAX)).await?;
    let (ids, at): (Vec<Uuid>, Vec<Instant>) = seen.into_iter().map(|row| (row.id, row.parked_at)).unzip();
    sqlx::query!(
        "INSERT INTO operator_item (act_id, place, parked_id, seen_parked_at)
         SELECT $1, n.place, n.id, n.at
         FROM UNNEST($2::uuid[], $3::timestamptz[]) WITH ORDINALITY AS n (id, at, place)",
        id,
        &ids,
        &at as &[Instant]
    )
    .execute(&mut *tx)
    .await?;
    tx.commit().await?;
    Ok(Some((id, count)))
}

async fn insert(tx: &mut PgTransaction<'_>, act: &NewAct, items: i32) -> Result<Uuid, StoreError> {
    let id = Uuid::now_v7();
    sqlx::query!(
        "INSERT INTO operator_act (id, kind, status, reason, asked_by, agency, file_id, consultation_id, release_as,
             agency_reference, sequence, items)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        id,
        act.kind.as_str(),
        if act.kind.needs_two() { "asked" } else { "approved" },
        act.reason,
        act.asked_by,
        act.agency,
        act.file,
        act.consultation,
        act.release_as,
        act.agency_reference,
        act.sequence,
        items
    )
    .execute(&mut **tx)
    .await?;
    Ok(id)
}

/// What became of a decision about an act.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decided {
    /// It stands.
    Yes,
    /// Whoever asks cannot approve: kept by the constraint `two_people`.
    SamePerson,
    /// The act waits for no decision.
    Over,
    /// There is no such act.
    Unknown,
}

/// Approves or declines an act. Whoever asked may decline it, too.
///
/// # Errors
/// The database's.
pub async fn decide(pool: &PgPool, act: Uuid, by: &str, approve: bool) -> Result<Decided, StoreError> {
    let done = sqlx::query!(
        "UPDATE operator_act SET status = $3, decided_by = $2, decided_at = now() WHERE id = $1 AND status = 'asked'",
        act,
        by.trim(),
        if approve { "approved" } else { "declined" }
    )
    .execute(pool)
    .await;
    match done {
        Ok(done) if done.rows_affected() == 1 => Ok(Decided::Yes),
        Ok(_) => {
            let known = sqlx::query_scalar!(
                r#"SELECT EXISTS (SELECT FROM operator_act WHERE id = $1) AS "known!""#,
                act
            );
            Ok(if known.fetch_one(pool).await? { Decided::Over } else { Decided::Unknown })
        }
        Err(error) if is_same_person(&error) => Ok(Decided::SamePerson),
        Err(error) => Err(error.into()),
    }
}

fn is_same_person(error: &sqlx::Error) -> bool {
    matches!(error, sqlx::Error::Database(inner) if inner.constraint() == Some("two_people"))
}
