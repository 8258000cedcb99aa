//! The legal clock of a file: suspensions, the one extension, timers, and a world that changes.

use jiff::civil::Date;
use wasl_schemas::command::{Extension, Resumption, Suspension};
use wasl_schemas::id::ConsultationId;
use wasl_schemas::notice::{EscalationLevel, LegalDates};
use wasl_schemas::problem::{Code, Fault};

use super::decide::{Decider, forbid_when};
use super::state::{Consultation, Dispatch, FeeStatus, reminder_key};
use super::{Event, FileState, Refusal, TimerKind};
use crate::deadline::{ClockState, Span, complements_due, legal_dates, reviewer_due};
use crate::time::{add_days, end_of_day, local_date};

impl Decider<'_> {
    pub(super) fn suspended(&mut self, state: &FileState, suspension: &Suspension) -> Result<(), Refusal> {
        forbid_when(!state.awaits_decision() || state.awaiting_redeposit)?;
        if state.clock.is_suspended() {
            return Err(Refusal::one(Fault::new(Code::ClockAlreadySuspended, "/data/from")));
        }
        // Where the rule knows no suspension the clock cannot be stopped by a message.
        forbid_when(self.context.rules.rule(&state.rule).is_some_and(|rule| !rule.suspension))?;
        let mut clock = state.clock.clone();
        clock.suspensions.push(Span { from: suspension.from, to: None });
        self.move_clock(state, "suspended", clock);
        Ok(())
    }

    pub(super) fn resumed(&mut self, state: &FileState, resumption: &Resumption) -> Result<(), Refusal> {
        forbid_when(!state.awaits_decision() || state.awaiting_redeposit)?;
        let mut clock = state.clock.clone();
        match clock.suspensions.last_mut() {
            Some(span) if span.to.is_none() && resumption.to < span.from => {
                return Err(Refusal::one(Fault::new(Code::ClockResumedBeforeSuspension, "/data/to")));
            }
            Some(span) if span.to.is_none() => span.to = Some(resumption.to),
            _ => return Err(Refusal::one(Fault::new(Code::ClockNotSuspended, "/data/to"))),
        }
        self.move_clock(state, "resumed", clock);
        Ok(())
    }

    /// One extension only, for expertise or public inquiry (law 55-19). It may arrive while suspended.
    pub(super) fn extended(&mut self, state: &FileState, extension: &Extension) -> Result<(), Refusal> {
        forbid_when(!state.awaits_decision() || state.awaiting_redeposit)?;
        if state.extended {
            return Err(Refusal::one(Fault::new(Code::ClockSecondExtension, "/type")));
        }
        let longest = self.context.rules.rule(&state.rule).map_or(u16::MAX, |rule| rule.extension_days_max);
        if extension.days > longest {
            let limit = longest.to_string();
            let fault = Fault::with(Code::ClockExtensionTooLong, "/data/days", &[("limit", limit.as_str())]);
            return Err(Refusal::one(fault));
        }
        let mut clock = state.clock.clone();
        clock.extension_days = extension.days;
        self.move_clock(state, "extended", clock);
        Ok(())
    }

    /// Rules, calendar or coverage changed: the dates are computed again; nothing happens if none moves.
    /// A file that waits for its next deposit has no date to move: the deposit begins with the present rules.
    pub(super) fn recompute(&mut self) {
        let Some(state) = self.before else { return };
        if state.awaits_decision() && !state.awaiting_redeposit {
            let clock = state.clock.clone();
            self.move_clock(state, "calendar", clock);
        }
    }

    pub(super) fn move_clock(&mut self, state: &FileState, why: &str, clock: ClockState) {
        let context = self.context;
        let Some(rule) = context.rules.rule(&state.rule) else { return };
        let dates = legal_dates(rule, &clock, context.calendar);
        let file = &state.permit_file;
        let reviewers =
            context.rules.reviewers(file, state.class, state.commune.province.as_str(), clock.filed);
        let moved: Vec<(ConsultationId, Date)> = state
            .present()
            .filter(|(_, c)| !c.status.is_closed())
            .filter_map(|(id, c)| {
                let reviewer = reviewers.iter().find(|r| r.agency == c.agency)?;
                let due = reviewer_due(reviewer, &clock, context.calendar);
                (due != c.due).then_some((*id, due))
            })
            .collect();
        if dates == state.dates && clock == state.clock && moved.is_empty() {
            return;
        }
        self.emit(Event::ClockMoved { why: why.to_owned(), clock, dates, reviewers: moved, at: self.now() });
    }

    /// A timer is only a reason to look: what the file says now decides.
    pub(super) fn timer(&mut self, timer: &TimerKind) {
        let Some(state) = self.before else { return };
        match timer {
            TimerKind::Watchdog(id) | TimerKind::Retry(id) => self.again(state, *id),
            TimerKind::Poll(id) => self.poll(state, *id),
            TimerKind::ReviewerDue(id) => self.reviewer_due(state, *id),
            TimerKind::ReviewerGrace(id) => self.reviewer_grace(state, *id),
            TimerKind::Remind(what, days_left) => self.remind(state, what, *days_left),
            TimerKind::Due(what) => self.limit_passed(state, what),
            TimerKind::Escalate(what, level) => self.escalate(state, what, *level),
            TimerKind::Silence => self.silence(false),
        }
    }

    /// Last day for minor complements that are asked for today, by the rule of the file.
    pub(super) fn complements_due(&self) -> Option<Date> {
        let rule = self.context.rules.rule(&self.state.as_ref()?.rule)?;
        Some(complements_due(rule, local_date(self.now()), self.context.calendar))
    }

    /// The next attempt. The adapter asks the agency by our reference first, since attempt > 1.
    fn again(&mut self, state: &FileState, id: ConsultationId) {
        let Some(dispatch) = open_dispatch(state, id) else { return };
        if dispatch.waiting {
            let (request, attempt) = (dispatch.kind, dispatch.attempt + 1);
            self.emit(Event::Requested { consultation: id, request, attempt, at: self.now() });
        }
    }

    fn poll(&mut self, state: &FileState, id: ConsultationId) {
        let Some(dispatch) = open_dispatch(state, id) else { return };
        if !dispatch.waiting {
            let request = wasl_schemas::agency::RequestKind::Query;
            self.emit(Event::Requested {
                consultation: id,
                request,
                attempt: dispatch.polls + 1,
                at: self.now(),
            });
        }
    }

    fn reviewer_due(&mut self, state: &FileState, id: ConsultationId) {
        if let Some(c) = awaited(state, id)
            && !c.overdue
            && end_of_day(c.due) <= self.now()
        {
            self.emit(Event::ConsultationOverdue { consultation: id, at: self.now() });
        }
    }

    fn reviewer_grace(&mut self, state: &FileState, id: ConsultationId) {
        if let Some(c) = awaited(state, id)
            && grace_end(c.due, self.context.policy.unanswered_grace_days) <= self.now()
        {
            if !c.overdue {
                self.emit(Event::ConsultationOverdue { consultation: id, at: self.now() });
            }
            self.emit(Event::ConsultationUnanswered { consultation: id, at: self.now() });
        }
    }

    fn remind(&mut self, state: &FileState, what: &str, days_left: i32) {
        let Some(due) = due_of(state, what) else { return };
        let given = state.reminded.contains(&reminder_key(what, due, days_left));
        if state.awaits_decision() && !given && end_of_day(due) > self.now() {
            let what = what.to_owned();
            self.emit(Event::DeadlineApproaching { what, due, days_left, at: self.now() });
        }
    }

    fn limit_passed(&mut self, state: &FileState, what: &str) {
        if let Some((_, event)) = self.limit(state, what, self.now()) {
            self.emit(event);
        }
    }

    /// Each level once, on its day.
    fn escalate(&mut self, state: &FileState, what: &str, level: EscalationLevel) {
        let step = self.escalations(state).find(|step| step.what == what && step.level == level);
        if let Some((_, event)) = step.and_then(|step| self.level(state, step, self.now())) {
            self.emit(event);
        }
    }
}

/// The last day of a limit: `decision`, or a step that has not been reached yet.
pub(super) fn due_of(state: &FileState, what: &str) -> Option<Date> {
    let reached = match what {
        "minutes" | "commission" => state.minutes_on.is_some(),
        "inform" => state.informed_at.is_some(),
        _ => false,
    };
    if reached { None } else { last_day(&state.dates, what) }
}

/// The last day of `decision` (the earlier reading) or of a step.
pub(super) fn last_day(dates: &LegalDates, what: &str) -> Option<Date> {
    if what == "decision" {
        return dates.due;
    }
    dates.steps.iter().find(|step| step.name == what).map(|step| step.due)
}

/// The end of the last day of grace after a reviewer's limit.
pub(super) fn grace_end(due: Date, grace_days: u16) -> jiff::Timestamp {
    end_of_day(add_days(due, i32::from(grace_days)))
}

fn awaited(state: &FileState, id: ConsultationId) -> Option<&Consultation> {
    state.consultations.get(&id).filter(|c| !c.status.is_closed())
}

/// The dialogue of a consultation or order that is still open.
fn open_dispatch(state: &FileState, id: ConsultationId) -> Option<&Dispatch> {
    let review = state.consultations.get(&id);
    if let Some(c) = review {
        let closing = c.dispatch.kind == wasl_schemas::agency::RequestKind::Cancel;
        return (!c.status.is_closed() || closing).then_some(&c.dispatch);
    }
    let fee = state.fee_of(id)?;
    let open = matches!(fee.status, FeeStatus::Assessed | FeeStatus::Ordered) || fee.is_refunding();
    open.then_some(&fee.dispatch)
}
