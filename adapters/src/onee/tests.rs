//! Against the samples, and against a server that answers them.

mod events;
mod round_trip;
mod schema;
mod secured;
mod shapes;

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use wasl_schemas::agency::{AgencyRequest, Outcome, RequestKind};
use wasl_schemas::opinion::OpinionKind;

use super::call::Onee;
use super::config::Config;
use super::map;
use super::message::{Asked, Head};
use crate::port::Adapter;
use proptest::prelude::*;

use super::message::MSG;
use super::wire::SR;
use crate::test_request::{CONSULTATION, drawn, request, request_with, sample, supplement};
use crate::transport::http::HttpSettings;
use crate::transport::outside::Folder;
use crate::transport::settings::Secret;
use crate::transport::soap::Envelope;
use crate::transport::soap::Version;
use crate::transport::wsse::{Credentials, Freshness};
use crate::transport::xml::XmlLimits;
use crate::transport::xml_out::token;
use crate::transport::xmldsig::tests::{ecdsa, self_signed};

fn config(endpoint: &str) -> Config {
    let who = |name: &str| Some(Credentials { username: name.to_owned(), password: Secret::new("exemple") });
    Config {
        endpoint: endpoint.to_owned(),
        version: Version::V12,
        source: "wasl".to_owned(),
        ours: who("wasl"),
        theirs: who("onee"),
        signing: None,
        trust: None,
        replies_signed: false,
        certificates: Vec::new(),
        documents: None,
        http: HttpSettings { request_timeout_ms: 2000, ..HttpSettings::default() },
    }
}

fn adapter(endpoint: &str) -> Onee {
    Onee::new(config(endpoint)).unwrap()
}

fn ask(kind: RequestKind) -> AgencyRequest {
    request("onee", "onee-rabat", kind)
}

/// The nonce and the time of the samples.
fn example() -> Freshness {
    let nonce = std::array::from_fn(|i| u8::try_from(i).unwrap());
    Freshness { nonce, now: "2026-10-05T09:30:00Z".parse().unwrap() }
}

#[test]
fn requests_are_written_as_the_samples_stand() {
    let onee = adapter("http://127.0.0.1:1/onee");
    let all = [
        (ask(RequestKind::Consult), "create-request.xml"),
        (supplement("onee", "onee-rabat", "load-study"), "change-request.xml"),
        (ask(RequestKind::Query), "get-request.xml"),
        (ask(RequestKind::Cancel), "cancel-request.xml"),
    ];
    for (request, name) in all {
        let asked = map::asked(&request, &onee.config, example().now).unwrap();
        let head = Head {
            at: example().now,
            source: "wasl".to_owned(),
            message_id: map::message_id(request.consultation, request.kind, 1),
            correlation_id: None,
        };
        let bytes = onee.envelope(&head, &asked, example()).unwrap();
        let expected = String::from_utf8(sample(&format!("onee/{name}"))).unwrap();
        assert_eq!(String::from_utf8(bytes).unwrap(), expected, "{name}");
    }
}

#[test]
fn a_preview_is_the_message_without_the_security_of_its_moment() {
    let onee = adapter("http://127.0.0.1:1/onee");
    let one = onee.preview(&ask(RequestKind::Consult)).unwrap();
    assert_eq!(one, onee.preview(&ask(RequestKind::Consult)).unwrap());
    let text = String::from_utf8(one.body).unwrap();
    assert!(text.contains("<msg:Verb>create</msg:Verb>") && !text.contains("Security"), "{text}");
}

/// A server that answers one sample with one status, and keeps what it was sent.
struct Agency {
    address: String,
    heard: Arc<Mutex<Vec<(HeaderMap, String)>>>,
    serving: tokio::task::JoinHandle<()>,
}

impl Drop for Agency {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

#[derive(Clone)]
struct Says {
    status: StatusCode,
    body: Vec<u8>,
    heard: Arc<Mutex<Vec<(HeaderMap, String)>>>,
}

async fn says(status: u16, body: Vec<u8>) -> Agency {
    let heard = Arc::new(Mutex::new(Vec::new()));
    let says = Says { status: StatusCode::from_u16(status).unwrap(), body, heard: Arc::clone(&heard) };
    let answer = async |State(says): State<Says>, headers: HeaderMap, body: Bytes| {
        says.heard.lock().unwrap().push((headers, String::from_utf8(body.to_vec()).unwrap()));
        (says.status, [("retry-after", "7")], says.body)
    };
    let app = Router::new().route("/onee", post(answer)).with_state(says);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}/onee", listener.local_addr().unwrap());
    let serving = tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
    Agency { address, heard, serving }
}

/// What the adapter makes of a sample answered to a request of this kind.
async fn outcome_of(kind: RequestKind, status: u16, name: &str) -> Outcome {
    let agency = says(status, sample(&format!("onee/{name}"))).await;
    adapter(&agency.address).handle(&ask(kind)).await.outcome
}

fn refused_code(outcome: &Outcome) -> &str {
    match outcome {
        Outcome::Refused { code, .. } => code,
        other => panic!("not refused: {other:?}"),
    }
}

#[tokio::test]
async fn a_request_carries_type_action_and_a_fresh_token_each_time() {
    let agency = says(200, sample("onee/create-reply-ok.xml")).await;
    let onee = adapter(&agency.address);
    for _ in 0..2 {
        let handled = onee.handle(&ask(RequestKind::Consult)).await;
        assert_eq!(handled.exchanges[0].what, "SOAP create/ServiceRequest");
        let expected = Outcome::Delivered { agency_reference: Some("DR-2026-004217".to_owned()) };
        assert_eq!(handled.outcome, expected);
    }
    let heard = agency.heard.lock().unwrap();
    let media_type = heard[0].0.get("content-type").unwrap().to_str().unwrap();
    assert!(media_type.starts_with("application/soap+xml") && media_type.contains("action="), "{media_type}");
    let nonce = |text: &str| text.split("wsse:Nonce").nth(1).unwrap().to_owned();
    assert_ne!(nonce(&heard[0].1), nonce(&heard[1].1));
}

#[tokio::test]
async fn soap_1_1_has_its_own_envelope_and_action_header() {
    let agency = says(500, sample("onee/fault-11-client.xml")).await;
    let onee = Onee::new(Config { version: Version::V11, ..config(&agency.address) }).unwrap();
    assert_eq!(refused_code(&onee.handle(&ask(RequestKind::Consult)).await.outcome), "Client");
    let heard = agency.heard.lock().unwrap();
    let action = heard[0].0.get("soapaction").unwrap().to_str().unwrap();
    assert_eq!(action, "\"urn:ma:wasl:onee:service-request:1#Request\"");
    assert!(heard[0].1.contains("http://schemas.xmlsoap.org/soap/envelope/"));
}

#[tokio::test]
async fn a_failure_inside_a_200_is_a_refusal_and_never_an_opinion() {
    let area = outcome_of(RequestKind::Consult, 200, "create-reply-failed-area.xml").await;
    assert_eq!(refused_code(&area), "OE-AREA");
    let schema = outcome_of(RequestKind::Consult, 200, "create-reply-failed-schema.xml").await;
    assert_eq!(refused_code(&schema), "OE-SCHEMA");
    let Outcome::Refused { reason, .. } = schema else { unreachable!() };
    assert!(reason.contains("communeCode") && reason.contains("sha256"), "all faults at once: {reason}");
}

#[tokio::test]
async fn a_duplicate_counts_as_taken_and_busy_as_later() {
    let duplicate = outcome_of(RequestKind::Consult, 200, "create-reply-failed-duplicate.xml").await;
    let reference = Some("DR-2026-004217".to_owned());
    assert_eq!(duplicate, Outcome::Acknowledged { agency_reference: reference });
    let busy = outcome_of(RequestKind::Consult, 200, "create-reply-failed-busy.xml").await;
    assert!(matches!(busy, Outcome::TryLater { .. }), "{busy:?}");
}

#[tokio::test]
async fn a_cancellation_that_comes_too_late_leaves_nothing_to_cancel_and_a_supplement_is_refused() {
    let text = String::from_utf8(sample("onee/create-reply-failed-area.xml")).unwrap();
    let text = text.replace("OE-AREA", "OE-CLOSED").replace("CorrelationID", "Comment");
    for (request, cancelled) in
        [(ask(RequestKind::Cancel), true), (supplement("onee", "onee-rabat", "load-study"), false)]
    {
        let id = map::message_id(request.consultation, request.kind, 1);
        let body = text
            .replace("</msg:Header>", &format!("<msg:CorrelationID>{id}</msg:CorrelationID></msg:Header>"));
        let agency = says(200, body.into()).await;
        let outcome = adapter(&agency.address).handle(&request).await.outcome;
        assert_eq!(outcome == Outcome::Cancelled, cancelled, "{outcome:?}");
        assert!(cancelled || refused_code(&outcome) == "OE-CLOSED");
    }
}

#[tokio::test]
async fn an_incomplete_file_names_what_is_missing_and_until_when() {
    match outcome_of(RequestKind::Consult, 200, "create-reply-partial.xml").await {
        Outcome::Incomplete { missing, respond_by } => {
            assert_eq!(missing[0].code, "load-study");
            assert_eq!(respond_by, Some(jiff::civil::date(2026, 10, 12)));
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn polls_find_nothing_the_study_or_the_opinion() {
    assert_eq!(outcome_of(RequestKind::Query, 200, "get-reply-unknown.xml").await, Outcome::NotKnown);
    let study = outcome_of(RequestKind::Query, 200, "get-reply-in-study.xml").await;
    assert!(matches!(study, Outcome::Acknowledged { .. }), "{study:?}");
    match outcome_of(RequestKind::Query, 200, "get-reply-answered.xml").await {
        Outcome::Answered { opinion } => {
            assert_eq!(opinion.kind, OpinionKind::FavourableWithConditions);
            assert_eq!((opinion.conditions.len(), opinion.facts.len()), (2, 6));
            assert_eq!(opinion.given_at.unwrap().to_string(), "2026-10-13T10:00:00Z");
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn asking_before_a_second_sending_tells_whether_this_very_request_arrived() {
    let agency = says(200, with_id("get-reply-unknown.xml", RequestKind::Query)).await;
    let onee = adapter(&agency.address);
    assert_eq!(onee.query(&ask(RequestKind::Consult)).await.outcome, Outcome::NotKnown);
    assert_eq!(onee.query(&ask(RequestKind::Cancel)).await.outcome, Outcome::Cancelled);
    let agency = says(200, with_id("get-reply-in-study.xml", RequestKind::Query)).await;
    let onee = adapter(&agency.address);
    assert!(matches!(onee.query(&ask(RequestKind::Consult)).await.outcome, Outcome::Acknowledged { .. }));
    assert_eq!(onee.query(&ask(RequestKind::Cancel)).await.outcome, Outcome::NotKnown);
    assert!(agency.heard.lock().unwrap().iter().all(|(_, body)| body.contains("<msg:Verb>get</msg:Verb>")));
}

/// Samples of replies to `get` answer the first query.
fn with_id(name: &str, kind: RequestKind) -> Vec<u8> {
    let consultation = ask(kind).consultation;
    let text = String::from_utf8(sample(&format!("onee/{name}"))).unwrap();
    assert!(text.contains(&map::message_id(consultation, kind, 1)), "{name} answers another request");
    text.into_bytes()
}

#[tokio::test]
async fn faults_say_whose_fault_it_is() {
    let access = outcome_of(RequestKind::Consult, 400, "fault-sender-authentication.xml").await;
    assert!(matches!(&access, Outcome::TryLater { .. }), "our access is no fault of the file: {access:?}");
    let text = String::from_utf8(sample("onee/fault-sender-authentication.xml")).unwrap();
    let agency = says(400, text.replace("f:FailedAuthentication", "f:Schema").into()).await;
    let sender = adapter(&agency.address).handle(&ask(RequestKind::Consult)).await.outcome;
    assert_eq!(refused_code(&sender), "Schema");
    let receiver = outcome_of(RequestKind::Consult, 500, "fault-receiver.xml").await;
    let Outcome::TryLater { retry_after_ms, .. } = receiver else { panic!("{receiver:?}") };
    assert_eq!(retry_after_ms, Some(7000));
}

#[tokio::test]
async fn an_answer_that_is_not_ours_or_not_readable_leaves_a_doubt_unless_it_was_a_reading() {
    // The reply of the create answers another MessageID than that of the cancel.
    let crossed = outcome_of(RequestKind::Cancel, 200, "create-reply-ok.xml").await;
    assert!(matches!(crossed, Outcome::InDoubt { .. }), "{crossed:?}");
    let page = says(200, b"<html>proxy</html>".to_vec()).await;
    let outcome = adapter(&page.address).handle(&ask(RequestKind::Consult)).await.outcome;
    assert!(matches!(outcome, Outcome::InDoubt { .. }), "{outcome:?}");
    let outcome = adapter(&page.address).handle(&ask(RequestKind::Query)).await.outcome;
    assert!(matches!(outcome, Outcome::TryLater { .. }), "{outcome:?}");
    let nameless = String::from_utf8(sample("onee/create-reply-failed-area.xml")).unwrap();
    let nameless = says(200, nameless.replace("CorrelationID", "Comment").into()).await;
    let outcome = adapter(&nameless.address).handle(&ask(RequestKind::Consult)).await.outcome;
    assert!(matches!(outcome, Outcome::InDoubt { .. }), "{outcome:?}");
    let foreign = String::from_utf8(sample("onee/create-reply-ok.xml")).unwrap();
    let foreign =
        says(200, foreign.replace(CONSULTATION, "0199c1a2-0000-7000-8000-000000000000").into()).await;
    let outcome = adapter(&foreign.address).handle(&ask(RequestKind::Consult)).await.outcome;
    assert!(matches!(outcome, Outcome::InDoubt { .. }), "{outcome:?}");
}

#[tokio::test]
async fn nobody_listening_means_try_later() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}/onee", listener.local_addr().unwrap());
    drop(listener);
    let outcome = adapter(&address).handle(&ask(RequestKind::Consult)).await.outcome;
    assert!(matches!(outcome, Outcome::TryLater { .. }), "{outcome:?}");
}

#[test]
fn a_status_that_we_do_not_know_is_pending() {
    let onee = adapter("http://127.0.0.1:1/onee");
    let text = String::from_utf8(sample("onee/get-reply-in-study.xml")).unwrap();
    let items = onee.understand(text.replace("in-study", "field-visit").as_bytes()).unwrap();
    assert_eq!(items[0].outcome, Outcome::Pending { unknown: Some("status field-visit".to_owned()) });
}

#[test]
fn a_re_sent_attempt_has_the_same_message_id_and_another_attempt_another() {
    let consultation = ask(RequestKind::Consult).consultation;
    let id = |attempt| map::message_id(consultation, RequestKind::Consult, attempt);
    assert_eq!(id(1), id(1));
    assert_ne!(id(1), id(2));
    assert!(matches!(
        map::asked(&ask(RequestKind::Consult), &config("http://a/"), example().now),
        Ok(Asked::Create(_))
    ));
}

/// Every key of the commented file, with certificates and keys where it wants some.
fn every_key(folder: &Folder) -> toml::Table {
    let mut table = crate::transport::testing::every_key("onee");
    let pem = self_signed(&ecdsa());
    let mut put = |key: &str, name: &str, content: Vec<u8>| {
        assert!(table.contains_key(key), "{key}");
        table.insert(key.to_owned(), toml::Value::String(folder.put(name, content)));
    };
    put("signing_identity_file", "key.pem", pem.both());
    put("callback_certificates_file", "certificate.pem", pem.certificate.clone().into_bytes());
    put("callback_authorities_file", "authority.pem", pem.certificate.into_bytes());
    table
}

#[test]
fn every_key_of_the_configuration_file_is_known_and_a_misspelt_one_is_not() {
    let folder = Folder::new();
    let all = every_key(&folder);
    let without = |keys: &[&str]| {
        let mut table = all.clone();
        keys.iter().for_each(|key| drop(table.remove(*key).unwrap()));
        table
    };
    // Two ways to say whose signature is believed: one of them at a time.
    assert!(Config::read(&without(&["callback_certificates_file"])).is_ok());
    let mut table = without(&["callback_authorities_file", "callback_certificate_name"]);
    assert!(Config::read(&table).is_ok());
    table.insert("soap_versoin".to_owned(), toml::Value::Integer(3));
    assert_eq!(Config::read(&table).unwrap_err(), "unknown key `soap_versoin`; did you mean `soap_version`?");
}

#[test]
fn settings_are_checked() {
    let table = "endpoint = 'http://127.0.0.1:1/onee'\nsoap_version = '1.3'".parse().unwrap();
    assert_eq!(super::build(&table).err().unwrap(), "`soap_version` must be `1.2` or `1.1`");
    let table = "endpoint = 'http://127.0.0.1:1/onee'\nuser_name = 'wasl'".parse().unwrap();
    let fault = super::build(&table).err().unwrap();
    assert!(fault.contains("user_name") && fault.contains("`username`"), "{fault}");
}

proptest! {
    #[test]
    fn what_is_asked_can_be_read_back_out_of_the_message(drawn in drawn()) {
        let onee = adapter("http://127.0.0.1:1/onee");
        let body = onee.preview(&request_with("onee", &drawn)).unwrap().body;
        let message = Envelope::read(&body, XmlLimits::default()).unwrap().body.unwrap();
        let asked = message.child(MSG, "Payload").unwrap().child(SR, "ServiceRequest").unwrap();
        prop_assert_eq!(asked.child_text(SR, "consultationReference"), Some(CONSULTATION));
        let applicant = asked.child(SR, "applicant").unwrap();
        for (element, name) in [("nameFrench", &drawn.name_fr), ("nameArabic", &drawn.name_ar)] {
            let name = token(name, 256);
            prop_assert_eq!(applicant.child_text(SR, element), Some(name.as_str()).filter(|n| !n.is_empty()));
        }
        let project = asked.child(SR, "project").unwrap();
        prop_assert_eq!(project.child_text(SR, "floors").unwrap().parse(), Ok(drawn.floors));
        let site = asked.child(SR, "site").unwrap();
        prop_assert_eq!(site.child_text(SR, "landTitle"), Some(drawn.title.as_str()));
        let degrees = |name| site.child_text(SR, name).unwrap().parse::<f64>().unwrap();
        let [longitude, latitude] = [degrees("longitude"), degrees("latitude")];
        prop_assert!((longitude - drawn.corner[0] - 1e-4).abs() < 1e-7);
        prop_assert!((latitude - drawn.corner[1] - 1e-4).abs() < 1e-7);
    }
}

#[test]
fn documents_are_announced_with_a_signed_link_when_there_is_an_address() {
    let folder = Folder::new();
    let mut table = every_key(&folder);
    for key in ["client_identity_file", "callback_authorities_file", "callback_certificate_name"] {
        table.remove(key);
    }
    let adapter = super::build(&table).unwrap();
    let body = adapter.preview(&request("onee", "X", RequestKind::Consult)).unwrap().body;
    let body = String::from_utf8(body).unwrap();
    assert!(body.contains("<sr:url>https://wasl.example.ma/documents/9f86"), "{body}");
    assert!(body.contains("&amp;signature="), "{body}");
}
