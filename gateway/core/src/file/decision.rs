//! The commune's decision, withdrawal, and the right that silence gives.

use wasl_schemas::command::{Attestation, ModificationRequest, SilenceInvocation, Withdrawal};
use wasl_schemas::decision::{Decision, DecisionOutcome};
use wasl_schemas::problem::{Code, Fault};

use super::decide::{Decider, forbid_when};
use super::{Event, FileState, Refusal, Status};
use crate::deadline::{Span, legal_dates};
use crate::time::local_date;

impl Decider<'_> {
    /// A decision that cannot stand is answered with `decision.rejected` and all its faults; the legal clock
    /// goes on.
    pub(super) fn decision_taken(
        &mut self,
        state: &FileState,
        decision: &Decision,
        warnings: &[Fault],
    ) -> Result<(), Refusal> {
        if state.decision.as_ref().is_some_and(|known| known == decision) {
            return Ok(());
        }
        forbid_when(state.status == Status::Withdrawn)?;
        let faults = self.faults_of(state, decision);
        let at = self.now();
        if faults.is_empty() {
            let limit = state.dates.due_if_working_days.or(state.dates.due);
            let late = limit.is_some_and(|due| local_date(decision.decided_at) > due);
            let after_right = state.right.is_some();
            let (decision, warnings) = (decision.clone(), warnings.to_vec());
            self.emit(Event::DecisionRecorded { decision, late, after_right, at, warnings });
        } else {
            self.emit(Event::DecisionRejected { number: decision.number.clone(), faults, at });
        }
        Ok(())
    }

    fn faults_of(&self, state: &FileState, decision: &Decision) -> Vec<Fault> {
        let mut faults = Vec::new();
        let granted = decision.outcome == DecisionOutcome::Granted;
        if decision.decided_at > self.now() {
            faults.push(Fault::new(Code::DecisionInFuture, "/data/decided_at"));
        }
        if !granted && decision.reasons.is_empty() {
            faults.push(Fault::new(Code::DecisionReasonMissing, "/data/reasons"));
        }
        if state.decision.is_some() {
            faults.push(Fault::new(Code::DecisionAlreadyTaken, "/data/number"));
        }
        if granted && let Some(code) = state.grant_blocked() {
            faults.push(Fault::new(code, "/data/outcome"));
        }
        // A refusal whose own time lies after the right was acquired comes too late to take it away. One whose
        // time lies before is recorded and flagged: `after_right` in the event, an alarm for an operator.
        if let Some(right) = &state.right
            && !granted
            && decision.decided_at >= right.acquired_at
        {
            faults.push(Fault::new(Code::DecisionAfterRightAcquired, "/data/decided_at"));
        }
        faults
    }

    pub(super) fn withdrawn(&mut self, state: &FileState, withdrawal: &Withdrawal) -> Result<(), Refusal> {
        if state.status == Status::Withdrawn {
            return Ok(());
        }
        forbid_when(state.status == Status::Delivered)?;
        let (withdrawn_at, reason) = (withdrawal.withdrawn_at, withdrawal.reason.clone());
        self.emit(Event::Withdrawn { withdrawn_at, reason, at: self.now() });
        Ok(())
    }

    /// From here to the next deposit nothing runs (building regulation art. 37): the clock is suspended, and
    /// the deposit starts it again from zero.
    pub(super) fn modification_requested(
        &mut self,
        state: &FileState,
        request: &ModificationRequest,
    ) -> Result<(), Refusal> {
        forbid_when(!state.awaits_decision() || state.awaiting_redeposit)?;
        let Some(rule) = self.context.rules.rule(&state.rule) else {
            return Err(Refusal::one(Fault::new(Code::FileRuleMissing, "/data")));
        };
        let mut clock = state.clock.clone();
        if !clock.is_suspended() {
            clock.suspensions.push(Span { from: local_date(request.requested_at), to: None });
        }
        let dates = legal_dates(rule, &clock, self.context.calendar);
        let (requested_at, reasons) = (request.requested_at, request.reasons.clone());
        self.emit(Event::ModificationRequested { requested_at, reasons, clock, dates, at: self.now() });
        Ok(())
    }

    pub(super) fn silence_invoked(
        &mut self,
        state: &FileState,
        invocation: &SilenceInvocation,
    ) -> Result<(), Refusal> {
        let Some(right) = &state.right else {
            let code = if state.dates.silence_is_approval {
                Code::SilenceNotAcquired
            } else {
                Code::SilenceNotApproval
            };
            return Err(Refusal::one(Fault::new(code, "/type")));
        };
        if right.invoked_at.is_none() {
            self.emit(Event::SilenceInvoked { invoked_at: invocation.invoked_at, at: self.now() });
        }
        Ok(())
    }

    pub(super) fn silence_attested(
        &mut self,
        state: &FileState,
        attestation: &Attestation,
    ) -> Result<(), Refusal> {
        let refuse = |code| Err(Refusal::one(Fault::new(code, "/type")));
        let Some(right) = &state.right else { return refuse(Code::SilenceNotAcquired) };
        match &right.attestation {
            Some(known) if known == attestation => return Ok(()),
            Some(_) => return refuse(Code::SilenceAlreadyAttested),
            None => {}
        }
        if right.invoked_at.is_none() {
            return refuse(Code::SilenceNotInvoked);
        }
        self.emit(Event::SilenceAttested { attestation: attestation.clone(), at: self.now() });
        Ok(())
    }
}
