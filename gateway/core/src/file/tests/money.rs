//! Money of one order: booked once, in its whole amount, by whatever way and however often it is told.

use wasl_schemas::agency::{Outcome, OutcomeMessage, RequestKind, Via};
use wasl_schemas::money::Centimes;
use wasl_schemas::payment::{PaymentMeans, PaymentReceipt};
use wasl_schemas::problem::Code;

use super::*;
use crate::file::event::bank;
use crate::file::state::{FeeState, FeeStatus};

/// A fee that was assessed, and the bank has not answered.
fn assessed() -> Desk {
    let sample: Value =
        serde_json::from_str(include_str!("../../../../../schemas/samples/valid/fee.assessed.json")).unwrap();
    let mut desk = Desk::with(Permit::Repair);
    desk.says("2026-11-04T10:00:00Z", "fee.assessed", sample["data"].clone()).unwrap();
    desk
}

fn with_fee() -> Desk {
    let mut desk = assessed();
    hear(&mut desk, Outcome::Ordered { bank_reference: "B-1".into(), pay_url: None });
    desk
}

fn hear(desk: &mut Desk, outcome: Outcome) {
    let message = OutcomeMessage {
        id: OutcomeMessage::id_of_event(&bank(), "1"),
        agency: bank(),
        consultation: fee(desk).order,
        request: RequestKind::Query,
        attempt: 0,
        via: Via::Collect,
        outcome,
        exchanges: vec![],
    };
    desk.input(&Input::Outcome(Box::new(message))).unwrap();
}

fn fee(desk: &Desk) -> &FeeState {
    desk.state().fees.values().next().unwrap()
}

fn paid(transaction: &str, amount_centimes: Centimes) -> Outcome {
    let (transaction, means) = (transaction.to_owned(), PaymentMeans::Counter);
    Outcome::Paid { receipt: PaymentReceipt { transaction, amount_centimes, means, paid_at: None } }
}

fn reported(desk: &Desk) -> Vec<&str> {
    let pending = desk.events.iter().filter_map(|event| match event {
        Event::AnswerPending { unknown, .. } => Some(unknown.as_str()),
        _ => None,
    });
    pending.collect()
}

fn confirmed(desk: &Desk) -> usize {
    desk.events.iter().filter(|event| matches!(event, Event::PaymentConfirmed { .. })).count()
}

#[test]
fn another_amount_pays_nothing_and_the_order_stays_open() {
    let asked = fee(&with_fee()).fee.amount_centimes;
    for (amount, expected) in [(asked.0 - 1, "payment.partial"), (asked.0 + 1, "payment.over")] {
        let mut desk = with_fee();
        hear(&mut desk, paid("T1", Centimes(amount)));
        assert_eq!((fee(&desk).status, confirmed(&desk)), (FeeStatus::Ordered, 0));
        let told = desk.told.iter().find_map(|notice| match notice {
            Notice::PaymentFailed { code, is_final, .. } => Some((code.as_str(), *is_final)),
            _ => None,
        });
        assert_eq!(told, Some((expected, false)));
        hear(&mut desk, paid("T2", asked));
        assert_eq!((fee(&desk).status, confirmed(&desk)), (FeeStatus::Paid, 1), "{expected}");
    }
}

/// What was paid is read before the bank's answer to the order: the order's number is kept, and nothing is taken back.
#[test]
fn the_banks_number_is_kept_when_it_comes_after_the_money() {
    let mut desk = assessed();
    let asked = fee(&desk).fee.amount_centimes;
    hear(&mut desk, paid("T1", asked));
    hear(&mut desk, Outcome::Ordered { bank_reference: "B-1".into(), pay_url: None });
    let now = fee(&desk);
    assert_eq!((now.status, now.bank_reference.as_deref()), (FeeStatus::Paid, Some("B-1")));
    hear(&mut desk, Outcome::Ordered { bank_reference: "B-2".into(), pay_url: None });
    assert_eq!(fee(&desk).bank_reference.as_deref(), Some("B-1"));
}

#[test]
fn the_same_payment_again_is_nothing_and_a_second_one_is_reported() {
    let mut desk = with_fee();
    let asked = fee(&desk).fee.amount_centimes;
    hear(&mut desk, paid("T1", asked));
    hear(&mut desk, paid("T1", asked));
    assert!(reported(&desk).is_empty());
    hear(&mut desk, paid("T2", asked));
    assert_eq!(reported(&desk), ["payment.twice"]);
    assert_eq!((confirmed(&desk), fee(&desk).receipt.as_ref().unwrap().transaction.as_str()), (1, "T1"));
}

#[test]
fn what_is_given_back_is_what_was_paid_and_is_told_once() {
    let mut desk = with_fee();
    let asked = fee(&desk).fee.amount_centimes;
    let back = |amount_centimes| Outcome::Refunded { amount_centimes, transaction: "V1".into() };
    hear(&mut desk, back(asked));
    assert_eq!((fee(&desk).status, reported(&desk)), (FeeStatus::Ordered, vec!["payment.refund-differs"]));
    hear(&mut desk, paid("T1", asked));
    hear(&mut desk, back(Centimes(asked.0 - 1)));
    assert_eq!(fee(&desk).status, FeeStatus::Paid, "only the whole of it counts");
    hear(&mut desk, back(asked));
    hear(&mut desk, back(asked));
    assert_eq!(fee(&desk).status, FeeStatus::Refunded);
    let told = desk.told.iter().filter(|notice| matches!(notice, Notice::PaymentRefunded { .. })).count();
    assert_eq!((told, reported(&desk).len()), (1, 2));
}

#[test]
fn an_order_knows_the_day_on_which_it_was_assessed() {
    assert_eq!(fee(&with_fee()).asked_on.unwrap().to_string(), "2026-11-04");
}

fn ask_back(desk: &mut Desk, fee: &str) -> Result<(), Refusal> {
    let data = json!({"fee": fee, "requested_at": "2026-11-05T09:00:00Z", "reason": "assessed twice"});
    desk.says("2026-11-05T09:00:00Z", "refund.requested", data)
}

fn asked_of_the_bank(desk: &Desk, kind: RequestKind) -> usize {
    desk.asked.iter().filter(|request| request.kind == kind).count()
}

fn code_of(refused: Result<(), Refusal>) -> String {
    refused.unwrap_err().0[0].code.clone()
}

#[test]
fn a_paid_fee_is_given_back_on_the_communes_word_and_is_asked_of_the_bank_once() {
    let mut desk = with_fee();
    let (key, asked) = (fee(&desk).fee.fee.to_string(), fee(&desk).fee.amount_centimes);
    assert_eq!(code_of(ask_back(&mut desk, "other")), Code::RefundFeeUnknown.as_str());
    assert_eq!(code_of(ask_back(&mut desk, &key)), Code::RefundNotPaid.as_str());
    hear(&mut desk, paid("T1", asked));
    ask_back(&mut desk, &key).unwrap();
    assert_eq!(code_of(ask_back(&mut desk, &key)), Code::RefundNotPaid.as_str(), "it is under way");
    assert_eq!(asked_of_the_bank(&desk, RequestKind::Refund), 1);
    hear(&mut desk, Outcome::Refunded { amount_centimes: asked, transaction: "V1".into() });
    assert_eq!(fee(&desk).status, FeeStatus::Refunded);
    assert_eq!(code_of(ask_back(&mut desk, &key)), Code::RefundNotPaid.as_str(), "it was given back");
}

#[test]
fn a_refund_that_the_bank_refuses_is_told_and_may_be_asked_for_again() {
    let mut desk = with_fee();
    let (key, asked) = (fee(&desk).fee.fee.to_string(), fee(&desk).fee.amount_centimes);
    hear(&mut desk, paid("T1", asked));
    ask_back(&mut desk, &key).unwrap();
    hear(&mut desk, Outcome::Refused { code: "AC04".into(), reason: "Compte clos".into() });
    let told =
        desk.told.iter().any(|notice| matches!(notice, Notice::RefundRefused { code, .. } if code == "AC04"));
    assert!(told && fee(&desk).status == FeeStatus::Paid && !fee(&desk).is_refunding());
    ask_back(&mut desk, &key).unwrap();
    assert_eq!(asked_of_the_bank(&desk, RequestKind::Refund), 2);
}

#[test]
fn money_for_an_order_that_nobody_needed_any_more_goes_back_by_itself() {
    let mut desk = with_fee();
    let asked = fee(&desk).fee.amount_centimes;
    desk.says("2026-11-05T09:00:00Z", "file.withdrawn", json!({"withdrawn_at": "2026-11-05T08:59:00Z"}))
        .unwrap();
    assert_eq!(fee(&desk).status, FeeStatus::Cancelled);
    hear(&mut desk, paid("T1", asked));
    hear(&mut desk, paid("T1", asked));
    assert_eq!((confirmed(&desk), asked_of_the_bank(&desk, RequestKind::Refund)), (1, 1));
    hear(&mut desk, Outcome::Refunded { amount_centimes: asked, transaction: "V1".into() });
    assert_eq!(fee(&desk).status, FeeStatus::Refunded);
}

/// Invariant: a withdrawal forgets the timers of the file, but not that money is on its way back.
#[test]
fn a_refund_goes_on_when_the_file_is_withdrawn_meanwhile() {
    let mut desk = with_fee();
    let (key, asked) = (fee(&desk).fee.fee.to_string(), fee(&desk).fee.amount_centimes);
    hear(&mut desk, paid("T1", asked));
    ask_back(&mut desk, &key).unwrap();
    desk.says("2026-11-05T10:00:00Z", "file.withdrawn", json!({"withdrawn_at": "2026-11-05T09:59:00Z"}))
        .unwrap();
    let watchdog = TimerKind::Watchdog(fee(&desk).order);
    assert!(fee(&desk).is_refunding() && desk.waits.contains_key(&watchdog.to_string()));
    desk.input(&Input::Timer(watchdog)).unwrap();
    assert_eq!(asked_of_the_bank(&desk, RequestKind::Refund), 2);
}
