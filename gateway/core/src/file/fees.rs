//! Fees: assessed by the commune, ordered at the bank, paid, given back.

use std::cmp::Ordering;

use wasl_schemas::agency::{Outcome, OutcomeMessage};
use wasl_schemas::command::{Fee, RefundRequest};
use wasl_schemas::id::ConsultationId;
use wasl_schemas::money::{CURRENCY, Centimes};
use wasl_schemas::payment::PaymentReceipt;
use wasl_schemas::problem::{Code, Fault};

use super::decide::{Decider, forbid_when};
use super::event::bank;
use super::overtaken::is_overtaken;
use super::state::{FeeState, FeeStatus};
use super::{Event, FileState, Refusal, Status};
use crate::time::{add_days, local_date};

/// Why money is given back that nobody asked for any more.
const UNWANTED: &str = "paid after the file had ended without a permit";

impl Decider<'_> {
    pub(super) fn fee_assessed(&mut self, state: &FileState, fee: &Fee) -> Result<(), Refusal> {
        let mut faults = Vec::new();
        if fee.currency != CURRENCY {
            faults.push(Fault::new(Code::FeeCurrency, "/data/currency"));
        }
        if fee.amount_centimes.0 <= 0 {
            faults.push(Fault::new(Code::FeeAmount, "/data/amount_centimes"));
        }
        // A fee whose order was closed unpaid may be assessed again under the same key.
        let number = match state.fees.get(&fee.fee) {
            None => 1,
            Some(known) if known.status == FeeStatus::Failed => order_number(state, known) + 1,
            Some(_) => {
                faults.push(Fault::new(Code::FeeDuplicate, "/data/fee"));
                1
            }
        };
        if !faults.is_empty() {
            return Err(Refusal(faults));
        }
        forbid_when(matches!(state.status, Status::Delivered | Status::Withdrawn) || state.is_refused())?;
        let order = order_id(state, fee, number);
        let today = local_date(self.now());
        let payable_until = add_days(today, i32::from(self.context.policy.payable_days));
        self.emit(Event::FeeAssessed { fee: fee.clone(), order, payable_until, at: self.now() });
        Ok(())
    }

    /// The whole of what was paid is given back, once. A refund that the bank refused may be asked for again.
    pub(super) fn refund_requested(
        &mut self,
        state: &FileState,
        request: &RefundRequest,
    ) -> Result<(), Refusal> {
        let Some(fee) = state.fees.get(&request.fee) else {
            return Err(Refusal::one(Fault::new(Code::RefundFeeUnknown, "/data/fee")));
        };
        if fee.status != FeeStatus::Paid || fee.is_refunding() {
            return Err(Refusal::one(Fault::new(Code::RefundNotPaid, "/data/fee")));
        }
        let (order, reason) = (fee.order, request.reason.clone());
        self.emit(Event::RefundRequested { order, reason, at: self.now() });
        Ok(())
    }

    pub(super) fn payment_outcome(&mut self, fee: &FeeState, message: &OutcomeMessage) {
        let (order, at) = (fee.order, self.now());
        if is_overtaken(&fee.dispatch, message) {
            return;
        }
        let open = matches!(fee.status, FeeStatus::Assessed | FeeStatus::Ordered);
        match &message.outcome {
            Outcome::Ordered { bank_reference, pay_url } if fee.status == FeeStatus::Assessed => {
                let (bank_reference, pay_url) = (bank_reference.clone(), pay_url.clone());
                self.emit(Event::PaymentOrdered { order, bank_reference, pay_url, at });
            }
            Outcome::Paid { receipt } => self.paid(fee, receipt),
            Outcome::PaymentRefused { code, .. } if open => {
                self.emit(Event::PaymentFailed { order, code: code.clone(), closed: false, at });
            }
            Outcome::PaymentFailed { code, .. } | Outcome::Refused { code, .. } if open => {
                self.emit(Event::PaymentFailed { order, code: code.clone(), closed: true, at });
            }
            Outcome::Refunded { amount_centimes, .. } => self.refunded(fee, *amount_centimes),
            Outcome::Refused { code, reason } | Outcome::PaymentFailed { code, reason }
                if fee.is_refunding() =>
            {
                let (code, reason) = (code.clone(), reason.clone());
                self.emit(Event::RefundRefused { order, code, reason, at });
            }
            Outcome::TryLater { reason, retry_after_ms } => {
                self.attempt_failed(message, false, reason, *retry_after_ms);
            }
            Outcome::InDoubt { reason } => self.attempt_failed(message, true, reason, None),
            Outcome::NotKnown if open || fee.is_refunding() => self.emit(Event::Requested {
                consultation: order,
                request: fee.dispatch.kind,
                attempt: fee.dispatch.attempt + 1,
                at,
            }),
            Outcome::Pending { unknown: Some(unknown) } => {
                self.emit(Event::AnswerPending { consultation: order, unknown: unknown.clone(), at });
            }
            _ => {}
        }
        self.number(message);
    }
}

impl Decider<'_> {
    /// Money that came: booked once, and only when it is the order's amount to the centime. It is booked even when
    /// the order was thought closed.
    fn paid(&mut self, fee: &FeeState, receipt: &PaymentReceipt) {
        let (order, at) = (fee.order, self.now());
        if matches!(fee.status, FeeStatus::Paid | FeeStatus::Refunded) {
            let known = fee.receipt.as_ref().is_some_and(|known| known.transaction == receipt.transaction);
            if !known {
                self.reported(order, Code::PaymentTwice);
            }
            return;
        }
        let code = match receipt.amount_centimes.cmp(&fee.fee.amount_centimes) {
            Ordering::Equal => {
                self.emit(Event::PaymentConfirmed { order, receipt: receipt.clone(), at });
                if fee.status == FeeStatus::Cancelled {
                    // Nobody needed to pay any more: the file had ended without a permit.
                    self.emit(Event::RefundRequested { order, reason: UNWANTED.to_owned(), at });
                }
                return;
            }
            Ordering::Less => Code::PaymentPartial,
            Ordering::Greater => Code::PaymentOver,
        };
        if matches!(fee.status, FeeStatus::Assessed | FeeStatus::Ordered) {
            let code = code.as_str().to_owned();
            self.emit(Event::PaymentFailed { order, code, closed: false, at });
        } else {
            self.reported(order, code);
        }
    }

    /// What was given back: the whole of what was paid, once.
    fn refunded(&mut self, fee: &FeeState, amount_centimes: Centimes) {
        let paid = fee.receipt.as_ref().map(|receipt| receipt.amount_centimes);
        match fee.status {
            FeeStatus::Paid if paid == Some(amount_centimes) => {
                self.emit(Event::PaymentRefunded { order: fee.order, amount_centimes, at: self.now() });
            }
            // Said by the answer to the refund and again by the statement.
            FeeStatus::Refunded if paid == Some(amount_centimes) => {}
            _ => self.reported(fee.order, Code::PaymentRefundDiffers),
        }
    }

    /// Changes nothing of the fee, and is told to whoever looks after the line to the bank.
    fn reported(&mut self, order: ConsultationId, code: Code) {
        let unknown = code.as_str().to_owned();
        self.emit(Event::AnswerPending { consultation: order, unknown, at: self.now() });
    }
}

fn order_id(state: &FileState, fee: &Fee, number: u32) -> ConsultationId {
    let name = format!("{}-{}", fee.fee, number);
    // The fee's key makes the order's name unique in the file; the version of the deposit does not matter.
    let key = wasl_schemas::id::AgencyKind::try_new(name).unwrap_or_else(|_| bank());
    ConsultationId::of(state.id, 0, &key, number)
}

fn order_number(state: &FileState, known: &FeeState) -> u32 {
    (1..1000).find(|n| order_id(state, &known.fee, *n) == known.order).unwrap_or(1)
}
