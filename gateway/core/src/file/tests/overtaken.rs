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

fn hear(desk: &mut Desk, via: Via, outcome: Outcome) {
    let id = OutcomeMessage::id_of_attempt(ID, RequestKind::Consult, 1, &outcome);
    let (agency, request) = (onee(), RequestKind::Consult);
    let message =
        OutcomeMessage { id, agency, consultation: ID, request, attempt: 1, via, outcome, exchanges: vec![] };
    desk.input(&Input::Outcome(Box::new(message))).unwrap();
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
        (Outcome::Acknowledged { agency_reference: None }, ConsultationStatus::Acknowledged),
        (answered(), ConsultationStatus::Answered),
        (Outcome::Incomplete { missing: vec![], respond_by: None }, ConsultationStatus::Incomplete),
    ] {
        let mut desk = asked();
        hear(&mut desk, Via::Callback, said);
        assert_eq!(
            told(&desk),
            ["consultation.sent".to_owned(), format!("consultation.{}", status.as_str())]
        );
        let before = desk.state().consultations[&ID].clone();
        let told = desk.told.len();
        hear(&mut desk, Via::Request, delivered(None));
        assert_eq!(desk.state().consultations[&ID], before, "nothing was said");
        hear(&mut desk, Via::Request, delivered(Some(NUMBER)));
        let after = &desk.state().consultations[&ID];
        assert_eq!(after.status, status);
        assert_eq!(*after, Consultation { agency_reference: Some(NUMBER.to_owned()), ..before });
        assert_eq!(desk.told.len(), told, "{:?}", desk.told);

        // What was said once is not said again, nor replaced.
        let events = desk.events.len();
        hear(&mut desk, Via::Request, delivered(Some("another")));
        assert_eq!(desk.events.len(), events);
    }
}

#[test]
fn what_the_commune_brings_goes_to_the_agency_under_the_number_that_came_late() {
    let mut desk = asked();
    hear(&mut desk, Via::Callback, Outcome::Incomplete { missing: vec![], respond_by: None });
    hear(&mut desk, Via::Request, delivered(Some(NUMBER)));
    let brought = json!({"consultation": ID, "supplemented_at": "2026-11-04T15:12:00Z", "documents": []});
    desk.says("2026-11-04T16:00:00Z", "file.supplemented", brought).unwrap();
    let asked = desk.asked.last().unwrap();
    assert_eq!((asked.kind, asked.agency_reference.as_deref()), (RequestKind::Supplement, Some(NUMBER)));
}

/// Something that is not understood, read late about the first request, does not take the supplement's place.
#[test]
fn a_late_word_about_the_request_does_not_settle_the_supplement() {
    let mut desk = asked();
    hear(&mut desk, Via::Callback, Outcome::Incomplete { missing: vec![], respond_by: None });
    let brought = json!({"consultation": ID, "supplemented_at": "2026-11-04T15:12:00Z", "documents": []});
    desk.says("2026-11-04T16:00:00Z", "file.supplemented", brought).unwrap();
    hear(&mut desk, Via::Request, Outcome::Pending { unknown: Some("status 17".to_owned()) });
    let after = &desk.state().consultations[&ID];
    assert_eq!((after.status, after.dispatch.waiting), (ConsultationStatus::Completed, true));
}
