//! The independent judge of a run. It reads what communes sent and received, what the agencies' ledgers say
//! and what was paid, and never the gateway's database or code: dates, reviewers and classes are worked out
//! here once more, from the law as the design tells it.

pub mod agencies;
pub mod calendar;
pub mod deadlines;
pub mod endings;
pub mod evidence;
pub mod finding;
pub mod floors;
pub mod judge;
pub mod limits;
pub mod opinions;
pub mod payments;
pub mod period;
pub mod played;
pub mod refusals;
pub mod registration;
pub mod reviewers;

#[cfg(test)]
mod sample;
#[cfg(test)]
mod tests;
