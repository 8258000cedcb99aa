//! One working day of the whole country, and the weeks that follow from it: `make demo`.

pub mod options;
pub mod report;
pub mod run;

pub(crate) mod pace;
mod plans;
pub(crate) mod progress;
pub(crate) mod table;
mod upload;

use std::io::Write;

/// Says a line to the person at the terminal. A closed pipe is no reason to fail.
pub fn say(line: &str) {
    _ = writeln!(std::io::stdout(), "{line}");
}
