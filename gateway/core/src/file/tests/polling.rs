//! How often an agency that is polled is asked: less and less, and once more on its last day.

use wasl_schemas::agency::{Outcome, OutcomeMessage, RequestKind, Via};
use wasl_schemas::consultation::ConsultationStatus;
use wasl_schemas::id::{AgencyKind, ConsultationId};

use super::*;
use crate::file::event::bank;
use crate::file::state::{Consultation, Dispatch};

const FIRST_MS: u64 = 60_000;
const MAX_MS: u64 = 3_600_000;

/// Milliseconds until the next poll about one request.
fn next_poll_ms(desk: &Desk, id: ConsultationId) -> Option<u64> {
    desk.waits.get(&TimerKind::Poll(id).to_string()).copied()
}

/// A file with an order that the bank has taken, and a bank that is polled.
fn ordered() -> (Desk, ConsultationId) {
    let sample: Value =
        serde_json::from_str(include_str!("../../../../../schemas/samples/valid/fee.assessed.json")).unwrap();
    let mut desk = Desk::with(Permit::Repair);
    desk.policy.poll_interval_ms = BTreeMap::from([(bank(), FIRST_MS)]);
    desk.says("2026-11-04T10:00:00Z", "fee.assessed", sample["data"].clone()).unwrap();
    let order = desk.state().fees.values().next().unwrap().order;
    hear(
        &mut desk,
        order,
        RequestKind::Pay,
        Outcome::Ordered { bank_reference: "B-1".into(), pay_url: None },
    );
    (desk, order)
}

fn hear(desk: &mut Desk, consultation: ConsultationId, request: RequestKind, outcome: Outcome) {
    let message = OutcomeMessage {
        id: OutcomeMessage::id_of_attempt(consultation, request, 1, &outcome),
        agency: bank(),
        consultation,
        request,
        attempt: 1,
        via: Via::Request,
        outcome,
        exchanges: vec![],
    };
    desk.input(&Input::Outcome(Box::new(message))).unwrap();
}

#[test]
fn each_poll_comes_after_twice_the_time_of_the_one_before_up_to_the_longest() {
    let (mut desk, order) = ordered();
    let mut waited = vec![next_poll_ms(&desk, order).unwrap()];
    for _ in 0..40 {
        desk.input(&Input::Timer(TimerKind::Poll(order))).unwrap();
        waited.push(next_poll_ms(&desk, order).unwrap());
    }
    assert_eq!(waited[..7], [1, 2, 4, 8, 16, 32, 60].map(|minutes| minutes * 60_000));
    assert!(waited[7..].iter().all(|ms| *ms == MAX_MS), "{waited:?}");
    let polls = desk.asked.iter().filter(|request| request.kind == RequestKind::Query).count();
    assert_eq!(polls, 40);
}

/// A first poll that is later than the longest time is a choice of the operator, and stands.
#[test]
fn the_first_poll_is_never_moved_forward() {
    let (mut desk, order) = ordered();
    desk.policy.poll_interval_max_ms = FIRST_MS / 2;
    desk.input(&Input::Timer(TimerKind::Poll(order))).unwrap();
    assert_eq!(next_poll_ms(&desk, order), Some(FIRST_MS));
}

fn waiting_for(agency: &str) -> (Desk, ConsultationId) {
    let (mut desk, id) = (Desk::with(Permit::Repair), ConsultationId(uuid::Uuid::from_u128(7)));
    desk.policy.poll_interval_ms = BTreeMap::from([(AgencyKind::try_new("onee").unwrap(), FIRST_MS)]);
    let dispatch =
        Dispatch { waiting: false, in_flight: false, polls: 30, ..Dispatch::first(RequestKind::Consult) };
    let consultation = Consultation {
        agency: AgencyKind::try_new(agency).unwrap(),
        agency_id: "srm-01".to_owned(),
        binding: true,
        due: "2026-11-10".parse().unwrap(),
        deposit_version: 1,
        status: ConsultationStatus::Acknowledged,
        dispatch,
        agency_reference: None,
        sent_at: Some(at(FILED)),
        missing: vec![],
        asked_once: false,
        supplement: None,
        opinion: None,
        answered_at: None,
        overdue: false,
    };
    desk.state.as_mut().unwrap().consultations.insert(id, consultation);
    desk.now = at("2026-11-11T00:00:01Z");
    (desk, id)
}

#[test]
fn on_its_last_day_an_agency_that_is_polled_is_asked_at_once() {
    let (mut desk, id) = waiting_for("onee");
    desk.input(&Input::Timer(TimerKind::ReviewerDue(id))).unwrap();
    assert!(desk.state().consultations[&id].overdue);
    assert_eq!(next_poll_ms(&desk, id), Some(0));
    desk.input(&Input::Timer(TimerKind::Poll(id))).unwrap();
    assert_eq!(desk.asked.last().unwrap().kind, RequestKind::Query);
    assert_eq!(next_poll_ms(&desk, id), Some(MAX_MS));
}

#[test]
fn one_that_is_not_polled_is_not_asked() {
    let (mut desk, id) = waiting_for("urban-agency");
    desk.input(&Input::Timer(TimerKind::ReviewerDue(id))).unwrap();
    assert!(desk.state().consultations[&id].overdue);
    assert_eq!(next_poll_ms(&desk, id), None);
}
