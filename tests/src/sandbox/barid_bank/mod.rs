//! Al Barid Bank: ISO 20022 request to pay, card callback with HASH version 3, order inquiry.

mod account;
mod camt;
mod card;
mod counter;
mod hash;
mod inquiry;
mod iso;
mod order;
mod payer;
mod refund;
mod report;
#[cfg(test)]
mod tests;

use std::io;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{get, post};
use serde_json::{Value, json};
use tokio::sync::mpsc;

use super::action::Action;
use super::agency::Agency;
use super::office::Office;
use super::xsd::Schema;
use super::{clock, locked};
use order::{Next, Order, Orders, Step, dirhams};

/// The bank, with its orders and what it checks against.
struct Bank {
    office: Arc<Office>,
    /// Where the hosted card page is reached.
    http: String,
    orders: Mutex<Orders>,
    /// What a test wants wrong with statements.
    faults: Mutex<account::Faults>,
    due: mpsc::UnboundedSender<(String, Step)>,
    request_to_pay: Schema,
    reversal: Schema,
}

type Shared = Arc<Bank>;

/// Opens the bank below `/barid-bank`, and its payers as they come.
///
/// # Errors
/// One of the bank's schemas cannot be read.
#[expect(clippy::disallowed_methods, reason = "one entry per order that the ledger keeps anyway")]
pub(super) fn open(office: &Arc<Office>, http: &str) -> anyhow::Result<Router> {
    let mut orders = Orders::default();
    for entry in office.ledger.select_of(Agency::BaridBank, 0, usize::MAX, |_| true) {
        orders.apply(&entry);
    }
    let read = |text| Schema::read(text).map_err(anyhow::Error::msg);
    let (due, mut steps) = mpsc::unbounded_channel();
    let bank = Arc::new(Bank {
        office: Arc::clone(office),
        http: http.to_owned(),
        orders: Mutex::new(orders),
        faults: Mutex::default(),
        due,
        request_to_pay: read(include_str!("pain013.xsd"))?,
        reversal: read(include_str!("pain007.xsd"))?,
    });
    let pending: Vec<Order> = locked(&bank.orders).all().cloned().collect();
    for order in pending {
        bank.arm(&order.id, order.next);
    }
    let payers = Arc::clone(&bank);
    office.schedule.run(async move {
        while let Some((id, step)) = steps.recv().await {
            // Each payer on their own: one gateway that is slow to answer holds up no other order.
            let bank = Arc::clone(&payers);
            payers.office.schedule.run(async move { payer::step(&bank, &id, step).await });
        }
    });
    Ok(Router::new()
        .route("/iso/pain.013", post(iso::request_to_pay))
        .route("/iso/pain.014/{order}", get(iso::status))
        .route("/iso/pain.007", post(refund::reverse))
        .route("/iso/pain.002/{reversal}", get(refund::status))
        .route("/iso/camt.054", get(account::notifications))
        .route("/iso/camt.053", get(account::statements))
        .route("/control/statement", post(account::control))
        .route("/fim/api", post(inquiry::answer))
        .route("/pay/{order}", get(hosted_page))
        .with_state(bank))
}

impl Bank {
    fn order(&self, id: &str) -> Option<Order> {
        locked(&self.orders).get(id).cloned()
    }

    /// Writes an effect on an order to the ledger and takes it into account.
    fn record(&self, action: Action, order: &Order, mut detail: Value) -> io::Result<()> {
        let mut orders = locked(&self.orders);
        detail["order"] = json!(order.id);
        let (reference, file) = (&order.reference, order.file.as_deref());
        let entry = self.office.ledger.record(Agency::BaridBank, action, reference, file, detail)?;
        orders.apply(&entry);
        drop(orders);
        let next = self.order(&order.id).and_then(|order| order.next);
        if entry.detail["next"].is_object() {
            self.arm(&order.id, next);
        }
        Ok(())
    }

    fn arm(&self, id: &str, next: Option<Next>) {
        let Some(Next { step, due_ms }) = next else { return };
        let (due, id) = (self.due.clone(), id.to_owned());
        self.office.schedule.at(due_ms, async move {
            // Nobody listens any more only when the sandbox stops.
            _ = due.send((id, step));
        });
    }

    /// A step some legal days from now.
    fn in_days(&self, step: Step, days: f64) -> Next {
        Next { step, due_ms: self.office.schedule.due_ms(clock::now_ms(), days) }
    }

    fn violation(&self, reference: &str, reasons: &[String]) {
        self.office.violation(Agency::BaridBank, reference, reasons);
    }
}

/// The hosted card page: what a payer would see. The simulated payer needs no browser.
async fn hosted_page(State(bank): State<Shared>, Path(id): Path<String>) -> Response {
    let Some(order) = bank.order(&id) else {
        return (StatusCode::NOT_FOUND, "no such order").into_response();
    };
    let amount = dirhams(order.amount_centimes);
    let state = format!("{:?}", order.state);
    Html(format!(
        "<!doctype html><html lang=\"fr\"><meta charset=\"utf-8\"><title>Paiement</title><h1>{amount} MAD</h1>\
         <p>{}</p><p>{state}</p></html>",
        order.id
    ))
    .into_response()
}

/// HASH, version 3, of a form that somebody else posts.
pub(super) fn hash_version_3(fields: &[(String, String)], store_key: &str) -> String {
    hash::version_3(fields, store_key)
}
