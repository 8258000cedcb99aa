//! Which event the commune is told of, and in which words.

use jiff::Timestamp;
use wasl_schemas::id::ConsultationId;
use wasl_schemas::notice::{ConsultationDetail, ConsultationNotice, LegalDates, Notice};

use super::event::Deposit;
use super::{Event, FileState};
use crate::time::{days_between, local_date};

/// `code` of `payment.failed` for an order that nobody needs to pay any more.
const CANCELLED: &str = "cancelled";

/// The notice that an event gives rise to, if the commune should know it.
#[must_use]
pub(super) fn notice_of(earlier: Option<&LegalDates>, after: &FileState, event: &Event) -> Option<Notice> {
    consultation_notice(after, event)
        .or_else(|| payment_notice(after, event))
        .or_else(|| file_notice(earlier, after, event))
}

fn file_notice(earlier: Option<&LegalDates>, after: &FileState, event: &Event) -> Option<Notice> {
    Some(match event {
        Event::Registered { deposit, at, warnings, .. } | Event::Redeposited { deposit, at, warnings } => {
            registered(after, deposit, *at, warnings)
        }
        Event::Reviewed { results, grant_blocked, .. } => Notice::FileReviewed {
            deposit_version: after.permit_file.deposit_version,
            results: results.clone(),
            grant_blocked: *grant_blocked,
        },
        Event::ModificationRequested { dates, .. } => moved(earlier, "suspended", dates),
        Event::ClockMoved { why, dates, .. } => moved(earlier, why, dates),
        Event::DeadlineApproaching { what, due, days_left, .. } => {
            Notice::DeadlineApproaching { what: what.clone(), due: *due, days_left: *days_left }
        }
        Event::DeadlinePassed { what, due, .. } => Notice::DeadlinePassed { what: what.clone(), due: *due },
        Event::DeadlineEscalated { what, due, level, at } => Notice::DeadlineEscalated {
            level: *level,
            commune: after.commune.code.clone(),
            what: what.clone(),
            due: *due,
            days_past: days_between(*due, local_date(*at)),
        },
        Event::DecisionRecorded { decision, late, after_right, warnings, .. } => Notice::DecisionRecorded {
            number: decision.number.clone(),
            outcome: decision.outcome,
            decided_at: decision.decided_at,
            late: *late,
            after_right: *after_right,
            warnings: warnings.clone(),
        },
        Event::DecisionRejected { number, faults, .. } => {
            Notice::DecisionRejected { number: number.clone(), faults: faults.clone() }
        }
        Event::RightAcquired { acquired_at, at, despite } => Notice::RightAcquired {
            acquired_at: *acquired_at,
            recorded_at: *at,
            despite: despite.map(|reason| reason.as_str().to_owned()),
        },
        Event::Delivered { number, by_silence, at } => {
            Notice::PermitDelivered { number: number.clone(), delivered_at: *at, by_silence: *by_silence }
        }
        _ => return None,
    })
}

fn registered(
    after: &FileState,
    deposit: &Deposit,
    at: Timestamp,
    warnings: &[wasl_schemas::problem::Fault],
) -> Notice {
    Notice::FileRegistered {
        registration: after.registration.clone(),
        deposit_version: deposit.permit_file.deposit_version,
        permit: deposit.permit_file.permit,
        project_class: deposit.class,
        registered_at: at,
        plan: deposit.plan.clone(),
        deadlines: deposit.dates.clone(),
        warnings: warnings.to_vec(),
    }
}

fn moved(earlier: Option<&LegalDates>, why: &str, after: &LegalDates) -> Notice {
    let before = Box::new(earlier.unwrap_or(after).clone());
    Notice::DeadlineMoved { why: why.to_owned(), before, after: Box::new(after.clone()) }
}

fn consultation_notice(after: &FileState, event: &Event) -> Option<Notice> {
    let about = |id: &ConsultationId, detail| about(after, *id, detail);
    let none = ConsultationDetail::None {};
    match event {
        Event::ConsultationSent { consultation, .. } => {
            about(consultation, none).map(Notice::ConsultationSent)
        }
        Event::ConsultationAcknowledged { consultation, .. } => {
            about(consultation, none).map(Notice::ConsultationAcknowledged)
        }
        Event::ConsultationIncomplete { consultation, missing, respond_by, .. } => {
            let detail = ConsultationDetail::Missing { missing: missing.clone(), respond_by: *respond_by };
            about(consultation, detail).map(Notice::ConsultationIncomplete)
        }
        Event::ConsultationAnswered { consultation, opinion, late, .. } => {
            let detail = ConsultationDetail::Opinion { opinion: opinion.clone(), late: *late };
            about(consultation, detail).map(Notice::ConsultationAnswered)
        }
        Event::ConsultationOverdue { consultation, .. } => {
            about(consultation, none).map(Notice::ConsultationOverdue)
        }
        Event::ConsultationUnanswered { consultation, .. } => {
            about(consultation, none).map(Notice::ConsultationUnanswered)
        }
        Event::ConsultationUndeliverable { consultation, code, reason, .. } => {
            let detail = ConsultationDetail::Undeliverable { code: code.clone(), reason: reason.clone() };
            about(consultation, detail).map(Notice::ConsultationUndeliverable)
        }
        _ => None,
    }
}

fn about(after: &FileState, id: ConsultationId, detail: ConsultationDetail) -> Option<ConsultationNotice> {
    let c = after.consultations.get(&id)?;
    Some(ConsultationNotice {
        consultation: id,
        agency: c.agency.clone(),
        agency_id: c.agency_id.clone(),
        agency_reference: c.agency_reference.clone(),
        due: c.due,
        detail,
    })
}

fn payment_notice(after: &FileState, event: &Event) -> Option<Notice> {
    let order = event.consultation()?;
    let fee = after.fee_of(order)?.fee.fee.clone();
    match event {
        Event::PaymentOrdered { bank_reference, pay_url, .. } => Some(Notice::PaymentOrdered {
            fee,
            order,
            amount_centimes: after.fee_of(order)?.fee.amount_centimes,
            bank_reference: bank_reference.clone(),
            pay_url: pay_url.clone(),
        }),
        Event::PaymentConfirmed { receipt, .. } => {
            Some(Notice::PaymentConfirmed { fee, order, receipt: receipt.clone() })
        }
        Event::PaymentFailed { code, closed, .. } => {
            Some(Notice::PaymentFailed { fee, order, code: code.clone(), is_final: *closed })
        }
        Event::PaymentCancelled { .. } => {
            Some(Notice::PaymentFailed { fee, order, code: CANCELLED.to_owned(), is_final: true })
        }
        Event::PaymentRefunded { amount_centimes, .. } => {
            Some(Notice::PaymentRefunded { fee, order, amount_centimes: *amount_centimes })
        }
        Event::RefundRefused { code, reason, .. } => {
            Some(Notice::RefundRefused { fee, order, code: code.clone(), reason: reason.clone() })
        }
        _ => None,
    }
}
