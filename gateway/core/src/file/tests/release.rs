//! A request of which nobody knows whether it has arrived: operators settle it, once, and each way is told apart.

use wasl_schemas::agency::{Outcome, OutcomeMessage, RequestKind, Via};
use wasl_schemas::line::OPERATOR_NEEDED;
use wasl_schemas::problem::Code;

use super::*;
use crate::file::event::bank;
use crate::file::state::FeeStatus;
use crate::file::waiting::{WaitStep, waits};
use crate::file::{Release, Released};

/// An order that the bank may or may not have.
fn in_doubt() -> Desk {
    let sample: Value =
        serde_json::from_str(include_str!("../../../../../schemas/samples/valid/fee.assessed.json")).unwrap();
    let mut desk = Desk::with(Permit::Repair);
    desk.says("2026-11-04T10:00:00Z", "fee.assessed", sample["data"].clone()).unwrap();
    let message = OutcomeMessage {
        id: OutcomeMessage::id_of_event(&bank(), "doubt"),
        agency: bank(),
        consultation: desk.state().fees.values().next().unwrap().order,
        request: RequestKind::Pay,
        attempt: 1,
        via: Via::Request,
        outcome: Outcome::InDoubt { reason: OPERATOR_NEEDED.to_owned() },
        exchanges: vec![],
    };
    desk.input(&Input::Outcome(Box::new(message))).unwrap();
    desk
}

fn release(desk: &mut Desk, release: Release, agency_reference: Option<&str>) -> Result<(), Refusal> {
    let consultation = desk.state().fees.values().next().unwrap().order;
    desk.input(&Input::Release(Box::new(Released {
        consultation,
        release,
        agency_reference: agency_reference.map(str::to_owned),
        asked_by: "amina".to_owned(),
        approved_by: "brahim".to_owned(),
        reason: "the bank was telephoned".to_owned(),
    })))
}

#[test]
fn what_nobody_knows_is_told_as_an_operators_turn() {
    let desk = in_doubt();
    let found = waits(desk.state());
    assert_eq!(found[0].step, WaitStep::Operator);
    assert_eq!((found[0].attempt, found[0].agency.as_ref()), (Some(1), Some(&bank())));
    assert!(found[0].fault.as_deref().unwrap().starts_with("operator-needed:"));
}

#[test]
fn what_is_to_be_sent_again_is_sent_once_and_marked() {
    let mut desk = in_doubt();
    let before = desk.asked.len();
    release(&mut desk, Release::SendAgain, None).unwrap();
    assert_eq!(desk.asked.len(), before + 1);
    let request = desk.asked.last().unwrap();
    assert_eq!((request.released, request.attempt, request.kind), (true, 2, RequestKind::Pay));
    assert_ne!(waits(desk.state())[0].step, WaitStep::Operator);
    // A second release finds nothing to settle: nothing is sent twice.
    let refused = release(&mut desk, Release::SendAgain, None).unwrap_err();
    assert_eq!(refused.0[0].code, Code::OperatorNotPossible.as_str());
    assert_eq!(desk.asked.len(), before + 1);
}

#[test]
fn what_is_not_done_and_not_sent_any_more_is_closed() {
    let mut desk = in_doubt();
    let before = desk.asked.len();
    release(&mut desk, Release::NotDone, None).unwrap();
    assert_eq!(desk.asked.len(), before);
    let fee = desk.state().fees.values().next().unwrap();
    assert_eq!((fee.status, fee.dispatch.waiting), (FeeStatus::Failed, false));
}

#[test]
fn what_has_arrived_is_not_sent_again_and_who_settled_it_stays_written() {
    let mut desk = in_doubt();
    let before = desk.asked.len();
    // An order is with the bank only under the bank's own number.
    assert!(release(&mut desk, Release::Done, None).is_err());
    release(&mut desk, Release::Done, Some("B-77")).unwrap();
    assert_eq!(desk.asked.len(), before);
    let fee = desk.state().fees.values().next().unwrap();
    assert_eq!((fee.status, fee.bank_reference.as_deref()), (FeeStatus::Ordered, Some("B-77")));
    let settled = desk.events.iter().find_map(|event| match event {
        Event::OperatorReleased { asked_by, approved_by, reason, .. } => {
            Some((asked_by.as_str(), approved_by.as_str(), reason.as_str()))
        }
        _ => None,
    });
    assert_eq!(settled, Some(("amina", "brahim", "the bank was telephoned")));
}

#[test]
fn a_request_that_waits_for_nobody_is_left_alone() {
    let sample: Value =
        serde_json::from_str(include_str!("../../../../../schemas/samples/valid/fee.assessed.json")).unwrap();
    let mut desk = Desk::with(Permit::Repair);
    desk.says("2026-11-04T10:00:00Z", "fee.assessed", sample["data"].clone()).unwrap();
    let before = desk.events.len();
    assert!(release(&mut desk, Release::SendAgain, None).is_err());
    assert_eq!(desk.events.len(), before);
}
