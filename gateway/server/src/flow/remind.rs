//! Remind: timers that are due are inputs like any other, and feeds are read on.

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::Timestamp;
use wasl_core::file::{Input, TimerKind, When};
use wasl_schemas::agency::CollectRequest;
use wasl_schemas::id::{AgencyKind, FileId};

use super::Core;
use super::decide::{Target, Work, decide};
use super::notify::collect_message;
use crate::clock::wall_now;
use crate::observe::metrics::Named;
use crate::store::timers::Due;
use crate::store::{StoreError, Unit, feeds, parked, timers};

/// How long a feed that was asked for may stay without an answer before it is asked for again.
const FEED_PATIENCE_MS: i64 = 60_000;

/// Works off the timers of both clocks and has feeds read on, each in a loop of its own: a midnight on which
/// thousands of deadlines fall holds up neither retries nor feeds.
///
/// # Errors
/// The database's, or the loss of the lead.
pub async fn remind(core: &Core) -> Result<(), StoreError> {
    tokio::try_join!(timers_of(core, true), timers_of(core, false), feeds_of(core)).map(|_| ())
}

/// Timers of one clock until cancelled.
async fn timers_of(core: &Core, legal: bool) -> Result<(), StoreError> {
    while !core.context.cancel.is_cancelled() {
        let now = if legal { core.now() } else { wall_now() };
        if !due_now(core, legal, now).await? {
            pause(core).await;
        }
    }
    Ok(())
}

/// Feeds until cancelled.
async fn feeds_of(core: &Core) -> Result<(), StoreError> {
    while !core.context.cancel.is_cancelled() {
        read_feeds(core).await?;
        pause(core).await;
    }
    Ok(())
}

async fn pause(core: &Core) {
    let tick = Duration::from_millis(core.context.settings.flow.timer_tick_ms.max(1));
    tokio::select! {
        () = core.context.cancel.cancelled() => {}
        () = tokio::time::sleep(tick) => {}
    }
}

/// One batch of timers of one clock; true when there may be more.
async fn due_now(core: &Core, legal: bool, now: Timestamp) -> Result<bool, StoreError> {
    let most = i64::try_from(core.context.settings.flow.timer_batch_max).unwrap_or(i64::MAX);
    let due = timers::due(&core.pool, legal, now, most).await?;
    if due.is_empty() || core.context.cancel.is_cancelled() {
        return Ok(false);
    }
    let full = due.len() >= core.context.settings.flow.timer_batch_max;
    fire(core, &due, legal, now).await?;
    Ok(full)
}

/// Fires timers in one unit: files locked first, in order; then each timer is looked at again.
async fn fire(core: &Core, due: &[Due], legal: bool, now: Timestamp) -> Result<(), StoreError> {
    let mut unit = Unit::begin(&core.pool, core.epoch).await?;
    let files: BTreeSet<FileId> = due.iter().map(|t| t.file).collect();
    unit.lock(&files).await?;
    let taken = unit.take_timers(due, legal, now).await?;
    let held = held_back(&mut unit, &taken).await?;
    let legal_now = core.now();
    let mut works = Vec::with_capacity(taken.len());
    for timer in taken {
        let Some(kind) = TimerKind::parse(&timer.key) else {
            tracing::error!(key = timer.key, "a timer of an unknown kind is dropped");
            continue;
        };
        if kind == TimerKind::Silence && held.contains(&timer.file) {
            // Nothing for the file may wait unread on our side: an operator is alarmed, the right waits.
            tracing::error!(file = %timer.file, "a message for this file is set aside: the right by silence waits");
            let wait = When::Legal(legal_now.saturating_add(SILENCE_WAIT).unwrap_or(legal_now));
            unit.set_timer(timer.file, &kind, wait);
            continue;
        }
        let kind_name = timer.key.split(':').next().unwrap_or_default().to_owned();
        core.context.metrics.timers_fired.get_or_create(&Named { name: kind_name }).inc();
        works.push(Work {
            key: None,
            target: Target::File(timer.file),
            input: Input::Timer(kind),
            cause: format!("/wasl/timers|{}", timer.key),
            refusable: None,
        });
    }
    decide(core, &mut unit, works, legal_now).await?;
    core.commit(unit).await?;
    Ok(())
}

/// How long the right by silence waits before it is looked at again while a message is set aside.
const SILENCE_WAIT: jiff::SignedDuration = jiff::SignedDuration::from_mins(15);

/// Files with a message that is set aside and that nobody has dealt with.
async fn held_back(unit: &mut Unit, timers: &[Due]) -> Result<BTreeSet<FileId>, StoreError> {
    let silent = TimerKind::Silence.to_string();
    let files: Vec<uuid::Uuid> = timers.iter().filter(|t| t.key == silent).map(|t| t.file.0).collect();
    if files.is_empty() { Ok(BTreeSet::new()) } else { parked::open_for(unit.tx(), &files).await }
}

/// Has the feeds that are due read on by their adapters.
async fn read_feeds(core: &Core) -> Result<(), StoreError> {
    if !feeds::any_due(&core.pool).await? {
        return Ok(());
    }
    let mut unit = Unit::begin(&core.pool, core.epoch).await?;
    for feed in feeds::take_due(unit.tx(), FEED_PATIENCE_MS).await? {
        let Ok(agency) = AgencyKind::try_new(feed.agency) else { continue };
        let request = CollectRequest { agency, feed: feed.name, cursor: feed.cursor, version: feed.version };
        unit.say(collect_message(request, wall_now())?);
    }
    core.commit(unit).await?;
    Ok(())
}
