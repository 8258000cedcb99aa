//! The legal clock: one pure count behind every date, every reminder and every explanation.
//!
//! How a period is counted: the day of the numbered receipt is day 0; the period ends at the end of its
//! last day, local time; a last day that is not worked moves to the next one that is, where the rule rolls.
//! Nothing here reads a clock.

mod clock;
mod count;
mod dates;
mod event;
mod explain;
mod reminders;
mod simulate;
mod strip;
#[cfg(test)]
mod tests;
mod texts;

pub use clock::{ClockState, Span};
pub use dates::{complements_due, legal_dates, reviewer_due};
pub use event::ClockEvent;
pub use explain::{ClockEnd, ClockStatus, DecisionLine, Explanation, ReviewerLine, SilenceLine, explain};
pub use reminders::{Escalated, Reminder, escalations, reminders};
pub use simulate::{SimulateError, SimulateInput, simulate, simulate_dates};
pub use strip::{DayKind, DayLine};
