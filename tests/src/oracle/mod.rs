//! The independent judge of a run. It reads what communes sent and received, what the agencies' ledgers say
//! and what was paid, and never the gateway's database or code: dates, reviewers and classes are worked out
//! here once more, from the law as the design tells it.

pub mod calendar;
pub mod limits;
pub mod period;
pub mod reviewers;
