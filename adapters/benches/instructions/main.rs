//! Instructions of the mappings of every adapter: each request that an agency is asked, each sample of what it
//! answers, each callback, each drawing of a parcel. Cases come from the registry and the samples, so that a new
//! agency or a new sample is counted too. `make bench-instructions` runs it.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a measurement that cannot go on must stop")]
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "the figures")]

mod callbacks;
#[path = "../../../gateway/core/benches/instructions/count.rs"]
mod count;
mod settings;
#[path = "../../src/test_request.rs"]
#[expect(dead_code, reason = "the tests draw requests besides")]
mod test_request;

use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use count::{Case, Work};
use wasl_adapters::{barid_bank, land_registry, registry};
use wasl_schemas::agency::{AgencyRequest, RequestKind};
use wasl_schemas::payment::PaymentOrder;

const KINDS: [RequestKind; 6] = [
    RequestKind::Consult,
    RequestKind::Supplement,
    RequestKind::Cancel,
    RequestKind::Pay,
    RequestKind::Refund,
    RequestKind::Query,
];

fn main() -> ExitCode {
    let mut cases = Vec::new();
    for kind in registry::kinds() {
        cases.extend(
            KINDS.map(|what| {
                Case::new(format!("{kind}.request.{}", what.as_str()), move || written(kind, what))
            }),
        );
        for (stem, path) in samples(kind) {
            cases.push(Case::new(format!("{kind}.answer.{stem}"), move || read(kind, &path)));
        }
    }
    cases.extend(callbacks::cases());
    cases.extend(besides());
    count::main(&cases, &Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/instructions/counts.toml"))
}

/// The samples of an agency: the name of each without our reference, and its path.
fn samples(kind: &str) -> Vec<(String, PathBuf)> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../schemas/samples/agencies").join(kind);
    let mut paths: Vec<PathBuf> = folder.read_dir().unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let named = |path: PathBuf| {
        let stem = path.file_stem().unwrap().to_str().unwrap();
        (stem.replace(&format!("_{}", test_request::CONSULTATION), ""), path)
    };
    paths.into_iter().map(named).collect()
}

/// From our request to the bytes that are sent, where the agency can be asked such a thing.
fn written(kind: &'static str, what: RequestKind) -> Option<Work> {
    let adapter = settings::built(kind);
    let mut request: AgencyRequest = test_request::supplement(kind, kind, "plan-masse");
    request.kind = what;
    request.order = Some(order(&request.consultation.to_string()));
    adapter.preview(&request).ok()?;
    Some(Box::new(move || {
        black_box(adapter.preview(black_box(&request))).unwrap();
    }))
}

/// From the bytes of an answer, a file or a statement to outcomes, where the sample is one.
fn read(kind: &'static str, path: &Path) -> Option<Work> {
    let (adapter, bytes) = (settings::built(kind), std::fs::read(path).unwrap());
    let understood = adapter.understand(&bytes).is_ok_and(|items| !items.is_empty());
    understood.then(|| -> Work {
        Box::new(move || {
            black_box(adapter.understand(black_box(&bytes))).unwrap();
        })
    })
}

fn order(reference: &str) -> PaymentOrder {
    serde_json::from_value(serde_json::json!({
        "order": reference, "amount_centimes": 625_000, "label": "Taxe sur les opérations de construction",
        "beneficiary": {"name": "Commune de Tanger", "rib": "011780000012345678901296"},
        "payable_until": "2026-12-31", "asked_on": "2026-10-05",
    }))
    .unwrap()
}

/// What an adapter reads beside the answer itself.
fn besides() -> Vec<Case> {
    let parcels = samples("land-registry").into_iter().filter(|(stem, _)| stem.starts_with("parcel-"));
    let parcel = |(stem, path): (String, PathBuf)| {
        Case::new(format!("land-registry.drawing.{stem}"), move || {
            let bytes = std::fs::read(&path).unwrap();
            Some(Box::new(move || {
                let facts = land_registry::drawing_facts(black_box(&bytes), "11595/33", Some([-6.85, 34.02]));
                assert!(!black_box(facts).unwrap().is_empty());
            }))
        })
    };
    let cards = samples("barid-bank").into_iter().filter(|(stem, _)| stem.starts_with("cc5-order-"));
    let card = |(stem, path): (String, PathBuf)| {
        Case::new(format!("barid-bank.card.{stem}"), move || {
            let (bytes, order) = (std::fs::read(&path).unwrap(), order(callbacks::ORDER));
            barid_bank::card_outcome(&bytes, &order).ok()?;
            Some(Box::new(move || {
                black_box(barid_bank::card_outcome(black_box(&bytes), &order)).unwrap();
            }))
        })
    };
    parcels.map(parcel).chain(cards.map(card)).collect()
}
