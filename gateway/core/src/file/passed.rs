//! A message finds the file as it was at the message's own time: what the law let pass before that has passed.
//!
//! The timers of limits and of the right by silence wait until all that was sent before them has been read
//! ([`super::silence`]). After an outage the reading takes a while, and what is read meanwhile may have been written
//! after the limit: a refusal of the tenth day after it must not find the limit still open, and take away a right that
//! the applicant has had for ten days. Of the one queue in which the commune speaks all that it sent before this message
//! has been read, so its own earlier decision would be known by now.

use jiff::Timestamp;
use wasl_schemas::command::Command;

use super::clock::due_of;
use super::decide::Decider;
use super::state::HoldReason;
use super::{Event, FileState};
use crate::deadline::{Escalated, escalations};
use crate::time::{end_of_day, start_of_day};

impl Decider<'_> {
    /// Records the limits, the levels that hear of them and the right by silence whose instants lie before what the
    /// message speaks of, in their order.
    pub(super) fn pass_before(&mut self, state: &FileState, command: &Command) {
        let Some(until) = own_time(command).map(|time| time.min(self.now())) else { return };
        let mut passed = self.limits(state, until);
        if !(passed.is_empty() && state.passed.is_empty()) {
            passed.extend(self.levels(state, until));
        }
        passed.extend(self.right(state, until));
        passed.sort_by_key(|(at, _)| *at);
        for (_, event) in passed {
            self.emit(event);
        }
    }

    /// Limits that passed until then and of which nothing was said, with their instants.
    fn limits(&self, state: &FileState, until: Timestamp) -> Vec<(Timestamp, Event)> {
        let steps = state.dates.steps.iter().map(|step| step.name.as_str());
        steps.chain(["decision"]).filter_map(|what| self.limit(state, what, until)).collect()
    }

    /// One limit, if it passed until then and nothing was said of it; also where the right by silence was acquired in the
    /// same instant: the commune let the limit pass. A step that ends with the decision's limit has none of its own.
    pub(super) fn limit(
        &self,
        state: &FileState,
        what: &str,
        until: Timestamp,
    ) -> Option<(Timestamp, Event)> {
        if !state.awaits_act() || state.passed.iter().any(|known| known == what) {
            return None;
        }
        let due = due_of(state, what).filter(|due| what == "decision" || Some(*due) != state.dates.due)?;
        let end = Some(end_of_day(due)).filter(|end| *end <= until)?;
        Some((end, Event::DeadlinePassed { what: what.to_owned(), due, at: self.now() }))
    }

    /// Levels that had to hear of a limit until then and have not, with their instants. The dates as they stand decide.
    fn levels(&self, state: &FileState, until: Timestamp) -> Vec<(Timestamp, Event)> {
        self.escalations(state).filter_map(|step| self.level(state, step, until)).collect()
    }

    /// One level of one limit, if it had to hear until then and has not.
    pub(super) fn level(
        &self,
        state: &FileState,
        step: Escalated,
        until: Timestamp,
    ) -> Option<(Timestamp, Event)> {
        let Escalated { what, level, on } = step;
        let due = due_of(state, &what)?;
        if state.has_escalated(&what, level) {
            return None;
        }
        let start = Some(start_of_day(on)).filter(|start| *start <= until)?;
        Some((start, Event::DeadlineEscalated { what, due, level, at: self.now() }))
    }

    /// Who hears, and on which day, while the commune has not acted.
    pub(super) fn escalations(&self, state: &FileState) -> impl Iterator<Item = Escalated> + use<> {
        let rule = self.context.rules.rule(&state.rule).filter(|_| state.awaits_act());
        rule.map(|rule| escalations(rule, &state.dates)).unwrap_or_default().into_iter()
    }

    /// Also where something still waits: the message itself shows that the limit has passed. What is known to wait is
    /// named in the event.
    fn right(&self, state: &FileState, until: Timestamp) -> Option<(Timestamp, Event)> {
        let acquired_at = state.dates.right_acquired_at.filter(|at| *at <= until)?;
        if !state.dates.silence_is_approval || !state.awaits_decision() {
            return None;
        }
        let open = || state.has_open_attempt().then_some(HoldReason::OpenAttempt);
        let despite = state.hold.as_ref().map(|hold| hold.reason).or_else(open);
        Some((acquired_at, Event::RightAcquired { acquired_at, at: self.now(), despite }))
    }
}

/// The time of what the message speaks of, where it ends or moves the legal clock, or follows its end.
fn own_time(command: &Command) -> Option<Timestamp> {
    match command {
        Command::DecisionTaken(decision) => Some(decision.decided_at),
        Command::FileWithdrawn(withdrawal) => Some(withdrawal.withdrawn_at),
        Command::ModificationRequested(request) => Some(request.requested_at),
        Command::FileRedeposited(file) => Some(file.receipt.issued_at),
        Command::ClockSuspended(suspension) => Some(start_of_day(suspension.from)),
        Command::ClockExtended(extension) => Some(start_of_day(extension.extended_on)),
        Command::MinutesRecorded(minutes) => Some(minutes.recorded_at),
        Command::ApplicantInformed(informed) => Some(informed.informed_at),
        Command::SilenceInvoked(invocation) => Some(invocation.invoked_at),
        Command::SilenceAttested(attestation) => Some(attestation.attested_at),
        Command::FileSubmitted(_)
        | Command::FileSupplemented(_)
        | Command::ClockResumed(_)
        | Command::OpinionRecorded(_)
        | Command::FeeAssessed(_)
        | Command::RefundRequested(_) => None,
    }
}
