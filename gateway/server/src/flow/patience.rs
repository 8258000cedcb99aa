//! A fault of the database that can pass (it is full, it restarts, a lock was not given) is waited out with the
//! messages in hand: handed back to the broker they would come again at once, and a broker that has delivered a
//! message too often takes it for poison. Whether this core still leads is known by its lease alone.

use std::time::Duration;

use super::Core;
use crate::broker::reconnect::Pauses;
use crate::store::StoreError;

/// The patience with one piece of work of the store. `/readyz` says what is missing while it is needed, as the
/// component `database:<what>`.
pub(super) struct Patience<'c> {
    core: &'c Core,
    component: String,
    pauses: Pauses,
    told: bool,
}

impl<'c> Patience<'c> {
    /// With pauses as between tries to connect.
    pub(super) fn new(core: &'c Core, what: &str) -> Self {
        let broker = &core.context.settings.broker;
        let millis = Duration::from_millis;
        let pauses = Pauses::new(millis(broker.reconnect_min_ms), millis(broker.reconnect_max_ms));
        Self { core, component: format!("database:{what}"), pauses, told: false }
    }

    /// Looks at what came of a try. `None`, after a pause: try it again. Otherwise it is done, or the database refuses
    /// its content, or this lead has ended.
    pub(super) async fn done<T>(&mut self, result: Result<T, StoreError>) -> Option<Result<T, StoreError>> {
        let (cancel, health) = (&self.core.context.cancel, &self.core.context.health);
        if let Err(StoreError::Unavailable(error)) = &result
            && !cancel.is_cancelled()
        {
            health.not_ready(&self.component, error.to_string());
            self.told = true;
            if self.pauses.pause(cancel).await {
                return None;
            }
        }
        if self.told {
            health.forget(&self.component);
            self.told = false;
            self.pauses.reset();
        }
        Some(result)
    }
}
