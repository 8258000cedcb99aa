//! How a file ends: what the commune is told with its decision, and what becomes of fees that nobody paid.

use serde_json::json;
use wasl_schemas::agency::{Outcome, OutcomeMessage, RequestKind, Via};
use wasl_schemas::money::Centimes;
use wasl_schemas::payment::{PaymentMeans, PaymentReceipt};
use wasl_schemas::problem::Code;

use super::*;
use crate::file::event::bank;
use crate::file::state::FeeStatus;

fn with_fee() -> Desk {
    let sample: Value =
        serde_json::from_str(include_str!("../../../../../schemas/samples/valid/fee.assessed.json")).unwrap();
    let mut desk = Desk::with(Permit::Repair);
    desk.says("2026-11-04T10:00:00Z", "fee.assessed", sample["data"].clone()).unwrap();
    desk
}

fn outcome(desk: &mut Desk, outcome: Outcome) {
    let order = desk.state().fees.values().next().unwrap().order;
    let message = OutcomeMessage {
        id: OutcomeMessage::id_of_event(&bank(), "1"),
        agency: bank(),
        consultation: order,
        request: RequestKind::Query,
        attempt: 0,
        via: Via::Callback,
        outcome,
        exchanges: vec![],
    };
    desk.input(&Input::Outcome(Box::new(message))).unwrap();
}

fn fee(desk: &Desk) -> FeeStatus {
    desk.state().fees.values().next().unwrap().status
}

#[test]
fn a_refusal_or_a_withdrawal_closes_the_orders_that_nobody_has_paid() {
    let ends = [
        ("decision.taken", decision("refused", "2026-11-09T09:00:00Z")),
        ("file.withdrawn", json!({"withdrawn_at": "2026-11-09T09:00:00Z"})),
    ];
    for (name, data) in ends {
        for ordered in [false, true] {
            let mut desk = with_fee();
            if ordered {
                outcome(&mut desk, Outcome::Ordered { bank_reference: "B-1".into(), pay_url: None });
            }
            desk.says("2026-11-09T10:00:00Z", name, data.clone()).unwrap();
            assert_eq!(fee(&desk), FeeStatus::Cancelled, "{name}");
            let told = desk.told.iter().filter(|notice| {
                matches!(notice, Notice::PaymentFailed { code, is_final: true, .. } if code == "cancelled")
            });
            assert_eq!(told.count(), 1, "{name}");
            // The bank answers the order that crossed the decision: it opens nothing again.
            outcome(&mut desk, Outcome::Ordered { bank_reference: "B-1".into(), pay_url: None });
            assert_eq!(fee(&desk), FeeStatus::Cancelled, "{name}");
        }
    }
}

#[test]
fn money_that_comes_all_the_same_is_booked_and_a_paid_fee_stays_paid() {
    let amount: Centimes = with_fee().state().fees.values().next().unwrap().fee.amount_centimes;
    let receipt = PaymentReceipt {
        transaction: "T-1".into(),
        amount_centimes: amount,
        means: PaymentMeans::Card,
        paid_at: None,
    };
    for late in [true, false] {
        let mut desk = with_fee();
        if !late {
            outcome(&mut desk, Outcome::Paid { receipt: receipt.clone() });
        }
        desk.says("2026-11-09T10:00:00Z", "decision.taken", decision("refused", "2026-11-09T09:00:00Z"))
            .unwrap();
        if late {
            outcome(&mut desk, Outcome::Paid { receipt: receipt.clone() });
        }
        assert_eq!(fee(&desk), FeeStatus::Paid, "late: {late}");
    }
}

#[test]
fn a_grant_leaves_its_fee_to_be_paid() {
    let mut desk = with_fee();
    desk.says("2026-11-09T10:00:00Z", "decision.taken", decision("granted", "2026-11-09T09:00:00Z")).unwrap();
    assert_eq!(fee(&desk), FeeStatus::Assessed);
}

#[test]
fn a_decision_that_is_reported_late_is_recorded_with_its_warning() {
    let mut desk = Desk::with(Permit::Repair);
    desk.until("2026-11-09T18:00:00Z");
    let warning = Fault::new(Code::DecisionReportedLate, "/data/decided_at");
    let data = decision("granted", "2026-11-09T09:00:00Z");
    let command = serde_json::from_value(json!({"name": "decision.taken", "data": data})).unwrap();
    desk.message(command, std::slice::from_ref(&warning)).unwrap();
    let told = desk.told.iter().find_map(|notice| match notice {
        Notice::DecisionRecorded { warnings, late, after_right, .. } => Some((warnings, *late, *after_right)),
        _ => None,
    });
    assert_eq!(told, Some((&vec![warning], false, false)));
}
