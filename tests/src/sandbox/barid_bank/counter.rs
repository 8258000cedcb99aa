//! The payer at a counter or cash machine: no card, no callback; the gateway reads of it in a notification.

use std::io;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::super::action::Action;
use super::super::draw::Behaviour;
use super::order::{Order, State, Step};
use super::{Bank, Next};

/// One dirham too much.
const TOO_MUCH_CENTIMES: u64 = 100;

/// The bank's number of a visit: the same whenever it is told.
fn transaction(order: &Order, visit: u32) -> String {
    let hash = Sha256::digest(format!("{}/counter/{visit}", order.id));
    let digits: String = hash.iter().take(7).map(|byte| format!("{byte:02X}")).collect();
    format!("G{digits}")
}

/// Takes the money in.
pub(super) fn visit(bank: &Bank, order: &Order, visit: u32) -> io::Result<()> {
    let amount = order.amount_centimes;
    let (action, amount_centimes) = match order.draw.behaviour {
        Behaviour::CounterPartial => (Action::CounterMoney, amount / 2),
        Behaviour::CounterOver => (Action::CounterMoney, amount + TOO_MUCH_CENTIMES),
        _ if order.state == State::Paid => (Action::CounterMoney, amount),
        _ => (Action::PaymentCaptured, amount),
    };
    let next = match (order.draw.behaviour, visit, order.ends_ms) {
        (Behaviour::CounterTwice, 1, _) => json!(bank.in_days(Step::Counter { visit: 2 }, 0.3)),
        (Behaviour::CounterPartial | Behaviour::CounterOver, _, Some(due_ms)) => {
            json!(Next { step: Step::Expire, due_ms })
        }
        _ => Value::Null,
    };
    let detail = json!({
        "means": "counter",
        "transaction": transaction(order, visit),
        "amount_centimes": amount_centimes,
        "pays": action == Action::PaymentCaptured,
        "next": next,
    });
    bank.record(action, order, detail)
}
