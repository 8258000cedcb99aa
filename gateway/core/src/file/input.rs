//! What can be said to a permit file.

use wasl_schemas::agency::{CommuneRef, OutcomeMessage};
use wasl_schemas::command::Command;
use wasl_schemas::problem::Fault;

use super::timer::TimerKind;

/// One input. Repeats, late and reordered inputs are normal.
#[derive(Debug, Clone)]
#[expect(clippy::large_enum_variant, reason = "most inputs are messages, and few are held at a time")]
pub enum Input {
    /// A checked message of a commune, prefecture or province.
    Message {
        /// What it says.
        command: Command,
        /// The commune that the file belongs to.
        commune: CommuneRef,
        /// Warnings of the checks, handed on to the commune.
        warnings: Vec<Fault>,
    },
    /// What became of a request to an agency.
    Outcome(Box<OutcomeMessage>),
    /// A timer is due.
    Timer(TimerKind),
    /// The end of the limit by silence is due, and all that was sent before it has been read.
    Silence {
        /// A message about the file is set aside.
        set_aside: bool,
    },
    /// Rules, calendar or coverage changed: compute the dates again.
    Recompute,
}

/// Why an input was refused: all faults at once. The file is unchanged.
#[derive(Debug, Clone, PartialEq)]
pub struct Refusal(pub Vec<Fault>);

impl Refusal {
    /// One fault.
    #[must_use]
    pub fn one(fault: Fault) -> Self {
        Self(vec![fault])
    }
}
