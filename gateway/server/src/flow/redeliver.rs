//! Telling a commune once more what it was told by one event: the same words under the same id, so that who has heard
//! it lets it fall away.

use jiff::Timestamp;
use serde_json::json;
use wasl_core::file::evolve::evolve;
use wasl_core::file::{Effect, effects};
use wasl_schemas::id::FileId;
use wasl_schemas::problem::Code;
use wasl_schemas::wire;

use super::Core;
use super::notify::message_of;
use crate::store::files::{self, Told};
use crate::store::operator::Approved;
use crate::store::{StoreError, Unit};

/// Puts the messages of an event into the outbox again; the fault when it has none for anybody outside.
pub(super) async fn redeliver(
    core: &Core,
    unit: &mut Unit,
    act: &Approved,
) -> Result<Option<Code>, StoreError> {
    let (Some(file), Some(sequence)) = (act.file_id, act.sequence) else {
        return Ok(Some(Code::OperatorNotPossible));
    };
    let history = files::history(unit.tx(), FileId(file)).await?;
    let mut said = again(core, &history, sequence)?;
    if said.is_empty() {
        return Ok(Some(Code::OperatorNotPossible));
    }
    for message in &mut said {
        message.headers =
            Some(json!({ wire::HEADER_POSSIBLE_DUPLICATE: "true", wire::HEADER_ACT: act.id.to_string() }));
    }
    unit.say_all(said);
    Ok(None)
}

/// What the event with this number was told by. The place of a message among all that its step said is part of its
/// id; so the whole step is told over.
fn again(
    core: &Core,
    history: &[Told],
    sequence: i64,
) -> Result<Vec<crate::store::outbox::NewMessage>, StoreError> {
    let Some(wanted) = history.iter().find(|told| told.sequence == sequence) else { return Ok(Vec::new()) };
    let same_step = |told: &Told| (&told.cause, told.legal_at) == (&wanted.cause, wanted.legal_at);
    let first = history.iter().rposition(|told| told.sequence < sequence && !same_step(told));
    let first = first.map_or(0, |place| place + 1);
    let step = history.get(first..).unwrap_or_default();
    let end = step.iter().position(|told| !same_step(told)).unwrap_or(step.len());
    let mut state = None;
    for told in history.get(..first).unwrap_or_default() {
        state = evolve(state, &told.event);
    }
    let now: Timestamp = wanted.legal_at;
    let mut all: Vec<(i64, Effect)> = Vec::new();
    for told in step.get(..end).unwrap_or_default() {
        let before = state.as_ref().map(|state| state.dates.clone());
        state = evolve(state, &told.event);
        let Some(after) = &state else { continue };
        let said = effects::effects(before.as_ref(), after, &told.event, &core.rules(now)).into_iter();
        let said =
            said.filter(|e| matches!(e, Effect::Notify(_) | Effect::Escalate(..) | Effect::Request(_)));
        all.extend(said.map(|effect| (told.sequence, effect)));
    }
    let Some(state) = state else { return Ok(Vec::new()) };
    let mut found = Vec::new();
    for (place, (of, effect)) in all.iter().enumerate() {
        // What an agency was asked is asked again by its own rules alone.
        if *of == sequence && !matches!(effect, Effect::Request(_)) {
            found.extend(message_of(&state, *of, place, effect, &wanted.cause, now)?);
        }
    }
    Ok(found)
}
