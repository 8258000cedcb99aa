//! Against the samples, and against a server that answers them.

mod drawn;
mod round_trip;

use std::sync::Arc;

use axum::Router;
use axum::http::StatusCode;
use axum::routing::post;
use base64::Engine as _;
use sha2::Digest as _;
use wasl_schemas::agency::{AgencyRequest, Outcome, RequestKind};
use wasl_schemas::file::{Parcel, Title};
use wasl_schemas::opinion::OpinionKind;

use super::call::LandRegistry;
use super::config::Config;
use crate::port::Adapter;
use crate::test_request::{CONSULTATION, request, sample};

fn adapter(endpoint: &str) -> LandRegistry {
    let table = format!("endpoint = '{endpoint}'\nrequest_timeout_ms = 2000").parse().unwrap();
    LandRegistry::new(Config::read(&table).unwrap()).unwrap()
}

/// The request of the samples: a parcelling.
fn ask(kind: RequestKind) -> AgencyRequest {
    let mut request = request("land-registry", "ancfcc-rabat", kind);
    let mut file = serde_json::to_value(&request.permit_file).unwrap();
    file["reference"] = "MRC-2026-000045".into();
    file["permit"] = "parcelling".into();
    request.permit_file = serde_json::from_value(file).unwrap();
    request
}

fn text(name: &str) -> String {
    String::from_utf8(sample(&format!("land-registry/{name}"))).unwrap()
}

#[test]
fn the_question_is_written_as_the_sample_stands() {
    let preview = adapter("http://127.0.0.1:1/r").preview(&ask(RequestKind::Consult)).unwrap();
    assert_eq!(String::from_utf8(preview.body).unwrap(), text("title-state-request.xml"));
}

struct Registry {
    address: String,
    serving: tokio::task::JoinHandle<()>,
}

impl Drop for Registry {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn says(status: u16, body: String) -> Registry {
    let status = StatusCode::from_u16(status).unwrap();
    let app = Router::new().route("/r", post(async move || (status, body)));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}/r", listener.local_addr().unwrap());
    let serving = tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
    Registry { address, serving }
}

async fn outcome(status: u16, body: String) -> Outcome {
    let registry = says(status, body).await;
    adapter(&registry.address).handle(&ask(RequestKind::Consult)).await.outcome
}

async fn opinion(body: String) -> wasl_schemas::opinion::Opinion {
    match outcome(200, body).await {
        Outcome::Answered { opinion } => opinion,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_title_held_by_the_applicant_is_favourable_with_all_facts() {
    let opinion = opinion(text("title-state-registered.xml")).await;
    assert_eq!(opinion.kind, OpinionKind::Favourable);
    assert_eq!(opinion.given_at.unwrap().to_string(), "2026-10-05T09:30:02Z");
    let fact = |name: &str| opinion.facts.iter().find(|f| f.name == name).map(|f| f.value.as_str());
    assert_eq!(fact("parcel-1.area-file-m2"), Some("410"));
    assert_eq!(fact("parcel-1.area-title-m2"), Some("409.00"));
    assert_eq!(fact("parcel-1.charge"), Some("mortgage, 2021-03-15, Hypothèque de premier rang"));
    assert_eq!(fact("extract-number"), Some("CP-2026-77120"));
}

#[tokio::test]
async fn the_table_of_opinions_holds() {
    let registered = text("title-state-registered.xml");
    let cases = [
        (text("title-state-shared.xml"), OpinionKind::FavourableWithConditions, "copropriétaires"),
        (text("title-state-not-held.xml"), OpinionKind::Unfavourable, "inscrit"),
        (text("title-state-requisition.xml"), OpinionKind::NoOpinion, "réquisition"),
        (registered.replace("mortgage", "seizure"), OpinionKind::FavourableWithConditions, "mainlevée"),
        // 2 % of the registered area is the tolerance: 401.96 m² is the smallest that agrees with 410.
        (registered.replace("409.00", "401.97"), OpinionKind::Favourable, ""),
        (registered.replace("409.00", "401.96"), OpinionKind::FavourableWithConditions, "401.96"),
        (registered.replace("R00", "R20"), OpinionKind::NoOpinion, "non immatriculé"),
        (registered.replace("R00", "R30"), OpinionKind::NoOpinion, "clos"),
    ];
    for (body, kind, word) in cases {
        let opinion = opinion(body).await;
        assert_eq!(opinion.kind, kind, "{word}");
        let said = opinion.reason.iter().chain(&opinion.conditions).cloned().collect::<String>();
        assert!(said.contains(word), "{word}: {said}");
    }
}

#[tokio::test]
async fn an_unknown_code_is_pending() {
    let body = text("title-state-registered.xml");
    for (from, to) in [("R00", "R77"), (">yes<", ">perhaps<")] {
        let outcome = outcome(200, body.replace(from, to)).await;
        assert!(matches!(outcome, Outcome::Pending { unknown: Some(_) }), "{outcome:?}");
    }
}

#[tokio::test]
async fn business_errors_in_a_200_are_read() {
    let Outcome::Refused { code, reason } = outcome(200, text("title-state-error-malformed.xml")).await
    else {
        panic!("not refused")
    };
    assert_eq!((code.as_str(), reason.as_str()), ("11", "11 : Numéro de titre mal formé"));
    let later = outcome(200, text("title-state-error-unavailable.xml")).await;
    assert!(matches!(later, Outcome::TryLater { .. }), "{later:?}");
    let access = text("title-state-error-malformed.xml").replace(">11<", ">21<");
    assert!(matches!(outcome(200, access).await, Outcome::TryLater { .. }));
    let absent = text("title-state-error-malformed.xml").replace(">11<", ">12<");
    assert_eq!(opinion(absent).await.kind, OpinionKind::NoOpinion);
    let unknown = text("title-state-error-malformed.xml").replace(">11<", ">47<");
    assert!(matches!(outcome(200, unknown).await, Outcome::Refused { code, .. } if code == "47"));
}

#[tokio::test]
async fn an_answer_to_another_question_is_not_believed() {
    let good = text("title-state-registered.xml");
    let hash = good.split("sha512\">").nth(1).unwrap().split('<').next().unwrap().to_owned();
    let other = base64::engine::general_purpose::STANDARD.encode(sha2::Sha512::digest(b"another request"));
    let cases = [
        ("hash", good.replace(&hash, &other)),
        ("algorithm", good.replace("xmlenc#sha512", "xmlenc#sha256")),
        ("id", good.replace(".consult.1", ".consult.2")),
        ("client", good.replace("DGCT", "AUTRE")),
        ("service", good.replace("ANCFCC", "AUTRE")),
        ("user", good.replace("MA044210101", "MA044210102")),
        ("no hash", good.replace("requestHash", "noHash")),
        ("count", good.replace("<lr:cuparc>1<", "<lr:cuparc>2<")),
        ("parcel", good.replace("seq=\"1\"", "seq=\"2\"")),
        (
            "consultation",
            good.replace(
                &format!("<lr:consultationReference>{CONSULTATION}"),
                "<lr:consultationReference>0199c1a2-0000-7000-8000-000000000000",
            ),
        ),
    ];
    for (what, body) in cases {
        assert_ne!(body, good, "{what}: the case changes nothing");
        let outcome = outcome(200, body).await;
        assert!(matches!(outcome, Outcome::TryLater { .. }), "{what}: {outcome:?}");
    }
}

#[tokio::test]
async fn faults_say_whose_fault_it_is() {
    let client = outcome(500, text("fault-client.xml")).await;
    assert!(matches!(&client, Outcome::Refused { code, .. } if code == "Client"), "{client:?}");
    let server = outcome(500, text("fault-server.xml")).await;
    assert!(matches!(server, Outcome::TryLater { .. }), "{server:?}");
    let proxy = outcome(502, "<html/>".to_owned()).await;
    assert!(matches!(proxy, Outcome::TryLater { .. }), "a lost reading leaves no doubt: {proxy:?}");
}

#[tokio::test]
async fn what_needs_no_question_asks_none() {
    let registry = adapter("http://127.0.0.1:1/r");
    assert_eq!(registry.handle(&ask(RequestKind::Cancel)).await.outcome, Outcome::Cancelled);
    assert_eq!(registry.query(&ask(RequestKind::Consult)).await.outcome, Outcome::NotKnown);
    let mut bare = ask(RequestKind::Consult);
    Arc::make_mut(&mut bare.permit_file).parcels.clear();
    let outcome = registry.handle(&bare).await.outcome;
    assert!(
        matches!(&outcome, Outcome::Refused { code, .. } if code == "land-registry.request.parcel-missing")
    );
}

#[test]
fn land_without_a_title_is_asked_about_as_such() {
    let mut request = ask(RequestKind::Consult);
    let parcel = request.permit_file.parcels[0].clone();
    let requisition = Title::Requisition { requisition: "R5521/33".to_owned() };
    Arc::make_mut(&mut request.permit_file).parcels =
        vec![Parcel { title: Title::Untitled, ..parcel.clone() }, Parcel { title: requisition, ..parcel }];
    let body = adapter("http://127.0.0.1:1/r").preview(&request).unwrap().body;
    let body = String::from_utf8(body).unwrap();
    assert!(body.contains("<lr:untitled/>") && body.contains("<lr:requisition>R5521/33<"), "{body}");
}

#[test]
fn an_answer_alone_is_understood_without_comparing_areas() {
    let registry = adapter("http://127.0.0.1:1/r");
    let body = text("title-state-registered.xml").replace("409.00", "4000.00");
    let items = registry.understand(body.as_bytes()).unwrap();
    let Outcome::Answered { opinion } = &items[0].outcome else { panic!("{items:?}") };
    assert_eq!((opinion.kind, items[0].event_id.as_str()), (OpinionKind::Favourable, "CP-2026-77120"));
}

#[test]
fn every_key_of_the_configuration_file_is_known() {
    let table = crate::transport::testing::every_key("land-registry");
    assert_eq!(Config::read(&table).map(|_| ()), Ok(()));
}

#[test]
fn the_samples_of_the_registry_are_no_drift_and_what_is_new_in_them_is() {
    let news = |text: &str| -> Vec<String> {
        let root = crate::transport::xml::parse(text.as_bytes(), Default::default()).unwrap();
        let envelope = super::call::body_of(text.as_bytes());
        let notes = match envelope {
            Some(body) => super::shapes::TITLE_STATE.of_xml(&body),
            None => super::shapes::PARCELS.of_xml(&root),
        };
        notes.into_iter().filter(|note| !note.known).map(|note| note.path).collect()
    };
    for name in ["registered", "shared", "not-held", "requisition", "error-malformed", "error-unavailable"] {
        assert_eq!(news(&text(&format!("title-state-{name}.xml"))), [""; 0], "{name}");
    }
    for name in ["lambert", "multisurface", "open-ring", "none", "exception"] {
        assert_eq!(news(&text(&format!("parcel-{name}.xml"))), [""; 0], "{name}");
    }
    let new = text("title-state-registered.xml")
        .replace("</lr:parcelState>", "<lr:floor>2</lr:floor></lr:parcelState>");
    assert_eq!(news(&new), ["/TitleStateResponse/parcelState/floor"]);
}
