//! A permit file: what it is ([`state`]), what can be said to it ([`input`]), what happens to it
//! ([`event`]), and the three pure functions that make it live:
//!
//! 1. [`decide`](decide::decide): state and input → events and what comes of them, or a refusal with all its faults;
//! 2. [`evolve`](evolve::evolve): state and event → state, total, never failing;
//! 3. [`effects`](effects::effects): an event → messages and timers.
//!
//! [`step`] runs the three together. Nothing here reads a clock: `now` comes in the [`Context`].

pub mod decide;
pub mod effects;
pub mod event;
pub mod evolve;
pub mod input;
pub mod state;
pub mod timer;
pub mod waiting;

mod agency;
mod clock;
mod decision;
mod fees;
mod notices;
mod overtaken;
mod passed;
mod register;
mod release;
mod settle;
mod silence;
#[cfg(test)]
mod tests;

use jiff::Timestamp;

pub use self::effects::{Effect, When, deadline_timers};
pub use self::event::Event;
pub use self::input::{Input, Refusal, Release, Released};
pub use self::state::{FileState, Status};
pub use self::timer::{GUARDED_KEYS, TimerKind};
use crate::calendar::Calendar;
use crate::policy::Policy;
use crate::procedure::Rules;
use crate::routing::Coverage;

/// All that a decision may look at besides the file and the input.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    /// Legal time.
    pub now: Timestamp,
    /// Rules with their validity dates.
    pub rules: &'a Rules,
    /// Worked days and holidays.
    pub calendar: &'a Calendar,
    /// Which agency serves which commune.
    pub coverage: &'a Coverage,
    /// Delays that are not law: retries, polls, grace.
    pub policy: &'a Policy,
}

/// What one input does to a file.
#[derive(Debug, Clone)]
pub struct Step {
    /// The file afterwards; `None` only when nothing exists and nothing happened.
    pub state: Option<FileState>,
    /// What happened, in order. Empty for an input that changes nothing (a repeat, a late echo).
    pub events: Vec<Event>,
    /// What follows, by the index of the event that causes it.
    pub effects: Vec<(usize, Effect)>,
}

/// Decides, evolves and derives the effects, event by event.
///
/// # Errors
/// [`Refusal`] with every fault; the file is then unchanged.
pub fn step(state: Option<&FileState>, input: &Input, context: &Context<'_>) -> Result<Step, Refusal> {
    decide::decide(state, input, context)
}
