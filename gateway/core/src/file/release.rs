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
        let done = released.release == Release::Done;
        let follows = if done {
            let follows = match (review, fee) {
                (Some(c), _) => self.arrived(released, dispatch, c.status),
                (None, Some(f)) => self.ordered(released, f.status),
                (None, None) => None,
            };
            Some(follows.ok_or_else(refusal)?)
        } else {
            None
        };
        self.emit(Event::OperatorReleased {
            consultation: id,
            request: dispatch.kind,
            attempt: if done { dispatch.attempt } else { dispatch.attempt + 1 },
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
    fn arrived(&self, released: &Released, dispatch: &Dispatch, status: ConsultationStatus) -> Option<Event> {
        let (consultation, at) = (released.consultation, self.now());
        let agency_reference = released.agency_reference.clone();
        match dispatch.kind {
            RequestKind::Consult if status == ConsultationStatus::Planned => {
                Some(Event::ConsultationSent { consultation, agency_reference, at })
            }
            RequestKind::Supplement => Some(Event::SupplementDelivered { consultation, at }),
            RequestKind::Cancel => Some(Event::CancellationDelivered { consultation, at }),
            _ => None,
        }
    }

    /// An order is with the bank only under the bank's own number.
    fn ordered(&self, released: &Released, status: FeeStatus) -> Option<Event> {
        let bank_reference = released.agency_reference.clone()?;
        (status == FeeStatus::Assessed).then(|| Event::PaymentOrdered {
            order: released.consultation,
            bank_reference,
            pay_url: None,
            at: self.now(),
        })
    }
}
