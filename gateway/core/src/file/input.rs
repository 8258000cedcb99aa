//! What can be said to a permit file.

use serde::{Deserialize, Serialize};
use wasl_schemas::agency::{CommuneRef, OutcomeMessage};
use wasl_schemas::command::Command;
use wasl_schemas::id::ConsultationId;
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
    /// Two operators have settled a request that waited for them.
    Release(Box<Released>),
}

/// What operators found out about a request of which nobody knew whether it had arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Release {
    /// It has arrived: nothing more is sent.
    Done,
    /// It has not arrived and is not sent any more: undeliverable. No opinion is invented.
    NotDone,
    /// It is sent once more: it has not arrived, or the agency is warned of a second one.
    SendAgain,
}

impl Release {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Done, Self::NotDone, Self::SendAgain];

    /// The key on the command line, in the database and in text keys.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::NotDone => "not-done",
            Self::SendAgain => "send-again",
        }
    }
}

/// The release of one request, and who answers for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Released {
    /// Consultation or order.
    pub consultation: ConsultationId,
    /// What was found out.
    pub release: Release,
    /// The agency's own number, where it has arrived and somebody knows it. An order of payment needs it.
    pub agency_reference: Option<String>,
    /// Who asked for it.
    pub asked_by: String,
    /// Who approved it: somebody else.
    pub approved_by: String,
    /// Why.
    pub reason: String,
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
