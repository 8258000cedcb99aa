//! Between what agencies answer and what they say by themselves there is no order: each may be read before the other.

use wasl_schemas::agency::{Outcome, OutcomeMessage, RequestKind, Via};
use wasl_schemas::consultation::ConsultationStatus;

use super::Event;
use super::decide::Decider;
use super::state::{Consultation, Dispatch};

/// The outcome of an attempt that was followed by another one says nothing any more, unless it is final.
pub(super) fn is_overtaken(dispatch: &Dispatch, message: &OutcomeMessage) -> bool {
    let passing = matches!(
        message.outcome,
        Outcome::TryLater { .. }
            | Outcome::InDoubt { .. }
            | Outcome::NotKnown
            | Outcome::Pending { unknown: None }
    );
    let about_present = message.request == dispatch.kind && message.attempt == dispatch.attempt;
    let poll = message.request == RequestKind::Query;
    match &message.outcome {
        Outcome::NotKnown if poll => dispatch.waiting,
        _ => passing && message.via == Via::Request && !poll && (!about_present || !dispatch.waiting),
    }
}

/// That the agency studies it takes the place of what stands there, unless it answers a question of ours and may be older
/// than what the agency has said by itself: that something is missing stands until the agency says otherwise by itself,
/// and a supplement on its way until its own outcome.
pub(super) fn is_news(consultation: &Consultation, message: &OutcomeMessage) -> bool {
    let by_itself = message.via != Via::Request;
    match consultation.status {
        ConsultationStatus::Planned | ConsultationStatus::Sent => true,
        ConsultationStatus::Incomplete => by_itself,
        ConsultationStatus::Completed => match message.request {
            RequestKind::Supplement => true,
            RequestKind::Query => by_itself || !consultation.dispatch.waiting,
            _ => by_itself,
        },
        _ => false,
    }
}

impl Decider<'_> {
    /// An agency that says something about a request by itself, or when it is polled, has it: where the request's own
    /// outcome is not read yet, it is told first that it was sent. An agency that answers the request itself with more
    /// than that it has it is told of by what it answers.
    pub(super) fn has_it(&mut self, consultation: &Consultation, message: &OutcomeMessage) {
        let asked = message.via == Via::Request && message.request != RequestKind::Query;
        if asked || consultation.status != ConsultationStatus::Planned {
            return;
        }
        let agency_reference = match &message.outcome {
            Outcome::Acknowledged { agency_reference } => agency_reference.clone(),
            Outcome::Incomplete { .. } | Outcome::Answered { .. } => None,
            _ => return,
        };
        let (consultation, at) = (message.consultation, self.now());
        self.emit(Event::ConsultationSent { consultation, agency_reference, at });
    }

    /// The agency's own number is kept whenever it comes, be it with something that says nothing new.
    pub(super) fn number(&mut self, message: &OutcomeMessage) {
        let number = match &message.outcome {
            Outcome::Delivered { agency_reference } | Outcome::Acknowledged { agency_reference } => {
                agency_reference.clone()
            }
            Outcome::Ordered { bank_reference, .. } => Some(bank_reference.clone()),
            _ => None,
        };
        let id = message.consultation;
        let known = self.state.as_ref().and_then(|state| match state.consultations.get(&id) {
            Some(consultation) => consultation.agency_reference.as_ref(),
            None => state.fee_of(id)?.bank_reference.as_ref(),
        });
        if let (None, Some(agency_reference)) = (known, number) {
            self.emit(Event::ReferenceKnown { consultation: id, agency_reference, at: self.now() });
        }
    }
}
