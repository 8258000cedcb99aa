//! The simulated payer and the bank behind the card: attempts, callbacks, captures, repeats.

use std::io;

use reqwest::header::HeaderMap;
use serde_json::{Value, json};

use super::super::action::Action;
use super::super::agency::Agency;
use super::super::callbacks::{Answer, Callback};
use super::super::clock;
use super::super::draw::Behaviour;
use super::order::{Order, State, Step};
use super::{Bank, card, counter};

const CAPTURE: &[u8] = b"ACTION=POSTAUTH";
const NOTED: &[u8] = b"APPROVED";
const HASH_WRONG: &[u8] = b"FAILURE";

/// Takes a step that came due, unless the order has moved on since.
pub(super) async fn step(bank: &Bank, id: &str, step: Step) {
    bank.office.present(Agency::BaridBank).await;
    let Some(order) =
        bank.order(id).filter(|order| order.next.as_ref().is_some_and(|next| next.step == step))
    else {
        return;
    };
    let ended = order.ends_ms.is_some_and(|ends_ms| clock::now_ms() >= ends_ms);
    let noted = match step {
        Step::Pay { .. } | Step::Check | Step::Counter { visit: 1 } if ended => expire(bank, &order),
        Step::Expire => expire(bank, &order),
        Step::Check => {
            let pay = Step::Pay { attempt: 1, code: "00".to_owned() };
            let next = bank.in_days(pay, order.draw.delay_days);
            bank.record(Action::OrderAccepted, &order, json!({"next": next}))
        }
        Step::Pay { attempt, ref code } => pay(bank, &order, attempt, code).await,
        Step::Counter { visit } => counter::visit(bank, &order, visit),
        Step::Repeat { attempt } => repeat(bank, &order, attempt).await,
    };
    if let Err(fault) = noted {
        tracing::error!(%fault, "a step of the bank could not be noted");
        bank.arm(id, order.next.map(|next| super::Next { due_ms: clock::now_ms() + 500, ..next }));
    }
}

fn expire(bank: &Bank, order: &Order) -> io::Result<()> {
    if order.state == State::Paid {
        return Ok(());
    }
    bank.record(Action::OrderExpired, order, json!({"amount_centimes": order.amount_centimes}))
}

/// Posts the callback of an attempt until the gateway gives one of its three answers.
async fn post(bank: &Bank, order: &Order, attempt: u32, code: &str) -> Option<Answer> {
    let base = bank.office.settings.callbacks.as_ref()?;
    let body = card::body(&card::fields(&bank.office.secrets.barid_bank, order, attempt, code));
    let callback = Callback {
        url: format!("{base}/callbacks/barid-bank"),
        content_type: "application/x-www-form-urlencoded",
        headers: HeaderMap::new(),
        body: Box::new(move || body.clone()),
    };
    let known = |answer: &Answer| {
        answer.status == 200 && [CAPTURE, NOTED, HASH_WRONG].contains(&answer.body.as_slice())
    };
    Some(bank.office.callbacks.deliver(&callback, known).await)
}

async fn pay(bank: &Bank, order: &Order, attempt: u32, code: &str) -> io::Result<()> {
    let Some(answer) = post(bank, order, attempt, code).await else { return Ok(()) };
    let said = String::from_utf8_lossy(&answer.body).into_owned();
    let mut detail = json!({
        "transaction": card::transaction(order, attempt),
        "attempt": attempt,
        "code": code,
        "amount_centimes": order.amount_centimes,
        "answer": said,
        "tries": answer.tries,
    });
    if code != "00" {
        if answer.body != NOTED {
            bank.violation(&order.reference, &[format!("{said} to a card that was refused")]);
        }
        detail["next"] = after_refusal(bank, order, attempt);
        return bank.record(Action::PaymentRefused, order, detail);
    }
    if answer.body == CAPTURE {
        if order.draw.twice {
            detail["next"] = json!(bank.in_days(Step::Repeat { attempt }, 0.1));
        }
        return bank.record(Action::PaymentCaptured, order, detail);
    }
    if answer.body == HASH_WRONG {
        bank.violation(&order.reference, &["FAILURE to a callback whose hash is right".to_owned()]);
    }
    bank.record(Action::CallbackAcknowledged, order, detail)
}

/// What the payer does after the card was refused.
fn after_refusal(bank: &Bank, order: &Order, attempt: u32) -> Value {
    let again = order.draw.delay_days * 0.3;
    match order.draw.behaviour {
        Behaviour::RefusedThenPaid => {
            json!(bank.in_days(Step::Pay { attempt: attempt + 1, code: "00".to_owned() }, again))
        }
        Behaviour::Failed if attempt == 1 => {
            json!(bank.in_days(Step::Pay { attempt: 2, code: "54".to_owned() }, again))
        }
        _ => match order.ends_ms {
            Some(due_ms) => json!(super::Next { step: Step::Expire, due_ms }),
            None => Value::Null,
        },
    }
}

/// The same callback once more: the gateway must give the same answer and book nothing.
async fn repeat(bank: &Bank, order: &Order, attempt: u32) -> io::Result<()> {
    let Some(answer) = post(bank, order, attempt, "00").await else { return Ok(()) };
    let said = String::from_utf8_lossy(&answer.body).into_owned();
    if answer.body != CAPTURE {
        bank.violation(&order.reference, &[format!("{said} to a repeat of the callback that paid")]);
    }
    let detail = json!({
        "transaction": card::transaction(order, attempt),
        "attempt": attempt,
        "answer": said,
        "repeat": true,
        "tries": answer.tries,
    });
    bank.record(Action::CallbackAcknowledged, order, detail)
}
