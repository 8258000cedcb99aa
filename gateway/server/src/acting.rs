//! Acts of operators, as they are asked for and decided: the same for command line, API and page. What must hold of
//! them is kept by the database; here it is only told in time, with a code.

use serde::Deserialize;
use sqlx::PgPool;
use uuid::Uuid;
use wasl_core::file::Release;
use wasl_schemas::problem::Code;

use crate::store::acts::{self, ActKind, Chosen, Decided, NewAct};
use crate::store::read::acts::{self as read, ActLine};
use crate::store::read::{Scope, file, waiting};
use crate::store::{StoreError, files};
use wasl_schemas::id::FileId;

/// Characters of a reason: less says nothing, more is no reason.
const REASON_CHARS: std::ops::RangeInclusive<usize> = 3..=1_000;

/// What an operator wants done. Which of the fields are there follows from the kind.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wish {
    /// What is to be done.
    pub kind: ActKind,
    /// Why, in the operator's words.
    pub reason: String,
    /// Replay, set aside: these parked messages.
    #[serde(default)]
    pub parked: Vec<Uuid>,
    /// Replay, set aside: those read from this queue.
    #[serde(default)]
    pub queue: Option<String>,
    /// Replay, set aside: those with this first fault.
    #[serde(default)]
    pub code: Option<String>,
    /// The file, by reference, registration number or id.
    #[serde(default)]
    pub file: Option<String>,
    /// Its commune, where several use the same reference.
    #[serde(default)]
    pub commune: Option<String>,
    /// Release: consultation or order.
    #[serde(default)]
    pub consultation: Option<Uuid>,
    /// Release: `done`, `not-done`, `send-again`.
    #[serde(default, rename = "as")]
    pub release_as: Option<Release>,
    /// Release as done: the agency's own number; an order of payment needs it.
    #[serde(default)]
    pub agency_reference: Option<String>,
    /// Redeliver: number of the event in the file.
    #[serde(default)]
    pub sequence: Option<i64>,
    /// Pause, resume: kind of agency.
    #[serde(default)]
    pub agency: Option<String>,
}

impl Wish {
    /// A wish about nothing yet.
    #[must_use]
    pub fn new(kind: ActKind, reason: &str) -> Self {
        Self {
            kind,
            reason: reason.to_owned(),
            parked: Vec::new(),
            queue: None,
            code: None,
            file: None,
            commune: None,
            consultation: None,
            release_as: None,
            agency_reference: None,
            sequence: None,
            agency: None,
        }
    }
}

/// Why an act was not asked for, or not decided.
#[derive(Debug, thiserror::Error)]
pub enum NotDone {
    /// A fault of the catalogue.
    #[error("{}: {}", .0.as_str(), .0.page().text.en)]
    Fault(Code),
    /// The database's.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Asks for an act.
///
/// # Errors
/// [`NotDone::Fault`] when it applies to nothing.
pub async fn ask(pool: &PgPool, most: u32, by: &str, wish: &Wish) -> Result<ActLine, NotDone> {
    let reason = wish.reason.trim();
    if !REASON_CHARS.contains(&reason.chars().count()) {
        return Err(NotDone::Fault(Code::OperatorNotPossible));
    }
    let mut act = NewAct::new(wish.kind, reason, by);
    act.file = file_of(pool, wish).await?;
    let impossible = || NotDone::Fault(Code::OperatorNotPossible);
    let id = match wish.kind {
        ActKind::Replay | ActKind::SetAside => {
            let chosen = Chosen {
                ids: wish.parked.clone(),
                queue: wish.queue.clone(),
                code: wish.code.clone(),
                file: act.file.take(),
            };
            acts::ask_about(pool, &act, &chosen, most.into()).await?.ok_or_else(impossible)?.0
        }
        ActKind::Release => {
            fill_release(pool, wish, &mut act).await?;
            acts::ask(pool, &act).await?
        }
        ActKind::Redeliver => {
            let (file, sequence) = act.file.zip(wish.sequence).ok_or_else(impossible)?;
            if !(1..=files::last_sequence(pool, FileId(file)).await?).contains(&sequence) {
                return Err(impossible());
            }
            act.sequence = Some(sequence);
            acts::ask(pool, &act).await?
        }
        ActKind::Pause | ActKind::Resume => {
            let kinds = wasl_adapters::registry::kinds();
            let agency = wish.agency.as_deref().filter(|kind| kinds.contains(kind)).ok_or_else(impossible)?;
            act.agency = Some(agency.to_owned());
            acts::ask(pool, &act).await?
        }
        ActKind::Drain | ActKind::Undrain => acts::ask(pool, &act).await?,
    };
    read::one(pool, id).await?.ok_or_else(impossible)
}

async fn file_of(pool: &PgPool, wish: &Wish) -> Result<Option<Uuid>, NotDone> {
    let Some(reference) = &wish.file else { return Ok(None) };
    let mut found = file::find(pool, &Scope::default(), reference, wish.commune.as_deref()).await?;
    match (found.pop(), found.is_empty()) {
        (Some(row), true) => Ok(Some(row.id)),
        _ => Err(NotDone::Fault(Code::OperatorNotPossible)),
    }
}

/// A release is about a request that waits for operators now, and in no other act.
async fn fill_release(pool: &PgPool, wish: &Wish, act: &mut NewAct) -> Result<(), NotDone> {
    let waiting = waiting::for_operators(pool).await?;
    let found = waiting.iter().find(|line| {
        Some(line.consultation_id) == wish.consultation
            && act.file.is_none_or(|file| file == line.file_id)
            && line.act.is_none()
    });
    let (Some(line), Some(release)) = (found, wish.release_as) else {
        return Err(NotDone::Fault(Code::OperatorNotPossible));
    };
    let reference = wish.agency_reference.as_deref().map(str::trim).filter(|text| !text.is_empty());
    if release == Release::Done && line.request == "pay" && reference.is_none() {
        return Err(NotDone::Fault(Code::OperatorNotPossible));
    }
    act.file = Some(line.file_id);
    act.consultation = Some(line.consultation_id);
    act.release_as = Some(release.as_str().to_owned());
    act.agency_reference = reference.map(str::to_owned);
    Ok(())
}

/// Approves or declines.
///
/// # Errors
/// [`NotDone::Fault`] when it waits for no decision, or not for this person's.
pub async fn decide(pool: &PgPool, act: Uuid, by: &str, approve: bool) -> Result<ActLine, NotDone> {
    match acts::decide(pool, act, by, approve).await? {
        Decided::Yes => {}
        Decided::SamePerson => return Err(NotDone::Fault(Code::OperatorSamePerson)),
        Decided::Over => return Err(NotDone::Fault(Code::OperatorActOver)),
        Decided::Unknown => return Err(NotDone::Fault(Code::NotFound)),
    }
    read::one(pool, act).await?.ok_or(NotDone::Fault(Code::NotFound))
}
