//! `evolve(state, event) → state`: total. It never asks whether an event should have happened.

use std::collections::BTreeMap;

use jiff::Timestamp;
use wasl_schemas::agency::RequestKind;
use wasl_schemas::consultation::ConsultationStatus;
use wasl_schemas::id::ConsultationId;

use super::clock::last_day;
use super::event::Deposit;
use super::input::Release;
use super::state::{
    Consultation, Dispatch, EarlierDeposit, FeeState, FeeStatus, FileState, Hold, Right, escalation_key,
    reminder_key,
};
use super::{Event, Status};
use crate::time::{end_of_day, local_date};

/// Applies one event. An event that fits no state (which a correct history never has) changes nothing.
#[must_use]
pub fn evolve(state: Option<FileState>, event: &Event) -> Option<FileState> {
    if let Event::Registered { .. } = event {
        return registered(event).or(state);
    }
    let mut state = state?;
    match event {
        Event::Redeposited { deposit, .. } => redeposit(&mut state, deposit),
        Event::Reviewed { .. } => state.status = Status::Reviewed,
        Event::OpinionRecorded { recorded, .. } => state.recorded_opinions.push(recorded.clone()),
        Event::MinutesRecorded { held_on, .. } => state.minutes_on = Some(*held_on),
        Event::ApplicantInformed { informed_at, .. } => state.informed_at = Some(*informed_at),
        Event::ModificationRequested { clock, dates, .. } => {
            state.awaiting_redeposit = true;
            state.clock = clock.clone();
            state.dates = dates.clone();
        }
        Event::ClockMoved { why, clock, dates, reviewers, at } => {
            state.extended |= why == "extended";
            state.clock = clock.clone();
            state.dates = dates.clone();
            state.hold = None;
            for (id, due) in reviewers {
                if let Some(c) = state.consultations.get_mut(id) {
                    c.due = *due;
                    c.overdue &= end_of_day(*due) <= *at;
                }
            }
            pass_again(&mut state, *at);
        }
        Event::DeadlineApproaching { what, due, days_left, .. } => {
            state.reminded.push(reminder_key(what, *due, *days_left));
        }
        Event::DeadlinePassed { what, .. } => state.passed.push(what.clone()),
        Event::DeadlineEscalated { what, level, .. } => state.escalated.push(escalation_key(what, *level)),
        Event::DecisionRecorded { decision, .. } => {
            state.decision = Some(decision.clone());
            state.hold = None;
            // A decision that comes to light after the delivery by silence changes nothing of the delivery.
            if state.delivered_at.is_none() {
                state.status = Status::Decided;
            }
        }
        Event::SilenceHeld { reason, at, .. } => {
            let (since, looks) = state.hold.as_ref().map_or((*at, 0), |hold| (hold.since, hold.looks));
            state.hold = Some(Hold { since, reason: *reason, looks: looks + 1 });
        }
        Event::RightAcquired { acquired_at, at, .. } => {
            state.hold = None;
            state.right = Some(Right {
                acquired_at: *acquired_at,
                recorded_at: *at,
                invoked_at: None,
                attestation: None,
            });
        }
        Event::SilenceInvoked { invoked_at, .. } => {
            if let Some(right) = &mut state.right {
                right.invoked_at = Some(*invoked_at);
            }
        }
        Event::SilenceAttested { attestation, .. } => {
            if let Some(right) = &mut state.right {
                right.attestation = Some(attestation.clone());
            }
        }
        Event::Delivered { at, .. } => {
            state.delivered_at = Some(*at);
            state.status = Status::Delivered;
        }
        Event::Withdrawn { .. } => {
            state.status = Status::Withdrawn;
            state.hold = None;
        }
        Event::DecisionRejected { .. } | Event::Registered { .. } => {}
        _ => dialogue(&mut state, event),
    }
    Some(state)
}

fn registered(event: &Event) -> Option<FileState> {
    let Event::Registered { id, registration, commune, deposit, at, .. } = event else { return None };
    Some(FileState {
        id: *id,
        registration: registration.clone(),
        commune: commune.clone(),
        status: Status::UnderReview,
        permit_file: deposit.permit_file.clone(),
        class: deposit.class,
        rule: deposit.rule.clone(),
        fees_due: deposit.fees_due,
        clock: deposit.clock.clone(),
        dates: deposit.dates.clone(),
        registered_at: *at,
        earlier_deposits: Vec::new(),
        consultations: planned(deposit),
        recorded_opinions: Vec::new(),
        fees: BTreeMap::new(),
        awaiting_redeposit: false,
        extended: false,
        minutes_on: None,
        informed_at: None,
        decision: None,
        right: None,
        hold: None,
        passed: Vec::new(),
        escalated: Vec::new(),
        reminded: Vec::new(),
        delivered_at: None,
    })
}

fn planned(deposit: &Deposit) -> BTreeMap<ConsultationId, Consultation> {
    let one = |p: &wasl_schemas::consultation::PlannedConsultation| {
        let consultation = Consultation {
            agency: p.agency.clone(),
            agency_id: p.agency_id.clone(),
            binding: p.binding,
            due: p.due,
            deposit_version: deposit.permit_file.deposit_version,
            status: ConsultationStatus::Planned,
            dispatch: Dispatch::first(RequestKind::Consult),
            agency_reference: None,
            sent_at: None,
            missing: Vec::new(),
            asked_once: false,
            supplement: None,
            opinion: None,
            answered_at: None,
            overdue: false,
        };
        (p.consultation, consultation)
    };
    deposit.plan.iter().map(one).collect()
}

/// The period starts again from zero; every deposit is kept.
fn redeposit(state: &mut FileState, deposit: &Deposit) {
    let earlier = EarlierDeposit { permit_file: state.permit_file.clone(), dates: state.dates.clone() };
    state.earlier_deposits.push(earlier);
    state.permit_file = deposit.permit_file.clone();
    state.class = deposit.class;
    state.rule = deposit.rule.clone();
    state.fees_due = deposit.fees_due;
    state.clock = deposit.clock.clone();
    state.dates = deposit.dates.clone();
    state.consultations.extend(planned(deposit));
    state.awaiting_redeposit = false;
    state.extended = false;
    state.hold = None;
    state.passed.clear();
    state.escalated.clear();
    state.reminded.clear();
    state.minutes_on = None;
    state.informed_at = None;
    state.status = Status::UnderReview;
}

/// A limit whose last day moved to one that is not over, or is not known, has not passed: it can pass again.
fn pass_again(state: &mut FileState, at: Timestamp) {
    let dates = &state.dates;
    let over = |what: &str| last_day(dates, what).is_some_and(|due| end_of_day(due) <= at);
    state.passed.retain(|what| over(what));
    state.escalated.retain(|key| key.rsplit_once(':').is_some_and(|(what, _)| over(what)));
}

/// Events of the dialogue with one agency.
fn dialogue(state: &mut FileState, event: &Event) {
    let Some(id) = event.consultation() else { return };
    if let Some(consultation) = state.consultations.get_mut(&id) {
        consult(consultation, event);
    } else if let Event::FeeAssessed { fee, order, payable_until, at } = event {
        let known = FeeState {
            fee: fee.clone(),
            order: *order,
            asked_on: Some(local_date(*at)),
            payable_until: *payable_until,
            status: FeeStatus::Assessed,
            dispatch: Dispatch::first(RequestKind::Pay),
            bank_reference: None,
            receipt: None,
        };
        state.fees.insert(fee.fee.clone(), known);
    } else if let Some(fee) = state.fees.values_mut().find(|f| f.order == id) {
        pay(fee, event);
    }
}

fn consult(c: &mut Consultation, event: &Event) {
    match event {
        Event::ConsultationSent { agency_reference, at, .. } => {
            c.status = ConsultationStatus::Sent;
            c.sent_at = Some(*at);
            c.agency_reference = agency_reference.clone().or_else(|| c.agency_reference.take());
            c.dispatch.settled();
        }
        Event::ReferenceKnown { agency_reference, .. } => c.agency_reference = Some(agency_reference.clone()),
        Event::ConsultationAcknowledged { agency_reference, at, .. } => {
            c.status = ConsultationStatus::Acknowledged;
            c.sent_at = c.sent_at.or(Some(*at));
            c.agency_reference = agency_reference.clone().or_else(|| c.agency_reference.take());
            c.dispatch.settled();
        }
        Event::ConsultationIncomplete { missing, at, .. } => {
            c.status = ConsultationStatus::Incomplete;
            c.sent_at = c.sent_at.or(Some(*at));
            c.missing.clone_from(missing);
            c.asked_once = true;
            c.dispatch.settled();
        }
        Event::ConsultationSupplemented { supplement, .. } => {
            c.supplement = Some(supplement.clone());
            c.status = ConsultationStatus::Completed;
            c.dispatch = Dispatch::first(RequestKind::Supplement);
        }
        Event::SupplementDelivered { .. } | Event::CancellationDelivered { .. } => c.dispatch.settled(),
        Event::ConsultationAnswered { opinion, at, .. } => {
            c.opinion = Some(opinion.clone());
            if c.status != ConsultationStatus::Cancelled {
                c.status = ConsultationStatus::Answered;
            }
            c.sent_at = c.sent_at.or(Some(*at));
            c.answered_at = Some(*at);
            c.dispatch.settled();
        }
        Event::ConsultationOverdue { .. } => c.overdue = true,
        Event::ConsultationUnanswered { .. } => {
            c.status = ConsultationStatus::NoAnswer;
            c.dispatch.settled();
        }
        Event::ConsultationUndeliverable { reason, .. } => {
            c.status = ConsultationStatus::Undeliverable;
            c.dispatch.settled();
            c.dispatch.last_fault = Some(reason.clone());
        }
        Event::ConsultationCancelled { tell, .. } => {
            c.status = ConsultationStatus::Cancelled;
            c.dispatch = Dispatch::first(RequestKind::Cancel);
            c.dispatch.waiting = *tell;
            c.dispatch.in_flight = *tell;
        }
        _ => c.dispatch.attempt_made(event),
    }
}

fn pay(fee: &mut FeeState, event: &Event) {
    match event {
        Event::PaymentOrdered { bank_reference, .. } => {
            fee.status = FeeStatus::Ordered;
            fee.bank_reference = Some(bank_reference.clone());
            fee.dispatch.settled();
        }
        Event::ReferenceKnown { agency_reference, .. } => fee.bank_reference = Some(agency_reference.clone()),
        Event::PaymentConfirmed { receipt, .. } => {
            fee.status = FeeStatus::Paid;
            fee.receipt = Some(receipt.clone());
            fee.dispatch.settled();
        }
        Event::PaymentFailed { closed, .. } if *closed => {
            fee.status = FeeStatus::Failed;
            fee.dispatch.settled();
        }
        Event::PaymentCancelled { .. } => {
            fee.status = FeeStatus::Cancelled;
            fee.dispatch.settled();
        }
        Event::PaymentRefunded { .. } => {
            fee.status = FeeStatus::Refunded;
            fee.dispatch.settled();
        }
        Event::RefundRequested { .. } => fee.dispatch = Dispatch::first(RequestKind::Refund),
        Event::RefundRefused { reason, .. } => {
            fee.dispatch.settled();
            fee.dispatch.last_fault = Some(reason.clone());
        }
        _ => fee.dispatch.attempt_made(event),
    }
}

impl Dispatch {
    fn settled(&mut self) {
        self.waiting = false;
        self.in_flight = false;
        self.failures = 0;
        self.last_fault = None;
    }

    fn attempt_made(&mut self, event: &Event) {
        match event {
            Event::AttemptFailed { reason, .. } => {
                self.failures += 1;
                self.in_flight = false;
                self.last_fault = Some(reason.clone());
            }
            Event::Requested { request: RequestKind::Query, attempt, .. } => self.polls = *attempt,
            Event::Requested { request, attempt, .. } => {
                self.kind = *request;
                self.attempt = *attempt;
                self.waiting = true;
                self.in_flight = true;
            }
            Event::OperatorReleased { release: Release::Done | Release::NotDone, .. } => {
                self.last_fault = None;
            }
            Event::OperatorReleased { attempt, .. } => {
                self.attempt = *attempt;
                self.waiting = true;
                self.in_flight = true;
                self.last_fault = None;
            }
            Event::AnswerPending { unknown, .. } => self.last_fault = Some(unknown.clone()),
            _ => {}
        }
    }
}
