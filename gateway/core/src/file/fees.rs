//! Fees: assessed by the commune, ordered at the bank, paid, given back.

use wasl_schemas::agency::{Outcome, OutcomeMessage};
use wasl_schemas::command::Fee;
use wasl_schemas::id::ConsultationId;
use wasl_schemas::money::CURRENCY;
use wasl_schemas::problem::{Code, Fault};

use super::agency::is_overtaken;
use super::decide::{Decider, forbid_when};
use super::event::bank;
use super::state::{FeeState, FeeStatus};
use super::{Event, FileState, Refusal, Status};
use crate::time::{add_days, local_date};

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
            // Money that came is booked even when the order was thought closed.
            Outcome::Paid { receipt }
                if fee.status != FeeStatus::Paid && fee.status != FeeStatus::Refunded =>
            {
                self.emit(Event::PaymentConfirmed { order, receipt: receipt.clone(), at });
            }
            Outcome::PaymentRefused { code, .. } if open => {
                self.emit(Event::PaymentFailed { order, code: code.clone(), closed: false, at });
            }
            Outcome::PaymentFailed { code, .. } | Outcome::Refused { code, .. } if open => {
                self.emit(Event::PaymentFailed { order, code: code.clone(), closed: true, at });
            }
            Outcome::Refunded { amount_centimes, .. } if fee.status == FeeStatus::Paid => {
                self.emit(Event::PaymentRefunded { order, amount_centimes: *amount_centimes, at });
            }
            Outcome::TryLater { reason, retry_after_ms } => {
                self.attempt_failed(message, false, reason, *retry_after_ms);
            }
            Outcome::InDoubt { reason } => self.attempt_failed(message, true, reason, None),
            Outcome::NotKnown if open => self.emit(Event::Requested {
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
