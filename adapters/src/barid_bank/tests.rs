//! The adapter against the bank's samples, against itself (round trip) and against a server on loopback.

mod callbacks;
mod camt;
mod feeds;
mod messages;
mod wire_talk;

use wasl_schemas::agency::{AgencyRequest, RequestKind};
use wasl_schemas::id::ConsultationId;

use super::camt::Reading;
use super::config::Config;
use crate::transport::hash_v3::Quirks;
use crate::transport::http::HttpSettings;
use crate::transport::settings::Secret;

/// The order in the bank's samples.
const ORDER: &str = "0193a5c27e4b7a319c553f1d0b6e8a10";

fn order() -> ConsultationId {
    ConsultationId(ORDER.parse().unwrap())
}

fn sample(name: &str) -> Vec<u8> {
    crate::test_request::sample(&format!("barid-bank/{name}"))
}

fn config(base: &str) -> Config {
    Config {
        base_url: base.to_owned(),
        api_user: "api-user".to_owned(),
        api_password: Secret::new("made-at-run-time"),
        merchant_id: "600004417".to_owned(),
        merchant_name: "wasl".to_owned(),
        // The key of the README's worked example.
        store_key: Secret::new("TEST|store\\key-2026"),
        bank_bic: "ABBMMAMC".to_owned(),
        quirks: Quirks::default(),
        reading: Reading::default(),
        feed_documents_max: 20,
        http: HttpSettings { connect_timeout_ms: 500, request_timeout_ms: 2000, ..HttpSettings::default() },
    }
}

/// The canonical request behind `pain013-request-to-pay.xml`.
fn request(kind: RequestKind) -> AgencyRequest {
    let text = format!(
        r#"{{"consultation": "{ORDER}", "file": "00000000-0000-0000-0000-000000000000",
        "kind": "{}", "attempt": 1, "agency": "barid-bank", "agency_id": "barid-bank",
        "commune": {{"code": "015110105", "name": {{"fr": "Mghogha", "ar": "مغوغة"}},
          "province": "01511", "region": "01"}},
        "received_on": "2026-12-02", "due": "2026-12-17",
        "permit_file": {{"reference": "PCT-2026-004217", "commune": "015110105", "permit": "building",
          "project_class": "small", "deposit_version": 1,
          "receipt": {{"number": "R-1", "issued_at": "2026-12-02T09:30:00Z"}},
          "applicant": {{"kind": "person", "cin": "K123456",
            "name": {{"fr": "Benjelloun Youssef", "ar": "بنجلون يوسف"}}}},
          "project": {{"use": "housing", "title": "Villa"}}}},
        "order": {{"order": "{ORDER}", "amount_centimes": 625000,
          "label": "Taxe sur les opérations de construction",
          "beneficiary": {{"name": "Commune de Tanger", "rib": "{}"}}, "payable_until": "2026-12-17"}}}}"#,
        kind.as_str(),
        rib("0117800000123456789012"),
    );
    serde_json::from_str(&text).unwrap()
}

/// Adds the key to the first 22 digits of an account.
fn rib(first: &str) -> String {
    let rest = first.bytes().chain(*b"00").fold(0u64, |rest, b| (rest * 10 + u64::from(b - b'0')) % 97);
    format!("{first}{:02}", 97 - rest)
}

#[test]
fn every_key_of_the_configuration_file_is_known_and_a_bad_bic_is_not_taken() {
    let mut table = crate::transport::testing::every_key("barid-bank");
    assert!(Config::read(&table).is_ok());
    table.insert("bank_bic".to_owned(), toml::Value::String("abbm".to_owned()));
    assert!(Config::read(&table).unwrap_err().starts_with("`bank_bic`"));
    table.insert("store_key".to_owned(), toml::Value::String("never here".to_owned()));
    let said = Config::read(&table).unwrap_err();
    assert_eq!(said, "unknown key `store_key`; did you mean `store_key_file`?");
}
