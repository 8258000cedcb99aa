//! All that the judge may look at: what communes sent and received, what agencies and bank did, and the clock.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Context;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::communes::journal::{Intent, Received, Sent, read_lines};
use crate::world::clock::{LegalClock, Segment};

/// What someone did so shortly before something else, in wall milliseconds, may still have been on its way: the time
/// that machines take, not a part of the law. Time in which something was broken on purpose does not count.
pub const ON_ITS_WAY_MS: i64 = 5_000;
/// File of a run's folder with [`Evidence::asked_every_ms`], where it says anything.
pub const ASKED_EVERY: &str = "asked-every-ms";

/// A line of the agencies' ledger, read as what it is: the sandbox's report to the world.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// Running number.
    pub seq: u64,
    /// Wall time, milliseconds since 1970.
    pub at_ms: i64,
    /// Key of the agency.
    pub agency: String,
    /// What happened.
    pub action: String,
    /// The gateway's consultation or order.
    pub reference: String,
    /// The commune's file reference, when the request carried it.
    pub file: Option<String>,
    /// What else is known.
    pub detail: Value,
}

/// The evidence of a run.
#[derive(Debug, Clone, Default)]
pub struct Evidence {
    /// What communes and provinces sent, in the order of the broker's confirms.
    pub sent: Vec<Sent>,
    /// What communes received, in order.
    pub received: Vec<Received>,
    /// What the agencies did.
    pub ledger: Vec<Entry>,
    /// The legal clock.
    pub clock: LegalClock,
    /// Wall time at which the run ended, milliseconds since 1970.
    pub ended_ms: i64,
    /// Wall times (from, to) in which something was broken on purpose or had not recovered, in order, apart from each
    /// other. Empty where nothing was broken.
    pub disturbed: Vec<(i64, i64)>,
    /// What an agency says only when it is asked is asked for so often, at least: wall milliseconds; 0 where that is
    /// nothing beside [`ON_ITS_WAY_MS`].
    pub asked_every_ms: i64,
}

impl Evidence {
    /// Reads the evidence that a run has left in its folder.
    ///
    /// # Errors
    /// A file is missing or is not what it should be.
    pub fn read(folder: &Path) -> anyhow::Result<Self> {
        let sent: Vec<Sent> = read_lines(&folder.join("sent.jsonl"))?;
        let received: Vec<Received> = read_lines(&folder.join("received.jsonl"))?;
        let ledger: Vec<Entry> = read_lines(&folder.join("ledger.jsonl"))?;
        let clock = std::fs::read(folder.join("clock.json")).context("no clock.json")?;
        let segments: Vec<Segment> = serde_json::from_slice(&clock)?;
        let last = |times: &mut dyn Iterator<Item = i64>| times.max().unwrap_or(0);
        let ended_ms = last(&mut received.iter().map(|one| one.wall_ms))
            .max(last(&mut ledger.iter().map(|one| one.at_ms)))
            .max(last(&mut sent.iter().map(|one| one.wall_ms)));
        let disturbed = match std::fs::read(folder.join("disturbed.json")) {
            Ok(text) => serde_json::from_slice(&text).context("disturbed.json")?,
            Err(_) => Vec::new(),
        };
        let asked_every_ms = match std::fs::read_to_string(folder.join(ASKED_EVERY)) {
            Ok(text) => text.trim().parse().context(ASKED_EVERY)?,
            Err(_) => 0,
        };
        let clock = LegalClock::new(segments);
        Ok(Self { sent, received, ledger, clock, ended_ms, disturbed, asked_every_ms })
    }

    /// By when what happened at this wall time must have reached who had to hear of it: [`ON_ITS_WAY_MS`] later,
    /// counted without the time in which something was broken on purpose.
    #[must_use]
    pub fn told_by(&self, at_ms: i64) -> i64 {
        let (mut now, mut left) = (at_ms, ON_ITS_WAY_MS);
        let first = self.disturbed.partition_point(|(_, to)| *to <= at_ms);
        for (from, to) in &self.disturbed[first..] {
            let free = (*from - now).max(0);
            if free >= left {
                break;
            }
            left -= free;
            now = *to;
        }
        now.saturating_add(left)
    }

    /// The legal instant at which the run ended.
    #[must_use]
    pub fn ended(&self) -> Timestamp {
        self.clock.at(self.ended_ms)
    }
}

/// What names a file in the country: commune and reference.
pub type Key = (String, String);

/// The history of one file, as its commune saw it.
#[derive(Debug, Clone, Default)]
pub struct History<'a> {
    /// Commune and reference.
    pub key: Key,
    /// What its commune, and the province about it, sent in good faith, in order.
    pub sent: Vec<&'a Sent>,
    /// What its commune received about it, each message once, in order.
    pub received: Vec<&'a Received>,
}

impl<'a> History<'a> {
    /// Everything of this name that was received.
    pub fn all(&self, name: &str) -> impl Iterator<Item = &'a Received> {
        self.received.iter().copied().filter(move |event| event.name() == name)
    }

    /// Everything of this name that was sent in good faith.
    pub fn said(&self, name: &str) -> impl Iterator<Item = &'a Sent> {
        self.sent.iter().copied().filter(move |message| message.name == name)
    }

    /// The first deposit.
    #[must_use]
    pub fn deposit(&self, version: u64) -> Option<&'a Sent> {
        let name = if version == 1 { "file.submitted" } else { "file.redeposited" };
        self.said(name).find(|sent| sent.data["deposit_version"].as_u64() == Some(version))
    }

    /// Version of the last deposit.
    #[must_use]
    pub fn last_version(&self) -> u64 {
        let versions = self.said("file.redeposited").filter_map(|sent| sent.data["deposit_version"].as_u64());
        versions.max().unwrap_or(1)
    }

    /// Key of the permit.
    #[must_use]
    pub fn permit(&self) -> &'a str {
        self.deposit(1).and_then(|sent| sent.data["permit"].as_str()).unwrap_or_default()
    }

    /// The decision that stands, if the commune took one.
    #[must_use]
    pub fn decision(&self) -> Option<&'a Sent> {
        self.said("decision.taken").next()
    }
}

/// The histories of all files that were deposited in good faith, and what belongs to none.
#[derive(Debug, Default)]
pub struct Histories<'a> {
    /// By file.
    pub files: BTreeMap<Key, History<'a>>,
    /// Received, and about no file that was deposited.
    pub strays: Vec<&'a Received>,
    /// How many deliveries repeated a message that the commune had (at least once is what a broker promises).
    pub repeats: usize,
}

impl<'a> Histories<'a> {
    /// Sorts the evidence by file.
    #[must_use]
    pub fn of(evidence: &'a Evidence) -> Self {
        let mut all = Self::default();
        for sent in evidence.sent.iter().filter(|sent| sent.intent == Intent::Genuine) {
            let Some(key) = key_of(sent) else { continue };
            if sent.name == "file.submitted" {
                all.files.insert(key.clone(), History { key: key.clone(), ..History::default() });
            }
            if let Some(history) = all.files.get_mut(&key) {
                history.sent.push(sent);
            }
        }
        for event in &evidence.received {
            let key = (event.commune.clone(), event.reference().to_owned());
            match all.files.get_mut(&key) {
                _ if event.repeated => all.repeats += 1,
                Some(history) => history.received.push(event),
                None => all.strays.push(event),
            }
        }
        all
    }
}

/// Whose file a message is about; a province names the commune in its attestation.
fn key_of(sent: &Sent) -> Option<Key> {
    let commune = match sent.source.strip_prefix("/communes/") {
        Some(code) => code,
        None => sent.data["commune"].as_str()?,
    };
    Some((commune.to_owned(), sent.reference.clone()))
}
