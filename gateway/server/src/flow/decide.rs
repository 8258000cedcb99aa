//! One transaction for a batch of inputs: drop what was seen, lock the files, ask the pure core, write.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use uuid::Uuid;
use wasl_adapters::planted;
use wasl_core::file::{Event, Input, step};
use wasl_schemas::id::{CommuneCode, ConsultationId, FileId, Reference};
use wasl_schemas::problem::{Code, Fault};

use super::notify::{message_of, refusal_message};
use super::{Core, early};
use crate::observe::metrics;
use crate::store::inbox::{Key, Seen};
use crate::store::parked::NewParked;
use crate::store::{StoreError, Unit};

/// Which file an input is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// Known.
    File(FileId),
    /// To be found by our reference with an agency.
    Consultation(ConsultationId),
}

/// One input on its way into a file, with what is needed to refuse it.
#[derive(Debug, Clone)]
pub struct Work {
    /// For the inbox; none for timers.
    pub key: Option<Key>,
    /// Whose.
    pub target: Target,
    /// What is said to it.
    pub input: Input,
    /// `source|id` of what caused it, kept with the events.
    pub cause: String,
    /// How to answer and set aside when it is refused.
    pub refusable: Option<Refusable>,
}

/// How to refuse a message: the raw bytes for `parked`, and who is answered.
#[derive(Debug, Clone)]
pub struct Refusable {
    /// Who is told; nobody when the sender is not known.
    pub answer_to: Option<CommuneCode>,
    /// `id` of the message.
    pub refused_id: Option<String>,
    /// `type` of the message.
    pub refused_type: Option<String>,
    /// `subject` of the message.
    pub subject: Option<String>,
    /// The message as it will be set aside, without faults.
    pub parked: NewParked,
}

/// What became of a batch, for metrics and logs.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Tally {
    /// Had an effect, or rightly none.
    pub done: u64,
    /// Kept until their file is known.
    pub early: u64,
    /// Seen before.
    pub duplicate: u64,
    /// Answered with faults and set aside.
    pub refused: u64,
    /// Set aside.
    pub parked: u64,
}

/// Decides a batch inside an open unit.
///
/// # Errors
/// The database's; then nothing of the unit has happened.
pub async fn decide(
    core: &Core,
    unit: &mut Unit,
    works: Vec<Work>,
    now: Timestamp,
) -> Result<Tally, StoreError> {
    let mut tally = Tally::default();
    let keys: Vec<Key> = works.iter().filter_map(|w| w.key.clone()).collect();
    let mut seen = unit.record(&keys).await?.into_iter();
    let mut fresh = Vec::with_capacity(works.len());
    for work in works {
        match work.key.as_ref().and_then(|_| seen.next()) {
            None | Some(Seen::New) => fresh.push(work),
            Some(_) if planted!("inbox-off") => fresh.push(work),
            Some(Seen::Duplicate) => tally.duplicate += 1,
            Some(Seen::Reused) => {
                let faults = vec![Fault::new(Code::MessageIdReused, "/id")];
                refuse(unit, &mut tally, work.refusable, &faults, now)?;
            }
        }
    }
    let owners = owners(unit, &fresh).await?;
    let files: BTreeSet<FileId> = fresh.iter().filter_map(|w| file_of(w, &owners)).collect();
    unit.lock(&files).await?;
    let mut unlearn = Vec::new();
    for work in fresh {
        let work = match early::keep(core, unit, work) {
            Ok(work) => work,
            Err(key) => {
                tally.early += 1;
                // It had no effect yet, and comes again.
                unlearn.extend(key);
                continue;
            }
        };
        match file_of(&work, &owners) {
            Some(file) => one(core, unit, file, work, now, &mut tally, &mut unlearn)?,
            None => {
                tally.parked += 1;
                // It had no effect: sent again, it may find its consultation.
                unlearn.extend(work.key);
                park(unit, work.refusable, &[Fault::new(Code::AgencyUnmatched, "/consultation")]);
            }
        }
    }
    unit.forget(&unlearn).await?;
    Ok(tally)
}

fn one(
    core: &Core,
    unit: &mut Unit,
    file: FileId,
    work: Work,
    now: Timestamp,
    tally: &mut Tally,
    unlearn: &mut Vec<Key>,
) -> Result<(), StoreError> {
    let stepped = step(unit.state(file), &work.input, &core.rules(now));
    if let Input::Outcome(message) = work.input {
        unit.journal(file, *message);
    }
    match stepped {
        Ok(done) => {
            tally.done += 1;
            alarm(core, file, &done.events);
            let said = unit.apply(file, done, &work.cause, now)?;
            let mut messages = Vec::with_capacity(said.len());
            if let Some(state) = unit.state(file) {
                for (place, (sequence, effect)) in said.iter().enumerate() {
                    messages.extend(message_of(state, *sequence, place, effect, &work.cause, now)?);
                }
            }
            unit.say_all(messages);
        }
        Err(refusal) => {
            // A refused message may be sent again with the same id once its cause is mended.
            unlearn.extend(work.key);
            refuse(unit, tally, work.refusable, &refusal.0, now)?;
        }
    }
    Ok(())
}

/// What somebody must look at, although it stands: a decision that was taken in time and came after the right.
fn alarm(core: &Core, file: FileId, events: &[Event]) {
    for event in events {
        if let Event::DecisionRecorded { after_right: true, .. } = event {
            let code = Code::DecisionAfterRightAcquired;
            tracing::warn!(%file, %code, "a decision came after the right was acquired by silence");
            let labels = metrics::Code { code: code.as_str().to_owned() };
            core.context.metrics.parked.get_or_create(&labels).inc();
        }
    }
}

/// Answers with all faults and sets the raw bytes aside.
///
/// # Errors
/// [`StoreError::Unreadable`] when the answer cannot be serialised.
pub fn refuse(
    unit: &mut Unit,
    tally: &mut Tally,
    refusable: Option<Refusable>,
    faults: &[Fault],
    now: Timestamp,
) -> Result<(), StoreError> {
    tally.refused += 1;
    let Some(mut refusable) = refusable else { return Ok(()) };
    refusable.parked.about = about(&refusable);
    if let Some(commune) = &refusable.answer_to {
        unit.say(refusal_message(
            commune,
            refusable.parked.id(),
            refusable.refused_id.clone(),
            refusable.refused_type.clone(),
            refusable.subject.as_deref(),
            faults.to_vec(),
            now,
        )?);
    }
    park(unit, Some(refusable), faults);
    Ok(())
}

/// The file that a refused message speaks of, if it says so legibly.
fn about(refusable: &Refusable) -> Option<Uuid> {
    let reference = Reference::try_new(refusable.subject.clone()?).ok()?;
    Some(FileId::of(refusable.answer_to.as_ref()?, &reference).0)
}

/// Sets aside without an answer.
pub fn park(unit: &mut Unit, refusable: Option<Refusable>, faults: &[Fault]) {
    let Some(Refusable { mut parked, .. }) = refusable else { return };
    if let Some(first) = faults.first() {
        parked.code.clone_from(&first.code);
    }
    parked.faults = serde_json::to_value(faults).unwrap_or_default();
    unit.park(parked);
}

async fn owners(unit: &mut Unit, works: &[Work]) -> Result<BTreeMap<ConsultationId, FileId>, StoreError> {
    let wanted: BTreeSet<ConsultationId> = works
        .iter()
        .filter_map(|w| match w.target {
            Target::Consultation(id) => Some(id),
            Target::File(_) => None,
        })
        .collect();
    if wanted.is_empty() { Ok(BTreeMap::new()) } else { unit.files_of(&wanted).await }
}

fn file_of(work: &Work, owners: &BTreeMap<ConsultationId, FileId>) -> Option<FileId> {
    match work.target {
        Target::File(id) => Some(id),
        Target::Consultation(id) => owners.get(&id).copied(),
    }
}
