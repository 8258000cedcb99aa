//! A request as it reaches a desk, and what becomes of it there.

use serde_json::Value;

use super::agency::Agency;
use super::review::Review;

/// A request for an opinion as its desk keeps it.
pub(super) struct Filing<'a> {
    /// The gateway's consultation id.
    pub(super) reference: &'a str,
    /// The commune's file reference.
    pub(super) file: &'a str,
    /// Version of the deposit.
    pub(super) deposit: u64,
    /// What else the agency keeps.
    pub(super) kept: Value,
    /// What the wire can say in its first answer.
    pub(super) at_once: AtOnce,
}

/// What an agency can say in the very answer to the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum AtOnce {
    /// Nothing but "received".
    Nothing,
    /// A refusal, when the draw says so.
    RefusalIfDrawn,
    /// Always a refusal, and what is missing when the draw says so.
    RefusalAndMissingIfDrawn,
}

/// What became of a filing.
pub(super) enum Filed {
    /// Taken in; the state says whether it is already found incomplete.
    New(Review),
    /// This reference was taken in before.
    Before(Review),
    /// Refused; nothing was filed.
    Refused,
}

/// How an agency's own numbers begin.
pub(super) fn number_prefix(agency: Agency) -> &'static str {
    match agency {
        Agency::UrbanAgency => "AUT-",
        Agency::Onee => "DR-",
        Agency::WaterBasin => "ABH-",
        Agency::LandRegistry => "CP-",
        Agency::BaridBank => "ABB-",
    }
}

/// What feeds the draw: a new deposit of a file is looked at with new eyes.
pub(super) fn draw_key(file: &str, deposit: u64) -> String {
    if deposit > 1 { format!("{file}#V{deposit}") } else { file.to_owned() }
}

/// The code with which an agency refuses a request that it was drawn to refuse.
pub(super) fn refusal_code(agency: Agency) -> &'static str {
    match agency {
        Agency::UrbanAgency => "COMMUNE-HORS-RESSORT",
        Agency::Onee => "OE-AREA",
        Agency::WaterBasin => "GEO-02",
        Agency::LandRegistry => "11",
        Agency::BaridBank => "BE06",
    }
}
