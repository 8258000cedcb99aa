//! Recompute: when rules, calendar or time zones change, every open deadline is computed again.
//!
//! The files of the calendar are data of the operator. The core compares their version with the one that was
//! applied last, when it begins to lead; an operator asks it to look again (`wasl calendar apply`). Then the lead
//! ends as a whole and begins anew with the new data, so that no loop ever sees half of them.

use std::collections::BTreeSet;
use std::time::Duration;

use uuid::Uuid;
use wasl_core::file::{Input, deadline_timers};

use super::decide::{Target, Work, decide};
use super::{Core, World};
use crate::store::StoreError;
use crate::store::recompute::{self, From};

/// Files in one transaction.
const FILES_MAX: i64 = 256;
/// How often an operator's request is looked for.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Brings every open deadline to the version of this core's data, then waits until an operator has put other
/// data in place. Returns when the lead must begin anew with them, or when cancelled.
///
/// # Errors
/// The database's, or the loss of the lead.
pub async fn recompute(core: &Core) -> Result<(), StoreError> {
    let mut from = begin(core).await?;
    while let From::After(last) = from {
        if core.context.cancel.is_cancelled() {
            return Ok(());
        }
        from = batch(core, last).await?;
    }
    loop {
        tokio::select! {
            () = core.context.cancel.cancelled() => return Ok(()),
            () = tokio::time::sleep(LOOK_EVERY) => {}
        }
        if recompute::applied(&core.pool).await?.is_some_and(|applied| applied.waiting)
            && changed(core).await?
        {
            tracing::info!("rules or calendar changed: the lead begins anew with them");
            return Ok(());
        }
    }
}

async fn begin(core: &Core) -> Result<From, StoreError> {
    let mut unit = core.begin().await?;
    let from = recompute::begin(unit.tx(), &core.world.version).await?;
    core.commit(unit).await?;
    Ok(from)
}

/// Computes one batch of files again, in one transaction with the note of how far it came.
async fn batch(core: &Core, last: Option<Uuid>) -> Result<From, StoreError> {
    let mut unit = core.begin().await?;
    let files = recompute::open_after(unit.tx(), last, FILES_MAX).await?;
    let cause = format!("/wasl/calendar|{}", core.world.version);
    let work = |file| Work {
        key: None,
        target: Target::File(file),
        input: Input::Recompute,
        cause: cause.clone(),
        refusable: None,
    };
    let works: Vec<Work> = files.iter().copied().map(work).collect();
    unit.lock(&BTreeSet::from_iter(files.iter().copied())).await?;
    let now = core.now();
    decide(core, &mut unit, works, now).await?;
    for file in &files {
        // Reminders and escalation may have changed where no date has moved.
        if let Some(timers) = unit.state(*file).and_then(|state| deadline_timers(state, &core.rules(now))) {
            unit.renew_deadlines(*file, &timers);
        }
    }
    let (count, moved) = (i64::try_from(files.len()).unwrap_or(i64::MAX), unit.changed_files());
    recompute::advance(unit.tx(), files.last().copied(), count, moved).await?;
    core.commit(unit).await?;
    if files.is_empty() {
        tracing::info!(version = core.world.version, "every open deadline is of this version");
        return Ok(From::Done);
    }
    tracing::info!(version = core.world.version, files = count, moved, "deadlines were computed again");
    Ok(From::After(files.last().map(|file| file.0)))
}

/// Looks at the data on disk for an operator: true when they are other ones and can be used.
async fn changed(core: &Core) -> Result<bool, StoreError> {
    let fault = match World::load(&core.context.settings) {
        Ok(world) if world.version != core.world.version => return Ok(true),
        Ok(_) => None,
        Err(error) => {
            tracing::error!(%error, "rules or calendar cannot be used: those in force stay");
            Some(error.to_string())
        }
    };
    let mut unit = core.begin().await?;
    recompute::answer(unit.tx(), fault.as_deref()).await?;
    core.commit(unit).await?;
    Ok(false)
}
