//! What two operators settle: a request to an agency that neither refuses a duplicate nor can be asked, and of which
//! nobody knows whether it has arrived.

use wasl_schemas::agency::RequestKind;
use wasl_schemas::consultation::ConsultationStatus;
use wasl_schemas::line::OPERATOR_NEEDED;
use wasl_schemas::problem::{Code, Fault};

use super::decide::Decider;
use super::input::{Release, Released};
use super::state::{Dispatch, FeeStatus};
use super::{Event, Refusal};

impl Dispatch {
    /// It waits for an operator: nobody knows whether the last attempt has arrived.
    #[must_use]
    pub fn needs_operator(&self) -> bool {
        let word = OPERATOR_NEEDED.split(':').next().unwrap_or(OPERATOR_NEEDED);
        self.waiting && self.last_fault.as_deref().is_some_and(|fault| fault.starts_with(word))
    }
}

impl Decider<'_> {
    /// Refused unless the request waits for an operator at this moment: what has settled itself is left alone.
    pub(super) fn release(&mut self, released: &Released) -> Result<(), Refusal> {
        let id = released.consultation;
        let refusal = || Refusal::one(Fault::new(Code::OperatorNotPossible, "/consultation"));
        let Some(state) = self.before else { return Err(refusal()) };
        let review = state.consultations.get(&id);
        let fee = state.fee_of(id);
        let dispatch = review.map(|c| &c.dispatch).or_else(|| fee.map(|f| &f.dispatch));
        let Some(dispatch) = dispatch.filter(|dispatch| dispatch.needs_operator()) else {
            return Err(refusal());
        };
        let again = released.release == Release::SendAgain;
        let follows = if again {
            None
        } else {
            let follows = match (review, fee) {
                (Some(c), _) => self.review_settled(released, dispatch, c.status),
                (None, Some(f)) => self.order_settled(released, dispatch, f.status),
                (None, None) => None,
            };
            Some(follows.ok_or_else(refusal)?)
        };
        self.emit(Event::OperatorReleased {
            consultation: id,
            request: dispatch.kind,
            attempt: if again { dispatch.attempt + 1 } else { dispatch.attempt },
            release: released.release,
            asked_by: released.asked_by.clone(),
            approved_by: released.approved_by.clone(),
            reason: released.reason.clone(),
            at: self.now(),
        });
        if let Some(event) = follows {
            self.emit(event);
        }
        Ok(())
    }

    /// What an agency's own word would have told.
    fn review_settled(
        &self,
        released: &Released,
        dispatch: &Dispatch,
        status: ConsultationStatus,
    ) -> Option<Event> {
        let (consultation, at) = (released.consultation, self.now());
        let agency_reference = released.agency_reference.clone();
        let done = released.release == Release::Done;
        match dispatch.kind {
            // Nothing more is to be said either way.
            RequestKind::Cancel => Some(Event::CancellationDelivered { consultation, at }),
            RequestKind::Consult if done && status == ConsultationStatus::Planned => {
                Some(Event::ConsultationSent { consultation, agency_reference, at })
            }
            RequestKind::Supplement if done => Some(Event::SupplementDelivered { consultation, at }),
            RequestKind::Consult | RequestKind::Supplement if !done && !status.is_closed() => {
                let code = Code::OperatorGivenUp.as_str().to_owned();
                let reason = released.reason.clone();
                Some(Event::ConsultationUndeliverable { consultation, code, reason, at })
            }
            _ => None,
        }
    }

    /// An order is with the bank only under the bank's own number; one that is not can be closed.
    fn order_settled(&self, released: &Released, dispatch: &Dispatch, status: FeeStatus) -> Option<Event> {
        let (order, at) = (released.consultation, self.now());
        if dispatch.kind != RequestKind::Pay || status != FeeStatus::Assessed {
            return None;
        }
        if released.release == Release::NotDone {
            let code = Code::OperatorGivenUp.as_str().to_owned();
            return Some(Event::PaymentFailed { order, code, closed: true, at });
        }
        let bank_reference = released.agency_reference.clone()?;
        Some(Event::PaymentOrdered { order, bank_reference, pay_url: None, at })
    }
}
