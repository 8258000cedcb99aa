//! Silence is approval (law 55-19): the right is acquired at its legal instant for a listed act, never for
//! another one; the applicant invokes it, the prefecture attests it, the permit follows once the fee is paid.

use jiff::Timestamp;
use serde_json::json;

use crate::support::gateway::{MONDAY, PREFECTURE, SOUANI, text};
use crate::support::messages::{Message, file, minutes_before};
use crate::support::{Commune, Gateway, Options};

/// Wall milliseconds of a legal day once the clock runs fast.
const FAST_DAY_MS: i64 = 400;
/// A timer that is due fires within this time of the wall clock, even on a loaded machine.
const LATE_MS_MAX: i64 = 15_000;

#[tokio::test(flavor = "multi_thread")]
async fn the_right_is_acquired_at_the_legal_instant_for_a_listed_act_and_never_for_another() {
    let options = Options { legal_day_ms: FAST_DAY_MS, slow_ms: 12_000, ..Options::default() };
    let gateway = Gateway::start("silence", options).await;
    let mut commune = Commune::connect(&gateway, SOUANI).await;
    let mut prefecture = Commune::partner(&gateway, PREFECTURE, "province").await;
    let on_monday = |reference: &str, permit: &str| {
        let mut data = file(SOUANI, reference, permit, &[], commune.clock.now());
        data["receipt"]["issued_at"] = json!(MONDAY);
        data
    };
    let (silent, declared) = (on_monday("RF-1", "repair"), on_monday("SD-1", "activity-declaration"));
    commune.say("file.submitted", "RF-1", &silent).await;
    commune.say("file.submitted", "SD-1", &declared).await;
    // Decided in time: its clock begins now, not on Monday.
    commune.submit("RF-2", "repair", &[]).await;
    commune.decide("RF-2", "granted").await;
    commune.expect("RF-2", "decision.recorded").await;

    // Ten working days from Monday 2 November without Friday 6 (Green March), over two weekends, end on Tuesday
    // 17; the right is acquired at the next midnight of Casablanca.
    let acquired = commune.expect("RF-1", "right.acquired").await;
    assert_eq!(acquired["data"]["acquired_at"], "2026-11-18T00:00:00Z");
    let instant = |pointer| text(&acquired, pointer).parse::<Timestamp>().unwrap();
    let late = instant("/data/recorded_at").duration_since(instant("/data/acquired_at"));
    let late_ms = late.as_millis() * i128::from(FAST_DAY_MS) / 86_400_000;
    assert!((0..i128::from(LATE_MS_MAX)).contains(&late_ms), "recorded {late:?} after the instant");

    invoke(&mut commune, "RF-1").await;
    attest(&mut prefecture, &gateway).await;
    commune.assess("RF-1").await;
    commune.expect("RF-1", "payment.confirmed").await;
    let delivered = commune.expect("RF-1", "permit.delivered").await;
    assert_eq!(
        (&delivered["data"]["by_silence"], &delivered["data"]["number"]),
        (&json!(true), &json!("ATT-1"))
    );

    // Sixty days from 2 November end on 1 January, a holiday before a weekend: Monday 4 January 2027.
    commune
        .expect_that("the end of the declaration's limit", |event| {
            event["subject"] == "SD-1"
                && event["type"] == "ma.wasl.deadline.passed.v1"
                && event["data"]["due"] == "2027-01-04"
        })
        .await;
    let refused = invoke(&mut commune, "SD-1").await;
    let answer =
        commune.expect_that("a refusal", |event| event["data"]["refused_id"] == json!(refused.id)).await;
    assert_eq!(answer["data"]["faults"][0]["code"], "silence.not-approval");
    for reference in ["SD-1", "RF-2"] {
        assert!(commune.told(reference, "right.acquired").is_empty(), "{reference}");
    }
    let acquired = "SELECT count(*) FROM file WHERE right_acquired_at IS NOT NULL";
    assert_eq!(gateway.count(acquired).await, 1);
}

async fn invoke(commune: &mut Commune, reference: &str) -> Message {
    let data = json!({"invoked_at": minutes_before(commune.clock.now(), 10)});
    commune.say("silence.invoked", reference, &data).await
}

/// The prefecture speaks with its own user, once the applicant's word has been recorded.
async fn attest(prefecture: &mut Commune, gateway: &Gateway) {
    let invoked = "SELECT count(*) FROM file WHERE reference = 'RF-1' AND invoked_at IS NOT NULL";
    crate::support::wait::until("invoked", async || (gateway.count(invoked).await == 1).then_some(())).await;
    let data = json!({
        "commune": SOUANI, "number": "ATT-1", "authority": "wali",
        "attested_at": minutes_before(prefecture.clock.now(), 10),
    });
    let mut message = prefecture.message("silence.attested", "RF-1", &data);
    message.routing_key = format!("province.{PREFECTURE}.silence.attested");
    message.user_id = Some(format!("province-{PREFECTURE}"));
    let message = message.with(|event| event["source"] = json!(format!("/provinces/{PREFECTURE}")));
    prefecture.publish(&message).await;
}
