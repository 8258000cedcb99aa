//! What is remembered: PostgreSQL. The core is the only writer of the life of files; every transaction of it
//! begins with the fence ([`leader`]) and carries one whole batch ([`unit`]).

pub mod acts;
pub mod alarms;
pub mod connect;
pub mod documents;
pub mod early;
pub mod error;
pub mod feeds;
pub mod figures;
pub mod inbox;
pub mod leader;
pub mod lines;
pub mod operator;
pub mod outbox;
pub mod parked;
pub mod read;
pub mod rebuild;
pub mod recompute;
pub mod statements;
pub mod timers;
pub mod unit;

mod exchanges;
pub mod files;
mod models;
mod states;

pub use self::error::StoreError;
pub use self::states::States;
pub use self::unit::{FileWork, Unit};
