//! Remind: timers that are due are inputs like any other, and feeds are read on.

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::Timestamp;
use wasl_adapters::{crash_point, planted};
use wasl_core::file::{Input, TimerKind, When};
use wasl_schemas::agency::CollectRequest;
use wasl_schemas::id::{AgencyKind, FileId};
use wasl_schemas::wire;

use super::decide::{Target, Work, decide};
use super::notify::collect_message;
use super::patience::Patience;
use super::{Core, guard};
use crate::clock::wall_now;
use crate::observe::metrics::Named;
use crate::store::timers::{Due, Until};
use crate::store::{StoreError, Unit, feeds, parked, timers};

/// How long a feed that was asked for may stay without an answer before it is asked for again.
pub(super) const FEED_PATIENCE_MS: i64 = 60_000;
/// How often a timer of a paused agency is looked at again.
const PAUSED_LOOK_MS: u64 = 3_000;

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
    let mut patience = Patience::new(core, if legal { "legal-timers" } else { "timers" });
    while !core.context.cancel.is_cancelled() {
        let looked = round(core, legal).await;
        if let Some(more) = patience.done(looked).await
            && !more?
        {
            // What the guard proves concerns this clock alone: no other loop may take its sign.
            tokio::select! {
                () = core.guard.more(), if legal => {}
                () = pause(core, u64::MAX) => {}
            }
        }
    }
    Ok(())
}

/// One look at what is due; true when there may be more.
async fn round(core: &Core, legal: bool) -> Result<bool, StoreError> {
    let until = until(core, legal);
    if legal && timers::any_unproved(&core.pool, until).await? {
        guard::prove(core).await?;
    }
    due_now(core, until).await
}

/// Up to when timers may fire now. Of the wall clock none is guarded.
fn until(core: &Core, legal: bool) -> Until {
    let now = if legal { core.now() } else { wall_now() };
    let proved = if legal { core.guard.proved_until(now).unwrap_or(Timestamp::UNIX_EPOCH) } else { now };
    if legal && planted!("timer-in-local-time") {
        let ahead = now + jiff::SignedDuration::from_hours(1);
        return Until { legal, now: ahead, proved: ahead };
    }
    Until { legal, now, proved }
}

/// Feeds until cancelled.
async fn feeds_of(core: &Core) -> Result<(), StoreError> {
    let mut patience = Patience::new(core, "feeds");
    while !core.context.cancel.is_cancelled() {
        let read = read_feeds(core).await;
        let next = patience.done(read).await.transpose()?.flatten();
        tokio::select! {
            () = core.feed_moved.notified() => {}
            () = pause(core, next.unwrap_or(u64::MAX)) => {}
        }
    }
    Ok(())
}

/// Until the next tick, or until something is known to be due.
async fn pause(core: &Core, due_ms: u64) {
    let tick = Duration::from_millis(core.context.settings.flow.timer_tick_ms.min(due_ms).max(1));
    tokio::select! {
        () = core.context.cancel.cancelled() => {}
        () = tokio::time::sleep(tick) => {}
    }
}

/// One batch of timers of one clock; true when there may be more.
async fn due_now(core: &Core, until: Until) -> Result<bool, StoreError> {
    let most = core.context.settings.flow.timer_batch_max;
    let due = timers::due(&core.pool, until, i64::try_from(most).unwrap_or(i64::MAX)).await?;
    if due.is_empty() || core.context.cancel.is_cancelled() {
        return Ok(false);
    }
    fire(core, &due, until).await?;
    Ok(due.len() >= most)
}

/// Fires timers in one unit: files locked first, in order; then each timer is looked at again.
async fn fire(core: &Core, due: &[Due], until: Until) -> Result<(), StoreError> {
    let mut unit = core.begin().await?;
    let files: BTreeSet<FileId> = due.iter().map(|t| t.file).collect();
    unit.lock(&files).await?;
    let taken = unit.take_timers(due, until.legal, until.now).await?;
    crash_point!("core.timers-taken");
    let aside = set_aside(&mut unit, &taken).await?;
    let mut works = Vec::with_capacity(taken.len());
    for timer in &taken {
        let Some(kind) = TimerKind::parse(&timer.key) else {
            tracing::error!(key = timer.key, "a timer of an unknown kind is dropped");
            continue;
        };
        if let Some((why, later_ms)) = put_off(core, &unit, timer.file, &kind) {
            tracing::debug!(file = %timer.file, key = timer.key, why, "looked at again later");
            unit.set_timer(timer.file, &kind, When::WallAfterMs(later_ms));
            continue;
        }
        count(core, timer, until);
        let input = match kind {
            TimerKind::Silence => Input::Silence { set_aside: aside.contains(&timer.file) },
            kind => Input::Timer(kind),
        };
        works.push(Work {
            key: None,
            target: Target::File(timer.file),
            input,
            cause: format!("/wasl/timers|{}", timer.key),
            refusable: None,
        });
    }
    let now = if until.legal && planted!("timer-in-local-time") { until.now } else { core.now() };
    decide(core, &mut unit, works, now).await?;
    alarm(&unit, &taken);
    core.commit(unit).await?;
    crash_point!("core.timers-fired");
    Ok(())
}

/// Why a retry, poll or watchdog is looked at again later, and in how many milliseconds. Operators have paused the agency:
/// nothing is sent to it, so nothing is missing from it either. Or what was asked, or its outcome, may still wait in a
/// queue: to ask once more would make the queue longer and tell nothing.
fn put_off(core: &Core, unit: &Unit, file: FileId, kind: &TimerKind) -> Option<(&'static str, u64)> {
    let (TimerKind::Retry(id) | TimerKind::Poll(id) | TimerKind::Watchdog(id)) = kind else { return None };
    let state = unit.state(file)?;
    let review = state.consultations.get(id).map(|consultation| consultation.agency.clone());
    let agency = review.or_else(|| state.fee_of(*id).map(|_| wasl_core::file::event::bank()))?;
    if core.held.is_paused(agency.as_str()) {
        return Some(("paused", PAUSED_LOOK_MS));
    }
    // Queues are counted now and then, so one that was filled by this very request is known to be filled for less than a
    // watchdog's time: by a count that had just passed, and the one that follows.
    let settings = &core.context.settings;
    let half_ms = settings.flow.watchdog_ms / 2;
    let known_ms = settings
        .flow
        .watchdog_ms
        .saturating_sub(settings.alarm.queue_interval_ms.saturating_mul(2))
        .max(half_ms);
    let behind = |queue: &str| {
        core.queues.is_behind(queue, Duration::from_millis(known_ms), tokio::time::Instant::now())
    };
    let waits = !matches!(kind, TimerKind::Retry(_))
        && [&wire::queue_review(&agency), wire::QUEUE_ANSWERS, wire::QUEUE_CALLBACKS].into_iter().any(behind);
    waits.then_some(("its queue is behind", half_ms))
}

fn count(core: &Core, timer: &Due, until: Until) {
    let metrics = &core.context.metrics;
    let name = timer.key.split(':').next().unwrap_or_default().to_owned();
    metrics.timers_fired.get_or_create(&Named { name }).inc();
    metrics.timer_late_seconds.observe(until.now.duration_since(timer.due_at).as_secs_f64());
}

/// Files with a message that is set aside and that nobody has dealt with.
async fn set_aside(unit: &mut Unit, timers: &[Due]) -> Result<BTreeSet<FileId>, StoreError> {
    let silent = TimerKind::Silence.to_string();
    let files: Vec<uuid::Uuid> = timers.iter().filter(|t| t.key == silent).map(|t| t.file.0).collect();
    if files.is_empty() { Ok(BTreeSet::new()) } else { parked::open_for(unit.tx(), &files).await }
}

/// Tells an operator which rights by silence wait, and for what.
fn alarm(unit: &Unit, timers: &[Due]) {
    let silent = TimerKind::Silence.to_string();
    for timer in timers.iter().filter(|timer| timer.key == silent) {
        if let Some(hold) = unit.state(timer.file).and_then(|state| state.hold.as_ref()) {
            let (file, why, since) = (timer.file, hold.reason.as_str(), hold.since);
            tracing::error!(%file, why, %since, "a right by silence waits: something for this file may not be read");
        }
    }
}

/// Has the feeds that are due read on by their adapters; in how many milliseconds the next one is due.
async fn read_feeds(core: &Core) -> Result<Option<u64>, StoreError> {
    match feeds::due_in_ms(&core.pool).await? {
        Some(0) => {}
        later => return Ok(later),
    }
    let mut unit = core.begin().await?;
    for feed in feeds::take_due(unit.tx(), FEED_PATIENCE_MS).await? {
        let Ok(agency) = AgencyKind::try_new(feed.agency) else { continue };
        if core.held.is_paused(agency.as_str()) {
            continue;
        }
        let request = CollectRequest { agency, feed: feed.name, cursor: feed.cursor, version: feed.version };
        unit.say(collect_message(request, wall_now())?);
    }
    core.commit(unit).await?;
    crash_point!("core.feeds-asked");
    feeds::due_in_ms(&core.pool).await
}
