//! Faults of the broker's side. Every one of them ends the session: it is torn down and built anew.

use std::time::Duration;

/// Why a session ended.
#[derive(Debug, thiserror::Error)]
pub enum BrokerError {
    /// What the client library says.
    #[error("broker: {0}")]
    Amqp(#[from] lapin::Error),
    /// Settings that cannot be used, in one sentence.
    #[error("{0}")]
    Settings(String),
    /// No connection within the limit.
    #[error("broker: no connection within {} ms", .0.as_millis())]
    ConnectTimeout(Duration),
    /// The connection is no longer there.
    #[error("broker: the connection is closed")]
    Closed,
    /// The broker ended a consumer, e.g. because its queue was deleted.
    #[error("broker: the consumer of `{0}` was ended")]
    ConsumerEnded(String),
    /// A channel on which the state of publishes is unknown.
    #[error("broker: a publish was not confirmed within {} ms", .0.as_millis())]
    ConfirmTimeout(Duration),
    /// Something that the definitions say is not there.
    #[error("broker: {what} is missing or not allowed ({reason}); `wasl topology apply` makes it")]
    Topology {
        /// Queue or exchange.
        what: String,
        /// The broker's words.
        reason: String,
    },
    /// A fault of the work that was done on the session.
    #[error(transparent)]
    Work(Box<dyn std::error::Error + Send + Sync>),
}

impl BrokerError {
    /// Wraps a fault of the work done on a session (a database fault, say), so that the session is rebuilt.
    pub fn work(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Work(error.into())
    }
}
