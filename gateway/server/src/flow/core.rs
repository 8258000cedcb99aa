//! What the loops of the active core share.

use std::sync::Arc;

use jiff::Timestamp;
use sqlx::PgPool;
use tokio::sync::mpsc;
use wasl_core::file::Context as RuleContext;

use super::World;
use crate::context::Context;
use crate::store::outbox::OutboxRow;

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
    outbox: mpsc::Sender<Vec<OutboxRow>>,
}

impl Core {
    /// A core that leads with this epoch and hands committed messages to `outbox`.
    #[must_use]
    pub const fn new(
        context: Context,
        world: Arc<World>,
        pool: PgPool,
        epoch: i64,
        outbox: mpsc::Sender<Vec<OutboxRow>>,
    ) -> Self {
        Self { context, world, pool, epoch, outbox }
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

    /// Hands committed messages to the publisher. When it cannot take them (the broker is away), they wait in
    /// the database, where it will look: nobody waits here, since timers must fire all the same.
    pub fn hand_over(&self, rows: Vec<OutboxRow>) {
        if !rows.is_empty() && self.outbox.try_send(rows).is_err() {
            tracing::debug!("the publisher is busy; it will find the messages in the outbox");
        }
    }
}
