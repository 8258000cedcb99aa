//! The adapter against the agency's samples, against itself (round trip) and against a server on loopback.

mod ahead;
mod besides;
mod hardening;
mod mapping;
mod round_trip;
mod shapes;
mod wire_talk;

use wasl_schemas::agency::{AgencyRequest, RequestKind};
use wasl_schemas::id::ConsultationId;

use super::config::Config;
use crate::transport::document_links::DocumentLinks;
use crate::transport::http::HttpSettings;
use crate::transport::oauth2::Credentials;
use crate::transport::settings::Secret;

/// Our reference in the agency's samples.
const CONSULTATION: &str = "0193a5c2-7e4b-7a31-9c55-3f1d0b6e8a10";

fn consultation() -> ConsultationId {
    ConsultationId(CONSULTATION.parse().unwrap())
}

fn sample(name: &str) -> Vec<u8> {
    crate::test_request::sample(&format!("urban-agency/{name}"))
}

fn config(base: &str) -> Config {
    Config {
        base_url: format!("{base}/v1"),
        caller_id: "GTW-WASL-01".to_owned(),
        credentials: Credentials {
            token_url: format!("{base}/token"),
            client_id: "wasl".to_owned(),
            client_secret: Secret::new("made here"),
            scope: "consultations".to_owned(),
            renew_early_ms: 60_000,
        },
        documents: Some(links()),
        page_items_max: 50,
        nomenclature_keep_ms: 60_000,
        nomenclature_retry_ms: 1000,
        http: HttpSettings { connect_timeout_ms: 500, request_timeout_ms: 2000, ..HttpSettings::default() },
    }
}

fn links() -> DocumentLinks {
    DocumentLinks::new("https://wasl.example.ma/documents".to_owned(), Secret::new("s".repeat(32)), 600)
}

/// The canonical request behind `consultation-request.json`.
fn request(kind: RequestKind) -> AgencyRequest {
    let text = format!(
        r#"{{"consultation": "{CONSULTATION}", "file": "00000000-0000-0000-0000-000000000000",
        "kind": "{}", "attempt": 1, "agency": "urban-agency", "agency_id": "au-tanger",
        "commune": {{"code": "015110105", "name": {{"fr": "Mghogha", "ar": "مغوغة"}},
          "province": "01511", "region": "01"}},
        "received_on": "2026-11-20", "due": "2026-12-05",
        "permit_file": {{"reference": "PCT-2026-004217", "commune": "015110105", "permit": "building",
          "project_class": "small", "deposit_version": 1,
          "receipt": {{"number": "R-2026-004217", "issued_at": "2026-11-20T09:12:00Z"}},
          "applicant": {{"kind": "person", "cin": "K123456",
            "name": {{"fr": "Youssef Benjelloun", "ar": "بنجلون يوسف"}}}},
          "professional": {{"profession": "architect", "order_number": "CNOA-4417",
            "name": {{"fr": "Salma Tazi", "ar": "سلمى التازي"}}}},
          "project": {{"use": "housing", "title": "Villa R+2", "floors": 2, "height_cm": 1120,
            "dwellings": 2, "floor_area_m2": 312, "cost_centimes": 125000000}},
          "conditions": ["new-connection"],
          "parcels": [{{"status": "titled", "title": "11595/33", "area_m2": 420,
            "geometry": {{"kind": "geojson", "coordinates": [[[-5.7834, 35.7721], [-5.7831, 35.7721],
              [-5.7831, 35.7724], [-5.7834, 35.7724], [-5.7834, 35.7721]]]}}}}],
          "documents": [{{"kind": "plan-masse", "main": true, "media_type": "application/pdf",
            "size_bytes": 482113,
            "sha256": "7d865e959b2466918c9863afca942d0fb89d7c9ac0c99bafc3749504ded97730"}}]}}}}"#,
        kind.as_str(),
    );
    serde_json::from_str(&text).unwrap()
}

/// The canonical request behind `supplement-request.json`.
fn supplement() -> AgencyRequest {
    let mut request = request(RequestKind::Supplement);
    let text = format!(
        r#"{{"consultation": "{CONSULTATION}", "supplemented_at": "2026-11-30T14:30:00Z", "note": "Plan coté",
        "documents": [{{"kind": "plan-masse", "main": true, "media_type": "application/pdf",
          "size_bytes": 501220,
          "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"}}]}}"#
    );
    request.supplement = Some(serde_json::from_str(&text).unwrap());
    request
}

#[test]
fn every_key_of_the_configuration_file_is_known_and_a_misspelt_one_is_not() {
    let mut table = crate::transport::testing::every_key("urban-agency");
    assert!(Config::read(&table).is_ok());
    table.insert("page_item_max".to_owned(), toml::Value::Integer(3));
    let said = Config::read(&table).unwrap_err();
    assert_eq!(said, "unknown key `page_item_max`; did you mean `page_items_max`?");
}
