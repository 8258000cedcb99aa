//! What follows from an event: messages and timers. Pure, so that "why" has an answer in the events.

use jiff::Timestamp;
use wasl_schemas::agency::{AgencyRequest, RequestKind};
use wasl_schemas::id::{AgencyKind, ConsultationId};
use wasl_schemas::notice::{EscalationLevel, LegalDates, Notice};
use wasl_schemas::payment::PaymentOrder;

use super::clock::{grace_end, last_day};
use super::input::Release;
use super::state::{FeeStatus, FileState, HoldReason, reminder_key};
use super::{Context, Event, TimerKind, notices};
use crate::deadline::{escalations, reminders};
use crate::retry;
use crate::time::{end_of_day, local_date, start_of_day};

/// Polls after which the time between two is not doubled again, lest it run over.
const POLL_DOUBLINGS_MAX: u32 = 20;

/// When a timer is due, and by which clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// At a legal instant (deadlines).
    Legal(Timestamp),
    /// After this many milliseconds of wall-clock time (retries, polls, watchdogs).
    WallAfterMs(u64),
}

/// Something to do once the event is committed.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Tell the commune.
    Notify(Box<Notice>),
    /// Tell a level above the commune.
    Escalate(EscalationLevel, Box<Notice>),
    /// Ask an agency.
    Request(Box<AgencyRequest>),
    /// Set a timer, or move it.
    SetTimer(TimerKind, When),
    /// Forget a timer.
    ClearTimer(TimerKind),
    /// Forget all deadlines of the file.
    ClearLegalTimers,
    /// Forget every timer of the file.
    ClearAllTimers,
}

/// Derives what follows from one event. `earlier`: the legal dates before it, of an event that moves them.
#[must_use]
pub fn effects(
    earlier: Option<&LegalDates>,
    after: &FileState,
    event: &Event,
    context: &Context<'_>,
) -> Vec<Effect> {
    let mut found: Vec<Effect> = notices::notice_of(earlier, after, event)
        .into_iter()
        .map(|notice| Effect::Notify(Box::new(notice)))
        .collect();
    match event {
        Event::Registered { .. } => {
            ask_all(after, context, &mut found);
            deadlines(after, context, &mut found);
        }
        Event::Redeposited { .. } => {
            found.push(Effect::ClearLegalTimers);
            ask_all(after, context, &mut found);
            deadlines(after, context, &mut found);
        }
        Event::ModificationRequested { .. } => found.push(Effect::ClearLegalTimers),
        Event::ClockMoved { .. } => {
            found.push(Effect::ClearLegalTimers);
            deadlines(after, context, &mut found);
        }
        Event::DeadlineEscalated { level, .. } => {
            let notice = notices::notice_of(earlier, after, event).map(Box::new);
            found.extend(notice.map(|notice| Effect::Escalate(*level, notice)));
        }
        Event::DecisionRecorded { .. } => found.push(Effect::ClearLegalTimers),
        Event::Withdrawn { .. } => {
            found.push(Effect::ClearAllTimers);
            refunds_go_on(after, context, &mut found);
        }
        Event::RightAcquired { .. } => found.push(Effect::ClearTimer(TimerKind::Silence)),
        Event::SilenceHeld { look_again_at, .. } => {
            found.push(Effect::SetTimer(TimerKind::Silence, When::Legal(*look_again_at)));
        }
        _ => dialogue(after, event, context, &mut found),
    }
    found
}

/// Messages and timers of the dialogue with one agency.
fn dialogue(after: &FileState, event: &Event, context: &Context<'_>, found: &mut Vec<Effect>) {
    let Some(id) = event.consultation() else { return };
    if after.hold.as_ref().is_some_and(|hold| hold.reason == HoldReason::OpenAttempt)
        && !after.has_open_attempt()
    {
        // What the right waited for has just come.
        found.push(Effect::SetTimer(TimerKind::Silence, When::Legal(context.now)));
    }
    match event {
        Event::ConsultationSent { .. }
        | Event::ConsultationAcknowledged { .. }
        | Event::SupplementDelivered { .. } => {
            found.extend(quiet(id));
            poll_later(after, id, context, found);
        }
        Event::ConsultationIncomplete { .. } | Event::PaymentOrdered { .. } => {
            found.extend(quiet(id));
            poll_later(after, id, context, found);
        }
        Event::ConsultationOverdue { .. } => poll_now(after, id, context, found),
        Event::ConsultationAnswered { .. }
        | Event::ConsultationUnanswered { .. }
        | Event::ConsultationUndeliverable { .. } => {
            found.extend(quiet(id));
            found.push(Effect::ClearTimer(TimerKind::Poll(id)));
            found.push(Effect::ClearTimer(TimerKind::ReviewerDue(id)));
            found.push(Effect::ClearTimer(TimerKind::ReviewerGrace(id)));
        }
        Event::ConsultationCancelled { tell, .. } => {
            found.extend(quiet(id));
            found.push(Effect::ClearTimer(TimerKind::Poll(id)));
            found.push(Effect::ClearTimer(TimerKind::ReviewerDue(id)));
            found.push(Effect::ClearTimer(TimerKind::ReviewerGrace(id)));
            if *tell {
                ask(after, id, RequestKind::Cancel, 1, context, found);
            }
        }
        Event::PaymentConfirmed { .. } | Event::PaymentRefunded { .. } => {
            found.extend(quiet(id));
            found.push(Effect::ClearTimer(TimerKind::Poll(id)));
        }
        Event::PaymentFailed { closed: true, .. } | Event::PaymentCancelled { .. } => {
            found.extend(quiet(id));
            found.push(Effect::ClearTimer(TimerKind::Poll(id)));
        }
        Event::CancellationDelivered { .. } | Event::RefundRefused { .. } => found.extend(quiet(id)),
        Event::ConsultationSupplemented { .. } => ask(after, id, RequestKind::Supplement, 1, context, found),
        Event::FeeAssessed { .. } => ask(after, id, RequestKind::Pay, 1, context, found),
        Event::RefundRequested { .. } => ask(after, id, RequestKind::Refund, 1, context, found),
        Event::Requested { request: RequestKind::Query, attempt, .. } => {
            if let Some(request) = request_of(after, id, RequestKind::Query, *attempt) {
                found.push(Effect::Request(Box::new(request)));
            }
            poll_later(after, id, context, found);
        }
        Event::Requested { request, attempt, .. } => ask(after, id, *request, *attempt, context, found),
        Event::OperatorReleased { release: Release::Done | Release::NotDone, .. } => found.extend(quiet(id)),
        Event::OperatorReleased { request, attempt, .. } => {
            found.extend(quiet(id));
            // Operators have settled that it is to be sent: nobody is asked before.
            let request = request_of(after, id, *request, *attempt);
            send(request.map(|request| AgencyRequest { released: true, ..request }), context, found);
        }
        Event::AttemptFailed { retry_after_ms, .. } => {
            let failures = dispatch_failures(after, id);
            let delay = retry::delay_ms(context.policy, id, failures, *retry_after_ms);
            found.push(Effect::ClearTimer(TimerKind::Watchdog(id)));
            found.push(Effect::SetTimer(TimerKind::Retry(id), When::WallAfterMs(delay)));
        }
        _ => {}
    }
}

/// A refund that is under way is followed up whatever becomes of the file.
fn refunds_go_on(after: &FileState, context: &Context<'_>, found: &mut Vec<Effect>) {
    for fee in after.fees.values().filter(|fee| fee.is_refunding()) {
        let watchdog = When::WallAfterMs(context.policy.watchdog_ms);
        found.push(Effect::SetTimer(TimerKind::Watchdog(fee.order), watchdog));
    }
}

fn quiet(id: ConsultationId) -> [Effect; 2] {
    [Effect::ClearTimer(TimerKind::Watchdog(id)), Effect::ClearTimer(TimerKind::Retry(id))]
}

fn ask_all(after: &FileState, context: &Context<'_>, found: &mut Vec<Effect>) {
    for (id, _) in after.present() {
        ask(after, *id, RequestKind::Consult, 1, context, found);
    }
}

/// A request with its watchdog: every question has an answer or an alarm.
fn ask(
    after: &FileState,
    id: ConsultationId,
    kind: RequestKind,
    attempt: u32,
    context: &Context<'_>,
    found: &mut Vec<Effect>,
) {
    send(request_of(after, id, kind, attempt), context, found);
}

fn send(request: Option<AgencyRequest>, context: &Context<'_>, found: &mut Vec<Effect>) {
    let Some(request) = request else { return };
    // Each attempt is waited for twice as long: behind a paused queue an unanswered request must not multiply.
    let doubled = context.policy.watchdog_ms.saturating_mul(1 << request.attempt.saturating_sub(1).min(5));
    let watchdog = TimerKind::Watchdog(request.consultation);
    found.push(Effect::Request(Box::new(request)));
    found.push(Effect::SetTimer(watchdog, When::WallAfterMs(doubled)));
}

/// Each poll comes after twice the time of the one before, up to the longest: what an agency pushes is not waited for
/// here, and a review of two weeks must not be asked about twenty thousand times.
fn poll_later(after: &FileState, id: ConsultationId, context: &Context<'_>, found: &mut Vec<Effect>) {
    let Some((agency, polls)) = polled(after, id) else { return };
    if let Some(first) = context.policy.poll_interval_ms.get(&agency) {
        let doubled = first.saturating_mul(1 << polls.min(POLL_DOUBLINGS_MAX));
        let interval = doubled.min(context.policy.poll_interval_max_ms.max(*first));
        found.push(Effect::SetTimer(TimerKind::Poll(id), When::WallAfterMs(interval)));
    }
}

/// On the last day an agency that is polled is asked at once: nothing it has said may go unheard for want of a poll.
fn poll_now(after: &FileState, id: ConsultationId, context: &Context<'_>, found: &mut Vec<Effect>) {
    if polled(after, id).is_some_and(|(agency, _)| context.policy.poll_interval_ms.contains_key(&agency)) {
        found.push(Effect::SetTimer(TimerKind::Poll(id), When::WallAfterMs(0)));
    }
}

/// Whom an open consultation or order is with, and the polls so far.
fn polled(after: &FileState, id: ConsultationId) -> Option<(AgencyKind, u32)> {
    match (after.consultations.get(&id), after.fee_of(id)) {
        (Some(c), _) if !c.status.is_closed() => Some((c.agency.clone(), c.dispatch.polls)),
        (None, Some(fee)) if fee.status == FeeStatus::Ordered => {
            Some((super::event::bank(), fee.dispatch.polls))
        }
        _ => None,
    }
}

fn dispatch_failures(after: &FileState, id: ConsultationId) -> u32 {
    let review = after.consultations.get(&id).map(|c| c.dispatch.failures);
    review.or_else(|| after.fee_of(id).map(|f| f.dispatch.failures)).unwrap_or(1)
}

/// The canonical request about a consultation or an order.
#[must_use]
pub fn request_of(
    after: &FileState,
    id: ConsultationId,
    kind: RequestKind,
    attempt: u32,
) -> Option<AgencyRequest> {
    let base = |agency, agency_id, due| AgencyRequest {
        consultation: id,
        file: after.id,
        kind,
        attempt,
        agency,
        agency_id,
        commune: after.commune.clone(),
        received_on: after.clock.filed,
        due,
        permit_file: after.permit_file.clone(),
        agency_reference: None,
        supplement: None,
        order: None,
        released: false,
    };
    if let Some(c) = after.consultations.get(&id) {
        let mut request = base(c.agency.clone(), c.agency_id.clone(), c.due);
        request.agency_reference.clone_from(&c.agency_reference);
        request.supplement.clone_from(&c.supplement);
        return Some(request);
    }
    let fee = after.fee_of(id)?;
    let mut request = base(super::event::bank(), super::event::BANK.to_owned(), fee.payable_until);
    request.agency_reference.clone_from(&fee.bank_reference);
    request.order = Some(PaymentOrder {
        order: id,
        amount_centimes: fee.fee.amount_centimes,
        label: fee.fee.label.clone(),
        beneficiary: fee.fee.beneficiary.clone(),
        asked_on: fee.asked_on,
        payable_until: fee.payable_until,
    });
    Some(request)
}

/// All timers of the legal clock of a file as it stands: when an operator changes reminders or escalation and no
/// date moves, no event says so, and the timers follow all the same. `None` where nothing runs.
#[must_use]
pub fn deadline_timers(state: &FileState, context: &Context<'_>) -> Option<Vec<(TimerKind, When)>> {
    if !state.awaits_decision() || state.awaiting_redeposit {
        return None;
    }
    let mut found = Vec::new();
    deadlines(state, context, &mut found);
    let timers = found.into_iter().filter_map(|effect| match effect {
        Effect::SetTimer(kind, when) => Some((kind, when)),
        _ => None,
    });
    Some(timers.collect())
}

/// All timers of the legal clock, from the dates as they stand. Reminders whose day has passed are not sent.
fn deadlines(after: &FileState, context: &Context<'_>, found: &mut Vec<Effect>) {
    let mut legal = |kind, at| found.push(Effect::SetTimer(kind, When::Legal(at)));
    for (id, c) in after.present().filter(|(_, c)| !c.status.is_closed()) {
        if !c.overdue {
            legal(TimerKind::ReviewerDue(*id), end_of_day(c.due));
        }
        legal(TimerKind::ReviewerGrace(*id), grace_end(c.due, context.policy.unanswered_grace_days));
    }
    if !after.awaits_decision() {
        return;
    }
    if let Some(at) = after.dates.right_acquired_at.filter(|_| after.dates.silence_is_approval) {
        legal(TimerKind::Silence, at);
    }
    if let Some(due) = after.dates.due {
        legal(TimerKind::Due("decision".to_owned()), end_of_day(due));
    }
    for step in after.dates.steps.iter().filter(|s| Some(s.due) != after.dates.due) {
        legal(TimerKind::Due(step.name.clone()), end_of_day(step.due));
    }
    let Some(rule) = context.rules.rule(&after.rule) else { return };
    for step in escalations(rule, &after.dates) {
        if !after.has_escalated(&step.what, step.level) {
            legal(TimerKind::Escalate(step.what, step.level), start_of_day(step.on));
        }
    }
    let today = local_date(context.now);
    for reminder in reminders(rule, &after.dates, &after.clock, context.calendar) {
        let given = last_day(&after.dates, &reminder.what).is_some_and(|due| {
            after.reminded.contains(&reminder_key(&reminder.what, due, reminder.days_left))
        });
        if reminder.on >= today && !given {
            legal(TimerKind::Remind(reminder.what, reminder.days_left), start_of_day(reminder.on));
        }
    }
}
