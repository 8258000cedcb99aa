//! RabbitMQ: one connection a purpose, batches in, pipelined confirms out, and what must exist there.
//!
//! The broker moves things now; it holds no deadline, no retry and no schedule.

pub mod connection;
pub mod consume;
pub mod depth;
pub mod error;
mod flight;
mod headers;
pub mod publish;
pub mod reconnect;
pub mod topology;

pub use connection::{Session, run_connection, user};
pub use consume::{Batch, BatchConsumer, Delivery, Settler};
pub use error::BrokerError;
pub use flight::Flight;
pub use publish::{Outgoing, PublishOutcome, Publisher};
