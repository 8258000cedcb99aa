//! What follows by itself once an input is decided: the review is complete, the clock starts on an
//! agreement, the file is over for the agencies, the permit is delivered.

use wasl_schemas::consultation::ConsultationStatus;
use wasl_schemas::decision::DecisionOutcome;
use wasl_schemas::id::ConsultationId;
use wasl_schemas::notice::ReviewResult;
use wasl_schemas::opinion::OpinionKind;

use super::decide::Decider;
use super::state::{Consultation, FeeState, FeeStatus};
use super::{Event, Status};
use crate::procedure::Start;
use crate::time::local_date;

impl Decider<'_> {
    pub(super) fn settle(&mut self) {
        self.start_on_agreement();
        self.cancel_what_is_moot();
        self.close_orders();
        self.complete_review();
        self.deliver();
    }

    /// Regularisation: the period runs from the urban agency's agreement, not from the receipt.
    fn start_on_agreement(&mut self) {
        let Some(state) = &self.state else { return };
        let Some(rule) = self.context.rules.rule(&state.rule) else { return };
        let agreed = state.present().any(|(_, c)| {
            let kind = c.opinion.as_ref().map(|o| o.kind);
            c.binding && matches!(kind, Some(OpinionKind::Favourable | OpinionKind::FavourableWithConditions))
        });
        if rule.starts == Start::UrbanAgencyAgreement
            && state.clock.started_on.is_none()
            && agreed
            && state.awaits_decision()
        {
            let mut clock = state.clock.clone();
            clock.started_on = Some(local_date(self.now()));
            let state = state.clone();
            self.move_clock(&state, "started", clock);
        }
    }

    /// After the decision, a withdrawal or a re-deposit, open consultations are no longer needed.
    fn cancel_what_is_moot(&mut self) {
        let Some(state) = &self.state else { return };
        let version = state.permit_file.deposit_version;
        let over = state.decision.is_some() || state.status == Status::Withdrawn;
        let moot = |c: &Consultation| (over || c.deposit_version < version) && !c.status.is_closed();
        let told = |c: &Consultation| c.status != ConsultationStatus::Planned || c.dispatch.attempt > 1;
        let found = state.consultations.iter().filter(|(_, c)| moot(c)).map(|(id, c)| (*id, told(c)));
        for (consultation, tell) in found.collect::<Vec<_>>() {
            self.emit(Event::ConsultationCancelled { consultation, tell, at: self.now() });
        }
    }

    /// A file that ends without a permit asks for no more money. The bank's contract knows no cancellation of an
    /// order (it lapses on its last day): the order is closed here, and money that comes all the same is booked.
    fn close_orders(&mut self) {
        let Some(state) = &self.state else { return };
        if state.status != Status::Withdrawn && !state.is_refused() {
            return;
        }
        let unpaid = |fee: &&FeeState| matches!(fee.status, FeeStatus::Assessed | FeeStatus::Ordered);
        let orders: Vec<_> = state.fees.values().filter(unpaid).map(|fee| fee.order).collect();
        for order in orders {
            self.emit(Event::PaymentCancelled { order, at: self.now() });
        }
    }

    fn complete_review(&mut self) {
        let Some(state) = &self.state else { return };
        if !state.awaits_decision()
            || state.awaiting_redeposit
            || state.present().any(|(_, c)| !c.status.is_closed())
        {
            return;
        }
        let present = |id: &ConsultationId| state.present().any(|(known, _)| known == id);
        let changed = self.events.iter().any(|e| match e {
            Event::Registered { .. } | Event::Redeposited { .. } => true,
            Event::ConsultationAnswered { consultation, .. }
            | Event::ConsultationUnanswered { consultation, .. }
            | Event::ConsultationUndeliverable { consultation, .. } => present(consultation),
            _ => false,
        });
        if changed {
            let results = state.present().map(|(_, c)| result_of(c)).collect();
            let grant_blocked = state.grant_blocked().is_some();
            self.emit(Event::Reviewed { results, grant_blocked, at: self.now() });
        }
    }

    /// By the commune's grant, or by silence with its attestation; in both cases after payment (art. 28).
    fn deliver(&mut self) {
        let Some(state) = self.state.as_ref() else { return };
        if state.delivered_at.is_some() || state.status == Status::Withdrawn || !state.fees_settled() {
            return;
        }
        let by_decision = state.decision.as_ref().filter(|d| d.outcome == DecisionOutcome::Granted);
        let by_silence =
            state.right.as_ref().and_then(|r| r.attestation.as_ref()).filter(|_| !state.is_refused());
        let (number, silent) = match (by_decision, by_silence) {
            (Some(decision), _) => (decision.number.clone(), false),
            (None, Some(attestation)) => (attestation.number.clone(), true),
            (None, None) => return,
        };
        self.emit(Event::Delivered { number, by_silence: silent, at: self.now() });
    }
}

fn result_of(c: &Consultation) -> ReviewResult {
    ReviewResult {
        agency: c.agency.clone(),
        binding: c.binding,
        status: c.status.as_str().to_owned(),
        opinion: c.opinion.clone(),
    }
}
