//! The guard of silence: before the gateway says that something did *not* happen (a limit passed, a reviewer did
//! not answer, a right acquired by silence), it proves that it has read all that was sent before.
//!
//! A queue cannot be searched. So when such a timer is due, one marker goes through every queue that the core
//! reads: it is published after the legal instant, to an exchange that only the core may write. A queue keeps its
//! order and has one active consumer, so once the marker has come back from a queue, everything that the broker
//! had confirmed before is committed. When it has come back from all of them, timers up to the instant at which
//! it was sent may fire.
//!
//! A marker that does not come back (a queue that cannot be worked off, a broker that is away) holds these timers
//! back for as long as it lasts: nothing is known, so nothing is said. The legal instant is not lost by that: it is
//! written with the right, whenever it is recorded. Another one follows every `flow.marker_again_ms`, since a marker
//! can be lost with a queue that is deleted; each carries its own instant, so that those that are slow still count.
//! An operator is alarmed after `flow.marker_alarm_ms`.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use serde_json::json;
use tokio::sync::Notify;
use tokio::time::Instant;
use uuid::Uuid;
use wasl_adapters::crash_point;
use wasl_schemas::wire;

use super::Core;
use crate::broker::Delivery;
use crate::store::StoreError;
use crate::store::outbox::NewMessage;

/// Markers under way whose time is remembered; beyond that the latest gives its place to the next.
const UNDER_WAY_MAX: usize = 32;

/// What has been proved to be read. Clones share it.
#[derive(Debug, Clone)]
pub struct Guard {
    /// Markers of an earlier lead prove nothing.
    epoch: i64,
    queues: Arc<BTreeSet<String>>,
    state: Arc<Mutex<State>>,
    proved: Arc<Notify>,
}

#[derive(Debug, Default)]
struct State {
    round: u64,
    /// The latest marker that came back from each queue: its round, and the legal time before it was sent.
    back: BTreeMap<String, (u64, Timestamp)>,
    /// Markers that have not come back from every queue, the oldest first.
    under_way: VecDeque<Sent>,
    alarmed: bool,
}

/// One marker on its way through the queues.
#[derive(Debug, Clone, Copy)]
struct Sent {
    round: u64,
    /// Legal time before it was sent.
    at: Timestamp,
    asked: Instant,
}

impl State {
    /// The latest marker that has come back from every queue: it, or one that was sent after it.
    fn proved(&self, queues: &BTreeSet<String>) -> Option<(u64, Timestamp)> {
        queues.iter().map(|queue| self.back.get(queue).copied()).min().flatten()
    }

    /// Queues from which the oldest marker under way has not come back.
    fn missing(&self, queues: &BTreeSet<String>) -> Vec<String> {
        let Some(oldest) = self.under_way.front() else { return Vec::new() };
        let unread = |queue: &&String| self.back.get(*queue).is_none_or(|(round, _)| *round < oldest.round);
        queues.iter().filter(unread).cloned().collect()
    }
}

impl Guard {
    /// Nothing is proved yet.
    #[must_use]
    pub fn new(epoch: i64, queues: impl IntoIterator<Item = String>) -> Self {
        Self {
            epoch,
            queues: Arc::new(queues.into_iter().collect()),
            state: Arc::default(),
            proved: Arc::default(),
        }
    }

    /// Everything that was confirmed by the broker before this legal instant has been read and committed. What was
    /// proved while the clock showed a later time than now proves nothing.
    #[must_use]
    pub fn proved_until(&self, now: Timestamp) -> Option<Timestamp> {
        self.lock().proved(&self.queues).map(|(_, until)| until).filter(|until| *until <= now)
    }

    /// The latest marker that was sent.
    #[must_use]
    pub fn round(&self) -> u64 {
        self.lock().round
    }

    /// The latest marker that has come back from a queue.
    #[must_use]
    pub fn back_from(&self, queue: &str) -> Option<u64> {
        self.lock().back.get(queue).map(|(round, _)| *round)
    }

    /// Waits until more is proved.
    pub async fn more(&self) {
        self.proved.notified().await;
    }

    /// The next marker, unless the one before was sent less than `again` ago.
    fn begin(&self, now: Timestamp, again: Duration) -> Option<Sent> {
        let mut state = self.lock();
        if state.under_way.back().is_some_and(|last| last.asked.elapsed() < again) {
            return None;
        }
        state.round += 1;
        let sent = Sent { round: state.round, at: now, asked: Instant::now() };
        if state.under_way.len() >= UNDER_WAY_MAX {
            state.under_way.pop_back();
        }
        state.under_way.push_back(sent);
        Some(sent)
    }

    /// The marker could not be written.
    fn give_up(&self, sent: Sent) {
        self.lock().under_way.retain(|other| other.round != sent.round);
    }

    /// Takes a marker that came back; everything before it in this queue is committed.
    pub fn came_back(&self, queue: &str, message_id: Option<&str>) {
        let Some(marker) = message_id.and_then(|id| self.marker(id)) else { return };
        let mut state = self.lock();
        if state.back.get(queue).is_some_and(|latest| latest.0 >= marker.0) {
            return;
        }
        state.back.insert(queue.to_owned(), marker);
        let Some((proved, _)) = state.proved(&self.queues) else { return };
        let under_way = state.under_way.len();
        state.under_way.retain(|sent| sent.round > proved);
        if state.under_way.len() < under_way {
            state.alarmed = false;
        }
        drop(state);
        self.proved.notify_one();
    }

    /// Queues from which the marker has not come back for `alarm_ms`: told once until it has.
    fn overdue(&self, alarm_ms: u64) -> Option<Vec<String>> {
        let mut state = self.lock();
        let oldest = state.under_way.front()?;
        if state.alarmed || oldest.asked.elapsed().as_millis() < u128::from(alarm_ms) {
            return None;
        }
        state.alarmed = true;
        Some(state.missing(&self.queues))
    }

    /// The queues from which the oldest marker under way has not come back, and for how long it has been.
    #[must_use]
    pub fn waiting(&self) -> Option<(Duration, Vec<String>)> {
        let state = self.lock();
        let oldest = state.under_way.front()?;
        Some((oldest.asked.elapsed(), state.missing(&self.queues)))
    }

    fn id(&self, sent: Sent) -> String {
        format!("marker-{}-{}-{}", self.epoch, sent.round, sent.at.as_microsecond())
    }

    /// Round and legal instant of one of our markers.
    fn marker(&self, id: &str) -> Option<(u64, Timestamp)> {
        let (epoch, rest) = id.strip_prefix("marker-")?.split_once('-')?;
        let (round, micros) = rest.split_once('-')?;
        let at = Timestamp::from_microsecond(micros.parse().ok()?).ok()?;
        (epoch.parse() == Ok(self.epoch)).then_some((round.parse().ok()?, at))
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Is this one of our markers? Only the core may write to their exchange.
#[must_use]
pub fn is_marker(delivery: &Delivery) -> bool {
    delivery.exchange == wire::EXCHANGE_MARKER
}

/// Sends a marker unless one was sent a little while ago and is under way, through the outbox as everything else.
///
/// # Errors
/// The database's.
pub async fn prove(core: &Core) -> Result<(), StoreError> {
    let settings = &core.context.settings.flow;
    if let Some(queues) = core.guard.overdue(settings.marker_alarm_ms) {
        core.context.metrics.markers_overdue.inc();
        tracing::error!(
            queues = queues.join(", "),
            "what was sent to these queues has not been read: limits that have passed are not told until it is"
        );
    }
    // The instant first: what is confirmed before it stands before the marker in its queue.
    let again = Duration::from_millis(settings.marker_again_ms);
    let Some(marker) = core.guard.begin(core.now(), again) else { return Ok(()) };
    let sent = send(core, marker).await;
    if sent.is_err() {
        core.guard.give_up(marker);
    }
    sent
}

async fn send(core: &Core, marker: Sent) -> Result<(), StoreError> {
    let mut unit = core.begin().await?;
    unit.say(NewMessage {
        lane: Uuid::nil(),
        exchange: wire::EXCHANGE_MARKER,
        routing_key: String::new(),
        message_id: core.guard.id(marker),
        content_type: "application/json".into(),
        headers: None,
        body: json!({ "epoch": core.epoch, "round": marker.round }).to_string().into_bytes(),
    });
    core.commit(unit).await?;
    crash_point!("core.marker-sent");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOON: Duration = Duration::ZERO;
    const LATER: Duration = Duration::from_secs(3_600);

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(seconds).unwrap()
    }

    fn guard() -> Guard {
        Guard::new(7, ["intake".to_owned(), "answers".to_owned()])
    }

    #[test]
    fn nothing_is_proved_before_the_marker_has_come_back_from_every_queue() {
        let guard = guard();
        let marker = guard.id(guard.begin(at(10), LATER).unwrap());
        assert!(guard.begin(at(11), LATER).is_none(), "one at a time");
        guard.came_back("intake", Some(&marker));
        guard.came_back("intake", Some(&marker));
        assert_eq!(guard.proved_until(at(20)), None);
        guard.came_back("answers", Some(&marker));
        assert_eq!(guard.proved_until(at(20)), Some(at(10)));
        assert!(guard.begin(at(12), LATER).is_some());
    }

    #[test]
    fn another_marker_follows_one_that_stays_away_and_what_is_slow_still_counts() {
        let guard = guard();
        let lost = guard.id(guard.begin(at(10), SOON).unwrap());
        guard.came_back("intake", Some(&lost));
        let second = guard.id(guard.begin(at(20), SOON).unwrap());
        let third = guard.id(guard.begin(at(30), SOON).unwrap());
        guard.came_back("answers", Some(&second));
        assert_eq!(guard.proved_until(at(40)), Some(at(10)), "of intake no more is known");
        guard.came_back("intake", Some(&second));
        assert_eq!(guard.proved_until(at(40)), Some(at(20)));
        assert_eq!(guard.waiting().unwrap().1, ["answers", "intake"]);
        guard.came_back("intake", Some(&third));
        guard.came_back("answers", Some(&third));
        assert_eq!(guard.proved_until(at(40)), Some(at(30)));
        assert!(guard.waiting().is_none());
    }

    #[test]
    fn markers_of_another_lead_prove_nothing() {
        let guard = guard();
        let marker = guard.begin(at(10), LATER).unwrap();
        let other = Guard::new(6, []).id(marker);
        for id in [None, Some(other.as_str()), Some("marker-7"), Some("marker-7-1-x"), Some("x")] {
            guard.came_back("intake", id);
            guard.came_back("answers", id);
        }
        assert_eq!(guard.proved_until(at(20)), None);
    }

    #[test]
    fn what_was_proved_in_the_future_proves_nothing_once_the_clock_is_set_back() {
        let guard = guard();
        let ahead = guard.id(guard.begin(at(1_000), SOON).unwrap());
        guard.came_back("intake", Some(&ahead));
        guard.came_back("answers", Some(&ahead));
        assert_eq!(guard.proved_until(at(100)), None);
        let back = guard.id(guard.begin(at(100), SOON).unwrap());
        guard.came_back("intake", Some(&back));
        guard.came_back("answers", Some(&back));
        assert_eq!(guard.proved_until(at(101)), Some(at(100)));
    }

    #[test]
    fn the_markers_that_are_remembered_are_few() {
        let guard = guard();
        (0..1_000).for_each(|second| assert!(guard.begin(at(second), SOON).is_some()));
        assert_eq!(guard.lock().under_way.len(), UNDER_WAY_MAX);
        assert_eq!(guard.lock().under_way.back().unwrap().at, at(999));
    }

    #[test]
    fn a_marker_that_stays_away_is_told_of_once() {
        let guard = guard();
        let marker = guard.id(guard.begin(at(10), LATER).unwrap());
        guard.came_back("answers", Some(&marker));
        assert_eq!(guard.waiting().unwrap().1, ["intake"]);
        assert_eq!(guard.overdue(60_000), None);
        assert_eq!(guard.overdue(0), Some(vec!["intake".to_owned()]));
        assert_eq!(guard.overdue(0), None);
    }
}
