//! Every wrong answer once, end to end: one file for each, and at the end every file has the opinions of its agencies,
//! each asked for once.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Mutex;
use std::time::Duration;

use sqlx::Row;
use toml::{Table, Value as Toml};
use wasl_tests::world::secrets::write_private;

use crate::front::{Asked, Deed, Front};
use crate::memory;
use crate::support::gateway::{OBLIGING, SOUANI};
use crate::support::{Commune, Gateway, Options};
use crate::wrong::{self, Class, RETRY_AFTER_S, Wrong};

/// Each with the key of its address and the path behind it. The first refuses what it knows; the second takes it
/// twice, so it must be asked first.
const AGENCIES: [(&str, &str, &str); 2] =
    [("urban-agency", "base_url", "/urban-agency/v1"), ("onee", "endpoint", "/onee/ServiceRequest")];
/// What an adapter may hold at most, however much an agency sends.
const ADAPTER_KIB_MAX: u64 = 192 << 10;
/// Of each flood of 10 GB no more than this leaves the front: the limit of an answer, and what stands in buffers.
const FLOOD_BYTES_MAX: u64 = 24 << 20;

/// Points an adapter at another address.
pub(crate) fn point(gateway: &Gateway, agency: &str, changes: &[(&str, Toml)]) {
    let path = gateway.layout.dir.join("config/agencies").join(format!("{agency}.toml"));
    let mut table: Table = std::fs::read_to_string(&path).unwrap().parse().unwrap();
    let adapter = table["adapter"].as_table_mut().unwrap();
    for (key, value) in changes {
        adapter.insert((*key).to_owned(), value.clone());
    }
    write_private(&path, &toml::to_string(&table).unwrap()).unwrap();
}

fn reference(wrong: &Wrong) -> String {
    format!("W-{}-END", wrong.name)
}

/// A front that spoils the first sending of each file in its own way.
async fn spoiling(to: SocketAddr) -> Front {
    let deeds: Vec<(String, Deed)> = wrong::all().iter().map(|w| (reference(w), w.deed())).collect();
    let met: Mutex<BTreeMap<String, usize>> = Mutex::default();
    Front::start(Some(to), move |asked: &Asked| {
        let Some((reference, deed)) = deeds.iter().find(|(r, _)| asked.body.contains(r.as_str())) else {
            return Deed::HandOn;
        };
        let mut met = met.lock().unwrap();
        let times = met.entry(reference.clone()).or_default();
        *times += 1;
        if *times == 1 { deed.clone() } else { Deed::HandOn }
    })
    .await
}

/// Invariant: whatever an agency answers, its consultation is sent until it is known to have arrived, is done there
/// once, and its opinion reaches the commune; the reason of every failed attempt is kept; an agency that asks for a
/// pause gets it; and an answer without end fills no memory.
#[tokio::test(flavor = "multi_thread")]
async fn every_wrong_answer_is_survived_with_one_effect_at_the_agency() {
    // They take seconds to answer: an opinion that came before the outcome of its own sending would hide that outcome.
    let profile = OBLIGING
        .replace("delay_days_min = 0.01", "delay_days_min = 0.12")
        .replace("max = 0.05", "max = 0.15");
    let settings = vec![("adapter.breaker_failures_max", 1000)];
    let options = Options { profile, legal_day_ms: 60_000, settings, ..Options::default() };
    let mut gateway = Gateway::lay("spoilt", options).await;
    let mut fronts = BTreeMap::new();
    for (agency, key, path) in AGENCIES {
        let front = spoiling(gateway.ports.sandbox).await;
        let address = Toml::String(format!("http://{}{path}", front.address));
        // A flood comes fast, but on two busy cores not as fast as it is shut off.
        point(&gateway, agency, &[(key, address), ("request_timeout_ms", Toml::Integer(30_000))]);
        fronts.insert(agency, front);
    }
    gateway.go().await;
    let mut commune = Commune::connect(&gateway, SOUANI).await;
    let all = wrong::all();
    for wrong in &all {
        commune.submit(&reference(wrong), "building", &["new-connection"]).await;
    }
    for wrong in &all {
        commune.expect(&reference(wrong), "file.reviewed").await;
    }
    for (agency, front) in &fronts {
        for wrong in &all {
            judge(&gateway, agency, wrong).await;
            waited(front, wrong);
        }
        let role = format!("adapter-{agency}");
        let peak = memory::peak_kib(&gateway.roles[&role].pid().to_string());
        eprintln!("{role}: at most {peak} KiB, {} bytes of floods left the front", front.flooded_bytes());
        assert!(peak < ADAPTER_KIB_MAX, "{role} held {peak} KiB");
        assert!(front.flooded_bytes() < 2 * FLOOD_BYTES_MAX, "{} bytes", front.flooded_bytes());
    }
    assert!(gateway.ledger("agency=onee&action=duplicate").await.is_empty(), "sent again unasked");
    assert_eq!(gateway.count("SELECT count(*) FROM parked").await, 0);
}

/// One effect, and the first attempt as it should be told.
async fn judge(gateway: &Gateway, agency: &str, wrong: &Wrong) {
    let (file, what) = (reference(wrong), format!("{agency}, {}", wrong.name));
    let accepted = gateway.ledger(&format!("agency={agency}&action=consultation-accepted&file={file}")).await;
    assert_eq!(accepted.len(), 1, "{what}: {accepted:?}");
    let row = sqlx::query(
        "SELECT (e.data->>'in_doubt')::bool AS in_doubt, e.data->>'reason' AS reason
         FROM event e JOIN file f ON f.id = e.file_id
         JOIN consultation c ON c.file_id = f.id AND c.id::text = e.data->>'consultation'
         WHERE f.reference = $1 AND c.agency = $2 AND e.name = 'attempt-failed' ORDER BY e.sequence LIMIT 1",
    )
    .bind(&file)
    .bind(agency)
    .fetch_optional(&gateway.pool)
    .await
    .unwrap()
    .unwrap_or_else(|| panic!("{what}: no attempt failed"));
    let (in_doubt, reason): (bool, String) = (row.get("in_doubt"), row.get("reason"));
    assert_eq!(in_doubt, wrong.class == Class::InDoubt, "{what}: {reason}");
    assert!(!reason.is_empty(), "{what}");
    let words: Vec<String> = sqlx::query_scalar(
        "SELECT x.status FROM exchange x JOIN file f ON f.id = x.file_id WHERE f.reference = $1 AND x.agency = $2",
    )
    .bind(&file)
    .bind(agency)
    .fetch_all(&gateway.pool)
    .await
    .unwrap();
    assert!(words.iter().any(|word| word == wrong.word), "{what}: `{}` is not among {words:?}", wrong.word);
}

/// An agency that asks for a pause is not called about that file before it is over.
fn waited(front: &Front, wrong: &Wrong) {
    if wrong.name != "429" {
        return;
    }
    let asked = front.asked("");
    let mut about = asked.iter().filter(|asked| asked.body.contains(&reference(wrong)));
    let (first, second) = (about.next().unwrap(), about.next().unwrap());
    let pause = second.at.duration_since(first.at);
    assert!(pause >= Duration::from_secs(RETRY_AFTER_S), "called again after {pause:?}");
}
