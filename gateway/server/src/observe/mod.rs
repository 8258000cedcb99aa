//! What can be seen from outside: logs, metrics, health.

pub mod alarm;
pub mod health;
pub mod logging;
pub mod metrics;
pub mod queues;

pub use health::{ComponentState, Health};
pub use metrics::Metrics;
pub use queues::QueueAges;
