//! Publish: what the outbox holds goes out after the commit, with pipelined confirms, and is forgotten once
//! confirmed.
//!
//! - Messages of one lane (a file) to one destination go out one after another, never two at a time.
//! - A destination that takes nothing (queue missing or full) backs off on its own; its rows stay in the
//!   database and no other destination waits for it.
//! - After a new connection, rows that may have gone out before carry `possible-duplicate: true`.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use tokio::sync::{Mutex, mpsc};
use tokio::time::Instant;
use uuid::Uuid;
use wasl_adapters::{crash_point, planted};
use wasl_schemas::problem::{Code, Fault};
use wasl_schemas::wire;

use super::Core;
use super::replay;
use super::swept::Swept;
use crate::broker::{BrokerError, Outgoing, PublishOutcome, Publisher, Session};
use crate::config::Flow;
use crate::store::outbox::{self, OutboxRow};
use crate::store::parked::{NewParked, parked_id};
use crate::store::{StoreError, Unit};

/// Committed messages on their way from the loops to the publisher.
pub type Handover = Arc<Mutex<mpsc::Receiver<Vec<OutboxRow>>>>;

/// Publishes until the connection or the lead ends.
///
/// # Errors
/// Whatever ends the session; it is then built anew.
pub async fn publish(core: &Core, session: Session, handover: &Handover) -> Result<(), BrokerError> {
    let mut fresh = handover.lock().await;
    let mut desk = Desk::open(core, &session).await?;
    let mut look =
        tokio::time::interval(Duration::from_millis(core.context.settings.flow.outbox_sweep_interval_ms));
    crash_point!("publish.opened");
    desk.sweep(&mut fresh).await?;
    loop {
        tokio::select! {
            biased;
            () = session.cancel.cancelled() => return Ok(()),
            _ = look.tick() => desk.sweep(&mut fresh).await?,
            rows = fresh.recv() => match rows {
                Some(rows) => {
                    let mut rows = rows;
                    while rows.len() < desk.flow.outbox_batch_max && let Ok(more) = fresh.try_recv() {
                        rows.extend(more);
                    }
                    // What could not be handed over is older: all goes out from the database, in order.
                    if core.take_missed() {
                        desk.sweep(&mut fresh).await?;
                    } else {
                        desk.send(rows).await?;
                        core.pace.sweeps(false);
                    }
                }
                None => return Ok(()),
            },
        }
    }
}

/// The publisher's memory during one session.
struct Desk<'c> {
    core: &'c Core,
    publisher: Publisher,
    flow: Flow,
    backing_off: HashMap<String, Backoff>,
    /// Rows up to this one may have gone out on an earlier connection.
    unsure_until: i64,
    unsure: HashSet<i64>,
    swept: Swept,
    /// The broker has them; their rows are not deleted yet.
    confirmed: Vec<i64>,
}

struct Backoff {
    until: Instant,
    delay: Duration,
}

impl<'c> Desk<'c> {
    async fn open(core: &'c Core, session: &Session) -> Result<Self, BrokerError> {
        Ok(Self {
            core,
            publisher: Publisher::open(session).await?,
            flow: core.context.settings.flow.clone(),
            backing_off: HashMap::new(),
            unsure_until: outbox::newest(&core.pool).await.map_err(BrokerError::work)?,
            unsure: HashSet::new(),
            swept: Swept::default(),
            confirmed: Vec::new(),
        })
    }

    /// Publishes what waits in the database and in no hand-over: left by an earlier connection, by a
    /// destination that backed off, or by a publisher that was busy.
    async fn sweep(&mut self, fresh: &mut mpsc::Receiver<Vec<OutboxRow>>) -> Result<(), BrokerError> {
        let most = i64::try_from(self.flow.outbox_batch_max).unwrap_or(i64::MAX);
        let mut after = 0;
        self.core.pace.sweeps(true);
        loop {
            let waiting = self.waiting();
            let mut rows =
                outbox::read(&self.core.pool, after, &waiting, most).await.map_err(BrokerError::work)?;
            let whole = rows.len() as i64 == most;
            let meanwhile = handed_over(fresh);
            let first = after == 0;
            after = rows.last().map_or(after, |r| r.id);
            self.swept.read(&rows);
            // Something did not find room in memory: what came behind it must not overtake it.
            let missed = self.core.take_missed();
            if first && !whole && !missed {
                // One reading had all that was committed until then. What it had not was committed after it.
                let meanwhile = self.sendable(meanwhile).into_iter();
                rows.extend(meanwhile.filter(|row| !waiting.contains(&destination(row))));
                self.send_rows(rows).await?;
                break;
            }
            // What was handed over meanwhile is in the database too: it goes out here, in its order. Numbers are drawn
            // before the commit, so it may stand before what was just read: from the start again.
            let again = missed || !meanwhile.is_empty();
            if again {
                after = 0;
            }
            if !meanwhile.is_empty() {
                self.swept.has_come(&rows);
            }
            self.send_rows(rows).await?;
            if !whole && !again {
                break;
            }
        }
        self.core.pace.sweeps(false);
        Ok(())
    }

    /// Destinations that are left alone for now: those that take nothing, and agencies that operators have paused.
    fn waiting(&self) -> Vec<String> {
        let now = Instant::now();
        let backing_off = self.backing_off.iter().filter(|(_, b)| b.until > now);
        backing_off.map(|(name, _)| name.clone()).chain(self.core.held.destinations()).collect()
    }

    /// Publishes what was handed over.
    async fn send(&mut self, rows: Vec<OutboxRow>) -> Result<(), BrokerError> {
        let rows = self.sendable(rows);
        self.swept.has_come(&[]);
        self.send_rows(rows).await
    }

    /// What was handed over, but for what a sweep has sent, and for destinations that back off: older rows of theirs
    /// wait in the database, and the sweep takes them in order.
    fn sendable(&self, mut rows: Vec<OutboxRow>) -> Vec<OutboxRow> {
        let held = self.core.held.destinations();
        self.swept.drop_from(&mut rows);
        if !(held.is_empty() && self.backing_off.is_empty()) {
            rows.retain(|row| {
                let destination = destination(row);
                !self.backing_off.contains_key(&destination) && !held.contains(&destination)
            });
        }
        rows
    }

    /// Publishes, and forgets what was confirmed, also where it ended badly: all of it with one statement.
    async fn send_rows(&mut self, rows: Vec<OutboxRow>) -> Result<(), BrokerError> {
        let ended = self.waves(rows).await;
        let confirmed = std::mem::take(&mut self.confirmed);
        if !confirmed.is_empty() {
            outbox::delete(&self.core.pool, &confirmed).await.map_err(BrokerError::work)?;
            crash_point!("publish.deleted");
        }
        ended
    }

    /// Publishes in waves: one message of a lane and destination in each.
    async fn waves(&mut self, rows: Vec<OutboxRow>) -> Result<(), BrokerError> {
        if planted!("order-by-arrival") {
            return self.wave(rows.into_iter().rev().collect()).await;
        }
        let mut pending = rows;
        while !pending.is_empty() {
            if !self.backing_off.is_empty() {
                pending.retain(|row| !self.is_backing_off(&destination(row)));
            }
            let (wave, later) = firsts(pending);
            self.wave(wave).await?;
            pending = later;
        }
        Ok(())
    }

    async fn wave(&mut self, rows: Vec<OutboxRow>) -> Result<(), BrokerError> {
        if planted!("outbox-deleted-first") {
            let all: Vec<i64> = rows.iter().map(|row| row.id).collect();
            outbox::delete(&self.core.pool, &all).await.map_err(BrokerError::work)?;
        }
        let messages = rows.iter().map(|row| self.outgoing(row)).collect();
        crash_point!("publish.read");
        let outcomes = self.publisher.publish_all(messages).await;
        crash_point!("publish.confirmed");
        let mut refused = Vec::new();
        for (row, outcome) in rows.into_iter().zip(outcomes) {
            match outcome {
                PublishOutcome::Confirmed => {
                    self.unsure.remove(&row.id);
                    if !self.backing_off.is_empty() {
                        self.backing_off.remove(&destination(&row));
                    }
                    self.confirmed.push(row.id);
                }
                PublishOutcome::Unknown => {
                    self.unsure.insert(row.id);
                }
                PublishOutcome::Unsendable(reason) => {
                    self.set_aside(&row, &reason).await.map_err(BrokerError::work)?;
                    self.confirmed.push(row.id);
                }
                PublishOutcome::Returned { .. } | PublishOutcome::Nacked => refused.push((row, outcome)),
            }
        }
        // Last, so that a neighbour's confirm does not open the way to what follows a refused row in its lane.
        for (row, outcome) in refused {
            self.back_off(&row, &outcome);
        }
        self.publisher.ensure_usable()
    }

    fn outgoing(&self, row: &OutboxRow) -> Outgoing {
        let repeated = row.id <= self.unsure_until || self.unsure.contains(&row.id);
        let flag = (wire::HEADER_POSSIBLE_DUPLICATE.to_owned(), "true".to_owned());
        let mut headers = replay::pairs(row.headers.as_ref());
        if repeated && !headers.contains(&flag) {
            headers.push(flag);
        }
        // So that what operators have sent again can be told from what anybody else says.
        let user_id =
            row.headers.as_ref().and_then(|_| crate::broker::user(&self.core.context.settings.broker));
        Outgoing {
            exchange: row.exchange.clone(),
            routing_key: row.routing_key.clone(),
            message_id: row.message_id.clone(),
            content_type: row.content_type.clone(),
            correlation_id: Some(row.lane.to_string()),
            user_id,
            priority: None,
            headers,
            body: row.body.clone(),
        }
    }

    fn is_backing_off(&self, destination: &str) -> bool {
        self.backing_off.get(destination).is_some_and(|b| b.until > Instant::now())
    }

    fn back_off(&mut self, row: &OutboxRow, outcome: &PublishOutcome) {
        let initial = Duration::from_millis(self.flow.outbox_backoff_initial_ms);
        let longest = Duration::from_millis(self.flow.outbox_backoff_max_ms);
        let name = destination(row);
        let before = self.backing_off.get(&name).map(|b| b.delay);
        let delay = before.map_or(initial, |d| (d * 2).min(longest));
        tracing::warn!(
            destination = name,
            ?outcome,
            delay_ms = delay.as_millis(),
            "a destination takes nothing"
        );
        self.backing_off.insert(name, Backoff { until: Instant::now() + delay, delay });
    }

    /// A message that can never be sent is set aside for an operator, so that its neighbours go on.
    async fn set_aside(&self, row: &OutboxRow, reason: &str) -> Result<(), StoreError> {
        tracing::error!(outbox = row.id, reason, "a message cannot be sent and is set aside");
        let mut unit = Unit::begin(&self.core.pool, self.core.epoch).await?;
        unit.park(NewParked {
            id: replay::parked_before(row.headers.as_ref())
                .or_else(|| Some(parked_id("outbox", Some(&row.message_id), &row.body))),
            queue: "outbox".to_owned(),
            code: Code::ParkedUndeliverable.as_str().to_owned(),
            faults: serde_json::to_value([Fault::new(Code::ParkedUndeliverable, "")]).unwrap_or_default(),
            raw: row.body.clone(),
            headers: json!({ "exchange": row.exchange, "reason": reason }),
            content_type: Some(row.content_type.clone()),
            routing_key: Some(row.routing_key.clone()),
            user_id: None,
            message_id: Some(row.message_id.clone()),
            file: None,
            consultation: None,
            about: None,
        });
        unit.commit().await.map(|_| ())
    }
}

/// What waits for the publisher in memory.
fn handed_over(fresh: &mut mpsc::Receiver<Vec<OutboxRow>>) -> Vec<OutboxRow> {
    let mut all = Vec::new();
    while let Ok(rows) = fresh.try_recv() {
        all.extend(rows);
    }
    all
}

/// The first row of each lane to each destination, and the others; both in their order.
fn firsts(rows: Vec<OutboxRow>) -> (Vec<OutboxRow>, Vec<OutboxRow>) {
    let mut lanes: HashSet<(Uuid, &str, &str)> = HashSet::with_capacity(rows.len());
    let first: Vec<bool> =
        rows.iter().map(|row| lanes.insert((row.lane, &row.exchange, &row.routing_key))).collect();
    let (mut wave, mut later) = (Vec::with_capacity(rows.len()), Vec::new());
    for (row, first) in rows.into_iter().zip(first) {
        if first { wave.push(row) } else { later.push(row) }
    }
    (wave, later)
}

fn destination(row: &OutboxRow) -> String {
    format!("{}/{}", row.exchange, row.routing_key)
}
