//! Publish: what the outbox holds goes out after the commit, with pipelined confirms, and is forgotten once
//! confirmed.
//!
//! - Messages of one lane (a file) to one destination go out one after another, never two at a time ([`lanes`]).
//!   Nobody waits for the confirm of another lane.
//! - A destination that takes nothing (queue missing or full) backs off on its own ([`closed`]); its rows stay in the
//!   database and no other destination waits for it.
//! - Every now and then a [`sweep`] reads what stands in the database and nobody has handed over.
//! - After a new connection, rows that may have gone out before carry `possible-duplicate: true`.

mod aside;
mod closed;
mod forgetting;
mod lanes;
mod sweep;
mod swept;

use std::collections::{HashSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Mutex, mpsc};
use tokio::time::{Instant, timeout};
use wasl_adapters::{crash_point, planted};
use wasl_schemas::wire;

use self::closed::Backoffs;
use self::forgetting::Forgetting;
use self::lanes::Lanes;
use self::swept::Swept;
use super::Core;
use super::replay;
use crate::broker::{BrokerError, Flight, Outgoing, PublishOutcome, Publisher, Session};
use crate::config::Flow;
use crate::store::StoreError;
use crate::store::outbox::{self, OutboxRow};

/// Committed messages on their way from the loops to the publisher.
pub type Handover = Arc<Mutex<mpsc::Receiver<Vec<OutboxRow>>>>;

/// Publishes until the connection or the lead ends.
///
/// # Errors
/// Whatever ends the session; it is then built anew.
pub async fn publish(core: &Core, session: Session, handover: &Handover) -> Result<(), BrokerError> {
    let mut fresh = handover.lock().await;
    let publisher = Publisher::open(&session).await?;
    let mut desk = Desk::open(core, &publisher).await?;
    crash_point!("publish.opened");
    let ended = tokio::select! {
        biased;
        () = session.cancel.cancelled() => Ok(()),
        ended = desk.work(&mut fresh) => ended,
    };
    desk.end(ended.is_ok()).await?;
    ended
}

/// The publisher's memory during one session.
struct Desk<'c> {
    core: &'c Core,
    publisher: &'c Publisher,
    flow: Flow,
    /// What the broker has been given and has not confirmed.
    flight: Flight<'c, OutboxRow>,
    lanes: Lanes,
    /// May go as soon as there is room.
    ready: VecDeque<OutboxRow>,
    backoffs: Backoffs,
    /// Rows up to this one may have gone out on an earlier connection.
    unsure_until: i64,
    unsure: HashSet<i64>,
    swept: Swept,
    forgetting: Forgetting,
}

impl<'c> Desk<'c> {
    async fn open(core: &'c Core, publisher: &'c Publisher) -> Result<Self, BrokerError> {
        Ok(Self {
            core,
            publisher,
            flow: core.context.settings.flow.clone(),
            flight: Flight::new(publisher),
            lanes: Lanes::default(),
            ready: VecDeque::new(),
            backoffs: Backoffs::default(),
            unsure_until: outbox::newest(&core.pool).await.map_err(BrokerError::work)?,
            unsure: HashSet::new(),
            swept: Swept::default(),
            forgetting: Forgetting::new(core.pool.clone()),
        })
    }

    /// Dropped when the session ends: what was confirmed and is not deleted then goes out once more, marked so.
    async fn work(&mut self, fresh: &mut mpsc::Receiver<Vec<OutboxRow>>) -> Result<(), BrokerError> {
        let mut look = tokio::time::interval(Duration::from_millis(self.flow.outbox_sweep_interval_ms));
        loop {
            tokio::select! {
                biased;
                _ = look.tick() => self.sweep(fresh).await?,
                rows = fresh.recv(), if self.has_room() => match rows {
                    // What could not be handed over is older: all goes out from the database, in order.
                    Some(_) if self.core.take_missed() => self.sweep(fresh).await?,
                    Some(rows) => {
                        let rows = self.sendable(rows);
                        self.swept.has_come(&[]);
                        self.send(rows).await?;
                        self.core.pace.sweeps(false);
                    }
                    None => return Ok(()),
                },
                landed = self.flight.landed(), if !self.flight.is_empty() => self.landed(landed).await?,
                done = self.forgetting.deleted() => self.deleted(done)?,
            }
        }
    }

    /// Whether more may be taken in.
    fn has_room(&self) -> bool {
        self.ready.is_empty() && self.flight.room() > 0 && self.lanes.waiting() < self.flow.outbox_batch_max
    }

    /// What was handed over, but for what a sweep has sent, and for destinations that back off: older rows of theirs
    /// wait in the database, and the sweep takes them in order.
    fn sendable(&self, mut rows: Vec<OutboxRow>) -> Vec<OutboxRow> {
        let held = self.core.held.destinations();
        self.swept.drop_from(&mut rows);
        if !(held.is_empty() && self.backoffs.is_empty()) {
            rows.retain(|row| {
                let destination = destination(row);
                !self.backoffs.knows(&destination) && !held.contains(&destination)
            });
        }
        rows
    }

    /// Sends what may go now; the rest takes its place.
    async fn send(&mut self, mut rows: Vec<OutboxRow>) -> Result<(), BrokerError> {
        if planted!("outbox-deleted-first") {
            let all: Vec<i64> = rows.iter().map(|row| row.id).collect();
            outbox::delete(&self.core.pool, &all).await.map_err(BrokerError::work)?;
        }
        crash_point!("publish.read");
        if planted!("order-by-arrival") {
            rows.reverse();
            self.ready.extend(rows);
        } else {
            self.ready.extend(rows.into_iter().filter_map(|row| self.lanes.admit(row)));
        }
        self.start();
        Ok(())
    }

    /// Hands over as much as there is room for.
    fn start(&mut self) {
        while self.flight.room() > 0
            && let Some(row) = self.ready.pop_front()
        {
            if !self.backoffs.is_empty() && self.backoffs.is_closed(&destination(&row)) {
                self.lanes.close(&row);
            } else {
                let message = self.outgoing(&row);
                self.flight.start(row, message);
            }
        }
    }

    /// What became of messages; what stood behind them goes next.
    async fn landed(&mut self, landed: Vec<(OutboxRow, PublishOutcome)>) -> Result<(), BrokerError> {
        crash_point!("publish.confirmed");
        for (row, outcome) in landed {
            match outcome {
                PublishOutcome::Confirmed => {
                    self.unsure.remove(&row.id);
                    self.forgetting.confirmed(row.id);
                    self.ready.extend(self.lanes.after(&row));
                }
                PublishOutcome::Unsendable(reason) => {
                    aside::set(self.core, &row, &reason).await.map_err(BrokerError::work)?;
                    self.forgetting.confirmed(row.id);
                    self.ready.extend(self.lanes.after(&row));
                }
                PublishOutcome::Unknown => {
                    self.unsure.insert(row.id);
                    self.lanes.close(&row);
                }
                PublishOutcome::Returned { .. } | PublishOutcome::Nacked => {
                    self.lanes.close(&row);
                    self.back_off(&row, &outcome);
                }
            }
        }
        self.publisher.ensure_usable()?;
        self.start();
        self.forgetting.begin();
        Ok(())
    }

    fn deleted(&mut self, done: Result<(), StoreError>) -> Result<(), BrokerError> {
        done.map_err(BrokerError::work)?;
        crash_point!("publish.deleted");
        self.forgetting.begin();
        Ok(())
    }

    /// Waits until nothing is under way and nothing is left to delete.
    async fn drain(&mut self) -> Result<(), BrokerError> {
        while !(self.flight.is_empty() && self.forgetting.is_done()) {
            tokio::select! {
                landed = self.flight.landed(), if !self.flight.is_empty() => self.landed(landed).await?,
                done = self.forgetting.deleted() => self.deleted(done)?,
            }
        }
        Ok(())
    }

    /// Forgets what was confirmed, also where the session ended badly; where it ended well, what is under way may land
    /// first.
    async fn end(&mut self, well: bool) -> Result<(), BrokerError> {
        self.ready.clear();
        self.lanes = Lanes::default();
        if well {
            // What does not land in time goes out once more, marked as a possible duplicate.
            let limit = self.core.context.settings.broker.confirm_timeout();
            _ = timeout(limit, self.drain()).await;
        }
        self.forgetting.begin();
        while !self.forgetting.is_done() {
            let done = self.forgetting.deleted().await;
            self.deleted(done)?;
        }
        Ok(())
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

    fn back_off(&mut self, row: &OutboxRow, outcome: &PublishOutcome) {
        let limits = (self.flow.outbox_backoff_initial_ms, self.flow.outbox_backoff_max_ms);
        let limits = (Duration::from_millis(limits.0), Duration::from_millis(limits.1));
        let destination = destination(row);
        let delay = self.backoffs.refused(destination.clone(), Instant::now(), limits);
        let delay_ms = delay.as_millis();
        tracing::warn!(destination, ?outcome, delay_ms, "a destination takes nothing");
    }
}

fn destination(row: &OutboxRow) -> String {
    format!("{}/{}", row.exchange, row.routing_key)
}

#[cfg(test)]
mod tests {
    use crate::store::outbox::OutboxRow;

    /// A message of one lane to one destination.
    pub(super) fn row(id: i64) -> OutboxRow {
        OutboxRow {
            id,
            lane: uuid::Uuid::nil(),
            exchange: "wasl.out".to_owned(),
            routing_key: "commune.x".to_owned(),
            message_id: id.to_string(),
            content_type: "application/json".to_owned(),
            body: bytes::Bytes::new(),
            headers: None,
        }
    }
}
