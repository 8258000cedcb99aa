//! What every role of the program is given.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::clock::LegalClock;
use crate::config::Settings;
use crate::observe::{Health, Metrics};

/// Cheap to clone; all clones share the same state.
#[derive(Debug, Clone)]
pub struct Context {
    /// The effective settings, fixed for the life of the process.
    pub settings: Arc<Settings>,
    /// The clock of deadlines. Never used for tokens, time limits or backoff.
    pub clock: LegalClock,
    /// What is ready and what is not, for `/readyz`.
    pub health: Health,
    /// What `/metrics` shows.
    pub metrics: Metrics,
    /// Cancelled once, when the process must stop.
    pub cancel: CancellationToken,
    /// Tasks that must have ended before the process ends.
    pub tasks: TaskTracker,
}

impl Context {
    /// A context with fresh health and metrics.
    #[must_use]
    pub fn new(settings: Settings, clock: LegalClock) -> Self {
        Self {
            settings: Arc::new(settings),
            clock,
            health: Health::default(),
            metrics: Metrics::new(),
            cancel: CancellationToken::new(),
            tasks: TaskTracker::new(),
        }
    }

    /// The same context with a cancellation of its own below this one.
    #[must_use]
    pub fn scope(&self) -> Self {
        Self { cancel: self.cancel.child_token(), ..self.clone() }
    }
}
