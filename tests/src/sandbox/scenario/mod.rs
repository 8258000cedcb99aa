//! Faults that a partner asks for: by share for a whole run, by a header on one request, or by a mark in the
//! reference of one file. How each is played stands beside this: before an agency (`stand_in`), in what it answers
//! (`spoil`), in what it sends by itself (`push`).

mod push;
mod spoil;
mod stand_in;

use std::collections::{BTreeMap, HashMap};
use std::sync::Mutex;

use anyhow::{Context, bail};

use super::agency::Agency;
use super::draw::{Behaviour, uniform};
use super::locked;

pub(super) use push::files;
pub(super) use stand_in::stand_in;

/// The header that asks for faults on one request: names, with commas.
pub const HEADER: &str = "wasl-sandbox-scenario";
/// What begins each mark in a file's reference: `PCT-7..slow..onee.unfavourable`.
const MARK: &str = "..";
/// A mark in a reference spoils so many requests of that file; those after it pass, as after a mended fault.
const MARKED_TIMES: u32 = 2;
/// References that are remembered with their marks.
const REMEMBERED_MAX: usize = 100_000;

/// One fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scenario {
    /// Answers late.
    Slow,
    /// 503 with `Retry-After`.
    Unavailable,
    /// 429 with `Retry-After`.
    Busy,
    /// The protocol's own fault of the receiver.
    Fault,
    /// 401, as after a token that has ended.
    Unauthorised,
    /// Never answers.
    Hang,
    /// Does its work and breaks the connection.
    Cut,
    /// Does its work and answers with something else.
    Garbage,
    /// Does its work and answers with more than anybody may read; sends too much by itself too.
    Oversize,
    /// A value that no nomenclature knows.
    UnknownValue,
    /// The answer is about another request.
    WrongReference,
    /// Signature, digest or hash are wrong.
    WrongSignature,
    /// What the agency says by itself comes twice.
    Duplicate,
    /// The answer comes before its acknowledgement.
    OutOfOrder,
    /// The answer takes ten times as long.
    Late,
    /// The answer comes at once.
    Soon,
    /// A file that ends in the middle comes before the true one.
    HalfWritten,
    /// A file in another encoding than it says comes before the true one.
    WrongEncoding,
    /// A file for somebody else comes before the true one.
    WrongRecipient,
    /// A file under the name of another request comes before the true one.
    Renamed,
}

use Agency::{BaridBank, LandRegistry, Onee, UrbanAgency, WaterBasin};

const SPEAKING: &[Agency] = &[UrbanAgency, Onee, LandRegistry, BaridBank];
const FILES: &[Agency] = &[WaterBasin];

impl Scenario {
    /// All of them: name, at which agencies, what happens.
    pub const ALL: [(Self, &'static str, &'static [Agency], &'static str); 20] = [
        (Self::Slow, "slow", SPEAKING, "answers after --slow-ms"),
        (Self::Unavailable, "unavailable", SPEAKING, "503 with Retry-After, nothing is done"),
        (Self::Busy, "busy", SPEAKING, "429 with Retry-After, nothing is done"),
        (Self::Fault, "fault", SPEAKING, "500: a SOAP fault of the receiver, or the agency's error body"),
        (Self::Unauthorised, "unauthorised", SPEAKING, "401, as after a token that has ended"),
        (Self::Hang, "hang", SPEAKING, "never answers, nothing is done"),
        (Self::Cut, "cut", SPEAKING, "does its work, breaks the connection before the answer"),
        (Self::Garbage, "garbage", SPEAKING, "does its work, answers with a page of HTML"),
        (Self::Oversize, "oversize", SPEAKING, "answers with 16 MiB; posts 6 MiB before a true callback"),
        (Self::UnknownValue, "unknown-value", &Agency::ALL, "a status or opinion that no table knows"),
        (Self::WrongReference, "wrong-reference", SPEAKING, "the answer names another request"),
        (
            Self::WrongSignature,
            "wrong-signature",
            &[Onee, LandRegistry, BaridBank],
            "a callback (the land registry, ONEE with signed replies: an answer) whose signature, digest or hash is \
             wrong, then the true one",
        ),
        (
            Self::Duplicate,
            "duplicate",
            &[Onee, WaterBasin, BaridBank],
            "every callback and every file comes twice",
        ),
        (
            Self::OutOfOrder,
            "out-of-order",
            &[UrbanAgency, Onee, WaterBasin],
            "the answer comes before its acknowledgement",
        ),
        (Self::Late, "late", &Agency::ALL, "the answer takes ten times as long"),
        (Self::Soon, "soon", &Agency::ALL, "the answer comes within a hundredth of a legal day"),
        (Self::HalfWritten, "half-written", FILES, "half a file comes before the true one"),
        (Self::WrongEncoding, "wrong-encoding", FILES, "a file in ISO-8859-1 that says UTF-8 comes first"),
        (Self::WrongRecipient, "wrong-recipient", FILES, "a file for another recipient comes first"),
        (Self::Renamed, "renamed", FILES, "a file under the name of another request comes first"),
    ];

    /// The name in flags, headers and marks.
    #[must_use]
    pub fn key(self) -> &'static str {
        Self::ALL.iter().find(|known| known.0 == self).map_or("", |known| known.1)
    }

    /// # Errors
    /// Names those that there are.
    pub fn read(key: &str) -> anyhow::Result<Self> {
        let known = Self::ALL.iter().find(|known| known.1 == key).map(|known| known.0);
        known.with_context(|| {
            let all: Vec<_> = Self::ALL.iter().map(|known| known.1).collect();
            format!("`{key}` is no scenario; there are {}", all.join(", "))
        })
    }

    fn at(self, agency: Agency) -> bool {
        Self::ALL.iter().any(|known| known.0 == self && known.2.contains(&agency))
    }
}

/// What a mark in a reference can ask for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Mark {
    Fault(Scenario),
    Opinion(Behaviour),
}

/// The marks of a file's reference that concern an agency.
pub(super) fn marks(agency: Agency, reference: &str) -> Vec<Mark> {
    let words = reference.split(MARK).skip(1).filter_map(|word| match word.split_once('.') {
        Some((key, word)) => (key == agency.key()).then_some(word),
        None => Some(word),
    });
    let behaviour = |word: &str| serde_json::from_value(serde_json::json!(word)).ok().map(Mark::Opinion);
    words.filter_map(|word| Scenario::read(word).ok().map(Mark::Fault).or_else(|| behaviour(word))).collect()
}

/// `slow,fault=0.1`: what is played, and in which share of the cases.
///
/// # Errors
/// An unknown name, or a share outside 0 to 1.
pub(super) fn read_shares(text: &str) -> anyhow::Result<BTreeMap<Scenario, f64>> {
    let mut shares = BTreeMap::new();
    for word in text.split(',').map(str::trim).filter(|word| !word.is_empty()) {
        let (name, share) = word.split_once('=').unwrap_or((word, "1"));
        let share: f64 =
            share.parse().ok().filter(|share| (0.0..=1.0).contains(share)).with_context(|| {
                format!("scenario `{word}`: a share lies between 0 and 1, like {name}=0.1")
            })?;
        shares.insert(Scenario::read(name)?, share);
    }
    Ok(shares)
}

/// The faults of a run.
#[derive(Debug, Default)]
pub(super) struct Scenarios {
    seed: u64,
    shares: BTreeMap<Scenario, f64>,
    /// How many requests or callbacks there were: each is drawn by its number.
    counted: Mutex<HashMap<(Agency, &'static str), u64>>,
    /// How often a mark has spoiled a request of a file.
    marked: Mutex<HashMap<(Agency, String), u32>>,
    /// Marks of push faults by the gateway's reference: what an agency sends names no file.
    remembered: Mutex<HashMap<String, Vec<Scenario>>>,
}

impl Scenarios {
    pub(super) fn new(seed: u64, shares: BTreeMap<Scenario, f64>) -> Self {
        Self { seed, shares, ..Self::default() }
    }

    /// Is this fault drawn for a thing that has a name of its own?
    pub(super) fn drawn(&self, scenario: Scenario, agency: Agency, name: &str) -> bool {
        let share = self.shares.get(&scenario).copied().unwrap_or(0.0);
        scenario.at(agency) && uniform(self.seed, agency, name, scenario.key()) < share
    }

    fn number(&self, agency: Agency, what: &'static str) -> String {
        let mut counted = locked(&self.counted);
        let count = counted.entry((agency, what)).or_default();
        *count += 1;
        format!("{what} {count}")
    }

    /// The faults of one request: those drawn, those its header asks for, those marked in its body.
    fn of_request(&self, agency: Agency, header: Option<&str>, body: &[u8]) -> Vec<Scenario> {
        let number = self.number(agency, "request");
        let mut found: Vec<Scenario> = Scenario::ALL
            .iter()
            .map(|known| known.0)
            .filter(|scenario| self.drawn(*scenario, agency, &number))
            .collect();
        let asked = header.unwrap_or_default().split(',');
        found.extend(asked.filter_map(|word| Scenario::read(word.trim()).ok()));
        for reference in marked_references(body) {
            let asked = marks(agency, reference);
            let faults = asked.iter().filter_map(|mark| match mark {
                Mark::Fault(scenario) => Some(*scenario),
                Mark::Opinion(_) => None,
            });
            let faults: Vec<Scenario> = faults.collect();
            if !faults.is_empty() && self.spoil_again(agency, reference) {
                found.extend(faults);
            }
        }
        found.sort_unstable();
        found.dedup();
        found
    }

    fn spoil_again(&self, agency: Agency, reference: &str) -> bool {
        let mut marked = locked(&self.marked);
        if marked.len() >= REMEMBERED_MAX {
            marked.clear();
        }
        let times = marked.entry((agency, reference.to_owned())).or_default();
        *times += 1;
        *times <= MARKED_TIMES
    }

    /// Keeps the marks of a file beside the reference under which the agency will speak of it.
    pub(super) fn remember(&self, agency: Agency, reference: &str, file: &str) {
        let faults: Vec<Scenario> = marks(agency, file)
            .into_iter()
            .filter_map(|mark| match mark {
                Mark::Fault(scenario) => Some(scenario),
                Mark::Opinion(_) => None,
            })
            .collect();
        let mut remembered = locked(&self.remembered);
        if !faults.is_empty() && remembered.len() < REMEMBERED_MAX {
            // The bank writes the same reference without its hyphens.
            remembered.insert(reference.replace('-', ""), faults.clone());
            remembered.insert(reference.to_owned(), faults);
        }
    }
}

/// References in a body that carry a mark.
fn marked_references(body: &[u8]) -> Vec<&str> {
    let Ok(text) = std::str::from_utf8(body) else { return Vec::new() };
    let inside = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '/' | '-');
    text.split(|c| !inside(c)).filter(|word| word.contains(MARK)).collect()
}

/// Refuses scenarios that mean nothing at the agencies that are open.
///
/// # Errors
/// Names the first one, and where it would mean something.
pub(super) fn fit(shares: &BTreeMap<Scenario, f64>, open: &[Agency]) -> anyhow::Result<()> {
    for scenario in shares.keys() {
        if !open.iter().any(|agency| scenario.at(*agency)) {
            let known =
                Scenario::ALL.iter().find(|known| known.0 == *scenario).map_or(&[][..], |known| known.2);
            let places: Vec<_> = known.iter().map(|agency| agency.key()).collect();
            bail!("scenario `{}` is played at {} only", scenario.key(), places.join(", "));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_scenario_is_read_by_its_name_and_an_unknown_one_names_them_all() {
        for (scenario, key, ..) in Scenario::ALL {
            assert_eq!(Scenario::read(key).unwrap(), scenario);
        }
        assert!(Scenario::read("sloow").unwrap_err().to_string().contains("slow, unavailable"));
        assert!(read_shares("slow=2").is_err());
        assert_eq!(read_shares("slow, fault=0.25").unwrap().len(), 2);
    }

    #[test]
    fn a_mark_concerns_one_agency_or_all_and_ends_after_two_requests() {
        let reference = "PCT-7/2026..slow..onee.unfavourable";
        assert_eq!(marks(UrbanAgency, reference), [Mark::Fault(Scenario::Slow)]);
        let both = [Mark::Fault(Scenario::Slow), Mark::Opinion(Behaviour::Unfavourable)];
        assert_eq!(marks(Onee, reference), both);
        assert_eq!(marks(Onee, "PCT-7/2026"), []);

        let scenarios = Scenarios::new(1, BTreeMap::new());
        let body = format!("<permitReference>{reference}</permitReference>");
        for expected in [1, 1, 0, 0] {
            assert_eq!(scenarios.of_request(Onee, None, body.as_bytes()).len(), expected);
        }
        assert_eq!(scenarios.of_request(Onee, Some("cut, busy"), b"").len(), 2);
    }

    #[test]
    fn a_share_is_honoured_and_depends_on_the_seed() {
        let count = |seed| {
            let scenarios = Scenarios::new(seed, read_shares("busy=0.2").unwrap());
            (0..5_000).filter(|_| !scenarios.of_request(Onee, None, b"").is_empty()).count()
        };
        assert!((900..1100).contains(&count(1)), "{}", count(1));
        assert_eq!(count(1), count(1));
        assert_ne!(count(1), count(2));
    }

    #[test]
    fn a_scenario_of_files_is_refused_where_no_files_are() {
        let shares = read_shares("half-written").unwrap();
        assert!(fit(&shares, &[Onee]).unwrap_err().to_string().contains("water-basin"));
        fit(&shares, &[Onee, WaterBasin]).unwrap();
    }
}
