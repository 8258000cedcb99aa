//! What the loops of the active core share.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use jiff::Timestamp;
use sqlx::PgPool;
use tokio::sync::{Mutex, Notify, mpsc};
use wasl_adapters::crash_point;
use wasl_core::file::Context as RuleContext;

use super::World;
use super::early::Kept;
use super::guard::Guard;
use super::held::Held;
use super::pace::Pace;
use crate::context::Context;
use crate::observe::QueueAges;
use crate::store::outbox::OutboxRow;
use crate::store::{States, StoreError, Unit};

/// The active core. Clones share everything.
#[derive(Clone)]
pub struct Core {
    /// Settings, clock, metrics, cancellation of this lead.
    pub context: Context,
    /// Rules, calendar, registry.
    pub world: Arc<World>,
    /// Connections to the database.
    pub pool: PgPool,
    /// The epoch of this lead: every transaction carries it.
    pub epoch: i64,
    /// What has been proved to be read.
    pub guard: Guard,
    /// What operators hold back.
    pub held: Held,
    /// Whether anything waits for a file that is not known yet.
    pub(super) early: Arc<Kept>,
    /// A reading of a feed is committed.
    pub(super) feed_moved: Arc<Notify>,
    /// Since when queues have not been empty.
    pub queues: QueueAges,
    /// How far the publisher is.
    pub(super) pace: Pace,
    /// Files as they were written.
    states: States,
    outbox: mpsc::Sender<Vec<OutboxRow>>,
    /// Held from a commit to its hand-over, so that messages are handed over in the order of the commits.
    order: Arc<Mutex<()>>,
    /// A hand-over failed: what the publisher gets next must wait for what is in the database.
    missed: Arc<AtomicBool>,
}

impl Core {
    /// A core that leads with this epoch and hands committed messages to `outbox`.
    #[must_use]
    pub fn new(
        context: Context,
        world: Arc<World>,
        pool: PgPool,
        epoch: i64,
        outbox: mpsc::Sender<Vec<OutboxRow>>,
    ) -> Self {
        let states = States::new(context.settings.flow.states_kept_count, &context.metrics);
        let guard = Guard::new(epoch, crate::broker::topology::core_queues(&context.settings));
        Self {
            context,
            world,
            pool,
            epoch,
            guard,
            held: Held::default(),
            early: Arc::default(),
            feed_moved: Arc::default(),
            queues: QueueAges::default(),
            pace: Pace::default(),
            states,
            outbox,
            order: Arc::default(),
            missed: Arc::default(),
        }
    }

    /// Waits a little while the publisher is behind, or answers have piled up; how many messages may then be taken in
    /// together.
    pub(super) async fn few_left_to_say(&self) -> usize {
        self.pace.few_left(&self.outbox).await
    }

    /// Legal time, to the microsecond that the database keeps.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        let now = self.context.clock.now();
        Timestamp::from_microsecond(now.as_microsecond()).unwrap_or(now)
    }

    /// What a decision may look at.
    #[must_use]
    pub fn rules(&self, now: Timestamp) -> RuleContext<'_> {
        let world = &self.world;
        RuleContext {
            now,
            rules: &world.rules,
            calendar: &world.calendar,
            coverage: &world.coverage,
            policy: &world.policy,
        }
    }

    /// A transaction, behind the fence.
    ///
    /// # Errors
    /// See [`Unit::begin`].
    pub async fn begin(&self) -> Result<Unit, StoreError> {
        Unit::begin(&self.pool, self.epoch, self.states.clone()).await
    }

    /// Commits a unit and hands its messages to the publisher, in the order of the commits. When the publisher
    /// cannot take them (the broker is away), they wait in the database, where it will look: nobody waits here,
    /// since timers must fire all the same.
    ///
    /// # Errors
    /// The database's; then nothing of the unit has happened.
    pub async fn commit(&self, unit: Unit) -> Result<(), StoreError> {
        let keeps_early = unit.keeps_early();
        let (written, rows) = unit.write().await?;
        let _order = self.order.lock().await;
        crash_point!("core.written");
        let committed = written.commit().await;
        if keeps_early {
            self.early.may_have_come();
        }
        if let Err(error) = committed {
            // The answer was lost, not always the commit: what it may have left goes out before what comes after.
            self.missed.store(true, Ordering::Release);
            return Err(error);
        }
        crash_point!("core.committed");
        if !rows.is_empty() && self.outbox.try_send(rows).is_err() {
            self.missed.store(true, Ordering::Release);
        }
        crash_point!("core.handed-over");
        Ok(())
    }

    /// True once after hand-overs that failed.
    pub(super) fn take_missed(&self) -> bool {
        self.missed.swap(false, Ordering::AcqRel)
    }
}
