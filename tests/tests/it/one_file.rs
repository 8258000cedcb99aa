//! One permit file from the commune's queue through the agencies and back.

use serde_json::{Value, json};

use crate::support::gateway::{SOUANI, text};
use crate::support::messages::file;
use crate::support::{Commune, Gateway, Options};

/// Conditions under which a small building is shown to all four reviewing agencies.
const ALL: [&str; 3] = ["near-watercourse", "new-connection", "no-title"];
const REVIEWERS: [&str; 4] = ["land-registry", "onee", "urban-agency", "water-basin"];

#[tokio::test(flavor = "multi_thread")]
async fn a_building_file_travels_from_the_commune_through_five_agencies_to_the_permit() {
    let gateway = Gateway::start("one-file", Options::default()).await;
    let mut commune = Commune::connect(&gateway, SOUANI).await;
    let reference = "PCT-2026-000001";
    commune.submit(reference, "building", &ALL).await;

    let registered = commune.expect(reference, "file.registered").await;
    assert!(text(&registered, "/data/registration").starts_with("W26-"), "{registered}");
    assert_eq!(planned(&registered), REVIEWERS);
    // Joint order 1839.23: 15 days from the receipt of Monday 2 November. Calendar days end on Tuesday 17; of
    // working days, with the holidays of 6 and 18 November, the fifteenth is Wednesday 25.
    assert_eq!(registered["data"]["deadlines"]["filed"], "2026-11-02");
    assert_eq!(registered["data"]["deadlines"]["due"], "2026-11-17");
    assert_eq!(registered["data"]["deadlines"]["due_if_working_days"], "2026-11-25");
    assert_eq!(registered["data"]["deadlines"]["right_acquired_at"], "2026-11-26T00:00:00Z");

    for agency in REVIEWERS {
        let of = |event: &Value, name: &str| {
            event["subject"] == reference && event["data"]["agency"] == agency && kind(event) == name
        };
        let answered = format!("the opinion of {agency}");
        let opinion = commune.expect_that(&answered, |event| of(event, "consultation.answered")).await;
        assert_eq!(opinion["data"]["late"], false);
        // The land registry answers at once: its opinion is the first that is heard of it.
        let sent = commune.heard.iter().any(|event| of(event, "consultation.sent"));
        assert_eq!(sent, agency != "land-registry", "{agency}");
        let asked = gateway.ledger(&format!("agency={agency}&action=consultation-accepted")).await;
        assert_eq!(asked.len(), 1, "{agency}: {asked:?}");
        let said = gateway.ledger(&format!("agency={agency}&action=consultation-answered")).await;
        assert_eq!(said[0]["reference"], opinion["data"]["consultation"]);
    }
    let reviewed = commune.expect(reference, "file.reviewed").await;
    assert_eq!(reviewed["data"]["grant_blocked"], false, "{reviewed}");

    commune.assess(reference).await;
    let ordered = commune.expect(reference, "payment.ordered").await;
    assert!(text(&ordered, "/data/pay_url").starts_with("http"), "{ordered}");
    let paid = commune.expect(reference, "payment.confirmed").await;
    assert_eq!(paid["data"]["receipt"]["amount_centimes"], 368_000);
    assert_eq!(paid["data"]["order"], ordered["data"]["order"]);
    let captured = gateway.ledger("agency=barid-bank&action=payment-captured").await;
    assert_eq!(captured.len(), 1, "{captured:?}");
    assert_eq!(captured[0]["reference"], paid["data"]["order"]);

    commune.decide(reference, "granted").await;
    commune.expect(reference, "decision.recorded").await;
    let delivered = commune.expect(reference, "permit.delivered").await;
    assert_eq!(delivered["data"]["number"], format!("D-{reference}"));
    assert_eq!(delivered["data"]["by_silence"], false);
    numbered_in_order(&commune, reference);
    assert_eq!(gateway.ledger("action=violation").await, Vec::<Value>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_in_binary_mode_is_registered_like_one_in_structured_mode() {
    let gateway = Gateway::start("binary-mode", Options::default()).await;
    let mut commune = Commune::connect(&gateway, SOUANI).await;
    let data = file(SOUANI, "RF-2026-1", "repair", &[], commune.clock.now());
    let message = commune.message("file.submitted", "RF-2026-1", &data).binary();
    assert_eq!(serde_json::from_slice::<Value>(&message.body).unwrap()["reference"], "RF-2026-1");
    commune.publish(&message).await;
    let registered = commune.expect("RF-2026-1", "file.registered").await;
    assert_eq!(registered["data"]["deadlines"]["rule"], "repair-2023");
    // Decree 2-18-475: ten working days; Friday 6 November is a holiday.
    assert_eq!(registered["data"]["deadlines"]["due"], "2026-11-17");
    assert_eq!(registered["causationid"], json!(message.id));
    // Nobody has to be asked: the commune may decide at once.
    commune.expect("RF-2026-1", "file.reviewed").await;
}

fn planned(registered: &Value) -> Vec<&str> {
    let plan = registered["data"]["plan"].as_array().unwrap();
    let mut agencies: Vec<&str> = plan.iter().map(|entry| text(entry, "/agency")).collect();
    agencies.retain(|agency| REVIEWERS.contains(agency));
    agencies.sort_unstable();
    agencies
}

fn kind(event: &Value) -> &str {
    let name = text(event, "/type");
    name.trim_start_matches("ma.wasl.").trim_end_matches(".v1")
}

/// Messages of one file bear growing numbers and come in their order.
fn numbered_in_order(commune: &Commune, reference: &str) {
    let about = commune.heard.iter().filter(|event| event["subject"] == reference);
    let numbers: Vec<&str> = about.map(|event| text(event, "/sequence")).collect();
    assert!(numbers.len() > 10 && numbers.is_sorted(), "{numbers:?}");
}
