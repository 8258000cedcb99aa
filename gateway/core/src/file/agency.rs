//! What agencies say: outcomes of requests, callbacks, collected items.

use wasl_schemas::agency::{Outcome, OutcomeMessage, RequestKind, Via};
use wasl_schemas::command::{RecordedOpinion, Supplement};
use wasl_schemas::consultation::ConsultationStatus;
use wasl_schemas::id::ConsultationId;
use wasl_schemas::opinion::Opinion;
use wasl_schemas::problem::{Code, Fault};

use super::decide::{Decider, forbid_when};
use super::overtaken::{is_news, is_overtaken};
use super::state::Consultation;
use super::{Event, FileState, Refusal};

impl Decider<'_> {
    pub(super) fn outcome(&mut self, message: &OutcomeMessage) {
        let Some(state) = self.before else { return };
        if let Some(consultation) = state.consultations.get(&message.consultation) {
            self.review_outcome(consultation, message);
        } else if let Some(fee) = state.fee_of(message.consultation) {
            self.payment_outcome(fee, message);
        }
    }

    fn review_outcome(&mut self, consultation: &Consultation, message: &OutcomeMessage) {
        let id = message.consultation;
        let at = self.now();
        if is_overtaken(&consultation.dispatch, message) {
            return;
        }
        if message.request == RequestKind::Cancel {
            return self.cancellation_outcome(consultation, message);
        }
        self.has_it(consultation, message);
        match &message.outcome {
            Outcome::Delivered { agency_reference } => {
                self.delivered(id, consultation, message, agency_reference.as_ref());
            }
            Outcome::Acknowledged { agency_reference } => {
                if is_news(consultation, message) {
                    let agency_reference = agency_reference.clone();
                    self.emit(Event::ConsultationAcknowledged { consultation: id, agency_reference, at });
                }
            }
            Outcome::Incomplete { .. } | Outcome::Refused { .. } if consultation.status.is_closed() => {
                // Too late to change anything, but what an agency said is never dropped from the history.
                let unknown = format!("{} after the consultation was closed", message.outcome.key());
                self.emit(Event::AnswerPending { consultation: id, unknown, at });
            }
            Outcome::Incomplete { missing, respond_by } => {
                // One request for complements only (law 55-19); the agency's repeat is an echo.
                if !consultation.status.is_closed() && !consultation.asked_once {
                    // The agency's own date, or the five working days of the regulation (art. 38): no restart.
                    let (missing, respond_by) =
                        (missing.clone(), respond_by.or_else(|| self.complements_due()));
                    self.emit(Event::ConsultationIncomplete { consultation: id, missing, respond_by, at });
                }
            }
            Outcome::Answered { opinion } => self.answered(id, consultation, opinion),
            Outcome::Pending { unknown } => {
                let asked = message.via == Via::Request && message.request == RequestKind::Consult;
                if asked && consultation.status == ConsultationStatus::Planned {
                    self.emit(Event::ConsultationSent { consultation: id, agency_reference: None, at });
                }
                if let Some(unknown) = unknown {
                    self.emit(Event::AnswerPending { consultation: id, unknown: unknown.clone(), at });
                }
            }
            Outcome::NotKnown if message.request == RequestKind::Supplement => {
                self.attempt_failed(message, false, "the agency does not know the consultation yet", None);
            }
            Outcome::NotKnown => self.not_known(id, consultation),
            Outcome::Refused { code, reason } => {
                if !consultation.status.is_closed() {
                    let (code, reason) = (code.clone(), reason.clone());
                    self.emit(Event::ConsultationUndeliverable { consultation: id, code, reason, at });
                }
            }
            Outcome::TryLater { reason, retry_after_ms } => {
                self.attempt_failed(message, false, reason, *retry_after_ms);
            }
            Outcome::InDoubt { reason } => self.attempt_failed(message, true, reason, None),
            // What only the bank says, and the echo of a cancellation, change no consultation.
            Outcome::Cancelled
            | Outcome::Ordered { .. }
            | Outcome::Paid { .. }
            | Outcome::PaymentRefused { .. }
            | Outcome::PaymentFailed { .. }
            | Outcome::Refunded { .. } => {}
        }
        self.number(message);
    }

    fn cancellation_outcome(&mut self, consultation: &Consultation, message: &OutcomeMessage) {
        match &message.outcome {
            Outcome::TryLater { reason, retry_after_ms } => {
                self.attempt_failed(message, false, reason, *retry_after_ms);
            }
            Outcome::InDoubt { reason } => self.attempt_failed(message, true, reason, None),
            // Taken note of, unknown there, or refused: in each case nothing more is to be said.
            _ if consultation.dispatch.waiting => {
                self.emit(Event::CancellationDelivered {
                    consultation: message.consultation,
                    at: self.now(),
                });
            }
            _ => {}
        }
    }

    fn delivered(
        &mut self,
        id: ConsultationId,
        consultation: &Consultation,
        message: &OutcomeMessage,
        agency_reference: Option<&String>,
    ) {
        let at = self.now();
        match (message.request, consultation.status) {
            (RequestKind::Supplement, ConsultationStatus::Incomplete | ConsultationStatus::Completed)
                if consultation.dispatch.waiting =>
            {
                self.emit(Event::SupplementDelivered { consultation: id, at });
            }
            (_, ConsultationStatus::Planned) => {
                let agency_reference = agency_reference.cloned();
                self.emit(Event::ConsultationSent { consultation: id, agency_reference, at });
            }
            _ => {}
        }
    }

    /// An older answer never overwrites a newer one. A late one is recorded as late and told, even when the
    /// consultation was cancelled meanwhile; it then changes nothing else.
    fn answered(&mut self, id: ConsultationId, consultation: &Consultation, opinion: &Opinion) {
        // The same words with a later date are an echo: an agency that was asked twice answers twice.
        let echo = |known: &Opinion| Opinion { given_at: opinion.given_at, ..known.clone() } == *opinion;
        let newer = match &consultation.opinion {
            None => true,
            Some(known) if echo(known) => false,
            Some(known) => match (known.given_at, opinion.given_at) {
                (Some(before), Some(now)) => now > before,
                _ => false,
            },
        };
        if !newer {
            return;
        }
        let late = crate::time::local_date(self.now()) > consultation.due;
        self.emit(Event::ConsultationAnswered {
            consultation: id,
            opinion: opinion.clone(),
            late,
            at: self.now(),
        });
    }

    /// Asked by our reference, the agency knows nothing: then the request is sent again, and surely once.
    fn not_known(&mut self, id: ConsultationId, consultation: &Consultation) {
        if consultation.status.is_closed() {
            return;
        }
        let dispatch = &consultation.dispatch;
        self.emit(Event::Requested {
            consultation: id,
            request: dispatch.kind,
            attempt: dispatch.attempt + 1,
            at: self.now(),
        });
    }

    pub(super) fn attempt_failed(
        &mut self,
        message: &OutcomeMessage,
        in_doubt: bool,
        reason: &str,
        retry_after_ms: Option<u64>,
    ) {
        if message.request == RequestKind::Query {
            // A poll that failed: the next poll is already planned.
            return;
        }
        self.emit(Event::AttemptFailed {
            consultation: message.consultation,
            request: message.request,
            attempt: message.attempt,
            in_doubt,
            reason: reason.to_owned(),
            retry_after_ms,
            at: self.now(),
        });
    }

    pub(super) fn supplemented(&mut self, state: &FileState, supplement: &Supplement) -> Result<(), Refusal> {
        let id = supplement.consultation;
        let Some(consultation) = state.consultations.get(&id) else {
            return Err(Refusal::one(Fault::new(Code::ConsultationUnknown, "/data/consultation")));
        };
        if consultation.status != ConsultationStatus::Incomplete {
            return Err(Refusal::one(Fault::new(Code::ConsultationNotIncomplete, "/data/consultation")));
        }
        forbid_when(!state.awaits_decision())?;
        let supplement = supplement.clone();
        self.emit(Event::ConsultationSupplemented { consultation: id, supplement, at: self.now() });
        Ok(())
    }

    pub(super) fn opinion_recorded(
        &mut self,
        state: &FileState,
        recorded: &RecordedOpinion,
    ) -> Result<(), Refusal> {
        forbid_when(!state.awaits_decision())?;
        self.emit(Event::OpinionRecorded { recorded: recorded.clone(), at: self.now() });
        Ok(())
    }
}
