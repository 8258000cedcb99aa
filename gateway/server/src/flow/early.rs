//! Early: what is said about a file that is not known yet.
//!
//! New files have a queue of their own, so that a flood of them delays nothing that concerns files which are known. What
//! overtakes its own file that way is kept ([`crate::store::early`]) and done in the unit that registers the file. When
//! there is no such file, it is refused as soon as that is certain: a marker that was sent after it was read has come
//! back from the queue of new files. Should it have missed its file's registration by a moment, no timer of that file fires
//! before it is done.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use wasl_core::file::Input;
use wasl_schemas::command::Command;
use wasl_schemas::problem::{Code, Fault};
use wasl_schemas::wire;

use super::decide::{Tally, Target, Work, decide, park, refuse};
use super::patience::Patience;
use super::receive::{Judged, judge, refusable_of};
use super::{Core, guard};
use crate::broker::Delivery;
use crate::store::early::{self, Early, NewEarly};
use crate::store::inbox::Key;
use crate::store::{StoreError, Unit};

/// Whether anything is kept: looked at often, and almost never so.
#[derive(Debug)]
pub struct Kept {
    came: AtomicU64,
    gone: AtomicU64,
}

impl Default for Kept {
    /// What an earlier lead left is not known yet.
    fn default() -> Self {
        Self { came: AtomicU64::new(1), gone: AtomicU64::new(0) }
    }
}

impl Kept {
    /// Something may be kept.
    #[must_use]
    pub fn any(&self) -> bool {
        self.came.load(Ordering::Acquire) != self.gone.load(Ordering::Acquire)
    }

    /// After the commit that may have left something: counted before it, a look in between would find nothing and no
    /// other would follow.
    pub(super) fn may_have_come(&self) {
        self.came.fetch_add(1, Ordering::AcqRel);
    }

    /// Nothing was there after so many had come.
    fn none_of(&self, came: u64) {
        self.gone.store(came, Ordering::Release);
    }
}

/// Keeps a work that may have overtaken its file, and gives back its key; any other is given back whole.
pub(super) fn keep(core: &Core, unit: &mut Unit, work: Work) -> Result<Work, Option<Key>> {
    let urgent = work.refusable.as_ref().is_some_and(|r| r.parked.queue == wire::QUEUE_URGENT);
    match work {
        Work { target: Target::File(file), refusable: Some(refusable), key, .. }
            if urgent && unit.state(file).is_none() =>
        {
            let round = i64::try_from(core.guard.round()).unwrap_or(i64::MAX);
            unit.keep_early(NewEarly { file, epoch: core.epoch, round, message: refusable.parked });
            Err(key)
        }
        work => Ok(work),
    }
}

/// Adds what is kept about the files of a batch: after the submissions, before what was said later.
///
/// # Errors
/// The database's.
pub(super) async fn join(
    core: &Core,
    unit: &mut Unit,
    works: Vec<Work>,
    tally: &mut Tally,
) -> Result<Vec<Work>, StoreError> {
    let files = works.iter().filter_map(|work| match (&work.input, work.target) {
        (Input::Message { .. }, Target::File(file)) => Some(file.0),
        _ => None,
    });
    let files: Vec<uuid::Uuid> = files.collect();
    if files.is_empty() {
        return Ok(works);
    }
    let kept = early::take(unit.tx(), &files).await?;
    let new = |work: &Work| matches!(&work.input, Input::Message { command: Command::FileSubmitted(_), .. });
    let (mut all, later): (Vec<Work>, Vec<Work>) = works.into_iter().partition(new);
    for one in kept {
        all.extend(work_of(core, unit, wire::QUEUE_URGENT, one, tally)?);
    }
    all.extend(later);
    Ok(all)
}

/// Refuses what is about no file, as soon as that is certain, until cancelled.
///
/// # Errors
/// The database's, or the loss of the lead.
pub async fn settle(core: &Core) -> Result<(), StoreError> {
    let mut patience = Patience::new(core, "early");
    let pause = Duration::from_millis(core.context.settings.flow.timer_tick_ms.max(1));
    while !core.context.cancel.is_cancelled() {
        if core.early.any() {
            let settled = round(core).await;
            if let Some(settled) = patience.done(settled).await {
                settled?;
            }
        }
        tokio::select! {
            () = core.context.cancel.cancelled() => {}
            () = tokio::time::sleep(pause) => {}
        }
    }
    Ok(())
}

async fn round(core: &Core) -> Result<(), StoreError> {
    let came = core.early.came.load(Ordering::Acquire);
    if !early::any(&core.pool).await? {
        core.early.none_of(came);
        return Ok(());
    }
    guard::prove(core).await?;
    let Some(round) = core.guard.back_from(wire::QUEUE_INTAKE) else { return Ok(()) };
    let round = i64::try_from(round).unwrap_or(i64::MAX);
    while !core.context.cancel.is_cancelled() && first(core, round).await? {}
    Ok(())
}

/// Decides the first one that is certain; false when there is none. What fails because of its content is set aside.
async fn first(core: &Core, round: i64) -> Result<bool, StoreError> {
    let mut unit = core.begin().await?;
    let Some(one) = early::take_first_before(unit.tx(), core.epoch, round).await? else { return Ok(false) };
    let refusable = refusable_of(core, wire::QUEUE_URGENT, &delivery(one.clone()));
    let seq = one.seq;
    match alone(core, unit, one).await {
        Err(StoreError::Refused(_) | StoreError::Unreadable { .. }) => {
            let mut unit = core.begin().await?;
            let again = early::take_first_before(unit.tx(), core.epoch, round).await?;
            if again.is_some_and(|again| again.seq == seq) {
                park(&mut unit, Some(refusable), &[Fault::new(Code::Internal, "")]);
                core.commit(unit).await?;
            }
            Ok(true)
        }
        done => done.map(|()| true),
    }
}

async fn alone(core: &Core, mut unit: Unit, one: Early) -> Result<(), StoreError> {
    let mut tally = Tally::default();
    let work = work_of(core, &mut unit, wire::QUEUE_INTAKE, one, &mut tally)?;
    let works = super::documents::demand(core, &mut unit, work.into_iter().collect(), &mut tally).await?;
    decide(core, &mut unit, works, core.now()).await?;
    core.commit(unit).await
}

/// Judged again, as of this queue: what comes from the urgent one may be kept once more, what comes from that of new
/// files is final.
fn work_of(
    core: &Core,
    unit: &mut Unit,
    queue: &str,
    one: Early,
    tally: &mut Tally,
) -> Result<Option<Work>, StoreError> {
    match judge(core, queue, &delivery(one)) {
        Judged::Good(work) => Ok(Some(*work)),
        Judged::Bad(refusable, faults) => {
            refuse(unit, tally, Some(*refusable), &faults, core.now())?;
            Ok(None)
        }
        _ => Ok(None),
    }
}

/// As it came.
fn delivery(one: Early) -> Delivery {
    let headers = one.headers.as_object().into_iter().flatten();
    Delivery {
        tag: 0,
        body: one.raw.into(),
        content_type: one.content_type,
        content_encoding: None,
        message_id: one.message_id,
        correlation_id: None,
        user_id: one.user_id,
        exchange: wire::EXCHANGE_IN.to_owned(),
        routing_key: one.routing_key.unwrap_or_default(),
        redelivered: true,
        headers: headers.filter_map(|(k, v)| Some((k.clone(), v.as_str()?.to_owned()))).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_while_it_is_looked_is_not_taken_for_gone() {
        let kept = Kept::default();
        assert!(kept.any(), "what an earlier lead left is looked for");
        let came = kept.came.load(Ordering::Acquire);
        kept.may_have_come();
        kept.none_of(came);
        assert!(kept.any());
        kept.none_of(kept.came.load(Ordering::Acquire));
        assert!(!kept.any());
    }
}
