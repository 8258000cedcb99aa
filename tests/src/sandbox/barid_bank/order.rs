//! The bank's orders, folded from the ledger: what was asked, tried, captured, paid back.

use std::collections::{BTreeSet, HashMap};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::super::action::Action;
use super::super::draw::Draw;
use super::super::ledger::Entry;

/// One order for payment.
#[derive(Debug, Clone)]
pub(super) struct Order {
    /// 32 lower-case hexadecimal digits.
    pub(super) id: String,
    /// The gateway's consultation id, with hyphens.
    pub(super) reference: String,
    pub(super) file: Option<String>,
    pub(super) amount_centimes: u64,
    /// MsgId of the first request.
    pub(super) message_id: String,
    pub(super) state: State,
    pub(super) draw: Draw,
    /// Attempts that the gateway has answered, in order.
    pub(super) attempts: Vec<Attempt>,
    pub(super) refunds: BTreeSet<String>,
    pub(super) next: Option<Next>,
    /// Wall time after which nobody may pay.
    pub(super) ends_ms: Option<u64>,
}

/// Where an order stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum State {
    /// Being checked (PDNG).
    Checking,
    /// Waits for the payer (ACCP).
    Open,
    /// Rejected with a code (RJCT).
    Rejected(String),
    /// Captured (ACSC).
    Paid,
    /// Its end has passed (CANC).
    Expired,
}

/// One attempt of the payer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Attempt {
    pub(super) transaction: String,
    /// `00`, or why the card was refused.
    pub(super) code: String,
    pub(super) captured: bool,
    pub(super) at_ms: u64,
}

/// What happens next to an order, and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Next {
    pub(super) step: Step,
    pub(super) due_ms: u64,
}

/// A step of the bank or the payer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Step {
    /// The bank has checked the order.
    Check,
    /// The payer tries, for the n-th time, and the card says this.
    Pay { attempt: u32, code: String },
    /// The payer stands at a counter, for the n-th time.
    Counter { visit: u32 },
    /// The bank posts the callback of the attempt that paid once more.
    Repeat { attempt: u32 },
    /// The end of the order.
    Expire,
}

/// All orders of the bank.
#[derive(Debug, Default)]
pub(super) struct Orders {
    by_id: HashMap<String, Order>,
}

impl Orders {
    pub(super) fn get(&self, id: &str) -> Option<&Order> {
        self.by_id.get(id)
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &Order> {
        self.by_id.values()
    }

    /// Takes one ledger entry of the bank.
    pub(super) fn apply(&mut self, entry: &Entry) {
        let text = |name: &str| entry.detail[name].as_str().unwrap_or_default().to_owned();
        let id = text("order");
        let state = match entry.action {
            Action::OrderCreated if entry.detail["checking"] == Value::Bool(true) => State::Checking,
            Action::OrderCreated => State::Open,
            Action::OrderRejected => State::Rejected(text("code")),
            _ => return self.change(&id, entry),
        };
        let Ok(draw) = serde_json::from_value(entry.detail["draw"].clone()) else { return };
        let order = Order {
            id: id.clone(),
            reference: entry.reference.clone(),
            file: entry.file.clone(),
            amount_centimes: entry.detail["amount_centimes"].as_u64().unwrap_or(0),
            message_id: text("message_id"),
            state,
            draw,
            attempts: Vec::new(),
            refunds: BTreeSet::new(),
            next: next(entry),
            ends_ms: entry.detail["ends_ms"].as_u64(),
        };
        self.by_id.insert(id, order);
    }

    fn change(&mut self, id: &str, entry: &Entry) {
        let Some(order) = self.by_id.get_mut(id) else { return };
        let text = |name: &str| entry.detail[name].as_str().unwrap_or_default().to_owned();
        let mut tried = |captured| {
            let (transaction, code) = (text("transaction"), text("code"));
            if !transaction.is_empty() {
                order.attempts.push(Attempt { transaction, code, captured, at_ms: entry.at_ms });
            }
        };
        match entry.action {
            Action::PaymentCaptured => {
                if entry.detail["means"] != "counter" {
                    tried(true);
                }
                order.state = State::Paid;
            }
            Action::CounterMoney => {}
            Action::PaymentRefused => tried(false),
            Action::CallbackAcknowledged => {
                if entry.detail["repeat"] != Value::Bool(true) {
                    tried(false);
                }
            }
            Action::OrderAccepted => order.state = State::Open,
            Action::OrderExpired => order.state = State::Expired,
            Action::PaymentRefunded => {
                order.refunds.insert(text("reversal"));
                return;
            }
            _ => return,
        }
        order.next = next(entry);
    }
}

fn next(entry: &Entry) -> Option<Next> {
    serde_json::from_value(entry.detail["next"].clone()).ok()
}

/// `6250.00`, as every message of the bank writes it.
pub(super) fn dirhams(centimes: u64) -> String {
    format!("{}.{:02}", centimes / 100, centimes % 100)
}

/// Back to centimes; the schema has already made sure of the two decimals.
pub(super) fn centimes(text: &str) -> Option<u64> {
    let (whole, fraction) = text.trim().split_once('.')?;
    whole.parse::<u64>().ok()?.checked_mul(100)?.checked_add(fraction.parse().ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_is_whole_centimes() {
        assert_eq!(centimes("6250.07"), Some(625_007));
        assert_eq!(dirhams(625_007), "6250.07");
        assert_eq!(centimes("12"), None);
    }
}
