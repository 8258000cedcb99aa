//! A judge that finds nothing proves nothing, unless it finds what is planted: each fault by its name.

use serde_json::json;

use super::finding::Fault;
use super::judge::{Judgment, judge};
use super::sample::{COMMUNE, GRANTED, SILENT, Sample};
use crate::communes::journal::Intent;

fn judged(plant: impl FnOnce(&mut Sample)) -> Judgment {
    let mut run = Sample::right();
    plant(&mut run);
    judge(&run.0)
}

/// The planted fault is found under its name, at its file.
fn finds(fault: Fault, reference: &str, plant: impl FnOnce(&mut Sample)) {
    let judgment = judged(plant);
    let file = format!("{COMMUNE}/{reference}");
    let found = judgment.findings.all.iter().any(|one| one.fault == fault && one.file == file);
    assert!(found, "{fault:?} at {file} is not among {:?}", judgment.findings.all);
}

#[test]
fn a_run_that_is_right_is_found_right() {
    let judgment = judged(|_| {});
    assert_eq!(judgment.findings.all, []);
    assert_eq!(judgment.files, 2);
    assert_eq!((judgment.outcomes["delivered"], judgment.outcomes["right-acquired"]), (1, 1));
    assert_eq!(judgment.consultations["urban-agency"]["favourable"], 2);
    assert_eq!(judgment.payments["paid"], 1);
}

#[test]
fn a_lost_file() {
    finds(Fault::Lost, SILENT, |run| run.0.received.retain(|one| one.reference() != SILENT));
}

#[test]
fn a_file_that_is_registered_twice() {
    finds(Fault::Duplicated, GRANTED, |run| {
        let again = run.heard("file.registered", GRANTED).data().clone();
        run.hears("2026-11-02T09:45:00Z", "file.registered", GRANTED, again);
    });
}

#[test]
fn the_same_message_delivered_twice_is_no_fault() {
    let judgment = judged(|run| {
        let mut again = run.heard("file.registered", GRANTED).clone();
        again.repeated = true;
        run.0.received.push(again);
    });
    assert_eq!((judgment.findings.all.len(), judgment.repeats), (0, 1));
}

#[test]
fn an_opinion_that_nobody_gave() {
    finds(Fault::InventedOpinion, GRANTED, |run| {
        run.0.ledger.retain(|entry| entry.action != "consultation-answered");
    });
    finds(Fault::InventedOpinion, GRANTED, |run| {
        run.heard("consultation.answered", GRANTED).envelope["data"]["opinion"]["kind"] =
            json!("unfavourable");
    });
}

#[test]
fn an_opinion_that_did_not_arrive() {
    finds(Fault::Lost, SILENT, |run| run.forgets("consultation.answered", SILENT));
}

#[test]
fn a_wrong_legal_date() {
    finds(Fault::WrongDate, GRANTED, |run| {
        run.heard("file.registered", GRANTED).envelope["data"]["deadlines"]["due"] = json!("2026-11-18");
    });
    finds(Fault::WrongDate, GRANTED, |run| {
        run.heard("file.registered", GRANTED).envelope["data"]["plan"][0]["due"] = json!("2026-11-13");
    });
    finds(Fault::WrongDate, SILENT, |run| {
        run.heard("right.acquired", SILENT).envelope["data"]["acquired_at"] = json!("2026-11-25T00:00:00Z");
    });
}

#[test]
fn a_right_that_comes_early_late_twice_or_never() {
    finds(Fault::Early, SILENT, |run| {
        run.heard("right.acquired", SILENT).legal = "2026-11-25T23:00:00Z".parse().unwrap();
    });
    finds(Fault::Late, SILENT, |run| run.heard("right.acquired", SILENT).wall_ms += 8_000);
    finds(Fault::Duplicated, SILENT, |run| {
        let again = run.heard("right.acquired", SILENT).data().clone();
        run.hears("2026-11-26T05:00:00Z", "right.acquired", SILENT, again);
    });
    finds(Fault::Lost, SILENT, |run| run.forgets("right.acquired", SILENT));
}

#[test]
fn a_right_although_the_commune_spoke_on_the_last_day() {
    finds(Fault::Unexpected, SILENT, |run| {
        let decision = json!({"number": "REF-2", "outcome": "refused", "decided_at": "2026-11-25T15:00:00Z"});
        run.says("2026-11-25T15:00:00Z", "decision.taken", SILENT, decision, Intent::Genuine);
    });
}

#[test]
fn a_limit_that_passes_early_or_in_silence() {
    finds(Fault::Early, SILENT, |run| {
        run.heard("deadline.passed", SILENT).legal = "2026-11-17T20:00:00Z".parse().unwrap();
    });
    finds(Fault::Lost, SILENT, |run| run.forgets("deadline.passed", SILENT));
}

#[test]
fn money_that_the_bank_does_not_know_or_the_commune_is_not_told_of() {
    finds(Fault::WrongPayment, GRANTED, |run| {
        run.0.ledger.retain(|entry| entry.action != "payment-captured");
    });
    finds(Fault::WrongPayment, GRANTED, |run| {
        run.heard("payment.confirmed", GRANTED).envelope["data"]["receipt"]["amount_centimes"] =
            json!(25_000);
    });
    finds(Fault::Lost, GRANTED, |run| run.forgets("payment.confirmed", GRANTED));
    finds(Fault::Duplicated, GRANTED, |run| {
        let again = run.heard("payment.confirmed", GRANTED).data().clone();
        run.hears("2026-11-11T13:00:00Z", "payment.confirmed", GRANTED, again);
    });
}

#[test]
fn a_permit_that_is_delivered_unpaid_or_not_at_all() {
    finds(Fault::Early, GRANTED, |run| run.forgets("payment.confirmed", GRANTED));
    finds(Fault::Lost, GRANTED, |run| run.forgets("permit.delivered", GRANTED));
    finds(Fault::Unexpected, SILENT, |run| {
        run.hears(
            "2026-11-27T09:00:00Z",
            "permit.delivered",
            SILENT,
            json!({"number": "X", "by_silence": true}),
        );
    });
}

#[test]
fn a_reviewer_too_many_or_too_few() {
    finds(Fault::WrongReviewers, GRANTED, |run| {
        run.heard("file.registered", GRANTED).envelope["data"]["plan"] = json!([]);
    });
}

#[test]
fn a_refusal_for_another_reason_or_of_what_is_right() {
    let wrong = |run: &mut Sample, code: &str| {
        let codes = vec!["schema.required".to_owned()];
        run.says("2026-11-02T11:00:00Z", "file.submitted", "X-1", json!({}), Intent::Wrong { codes });
        let id = run.0.sent.last().and_then(|sent| sent.id.clone());
        let refused = json!({"refused_id": id, "faults": [{"code": code}]});
        run.hears("2026-11-02T11:10:00Z", "file.refused", "X-1", refused);
    };
    let judgment = judged(|run| wrong(run, "schema.required"));
    assert_eq!((judgment.findings.all.len(), judgment.refused.rightly), (0, 1));
    let judgment = judged(|run| wrong(run, "schema.type"));
    assert_eq!((judgment.findings.count(Fault::WrongRefusal), judgment.refused.rightly), (1, 0));
    finds(Fault::WrongRefusal, GRANTED, |run| {
        let id = run.0.sent[0].id.clone();
        let refused = json!({"refused_id": id, "faults": [{"code": "schema.type"}]});
        run.hears("2026-11-02T09:10:00Z", "file.refused", GRANTED, refused);
    });
}

#[test]
fn what_breaks_an_agencys_contract() {
    let judgment = judged(|run| {
        run.notes("2026-11-03T09:00:00Z", "onee", "violation", "x", json!({"reasons": ["nonce"]}));
    });
    assert_eq!(judgment.findings.count(Fault::Violation), 1);
}
