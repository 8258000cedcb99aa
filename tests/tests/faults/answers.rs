//! Every adapter that speaks HTTP against every wrong answer: what becomes of the request, and what the wire log says.

use std::sync::{Arc, Mutex};

use serde_json::json;
use wasl_adapters::port::{Adapter, Handled};
use wasl_adapters::registry;
use wasl_schemas::agency::{AgencyRequest, Outcome, RequestKind};
use wasl_tests::world::layout::Layout;
use wasl_tests::world::secrets;
use wasl_tests::world::settings::{Ports, write_agencies};

use crate::front::{Deed, Front, answer};
use crate::memory;
use crate::support::servers::layout;
use crate::wrong::{self, Class, RETRY_AFTER_S};

/// What one whole run may add to the memory of this process, all adapters and answers together.
const MEMORY_KIB_MAX: u64 = 48 << 10;

/// The adapters over HTTP, what each is asked, and whether that changes anything at the agency.
const ASKED: [(&str, RequestKind, bool); 4] = [
    ("urban-agency", RequestKind::Consult, true),
    ("onee", RequestKind::Consult, true),
    ("land-registry", RequestKind::Consult, false),
    ("barid-bank", RequestKind::Pay, true),
];

/// A request of this kind; for the bank, an order.
fn request(agency: &str, kind: RequestKind) -> AgencyRequest {
    let consultation = uuid::Uuid::now_v7();
    serde_json::from_value(json!({
        "consultation": consultation, "file": uuid::Uuid::nil(), "kind": kind.as_str(), "attempt": 1,
        "agency": agency, "agency_id": agency,
        "commune": {"code": "015110106", "name": {"fr": "Souani", "ar": "السواني"},
                    "province": "01511", "region": "01"},
        "received_on": "2026-11-02", "due": "2026-11-17",
        "permit_file": {"reference": "PCT-1", "commune": "015110106", "permit": "building",
            "project_class": "small", "deposit_version": 1,
            "receipt": {"number": "R-1", "issued_at": "2026-11-02T09:00:00Z"},
            "applicant": {"kind": "person", "cin": "AB123456", "name": {"fr": "A B", "ar": "ا ب"}},
            "project": {"use": "housing", "title": "Villa", "floors": 2, "height_cm": 850, "dwellings": 1,
                        "floor_area_m2": 210},
            "conditions": ["new-connection"],
            "parcels": [{"status": "titled", "title": "11595/33", "area_m2": 410,
                "geometry": {"kind": "geojson", "coordinates": [[[-5.81, 35.76], [-5.8098, 35.76],
                    [-5.8098, 35.7602], [-5.81, 35.7602], [-5.81, 35.76]]]}}],
            "documents": []},
        "order": {"order": consultation, "amount_centimes": 123_400, "label": "taxe",
            "beneficiary": {"name": "Commune", "rib": "011780000012345678901296"},
            "payable_until": "2026-12-31", "asked_on": "2026-11-02"},
    }))
    .unwrap()
}

/// The adapter with the settings of the tests, and agencies at this address.
fn build(layout: &Layout, kind: &str) -> Arc<dyn Adapter> {
    let path = layout.dir.join("config/agencies").join(format!("{kind}.toml"));
    let mut table: toml::Table = std::fs::read_to_string(&path).unwrap().parse().unwrap();
    let adapter = table["adapter"].as_table_mut().unwrap();
    registry::build(kind, &path.display().to_string(), adapter).unwrap()
}

/// Invariant: no answer, however wrong, is taken for a success, a refusal or an opinion; what may have been done is in
/// doubt and never sent again unasked; what surely was not is tried again; a question that changes nothing is never in
/// doubt; nothing is followed to another address; and no answer fills the memory.
#[tokio::test(flavor = "multi_thread")]
async fn whatever_an_agency_answers_is_sorted_by_what_it_means_and_takes_no_memory() {
    let layout = layout("faults-answers", "servers");
    let agreed = secrets::agreed(&layout).unwrap();
    secrets::secret(&layout, "document-links").unwrap();
    let says: Arc<Mutex<Deed>> = Arc::new(Mutex::new(Deed::HandOn));
    let present = Arc::clone(&says);
    let front = Front::start(None, move |asked| {
        if asked.line.ends_with("/oauth2/token") {
            let token = json!({"access_token": "t", "token_type": "Bearer", "expires_in": 3600}).to_string();
            return Deed::Say(answer("200 OK", &[("content-type", "application/json")], token));
        }
        present.lock().unwrap().clone()
    })
    .await;
    let ports = Ports { http: front.address, callbacks: front.address, sandbox: front.address };
    write_agencies(&layout, &agreed, ports).unwrap();
    let adapters: Vec<_> =
        ASKED.map(|(kind, asks, changes)| (build(&layout, kind), kind, asks, changes)).into_iter().collect();
    let all = wrong::all();
    let before = memory::peak_kib("self");
    for wrong in &all {
        *says.lock().unwrap() = wrong.deed();
        for (adapter, kind, asks, changes) in &adapters {
            let seen = front.asked("").len();
            let handled = adapter.handle(&request(kind, *asks)).await;
            is_sorted(wrong, kind, *changes, &handled);
            let sent = front.asked("").split_off(seen);
            let sent: Vec<_> = sent.iter().filter(|asked| !asked.line.ends_with("/token")).collect();
            assert_eq!(sent.len(), 1, "{kind} {}: said more than once: {sent:?}", wrong.name);
        }
    }
    assert!(front.asked("/elsewhere").is_empty(), "a redirect was followed");
    let grown = memory::peak_kib("self").saturating_sub(before);
    eprintln!("{} answers to {} adapters: memory grew by {grown} KiB", all.len(), adapters.len());
    assert!(grown < MEMORY_KIB_MAX, "{grown} KiB more");
}

fn is_sorted(wrong: &wrong::Wrong, kind: &str, changes: bool, handled: &Handled) {
    let what = format!("{kind}, {}: {:?}", wrong.name, handled.outcome);
    let class = match &handled.outcome {
        Outcome::TryLater { retry_after_ms, reason } => {
            assert!(!reason.is_empty(), "{what}");
            let wish = (wrong.name == "429").then_some(RETRY_AFTER_S * 1000);
            assert_eq!(*retry_after_ms, wish, "{what}");
            Class::TryLater
        }
        Outcome::InDoubt { reason } => {
            assert!(!reason.is_empty(), "{what}");
            Class::InDoubt
        }
        _ => panic!("{what}"),
    };
    assert_eq!(class, if changes { wrong.class } else { Class::TryLater }, "{what}");
    let last = handled.exchanges.last().unwrap_or_else(|| panic!("{what}: nothing in the wire log"));
    // Half of nothing is no answer at all.
    let word = if wrong.name == "HALF" { "answer lost" } else { wrong.word };
    assert_eq!(last.status, word, "{what}");
}
