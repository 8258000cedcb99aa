//! One call at a time for a consultation, whatever is delivered.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{Mutex as Lock, OwnedMutexGuard};
use uuid::Uuid;

/// Locks by consultation. A lock that nobody holds or waits for is forgotten.
#[derive(Debug, Default)]
pub(super) struct Lanes {
    locks: Mutex<HashMap<Uuid, Arc<Lock<()>>>>,
}

impl Lanes {
    /// Waits until the lane is free and holds it.
    pub(super) async fn enter(&self, id: Uuid) -> OwnedMutexGuard<()> {
        let lock = {
            let mut locks = self.locks.lock().unwrap_or_else(PoisonError::into_inner);
            locks.retain(|_, lock| Arc::strong_count(lock) > 1);
            locks.entry(id).or_default().clone()
        };
        lock.lock_owned().await
    }
}
