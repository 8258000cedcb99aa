//! What operators hold back: agencies that are paused, and whether the gateway is drained.

use std::collections::BTreeSet;
use std::sync::Arc;

use sqlx::PgPool;
use tokio::sync::watch;
use wasl_schemas::wire;

use crate::store::{StoreError, operator};

#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct State {
    paused: BTreeSet<String>,
    drained: bool,
}

/// Shared by the loops of the active core; [`super::operate`] keeps it fresh.
#[derive(Debug, Clone)]
pub struct Held(Arc<watch::Sender<State>>);

impl Default for Held {
    fn default() -> Self {
        Self(Arc::new(watch::Sender::new(State::default())))
    }
}

impl Held {
    /// Reads it from the database.
    ///
    /// # Errors
    /// The database's.
    pub async fn look(&self, pool: &PgPool) -> Result<(), StoreError> {
        let (paused, drained) = operator::held(pool).await?;
        let present = State { paused, drained };
        self.0.send_if_modified(|state| {
            let other = *state != present;
            if other {
                tracing::warn!(paused = ?present.paused, drained = present.drained, "operators hold something back");
                *state = present;
            }
            other
        });
        Ok(())
    }

    /// Nothing is sent to this kind of agency for now.
    #[must_use]
    pub fn is_paused(&self, agency: &str) -> bool {
        self.0.borrow().paused.contains(agency)
    }

    /// Destinations of the outbox (`exchange/key`) that are paused.
    #[must_use]
    pub fn destinations(&self) -> BTreeSet<String> {
        let queues = |agency: &String| [format!("review.{agency}"), format!("review.{agency}.feeds")];
        let paused = self.0.borrow().paused.iter().flat_map(queues).collect::<Vec<_>>();
        paused.into_iter().map(|queue| format!("{}/{queue}", wire::EXCHANGE_REVIEW)).collect()
    }

    /// Waits until new submissions are taken in: mostly not at all.
    pub async fn taking_in(&self) {
        self.reach(false).await;
    }

    /// Waits until nothing new is to be taken in.
    pub async fn draining(&self) {
        self.reach(true).await;
    }

    async fn reach(&self, drained: bool) {
        let mut seen = self.0.subscribe();
        // The sender lives as long as this: there is always one more look.
        if seen.wait_for(|state| state.drained == drained).await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    #[tokio::test]
    async fn a_drain_ends_the_taking_in_and_its_end_begins_it_again() {
        let held = Held::default();
        assert!(held.taking_in().now_or_never().is_some());
        assert!(held.draining().now_or_never().is_none());
        held.0.send_modify(|state| state.drained = true);
        assert!(held.draining().now_or_never().is_some());
        assert!(held.taking_in().now_or_never().is_none());
    }

    #[test]
    fn what_is_paused_is_a_destination_of_the_outbox() {
        let held = Held::default();
        held.0.send_modify(|state| state.paused = BTreeSet::from(["onee".to_owned()]));
        assert!(held.is_paused("onee") && !held.is_paused("water-basin"));
        let kind = wasl_schemas::id::AgencyKind::try_new("onee").unwrap();
        let queues = [wire::queue_review(&kind), wire::queue_feeds(&kind)];
        let expected = queues.map(|queue| format!("{}/{queue}", wire::EXCHANGE_REVIEW));
        assert_eq!(held.destinations(), BTreeSet::from(expected));
    }
}
