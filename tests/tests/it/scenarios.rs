//! The faults that a partner can ask the simulated agencies for, each played against the whole gateway: the file reaches its
//! end all the same, the fault is named in its history, and nothing was done twice.
//!
//! All of them are played at once in one gateway; a mark in a file's reference says what is played with it.

use std::collections::{BTreeMap, BTreeSet};

use sqlx::Row;
use toml::{Table, Value as Toml};
use wasl_tests::world::secrets::write_private;
use wasl_tests::world::settings::AGENCIES;

use crate::support::gateway::SOUANI;
use crate::support::wait::PATIENCE;
use crate::support::{Commune, Gateway, Options, books};

/// Shown to urban agency, ONEE and water basin agency.
const CONDITIONS: [&str; 2] = ["near-watercourse", "new-connection"];
/// What never answers is given up after so long.
const REQUEST_TIMEOUT_MS: i64 = 1_000;
/// No more of an answer is read.
const BODY_BYTES_MAX: i64 = 1 << 20;

/// A fault, the agencies that play it, how many of its requests are spoilt, and what the wire log says of one of them.
struct Played {
    scenario: &'static str,
    /// What must be true, in a sentence.
    invariant: &'static str,
    agencies: &'static [&'static str],
    /// Begin of the wire log's status of a spoilt request; none: nothing is spoilt, all just takes longer.
    said: Option<&'static str>,
}

const PLAYED: [Played; 5] = [
    Played {
        scenario: "hang",
        invariant: "what is never answered is given up, asked for by our reference and sent again, until it is taken",
        agencies: &["urban-agency", "onee", "barid-bank"],
        said: Some("timeout"),
    },
    Played {
        scenario: "garbage",
        invariant: "an answer that cannot be read leaves a doubt; what was done already is found and not sent again",
        agencies: &["urban-agency", "onee", "barid-bank"],
        said: Some("20"),
    },
    Played {
        scenario: "oversize",
        invariant: "more than may be read is not read, in an answer or in a callback; what was done is found",
        agencies: &["urban-agency", "onee", "barid-bank"],
        said: Some("answer too big"),
    },
    Played {
        scenario: "unauthorised",
        invariant: "an access that is refused is no refusal of the file: it goes out once the access is there again",
        agencies: &["urban-agency", "onee", "barid-bank"],
        said: Some("401"),
    },
    Played {
        scenario: "late",
        invariant: "an answer that takes ten times as long is told once, when it comes",
        agencies: &["urban-agency", "onee", "water-basin", "barid-bank"],
        said: None,
    },
];

impl Played {
    fn reference(&self, agency: &str) -> String {
        // The bank repeats 35 characters of it (ISO 20022 Max35Text): the mark must be among them.
        let number = self.agencies.iter().position(|one| *one == agency).unwrap_or_default();
        format!("{}{number}..{agency}.{}", &self.scenario[..1], self.scenario)
    }

    fn references(&self) -> impl Iterator<Item = (&'static str, String)> {
        self.agencies.iter().map(|agency| (*agency, self.reference(agency)))
    }
}

/// What hangs is given up soon, and nobody reads 16 MiB.
fn hasten(gateway: &Gateway) {
    for kind in AGENCIES.iter().filter(|kind| **kind != "water-basin") {
        let path = gateway.layout.dir.join(format!("config/agencies/{kind}.toml"));
        let mut table: Table = std::fs::read_to_string(&path).unwrap().parse().unwrap();
        let adapter = table["adapter"].as_table_mut().unwrap();
        adapter.insert("request_timeout_ms".to_owned(), Toml::Integer(REQUEST_TIMEOUT_MS));
        adapter.insert("body_bytes_max".to_owned(), Toml::Integer(BODY_BYTES_MAX));
        write_private(&path, &toml::to_string(&table).unwrap()).unwrap();
    }
}

/// How each request of a file to an agency ended, in order.
async fn said(gateway: &Gateway, reference: &str, agency: &str) -> Vec<String> {
    let sql = "SELECT e.status FROM exchange e JOIN file f ON f.id = e.file_id
               WHERE f.reference = $1 AND e.agency = $2 ORDER BY e.id";
    let rows = sqlx::query(sql).bind(reference).bind(agency).fetch_all(&gateway.pool).await.unwrap();
    rows.iter().map(|row| row.get("status")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_an_agency_plays_every_file_reaches_its_end_and_nothing_is_done_twice() {
    let mut gateway = Gateway::lay("scenarios", Options::default()).await;
    hasten(&gateway);
    gateway.go().await;
    let mut commune = Commune::connect(&gateway, SOUANI).await;
    let all: BTreeSet<String> =
        PLAYED.iter().flat_map(Played::references).map(|(_, reference)| reference).collect();
    for reference in &all {
        commune.submit(reference, "building", &CONDITIONS).await;
    }
    let left = commune.carry(&all, PATIENCE).await;
    assert!(left.is_empty(), "these did not reach their end: {left:?}");
    // Accepted once each, every opinion told once, every payment booked once, nothing set aside, no contract broken.
    books::balance(&gateway, &commune).await;
    // The urban agency and the bank refuse a second request under our reference by themselves; ONEE is asked first.
    let twice = gateway.ledger("agency=onee&action=duplicate").await;
    assert!(twice.is_empty(), "sent a second time without asking: {twice:?}");

    let mut wrong = BTreeMap::new();
    for played in &PLAYED {
        for (agency, reference) in played.references() {
            let said = said(&gateway, &reference, agency).await;
            let named = played.said.is_none_or(|begin| said.iter().any(|status| status.starts_with(begin)));
            if !named {
                wrong.insert(format!("{} at {agency}: {}", played.scenario, played.invariant), said);
            }
        }
    }
    assert!(wrong.is_empty(), "not what the wire log says: {wrong:#?}");
}
