//! `decide(state, input, context) → step`: total and pure. Each event is applied as it is decided, so that the next
//! question sees it, and what follows from it is derived at once: the file is copied once, whatever happens to it.

use jiff::Timestamp;
use wasl_schemas::command::Command;
use wasl_schemas::problem::{Code, Fault};

use super::effects::{Effect, effects};
use super::evolve::evolve;
use super::{Context, Event, FileState, Input, Refusal, Step};

/// Decides what an input means for a file.
///
/// An input that repeats, comes late or is overtaken gives no events.
///
/// # Errors
/// [`Refusal`] with every fault of a message that cannot stand.
pub fn decide(state: Option<&FileState>, input: &Input, context: &Context<'_>) -> Result<Step, Refusal> {
    let (events, effects) = (Vec::new(), Vec::new());
    let mut decider = Decider { before: state, state: state.cloned(), events, effects, context };
    match input {
        Input::Message { command, commune, warnings } => decider.message(command, commune, warnings)?,
        Input::Outcome(outcome) => decider.outcome(outcome),
        Input::Timer(timer) => decider.timer(timer),
        Input::Silence { set_aside } => decider.silence(*set_aside),
        Input::Recompute => decider.recompute(),
        Input::Release(released) => decider.release(released)?,
    }
    decider.settle();
    let Decider { state, events, effects, .. } = decider;
    Ok(Step { state, events, effects })
}

/// A decision in the making: every event is applied at once, so that the next question sees it.
pub(super) struct Decider<'a> {
    /// As it was when the input came.
    pub(super) before: Option<&'a FileState>,
    /// As it is after the events so far.
    pub(super) state: Option<FileState>,
    pub(super) events: Vec<Event>,
    effects: Vec<(usize, Effect)>,
    pub(super) context: &'a Context<'a>,
}

impl Decider<'_> {
    pub(super) fn emit(&mut self, event: Event) {
        // Whoever hears of a move hears from where.
        let moves = matches!(event, Event::ClockMoved { .. } | Event::ModificationRequested { .. });
        let earlier = self.state.as_ref().filter(|_| moves).map(|state| state.dates.clone());
        self.state = evolve(self.state.take(), &event);
        if let Some(after) = &self.state {
            let found = effects(earlier.as_ref(), after, &event, self.context).into_iter();
            let index = self.events.len();
            self.effects.extend(found.map(|effect| (index, effect)));
        }
        self.events.push(event);
    }

    /// Legal time.
    pub(super) const fn now(&self) -> Timestamp {
        self.context.now
    }

    fn message(
        &mut self,
        command: &Command,
        commune: &wasl_schemas::agency::CommuneRef,
        warnings: &[Fault],
    ) -> Result<(), Refusal> {
        if let Command::FileSubmitted(file) = command {
            return self.submitted(file, commune, warnings);
        }
        let Some(before) = self.before else {
            return Err(Refusal::one(Fault::new(Code::FileUnknown, "/subject")));
        };
        self.pass_before(before, command);
        let after = if self.events.is_empty() { None } else { self.state.clone() };
        let state = after.as_ref().unwrap_or(before);
        match command {
            Command::FileSubmitted(_) => Ok(()),
            Command::FileRedeposited(file) => self.redeposited(state, file, warnings),
            Command::FileSupplemented(supplement) => self.supplemented(state, supplement),
            Command::FileWithdrawn(withdrawal) => self.withdrawn(state, withdrawal),
            Command::ModificationRequested(request) => self.modification_requested(state, request),
            Command::ClockSuspended(suspension) => self.suspended(state, suspension),
            Command::ClockResumed(resumption) => self.resumed(state, resumption),
            Command::ClockExtended(extension) => self.extended(state, extension),
            Command::OpinionRecorded(recorded) => self.opinion_recorded(state, recorded),
            Command::MinutesRecorded(minutes) => {
                self.emit(Event::MinutesRecorded { held_on: minutes.held_on, at: self.now() });
                Ok(())
            }
            Command::FeeAssessed(fee) => self.fee_assessed(state, fee),
            Command::RefundRequested(request) => self.refund_requested(state, request),
            Command::DecisionTaken(decision) => self.decision_taken(state, decision, warnings),
            Command::ApplicantInformed(informed) => {
                self.emit(Event::ApplicantInformed { informed_at: informed.informed_at, at: self.now() });
                Ok(())
            }
            Command::SilenceInvoked(invocation) => self.silence_invoked(state, invocation),
            Command::SilenceAttested(attestation) => self.silence_attested(state, attestation),
        }
    }
}

/// Refuses a message that does not fit where the file stands.
pub(super) fn forbid_when(condition: bool) -> Result<(), Refusal> {
    if condition { Err(Refusal::one(Fault::new(Code::FileStateForbids, "/type"))) } else { Ok(()) }
}
