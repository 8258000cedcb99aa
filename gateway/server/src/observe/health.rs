//! What is ready and what is not, by named components.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::Serialize;

/// The state of all components of a process; clones share it.
#[derive(Debug, Clone, Default)]
pub struct Health {
    components: Arc<Mutex<BTreeMap<String, ComponentState>>>,
}

/// The state of one component.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ComponentState {
    /// It does its work.
    pub ready: bool,
    /// Why not, for the operator. No personal data, no secret.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

impl Health {
    /// Says that a component does its work. `name` is like `broker:intake`, `database`, `leader`.
    pub fn ready(&self, name: &str) {
        self.set(name, ComponentState { ready: true, reason: None });
    }

    /// Says that a component does not do its work, and why. It is named from then on.
    pub fn not_ready(&self, name: &str, reason: impl Into<String>) {
        self.set(name, ComponentState { ready: false, reason: Some(reason.into()) });
    }

    /// Forgets a component that has ended on purpose.
    pub fn forget(&self, name: &str) {
        self.lock().remove(name);
    }

    /// True when at least one component is named and all are ready.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        let components = self.lock();
        !components.is_empty() && components.values().all(|state| state.ready)
    }

    /// All components by name.
    #[must_use]
    pub fn report(&self) -> BTreeMap<String, ComponentState> {
        self.lock().clone()
    }

    fn set(&self, name: &str, state: ComponentState) {
        let before = self.lock().insert(name.to_owned(), state.clone());
        if before.as_ref() == Some(&state) {
            return;
        }
        match (state.reason, before) {
            (None, _) => tracing::info!(component = name, "ready"),
            // What has never been ready is starting, and that is no fault.
            (Some(reason), None) => tracing::info!(component = name, reason, "starting"),
            (Some(reason), Some(_)) => tracing::warn!(component = name, reason, "not ready"),
        }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, ComponentState>> {
        // The map is whole after every statement, so a panic elsewhere does not spoil it.
        self.components.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ready_needs_every_component_and_at_least_one() {
        let health = Health::default();
        assert!(!health.is_ready());
        health.ready("database");
        assert!(health.is_ready());
        health.not_ready("broker:intake", "connection blocked: memory");
        assert!(!health.is_ready());
        assert_eq!(health.report()["broker:intake"].reason.as_deref(), Some("connection blocked: memory"));
        health.forget("broker:intake");
        assert!(health.is_ready());
    }
}
