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
//! written with the right, whenever it is recorded. An operator is alarmed after `flow.marker_alarm_ms`.

use std::collections::BTreeSet;
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
use crate::store::outbox::NewMessage;
use crate::store::{StoreError, Unit};

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
    under_way: Option<Round>,
    proved_until: Option<Timestamp>,
}

/// One marker on its way through the queues.
#[derive(Debug)]
struct Round {
    /// Legal time before the marker was sent.
    sent_at: Timestamp,
    asked: Instant,
    alarmed: bool,
    missing: BTreeSet<String>,
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

    /// Everything that was confirmed by the broker before this legal instant has been read and committed.
    #[must_use]
    pub fn proved_until(&self) -> Option<Timestamp> {
        self.lock().proved_until
    }

    /// Waits until more is proved.
    pub async fn more(&self) {
        self.proved.notified().await;
    }

    /// Begins a round unless one is under way: its number, when a marker must be sent.
    fn begin(&self, now: Timestamp) -> Option<u64> {
        let mut state = self.lock();
        if state.under_way.is_some() {
            return None;
        }
        state.round += 1;
        let missing = (*self.queues).clone();
        state.under_way = Some(Round { sent_at: now, asked: Instant::now(), alarmed: false, missing });
        Some(state.round)
    }

    /// The marker could not be written: the round is given up.
    fn give_up(&self) {
        self.lock().under_way = None;
    }

    /// Takes a marker that came back; everything before it in this queue is committed.
    pub fn came_back(&self, queue: &str, message_id: Option<&str>) {
        let mut state = self.lock();
        if message_id != Some(self.id(state.round).as_str()) {
            return;
        }
        let Some(round) = &mut state.under_way else { return };
        round.missing.remove(queue);
        if round.missing.is_empty() {
            state.proved_until = Some(round.sent_at);
            state.under_way = None;
            drop(state);
            self.proved.notify_one();
        }
    }

    /// Queues from which the marker has not come back for `alarm_ms`: told once a round.
    fn overdue(&self, alarm_ms: u64) -> Option<Vec<String>> {
        let mut state = self.lock();
        let round = state.under_way.as_mut()?;
        if round.alarmed || round.asked.elapsed().as_millis() < u128::from(alarm_ms) {
            return None;
        }
        round.alarmed = true;
        Some(round.missing.iter().cloned().collect())
    }

    /// The queues from which the marker under way has not come back, and for how long it has been.
    #[must_use]
    pub fn waiting(&self) -> Option<(Duration, Vec<String>)> {
        let state = self.lock();
        let round = state.under_way.as_ref()?;
        Some((round.asked.elapsed(), round.missing.iter().cloned().collect()))
    }

    fn id(&self, round: u64) -> String {
        format!("marker-{}-{round}", self.epoch)
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

/// Sends a marker unless one is under way, through the outbox as everything else.
///
/// # Errors
/// The database's.
pub async fn prove(core: &Core) -> Result<(), StoreError> {
    if let Some(queues) = core.guard.overdue(core.context.settings.flow.marker_alarm_ms) {
        core.context.metrics.markers_overdue.inc();
        tracing::error!(
            queues = queues.join(", "),
            "what was sent to these queues has not been read: limits that have passed are not told until it is"
        );
    }
    // The instant first: what is confirmed before it stands before the marker in its queue.
    let Some(round) = core.guard.begin(core.now()) else { return Ok(()) };
    let sent = send(core, round).await;
    if sent.is_err() {
        core.guard.give_up();
    }
    sent
}

async fn send(core: &Core, round: u64) -> Result<(), StoreError> {
    let mut unit = Unit::begin(&core.pool, core.epoch).await?;
    unit.say(NewMessage {
        lane: Uuid::nil(),
        exchange: wire::EXCHANGE_MARKER,
        routing_key: String::new(),
        message_id: core.guard.id(round),
        content_type: "application/json".into(),
        headers: None,
        body: json!({ "epoch": core.epoch, "round": round }).to_string().into_bytes(),
    });
    core.commit(unit).await?;
    crash_point!("core.marker-sent");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(seconds).unwrap()
    }

    fn guard() -> Guard {
        Guard::new(7, ["intake".to_owned(), "answers".to_owned()])
    }

    #[test]
    fn nothing_is_proved_before_the_marker_has_come_back_from_every_queue() {
        let guard = guard();
        assert_eq!(guard.begin(at(10)), Some(1));
        assert_eq!(guard.begin(at(11)), None, "one at a time");
        guard.came_back("intake", Some("marker-7-1"));
        guard.came_back("intake", Some("marker-7-1"));
        assert_eq!(guard.proved_until(), None);
        guard.came_back("answers", Some("marker-7-1"));
        assert_eq!(guard.proved_until(), Some(at(10)));
        assert_eq!(guard.begin(at(12)), Some(2));
    }

    #[test]
    fn markers_of_another_lead_or_round_prove_nothing() {
        let guard = guard();
        guard.begin(at(10));
        for id in [None, Some("marker-6-1"), Some("marker-7-2"), Some("x")] {
            guard.came_back("intake", id);
            guard.came_back("answers", id);
        }
        assert_eq!(guard.proved_until(), None);
    }

    #[test]
    fn a_marker_that_stays_away_is_told_of_once() {
        let guard = guard();
        guard.begin(at(10));
        guard.came_back("answers", Some("marker-7-1"));
        assert_eq!(guard.waiting().unwrap().1, ["intake"]);
        assert_eq!(guard.overdue(60_000), None);
        assert_eq!(guard.overdue(0), Some(vec!["intake".to_owned()]));
        assert_eq!(guard.overdue(0), None);
    }
}
