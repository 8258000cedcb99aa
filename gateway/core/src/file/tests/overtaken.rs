//! What an agency calls with may be read before the outcome of the request that it answers.

use wasl_schemas::agency::{Outcome, OutcomeMessage, RequestKind, Via};
use wasl_schemas::consultation::ConsultationStatus;
use wasl_schemas::id::{AgencyKind, ConsultationId};
use wasl_schemas::opinion::{Opinion, OpinionKind};

use super::*;
use crate::file::state::{Consultation, Dispatch};

const ID: ConsultationId = ConsultationId(uuid::Uuid::from_u128(7));
const NUMBER: &str = "ONEE/2026/17";

fn onee() -> AgencyKind {
    AgencyKind::try_new("onee").unwrap()
}

/// A file whose request to ONEE is on its way.
fn asked() -> Desk {
    let mut desk = Desk::with(Permit::Repair);
    let consultation = Consultation {
        agency: onee(),
        agency_id: "srm-01".to_owned(),
        binding: true,
        due: "2026-11-10".parse().unwrap(),
        deposit_version: 1,
        status: ConsultationStatus::Planned,
        dispatch: Dispatch::first(RequestKind::Consult),
        agency_reference: None,
        sent_at: None,
        missing: vec![],
        asked_once: false,
        supplement: None,
        opinion: None,
        answered_at: None,
        overdue: false,
    };
    desk.state.as_mut().unwrap().consultations.insert(ID, consultation);
    desk
}

/// As it comes: the outcome of the request itself, of a poll, or what the agency says by itself.
fn hear(desk: &mut Desk, via: Via, outcome: Outcome) {
    let kind = if via == Via::Request { RequestKind::Consult } else { RequestKind::Query };
    hear_of(desk, via, (kind, u32::from(via == Via::Request)), outcome);
}

fn hear_of(desk: &mut Desk, via: Via, (request, attempt): (RequestKind, u32), outcome: Outcome) {
    let id = OutcomeMessage::id_of_attempt(ID, request, attempt, &outcome);
    let message = OutcomeMessage {
        id,
        agency: onee(),
        consultation: ID,
        request,
        attempt,
        via,
        outcome,
        exchanges: vec![],
    };
    desk.input(&Input::Outcome(Box::new(message))).unwrap();
}

fn in_study(number: Option<&str>) -> Outcome {
    Outcome::Acknowledged { agency_reference: number.map(str::to_owned) }
}

fn incomplete() -> Outcome {
    Outcome::Incomplete { missing: vec![], respond_by: None }
}

/// The commune brings what is missing.
fn brings(desk: &mut Desk) {
    let brought = json!({"consultation": ID, "supplemented_at": "2026-11-04T15:12:00Z", "documents": []});
    desk.says("2026-11-04T16:00:00Z", "file.supplemented", brought).unwrap();
}

fn delivered(number: Option<&str>) -> Outcome {
    Outcome::Delivered { agency_reference: number.map(str::to_owned) }
}

fn answered() -> Outcome {
    Outcome::Answered { opinion: Opinion::plain(OpinionKind::Favourable) }
}

/// What the commune was told about the consultation.
fn told(desk: &Desk) -> Vec<&str> {
    let about = |name: &&str| name.starts_with("consultation.");
    desk.told.iter().map(Notice::name).filter(about).collect()
}

#[test]
fn in_order_it_is_told_once_that_the_request_was_sent() {
    let mut desk = asked();
    hear(&mut desk, Via::Request, delivered(Some(NUMBER)));
    hear(&mut desk, Via::Request, delivered(Some(NUMBER)));
    assert_eq!(told(&desk), ["consultation.sent"]);
    assert_eq!(desk.state().consultations[&ID].agency_reference.as_deref(), Some(NUMBER));
}

#[test]
fn an_outcome_that_is_read_after_the_callback_brings_the_agencys_number_and_undoes_nothing() {
    for (said, status) in [
        (in_study(None), ConsultationStatus::Acknowledged),
        (answered(), ConsultationStatus::Answered),
        (incomplete(), ConsultationStatus::Incomplete),
    ] {
        for (via, of) in [
            (Via::Callback, (RequestKind::Query, 0)),
            (Via::Collect, (RequestKind::Query, 0)),
            (Via::Request, (RequestKind::Query, 1)),
        ] {
            let mut desk = asked();
            hear_of(&mut desk, via, of, said.clone());
            let names = ["consultation.sent".to_owned(), format!("consultation.{}", status.as_str())];
            assert_eq!(told(&desk), names, "{via:?}");
            let before = desk.state().consultations[&ID].clone();
            let said = desk.told.len();
            hear(&mut desk, Via::Request, delivered(None));
            assert_eq!(desk.state().consultations[&ID], before, "nothing was said");
            hear(&mut desk, Via::Request, delivered(Some(NUMBER)));
            let after = &desk.state().consultations[&ID];
            assert_eq!(*after, Consultation { agency_reference: Some(NUMBER.to_owned()), ..before });
            assert_eq!(desk.told.len(), said, "{:?}", desk.told);

            // What was said once is not said again, nor replaced.
            let events = desk.events.len();
            hear(&mut desk, Via::Request, delivered(Some("another")));
            assert_eq!(desk.events.len(), events);
        }
    }
}

#[test]
fn what_answers_the_request_itself_is_told_as_what_it_is() {
    let mut desk = asked();
    hear(&mut desk, Via::Request, answered());
    assert_eq!(told(&desk), ["consultation.answered"]);
    // The number comes with an answer that says nothing new.
    hear(&mut desk, Via::Request, in_study(Some(NUMBER)));
    assert_eq!(told(&desk), ["consultation.answered"]);
    assert_eq!(desk.state().consultations[&ID].agency_reference.as_deref(), Some(NUMBER));
}

#[test]
fn what_the_commune_brings_goes_to_the_agency_under_the_number_that_came_late() {
    let mut desk = asked();
    hear(&mut desk, Via::Callback, incomplete());
    hear(&mut desk, Via::Request, delivered(Some(NUMBER)));
    brings(&mut desk);
    let asked = desk.asked.last().unwrap();
    assert_eq!((asked.kind, asked.agency_reference.as_deref()), (RequestKind::Supplement, Some(NUMBER)));
}

/// Answers to questions of before, read after the agency asked for complements: they neither close the way for what the
/// commune brings, nor take the supplement for delivered.
#[test]
fn a_late_word_about_the_request_neither_ends_the_want_nor_settles_the_supplement() {
    let unclear = Outcome::Pending { unknown: Some("status 17".to_owned()) };
    for (of, said) in [
        ((RequestKind::Consult, 1), in_study(None)),
        ((RequestKind::Query, 1), in_study(None)),
        ((RequestKind::Consult, 1), unclear),
    ] {
        let mut desk = asked();
        hear(&mut desk, Via::Callback, incomplete());
        hear_of(&mut desk, Via::Request, of, said.clone());
        assert_eq!(desk.state().consultations[&ID].status, ConsultationStatus::Incomplete, "{said:?}");
        brings(&mut desk);
        hear_of(&mut desk, Via::Request, of, said.clone());
        let after = &desk.state().consultations[&ID];
        assert_eq!((after.status, after.dispatch.waiting), (ConsultationStatus::Completed, true), "{said:?}");

        let failed = Outcome::TryLater { reason: "503".to_owned(), retry_after_ms: None };
        hear_of(&mut desk, Via::Request, (RequestKind::Supplement, 1), failed);
        assert!(
            desk.waits.contains_key(&TimerKind::Retry(ID).to_string()),
            "it is sent again: {:?}",
            desk.waits
        );
        hear_of(&mut desk, Via::Request, (RequestKind::Supplement, 1), delivered(None));
        hear_of(&mut desk, Via::Request, (RequestKind::Query, 2), in_study(None));
        assert_eq!(desk.state().consultations[&ID].status, ConsultationStatus::Acknowledged);
    }
}

#[test]
fn an_agency_that_takes_back_its_want_by_itself_is_believed() {
    let mut desk = asked();
    hear(&mut desk, Via::Callback, incomplete());
    hear(&mut desk, Via::Callback, in_study(None));
    assert_eq!(desk.state().consultations[&ID].status, ConsultationStatus::Acknowledged);
}
