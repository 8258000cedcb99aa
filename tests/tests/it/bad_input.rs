//! Bad input is answered with all its faults at once, kept aside with its raw bytes, and stops nobody.

use serde_json::{Value, json};
use sqlx::Row;

use crate::support::gateway::{OTHER, SOUANI, text};
use crate::support::messages::{Message, file, minutes_before};
use crate::support::{Commune, Gateway, Options};

/// A message with the faults that it must be answered with: code and pointer.
struct Case {
    name: &'static str,
    message: Message,
    faults: Vec<(&'static str, &'static str)>,
}

fn cases(commune: &Commune) -> Vec<Case> {
    let now = commune.clock.now();
    let good = |reference: &str| {
        commune.message("file.submitted", reference, &file(SOUANI, reference, "repair", &[], now))
    };
    let mut cut = good("BAD-1");
    cut.body.truncate(cut.body.len() / 2);
    let foreign = |source: &str| {
        let source = format!("/communes/{source}");
        good("BAD-2").with(|event| event["source"] = json!(source))
    };
    let wrong = good("BAD-4").with(|event| {
        event["data"]["applicant"]["cin"] = json!("12");
        event["data"]["project"]["floors"] = json!("two");
        event["data"]["parcels"][0]["title"] = json!("no title");
        event["data"]["parcels"][0]["geometry"]["coordinates"][0][4] = json!([-5.8, 35.7]);
        event["data"].as_object_mut().unwrap().remove("receipt");
        event["data"]["colour"] = json!("blue");
    });
    let mut anonymous = good("BAD-5");
    anonymous.user_id = None;
    let case = |name, message, faults| Case { name, message, faults };
    vec![
        case("cut off", cut, vec![("envelope.malformed", "")]),
        case(
            "an unknown commune",
            foreign("999999999"),
            vec![("commune.unknown", "/source"), ("envelope.user-id-forged", "/source")],
        ),
        case("another commune's name", foreign(OTHER), vec![("envelope.user-id-forged", "/source")]),
        case(
            "six faults of content",
            wrong,
            vec![
                ("file.id.cin-invalid", "/data/applicant/cin"),
                ("schema.type", "/data/project/floors"),
                ("file.parcel.title-invalid", "/data/parcels/0/title"),
                ("file.parcel.ring-open", "/data/parcels/0/geometry/coordinates/0"),
                ("schema.required", "/data/receipt"),
                ("schema.additional", "/data/colour"),
            ],
        ),
        case("nobody's message", anonymous, vec![("envelope.user-id-missing", "")]),
        case(
            "a stale version",
            commune.message("file.redeposited", "KNOWN", &second_deposit(commune)),
            vec![("file.version-stale", "/data/deposit_version")],
        ),
    ]
}

/// The second deposit of the file `KNOWN`.
fn second_deposit(commune: &Commune) -> Value {
    let mut data = file(SOUANI, "KNOWN", "repair", &[], commune.clock.now());
    data["deposit_version"] = json!(2);
    data
}

#[tokio::test(flavor = "multi_thread")]
async fn every_fault_is_told_the_bytes_are_kept_and_the_file_behind_goes_through() {
    let gateway = Gateway::start("bad-input", Options::default()).await;
    let mut commune = Commune::connect(&gateway, SOUANI).await;
    commune.submit("KNOWN", "repair", &[]).await;
    commune.expect("KNOWN", "file.registered").await;
    let requested = json!({
        "requested_at": minutes_before(commune.clock.now(), 5), "reasons": ["Plan de masse à revoir."],
    });
    commune.say("modification.requested", "KNOWN", &requested).await;
    let second = second_deposit(&commune);
    commune.say("file.redeposited", "KNOWN", &second).await;
    commune.expect_that("the second deposit", |event| event["data"]["deposit_version"] == json!(2)).await;
    let cases = cases(&commune);
    for (number, case) in cases.iter().enumerate() {
        commune.publish(&case.message).await;
        commune.submit(&format!("GOOD-{number}"), "repair", &[]).await;
    }
    for number in 0..cases.len() {
        commune.expect(&format!("GOOD-{number}"), "file.registered").await;
    }
    for case in &cases {
        let told = commune
            .expect_that(case.name, |event| event["data"]["refused_id"] == json!(case.message.id))
            .await;
        assert_eq!(told["type"], "ma.wasl.file.refused.v1");
        check_refusal(case, &told);
        check_kept(&gateway, case).await;
    }
    let refusals = commune.heard.iter().filter(|event| event["type"] == "ma.wasl.file.refused.v1").count();
    assert_eq!(refusals, cases.len());
}

fn check_refusal(case: &Case, told: &Value) {
    let faults = told["data"]["faults"].as_array().unwrap();
    let found: Vec<(&str, &str)> =
        faults.iter().map(|fault| (text(fault, "/code"), text(fault, "/pointer"))).collect();
    for wanted in &case.faults {
        assert!(found.contains(wanted), "{}: {wanted:?} is missing in {found:?}", case.name);
    }
    for fault in faults {
        for language in ["/text/fr", "/text/ar", "/text/en"] {
            assert!(!text(fault, language).is_empty(), "{}: {fault}", case.name);
        }
        assert!(text(fault, "/text/ar").chars().any(|c| ('\u{600}'..'\u{700}').contains(&c)), "{fault}");
        assert!(fault["retry"].is_boolean(), "{}: {fault}", case.name);
    }
}

/// The operator sees it, without its content; the database has its very bytes.
async fn check_kept(gateway: &Gateway, case: &Case) {
    let (status, page) = gateway.read_as("operator", "/api/v1/parked?limit=100").await;
    assert!(status.is_success(), "{status}");
    let items = page["items"].as_array().unwrap();
    let item = items.iter().find(|item| item["message_id"] == json!(case.message.id));
    let item = item.unwrap_or_else(|| panic!("{}: not among {items:?}", case.name));
    // What matches no binding is judged as a new file is.
    let (_, known) = wasl_schemas::wire::bindings_in();
    let urgent = known.iter().any(|key| case.message.routing_key.ends_with(key.rsplit('*').next().unwrap()));
    assert_eq!(item["queue"], if urgent { "intake.urgent" } else { "intake" }, "{}", case.name);
    assert_eq!(item["faults"].as_array().unwrap()[0]["code"], item["code"]);
    let row = sqlx::query("SELECT raw, routing_key FROM parked WHERE message_id = $1")
        .bind(&case.message.id)
        .fetch_one(&gateway.pool)
        .await
        .unwrap();
    assert_eq!(row.get::<Vec<u8>, _>("raw"), case.message.body, "{}", case.name);
    assert_eq!(row.get::<String, _>("routing_key"), case.message.routing_key);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_broker_refuses_a_forged_user_and_a_foreign_routing_key() {
    let gateway = Gateway::lay("forged", Options::default()).await;
    let mut commune = Commune::connect(&gateway, SOUANI).await;
    let data = file(SOUANI, "F-1", "repair", &[], commune.clock.now());
    let mut forged = commune.message("file.submitted", "F-1", &data);
    forged.user_id = Some(format!("commune-{OTHER}"));
    assert_eq!(refusal(commune.try_publish(&forged).await), Some(406));

    commune.reopen().await;
    let mut foreign = commune.message("file.submitted", "F-1", &data);
    foreign.routing_key = format!("commune.{OTHER}.file.submitted");
    assert_eq!(refusal(commune.try_publish(&foreign).await), Some(403));

    commune.reopen().await;
    commune.try_publish(&commune.message("file.submitted", "F-1", &data)).await.unwrap();
}

/// The reply code with which the broker closed the channel (AMQP 0-9-1, 1.1).
fn refusal(result: Result<(), lapin::Error>) -> Option<u16> {
    match result.unwrap_err().kind() {
        lapin::ErrorKind::ProtocolError(error) => Some(error.get_id()),
        _ => None,
    }
}
