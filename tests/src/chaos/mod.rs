//! Chaos: the country's day, with everything that can break broken on purpose, and judged afterwards.
//!
//! 1. [`schedule`]: which fault when, drawn whole from the seed before anything starts.
//! 2. [`stage`]: servers, chaos proxies in front of broker, database and agencies, and the gateway's processes behind.
//! 3. [`inject`]: does one fault, and measures how long it took until the gateway served again.
//! 4. [`run`]: plays the day under the schedule, lets everything drain without faults, asks the oracle, then sends a
//!    fresh file through.
//! 5. [`evidence`]: a run in which the faults did not really occur is void, not green.
//! 6. [`points`]: the same with every crash point; [`plants`]: the same with a mistake planted, which must be found.

pub mod evidence;
pub mod inject;
pub mod life;
pub mod options;
pub mod pace;
pub mod plants;
pub mod points;
pub mod report;
pub mod run;
pub mod schedule;
pub mod stage;
pub mod watch;
