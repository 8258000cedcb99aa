//! What can happen to a clock, and how it is written on a command line.

use std::fmt;
use std::str::FromStr;

use jiff::civil::Date;

use super::simulate::SimulateError;
use crate::rows::unknown;

/// Something that happens to a clock, on a local day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClockEvent {
    /// First day that does not count.
    Suspended(Date),
    /// First day that counts again.
    Resumed(Date),
    /// Next deposit: the period starts again from zero.
    Redeposited(Date),
    /// Days added to the unrolled end, in the rule's unit.
    Extended(Date, u16),
    /// The urban agency agrees (regularisation).
    Agreed(Date),
    /// The commune decides.
    Decided(Date),
    /// The applicant withdraws.
    Withdrawn(Date),
}

impl ClockEvent {
    /// Its day.
    #[must_use]
    pub const fn on(self) -> Date {
        match self {
            Self::Suspended(on)
            | Self::Resumed(on)
            | Self::Redeposited(on)
            | Self::Extended(on, _)
            | Self::Agreed(on)
            | Self::Decided(on)
            | Self::Withdrawn(on) => on,
        }
    }

    const fn name(self) -> &'static str {
        NAMES[self.rank()]
    }

    /// The order of events of one day, and the place of the name.
    pub(super) const fn rank(self) -> usize {
        match self {
            Self::Redeposited(_) => 0,
            Self::Agreed(_) => 1,
            Self::Resumed(_) => 2,
            Self::Suspended(_) => 3,
            Self::Extended(..) => 4,
            Self::Decided(_) => 5,
            Self::Withdrawn(_) => 6,
        }
    }
}

const NAMES: [&str; 7] =
    ["redeposited", "agreed", "resumed", "suspended", "extended", "decided", "withdrawn"];

impl fmt::Display for ClockEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.name(), self.on())?;
        if let Self::Extended(_, days) = self { write!(f, ":{days}") } else { Ok(()) }
    }
}

impl FromStr for ClockEvent {
    type Err = SimulateError;

    /// Reads `suspended:2026-11-10` or `extended:2026-11-10:15`.
    fn from_str(text: &str) -> Result<Self, SimulateError> {
        let wrong = |why: String| SimulateError::Event { event: text.to_owned(), why };
        let mut parts = text.split(':');
        let (name, date, days) = (parts.next().unwrap_or_default(), parts.next(), parts.next());
        if !NAMES.contains(&name) {
            return Err(wrong(unknown("event", name, &NAMES)));
        }
        let date = date.unwrap_or_default();
        let on: Date =
            date.parse().map_err(|_| wrong(format!("`{date}` is not a date such as 2026-11-02")))?;
        if name != "extended" && days.is_some() || parts.next().is_some() {
            return Err(wrong("has one part too many".to_owned()));
        }
        Ok(match name {
            "suspended" => Self::Suspended(on),
            "resumed" => Self::Resumed(on),
            "redeposited" => Self::Redeposited(on),
            "agreed" => Self::Agreed(on),
            "decided" => Self::Decided(on),
            "withdrawn" => Self::Withdrawn(on),
            _ => {
                let days = days.and_then(|days| days.parse().ok());
                Self::Extended(
                    on,
                    days.ok_or_else(|| wrong("needs its days: extended:DATE:DAYS".to_owned()))?,
                )
            }
        })
    }
}
