//! Operate: what operators asked for and others approved is done by the active core, once, and noted in the same
//! transaction. Whoever asks writes a row; nothing here is reached from outside.

use std::time::Duration;

use wasl_core::file::{Input, Release, Released};
use wasl_schemas::id::{ConsultationId, FileId};
use wasl_schemas::problem::Code;

use super::decide::{Target, Work, decide};
use super::patience::Patience;
use super::{Core, redeliver, replay};
use crate::store::acts::ActKind;
use crate::store::operator::{self, Approved, Item};
use crate::store::{StoreError, Unit};

/// How often it is looked for acts.
const LOOK_EVERY: Duration = Duration::from_millis(250);
/// Acts that are worked on at a time.
const ACTS_MAX: i64 = 32;
/// Messages that are dealt with in one transaction.
const ITEMS_MAX: i64 = 200;

/// Works on approved acts until cancelled.
///
/// # Errors
/// The database's, or the loss of the lead.
pub async fn operate(core: &Core) -> Result<(), StoreError> {
    let mut patience = Patience::new(core, "operators");
    while !core.context.cancel.is_cancelled() {
        let looked = look(core).await;
        patience.done(looked).await.transpose()?;
        tokio::select! {
            () = core.context.cancel.cancelled() => {}
            () = tokio::time::sleep(LOOK_EVERY) => {}
        }
    }
    Ok(())
}

async fn look(core: &Core) -> Result<(), StoreError> {
    for act in operator::approved(&core.pool, ACTS_MAX).await? {
        one(core, &act).await?;
    }
    core.held.look(&core.pool).await
}

/// One step of an act. What is impossible about it ends the act with a fault code, not the lead.
async fn one(core: &Core, act: &Approved) -> Result<(), StoreError> {
    match step(core, act).await {
        Err(error @ (StoreError::Refused(_) | StoreError::Unreadable { .. })) => {
            tracing::error!(act = %act.id, kind = act.kind, %error, "an act of operators cannot be done");
            let mut unit = core.begin().await?;
            if operator::take(unit.tx(), act.id).await? {
                operator::finish(unit.tx(), act.id, Some(Code::Internal.as_str())).await?;
            }
            core.commit(unit).await
        }
        done => done,
    }
}

async fn step(core: &Core, act: &Approved) -> Result<(), StoreError> {
    let mut unit = core.begin().await?;
    if !operator::take(unit.tx(), act.id).await? {
        return Ok(());
    }
    let end = match ActKind::parse(&act.kind) {
        Some(kind @ (ActKind::Replay | ActKind::SetAside)) => items(core, &mut unit, act, kind).await?,
        Some(ActKind::Release) => Some(release(core, &mut unit, act).await?),
        Some(ActKind::Redeliver) => Some(redeliver::redeliver(core, &mut unit, act).await?),
        Some(kind @ (ActKind::Pause | ActKind::Resume)) => Some(pause(&mut unit, act, kind).await?),
        Some(kind @ (ActKind::Drain | ActKind::Undrain)) => {
            operator::drain(unit.tx(), act.id, kind == ActKind::Drain).await?;
            Some(None)
        }
        None => Some(Some(Code::OperatorNotPossible)),
    };
    if let Some(fault) = end {
        operator::finish(unit.tx(), act.id, fault.map(Code::as_str)).await?;
        let (by, second) = (&act.asked_by, act.decided_by.as_deref());
        tracing::info!(act = %act.id, kind = act.kind, by, second, fault = fault.map(Code::as_str), "an act of operators is done");
    }
    core.commit(unit).await
}

/// The next messages of an act: `None` while there are more, or while the pace allows none.
async fn items(
    core: &Core,
    unit: &mut Unit,
    act: &Approved,
    kind: ActKind,
) -> Result<Option<Option<Code>>, StoreError> {
    let again = kind == ActKind::Replay;
    let most = if again {
        let pace = i64::from(core.context.settings.flow.replay_per_second_max);
        (pace - operator::sent_lately(unit.tx()).await?).min(ITEMS_MAX)
    } else {
        ITEMS_MAX
    };
    if most <= 0 {
        return Ok(None);
    }
    let items = operator::next_items(unit.tx(), act.id, most).await?;
    if items.is_empty() {
        return Ok(Some(None));
    }
    let (present, gone): (Vec<Item>, Vec<Item>) = items.into_iter().partition(|item| item.present);
    operator::note_items(unit.tx(), act.id, &places(&gone), "already").await?;
    let (able, unable): (Vec<Item>, Vec<Item>) = present.into_iter().partition(|item| {
        !again || replay::origin(&item.queue, item.routing_key.as_deref(), &item.headers).is_some()
    });
    operator::note_items(unit.tx(), act.id, &places(&unable), "impossible").await?;
    let ids: Vec<uuid::Uuid> = able.iter().map(|item| item.parked_id).collect();
    operator::leave(unit.tx(), &ids, if again { "replayed" } else { "set-aside" }).await?;
    operator::note_items(unit.tx(), act.id, &places(&able), if again { "sent" } else { "set-aside" }).await?;
    if again {
        unit.say_all(able.iter().filter_map(|item| replay::message(act.id, item)).collect());
    }
    Ok(None)
}

fn places(items: &[Item]) -> Vec<i32> {
    items.iter().map(|item| item.place).collect()
}

/// Settles a request of which nobody knew whether it had arrived.
async fn release(core: &Core, unit: &mut Unit, act: &Approved) -> Result<Option<Code>, StoreError> {
    let release =
        act.release_as.as_deref().and_then(|key| Release::ALL.into_iter().find(|r| r.as_str() == key));
    let (Some(file), Some(consultation), Some(release)) = (act.file_id, act.consultation_id, release) else {
        return Ok(Some(Code::OperatorNotPossible));
    };
    let input = Input::Release(Box::new(Released {
        consultation: ConsultationId(consultation),
        release,
        agency_reference: act.agency_reference.clone(),
        asked_by: act.asked_by.clone(),
        approved_by: act.decided_by.clone().unwrap_or_default(),
        reason: act.reason.clone(),
    }));
    let cause = format!("/wasl/operators|{}", act.id);
    let work = Work { key: None, target: Target::File(FileId(file)), input, cause, refusable: None };
    let tally = decide(core, unit, vec![work], core.now()).await?;
    Ok((tally.refused > 0).then_some(Code::OperatorNotPossible))
}

async fn pause(unit: &mut Unit, act: &Approved, kind: ActKind) -> Result<Option<Code>, StoreError> {
    let Some(agency) = act.agency.as_deref().filter(|kind| wasl_adapters::registry::kinds().contains(kind))
    else {
        return Ok(Some(Code::OperatorNotPossible));
    };
    operator::pause(unit.tx(), agency, act.id, kind == ActKind::Pause).await?;
    Ok(None)
}
