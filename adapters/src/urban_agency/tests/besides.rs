//! What is asked besides, for better words: labels of unknown numbers, documents that were not taken. None of it decides.

use std::sync::atomic::{AtomicBool, Ordering};

use wasl_schemas::agency::{Outcome, RequestKind};

use super::wire_talk::{adapter, agency, reading};
use super::{config, request, sample};
use crate::port::Adapter;
use crate::transport::testing::Say;
use crate::urban_agency::call::UrbanAgency;

const SEARCH: &str = "POST /v1/consultations/recherche?page=0";
const NOMENCLATURE: &str = "GET /v1/nomenclatures/NATURE_AVIS";
const DOCUMENTS: &str = "GET /v1/dossiers/AUT-D-55120/pieces";

/// An opinion with the number 9 and no label.
fn postponed() -> Say {
    let text = String::from_utf8(sample("opinion-unknown-number.json")).unwrap();
    Say::new(200, text.replace(", \"libNom\": \"Ajourné\"", ""))
}

/// The nomenclature with that number.
fn grown() -> Say {
    let text = String::from_utf8(sample("nomenclature-nature-avis.json")).unwrap();
    let more = r#"{ "idNom": 6, "libNom": "Sans avis" }, { "idNom": 9, "libNom": "Ajourné" }"#;
    Say::new(200, text.replace(r#"{ "idNom": 6, "libNom": "Sans avis" }"#, more))
}

fn unknown(words: &str) -> Outcome {
    Outcome::Pending { unknown: Some(words.to_owned()) }
}

#[tokio::test]
async fn an_unknown_number_is_named_by_the_nomenclature() {
    let server = agency(|seen, _| match seen.line.as_str() {
        SEARCH => Say::new(200, sample("search-answer-opinion-given.json")),
        NOMENCLATURE => grown(),
        _ => postponed(),
    })
    .await;
    let adapter = adapter(&server);
    for _ in 0..3 {
        let outcome = adapter.query(&request(RequestKind::Query)).await.outcome;
        assert_eq!(outcome, unknown("NATURE_AVIS 9 \"Ajourné\""));
    }
    assert_eq!(server.count(NOMENCLATURE), 1);
}

#[tokio::test]
async fn a_nomenclature_that_could_not_be_read_is_asked_for_again_after_a_short_time() {
    for away in [Say::new(503, ""), Say::new(404, "{}"), Say::new(200, "<html>")] {
        static MENDED: AtomicBool = AtomicBool::new(false);
        MENDED.store(false, Ordering::SeqCst);
        let server = agency(move |seen, _| match seen.line.as_str() {
            SEARCH => Say::new(200, sample("search-answer-opinion-given.json")),
            NOMENCLATURE if MENDED.load(Ordering::SeqCst) => grown(),
            NOMENCLATURE => away.clone(),
            _ => postponed(),
        })
        .await;
        let retry_ms = 300;
        let settings = super::Config { nomenclature_retry_ms: retry_ms, ..config(&server.address) };
        let adapter = UrbanAgency::new(settings).unwrap();
        let begin = std::time::Instant::now();
        for _ in 0..2 {
            let outcome = adapter.query(&request(RequestKind::Query)).await.outcome;
            assert_eq!(outcome, unknown("NATURE_AVIS 9"));
        }
        // Not with every opinion, as long as it is away.
        if begin.elapsed().as_millis() < u128::from(retry_ms) {
            assert_eq!(server.count(NOMENCLATURE), 1);
        }
        MENDED.store(true, Ordering::SeqCst);
        tokio::time::sleep(std::time::Duration::from_millis(retry_ms)).await;
        let outcome = adapter.query(&request(RequestKind::Query)).await.outcome;
        assert_eq!(outcome, unknown("NATURE_AVIS 9 \"Ajourné\""));
    }
}

#[tokio::test]
async fn an_incomplete_file_names_the_documents_that_were_not_taken_as_well() {
    let server = agency(|seen, _| match seen.line.as_str() {
        SEARCH => Say::new(200, sample("search-answer-incomplete.json")),
        DOCUMENTS => Say::new(200, sample("documents-one-failed.json")),
        other => panic!("{other}"),
    })
    .await;
    let handled = adapter(&server).query(&request(RequestKind::Query)).await;
    let Outcome::Incomplete { missing, respond_by } = handled.outcome else { panic!("{handled:?}") };
    assert!(respond_by.is_some());
    let (last, others) = missing.split_last().unwrap();
    assert!(!others.is_empty() && others.iter().all(|item| item.code != last.code), "{missing:?}");
    assert_eq!(last.code, "PIECE-EMPREINTE");
    assert!(last.text.contains("7d865e959b2466918c9863afca942d0fb89d7c9ac0c99bafc3749504ded97730"));
    assert!(handled.exchanges.iter().any(|said| said.what == "GET dossiers/{id}/pieces"));
}

#[tokio::test]
async fn where_the_documents_cannot_be_read_the_acknowledgement_stands_and_the_feed_goes_on() {
    let page = format!(
        r#"{{"notifications": [{{"noOffset": 7, "idNotification": "N7", "nomTypeEvenement": {{"idNom": 1}},
        "noConsultationExterne": "{}"}}], "noOffsetSuivant": 7, "boSuite": false}}"#,
        super::CONSULTATION
    );
    for away in [Say::new(503, ""), Say::new(404, "{}"), Say::new(200, "[]")] {
        let page = page.clone();
        let server = agency(move |seen, _| match seen.line.as_str() {
            SEARCH => Say::new(200, sample("search-answer-incomplete.json")),
            DOCUMENTS => away.clone(),
            _ => Say::new(200, page.clone()),
        })
        .await;
        let collected = adapter(&server).collect(&reading("")).await;
        assert_eq!((collected.items[0].outcome.key(), collected.next_cursor.as_str()), ("incomplete", "7"));
        assert_eq!(server.count(DOCUMENTS), 1);
    }
}
