//! The story of a permit file, on one screen.
//!
//! ```text
//! commune ──▶ intake ──▶ receive ─┐                    ┌─▶ publish ──▶ review.<agency> ──▶ adapter ──▶ agency
//!                                 ▼                    │
//!                              decide  (one transaction: inbox, lock, pure core, events, timers, outbox)
//!                                 ▲                    │
//! agency ──▶ adapter ──▶ answers* ┴─ remind            └─▶ publish ──▶ commune.<code>
//! ```
//!
//! 1. [`receive`]: takes deliveries of communes in batches and checks each; a bad one is answered with all its
//!    faults and set aside, and never stops its neighbours. New files and what concerns known ones have a queue each, so
//!    a flood of files delays no decision; what overtakes its own file that way waits for it ([`early`]).
//! 2. [`decide`]: one transaction for a batch. Drops what was seen, locks the files in the order of their ids,
//!    asks the pure core what each input means, writes events, states, timers, outbox. Only then is acked.
//! 3. [`publish`]: after the commit the outbox goes out with pipelined confirms; what is confirmed is deleted.
//! 4. *dispatch* (another role, [`crate::dispatch`]): the adapter translates, sends, and publishes an outcome.
//! 5. [`collect`]: outcomes and readings of feeds come back on `answers`, callbacks on `answers.urgent`; decided likewise.
//! 6. [`remind`]: timers that are due are inputs like any other: reminders, limits, retries, polls, silence. Those
//!    that say that something did not happen wait for the [`guard`]: all that was sent before has been read.
//! 7. [`recompute`]: a new calendar moves the open deadlines, file by file, in the same way.
//! 8. [`notify`]: what a commune should know becomes an event in its own queue.
//! 9. [`operate`]: what operators asked for and others approved is done, once: replays, releases, pauses, drains.
//!
//! [`lead`] keeps one core active and the others standing by. Nothing is published but from the outbox.

pub mod alarms;
pub mod calendar_files;
pub mod collect;
pub mod core;
pub mod decide;
mod documents;
pub mod early;
pub mod guard;
pub mod held;
pub mod lead;
mod lines;
pub mod notify;
pub mod operate;
mod pace;
mod patience;
pub mod publish;
pub mod receive;
pub mod recompute;
mod redeliver;
pub mod remind;
pub mod replay;
mod statements;
pub mod world;

pub use self::core::Core;
pub use self::lead::run_core;
pub use self::world::World;
