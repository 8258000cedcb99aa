//! The adapters of the water basin agency and of the land registry against the simulated agencies, on the wires that
//! the gateway's own runs do not use: the folder over WebDAV, and the cadastre's drawings.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;
use wasl_adapters::port::Adapter;
use wasl_adapters::registry::build;
use wasl_schemas::agency::{AgencyRequest, CollectRequest, Outcome};
use wasl_schemas::id::AgencyKind;
use wasl_schemas::opinion::OpinionKind;
use wasl_tests::sandbox::{Secrets, ServeArgs, serve_and_tell};

/// Long enough for a loaded machine; a test that goes well needs a second.
const PATIENCE: Duration = Duration::from_secs(60);

/// A sandbox of its own, with a folder that goes with it.
struct Agencies {
    folder: PathBuf,
    http: String,
    stop: CancellationToken,
    client: reqwest::Client,
}

impl Agencies {
    async fn open() -> Self {
        let folder = std::env::temp_dir().join(format!("wasl-registries-{}", Uuid::now_v7()));
        std::fs::create_dir_all(&folder).unwrap();
        let args = ServeArgs {
            legal_day_ms: Some(40),
            drop_folder: Some(folder.join("drop")),
            secrets: Some(folder.join("secrets.json")),
            ..ServeArgs::default()
        };
        let stop = CancellationToken::new();
        let (ready, address) = oneshot::channel();
        let until = stop.clone();
        tokio::spawn(async move {
            let tell = |http: &str| ready.send(http.to_owned()).unwrap();
            serve_and_tell(args.settings().unwrap(), until, tell).await.unwrap();
        });
        let http = address.await.unwrap();
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        Self { folder, http, stop, client }
    }

    async fn plan(&self, agency: &str, reference: &str, behaviour: &str) {
        let plan = json!({"agency": agency, "reference": reference, "behaviour": behaviour, "delay_days": 1.0,
            "twice": true, "at_once": false, "then": "favourable"});
        let url = format!("{}/control/plan", self.http);
        assert!(self.client.post(url).json(&plan).send().await.unwrap().status().is_success());
    }

    /// Waits for entries of the ledger.
    async fn entry(&self, reference: &str, action: &str) -> Value {
        let url = format!("{}/ledger?reference={reference}&action={action}&wait_ms=30000", self.http);
        let entries: Value = self.client.get(url).send().await.unwrap().json().await.unwrap();
        assert!(!entries[0].is_null(), "no {action} of {reference}");
        entries[0].clone()
    }

    async fn no_violation(&self) {
        let url = format!("{}/ledger?action=violation", self.http);
        let found: Vec<Value> = self.client.get(url).send().await.unwrap().json().await.unwrap();
        assert_eq!(found, Vec::<Value>::new());
    }

    fn files(&self, folder: &str) -> Vec<String> {
        let entries = std::fs::read_dir(self.folder.join("drop").join(folder)).unwrap();
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }
}

impl Drop for Agencies {
    fn drop(&mut self) {
        self.stop.cancel();
        _ = std::fs::remove_dir_all(&self.folder);
    }
}

fn request(agency: &str, kind: &str, title: &str) -> AgencyRequest {
    let ring = json!([[-8.0, 31.6], [-7.9998, 31.6], [-7.9998, 31.6002], [-8.0, 31.6002], [-8.0, 31.6]]);
    let name = json!({"fr": "Nom", "ar": "اسم"});
    let document = json!({"kind": "plan-masse", "main": true, "media_type": "application/pdf", "size_bytes": 1000,
        "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"});
    let request = json!({
        "consultation": Uuid::now_v7(), "file": Uuid::now_v7(), "kind": kind, "attempt": 1, "agency": agency,
        "agency_id": "AG-1", "received_on": "2026-10-05", "due": "2026-10-20",
        "commune": {"code": "041010101", "name": name, "province": "04101", "region": "04"},
        "permit_file": {
            "reference": format!("MRC-{title}"), "commune": "041010101", "permit": "parcelling",
            "project_class": "large", "deposit_version": 1, "conditions": ["near-watercourse"],
            "receipt": {"number": "R-1", "issued_at": "2026-10-05T09:00:00Z"},
            "applicant": {"kind": "person", "cin": "AB123456", "name": name},
            "project": {"use": "housing", "title": "Lot", "floors": 1, "height_cm": 700, "dwellings": 1,
                "floor_area_m2": 200},
            "parcels": [{"status": "titled", "title": title, "area_m2": 410,
                "geometry": {"kind": "geojson", "coordinates": [ring]}}],
            "documents": [document],
        },
    });
    serde_json::from_value(request).unwrap()
}

/// Reads the folder, turn by turn with committed cursors, until an outcome is the one that is waited for.
async fn collected(adapter: &Arc<dyn Adapter>, cursor: &mut String, wanted: fn(&Outcome) -> bool) -> Outcome {
    let agency = AgencyKind::try_new("water-basin").unwrap();
    let reading = async {
        loop {
            let turn = CollectRequest {
                agency: agency.clone(),
                feed: "in".to_owned(),
                cursor: cursor.clone(),
                version: 1,
            };
            let read = adapter.collect(&turn).await;
            assert_eq!((read.failed, read.rejected.len()), (None, 0));
            *cursor = read.next_cursor;
            if let Some(found) = read.items.into_iter().map(|item| item.outcome).find(wanted) {
                return found;
            }
        }
    };
    tokio::time::timeout(PATIENCE, reading).await.expect("nothing came through the folder")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_consultation_goes_through_a_folder_that_is_served_over_webdav() {
    let agencies = Agencies::open().await;
    let secrets = Secrets::load_or_make(&agencies.folder.join("secrets.json")).unwrap();
    let password = agencies.folder.join("dav-password");
    std::fs::write(&password, secrets.water_basin.dav_password).unwrap();
    let settings = format!(
        "webdav_url = '{}/water-basin/dav'\nwebdav_user = 'wasl'\nwebdav_password_file = '{}'",
        agencies.http,
        password.display()
    );
    let adapter = build("water-basin", "", &settings.parse().unwrap()).unwrap();

    // Incomplete first; the supplement travels the same way, and the opinion comes.
    let mut asked = request("water-basin", "consult", "11595/33");
    agencies.plan("water-basin", &asked.consultation.to_string(), "incomplete").await;
    let delivered = Outcome::Delivered { agency_reference: None };
    assert_eq!(adapter.handle(&asked).await.outcome, delivered);
    let mut cursor = String::new();
    collected(&adapter, &mut cursor, |outcome| matches!(outcome, Outcome::Incomplete { .. })).await;
    let supplement = json!({"consultation": asked.consultation, "supplemented_at": "2026-10-07T08:00:00Z",
        "documents": asked.permit_file.documents});
    asked.kind = wasl_schemas::agency::RequestKind::Supplement;
    asked.supplement = serde_json::from_value(supplement).unwrap();
    assert_eq!(adapter.handle(&asked).await.outcome, delivered);
    let answer =
        collected(&adapter, &mut cursor, |outcome| matches!(outcome, Outcome::Answered { .. })).await;
    let Outcome::Answered { opinion } = answer else { panic!("no opinion") };
    assert_eq!(opinion.kind, OpinionKind::Favourable);

    // A cancellation too.
    let mut other = request("water-basin", "consult", "7/01");
    let reference = other.consultation.to_string();
    agencies.plan("water-basin", &reference, "never").await;
    assert_eq!(adapter.handle(&other).await.outcome, delivered);
    agencies.entry(&reference, "consultation-accepted").await;
    other.kind = wasl_schemas::agency::RequestKind::Cancel;
    assert_eq!(adapter.handle(&other).await.outcome, Outcome::Cancelled);
    agencies.entry(&reference, "consultation-cancelled").await;

    agencies.no_violation().await;
    let halves = agencies.files("out").into_iter().chain(agencies.files("in"));
    assert_eq!(halves.filter(|name| name.ends_with(".part")).count(), 0);
    assert_eq!(agencies.files("rejected"), [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn titles_are_answered_with_their_drawings_however_the_cadastre_writes_them() {
    let agencies = Agencies::open().await;
    let at = format!("{}/land-registry", agencies.http);
    let settings = format!("endpoint = '{at}/TitleState'\nparcel_endpoint = '{at}/wfs'");
    let adapter = build("land-registry", "", &settings.parse().unwrap()).unwrap();
    let mut told = std::collections::BTreeSet::new();
    // So many that the seed draws every way of drawing.
    for number in 0..150 {
        let asked = request("land-registry", "consult", &format!("{number}/33"));
        agencies.plan("land-registry", &asked.consultation.to_string(), "favourable").await;
        let outcome = adapter.handle(&asked).await.outcome;
        let Outcome::Answered { opinion } = outcome else { panic!("{outcome:?}") };
        assert_eq!(opinion.kind, OpinionKind::Favourable);
        let fact = |name: &str| {
            let name = format!("parcel-1.{name}");
            opinion.facts.iter().find(|fact| fact.name == name).map(|fact| fact.value.clone())
        };
        let fault = fact("drawing-fault").map(|fault| fault.split(':').next().unwrap().to_owned());
        let drawing = fact("drawing").unwrap();
        if drawing == "1 parcel(s)" {
            assert_eq!(fact("area-cadastre-m2"), Some("410.00".to_owned()));
            let drawn: f64 = fact("area-drawn-m2").unwrap().parse().unwrap();
            // The MultiSurface has a hole of a quarter and another part of a quarter.
            assert!((drawn - 410.0).abs() < 5.0, "{drawn}");
        }
        told.insert(fault.unwrap_or_else(|| drawing.split(':').next().unwrap().to_owned()));
    }
    let all = ["1 parcel(s)", "land-registry.parcel.exception", "land-registry.parcel.ring-open", "none"];
    assert_eq!(told.iter().map(String::as_str).collect::<Vec<_>>(), all);
    agencies.no_violation().await;
}
