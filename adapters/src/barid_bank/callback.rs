//! The card callback (README §§5–6): pure. The bytes are verified first; only then is anything believed.

use wasl_schemas::agency::Outcome;
use wasl_schemas::id::ConsultationId;
use wasl_schemas::money::{CURRENCY_NUMERIC, Centimes};
use wasl_schemas::payment::{PaymentMeans, PaymentReceipt};

use super::camt::amount;
use super::config::Config;
use super::map::{back::bank_time, order_of};
use crate::port::{Expected, Identified, RawCallback, Received, Reply};
use crate::transport::hash_v3::{self, Parameter};

/// Longest transaction number that is believed.
const TRANSACTION_CHARS_MAX: usize = 64;

/// `ACTION=POSTAUTH`: capture the money.
pub(super) fn post_auth() -> Reply {
    plain("ACTION=POSTAUTH")
}

/// `APPROVED`: acknowledged, nothing is captured.
pub(super) fn approved() -> Reply {
    plain("APPROVED")
}

/// `FAILURE`: not authentic.
pub(super) fn failure() -> Reply {
    plain("FAILURE")
}

fn plain(body: &str) -> Reply {
    Reply { status: 200, content_type: "text/plain; charset=utf-8", body: body.to_owned() }
}

/// The form, as far as it is text.
struct Form(Vec<Parameter>);

impl Form {
    fn read(raw: &RawCallback) -> Result<Self, String> {
        if !raw.method.eq_ignore_ascii_case("POST") {
            return Err("not a POST".to_owned());
        }
        let parameters = hash_v3::parse_form(&raw.body)?;
        let mut names: Vec<_> = parameters.iter().map(|(name, _)| name.to_ascii_lowercase()).collect();
        names.sort_unstable();
        // Two values under one name: whoever hashes and whoever reads could each take another one.
        if names.windows(2).any(|pair| pair[0] == pair[1]) {
            return Err("a name is posted twice".to_owned());
        }
        Ok(Self(parameters))
    }

    fn get(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().find(|(key, _)| key == name.as_bytes());
        found.and_then(|(_, value)| std::str::from_utf8(value).ok()).map(str::trim).filter(|v| !v.is_empty())
    }

    fn order(&self) -> Option<ConsultationId> {
        self.get("oid").and_then(order_of)
    }
}

/// Whose callback it is, before any verification.
pub(super) fn identify(raw: &RawCallback) -> Identified {
    let consultation = Form::read(raw).ok().and_then(|form| form.order());
    Identified { consultation, nonce: None }
}

/// Verifies and translates.
pub(super) fn receive(raw: &RawCallback, expected: &Expected, config: &Config) -> Received {
    let reject = |code, reason: String| Received::Reject { reply: failure(), code, reason };
    let form = match Form::read(raw) {
        Ok(form) => form,
        Err(reason) => return reject("payment.callback-unreadable", reason),
    };
    if !hash_v3::verify(&form.0, &config.store_key, &config.quirks) {
        return reject("payment.hash-wrong", "the HASH is wrong or missing".to_owned());
    }
    match judge(&form, expected, config) {
        Ok(received) => received,
        Err(alarm) => Received::Ignore { reply: approved(), alarm: Some(alarm) },
    }
}

/// An authentic callback: a capture, a refused try, or the code of an alarm (answered, never captured).
fn judge(form: &Form, expected: &Expected, config: &Config) -> Result<Received, &'static str> {
    let Some(amount_expected) = expected.amount_centimes.filter(|_| expected.known && form.order().is_some())
    else {
        return Err("payment.order-unknown");
    };
    if form.get("clientid") != Some(config.merchant_id.as_str()) {
        return Err("payment.callback-merchant-wrong");
    }
    let transaction = form
        .get("TransId")
        .filter(|t| t.len() <= TRANSACTION_CHARS_MAX)
        .ok_or("payment.callback-transaction-missing")?
        .to_owned();
    let code = form.get("ProcReturnCode").ok_or("payment.callback-code-missing")?;
    if code != "00" {
        return Ok(refused(transaction, code));
    }
    if form.get("Response") != Some("Approved") {
        return Err("payment.callback-contradicts-itself");
    }
    if form.get("currency") != Some(CURRENCY_NUMERIC) {
        return Err("payment.currency-differs");
    }
    let amount = amount::two_decimals(form.get("amount").unwrap_or_default()).map_err(|_| amount::NOT_MAD)?;
    if amount != amount_expected {
        return Err("payment.amount-differs");
    }
    if expected.captured_transaction.as_ref().is_some_and(|captured| *captured != transaction) {
        return Err("payment.second-capture");
    }
    Ok(capture(transaction, amount_expected, form.get("EXTRA.TRXDATE")))
}

/// One try failed; the order stays open.
fn refused(transaction: String, code: &str) -> Received {
    Received::Accept {
        event_id: transaction.clone(),
        outcome: Outcome::PaymentRefused { transaction, code: code.to_owned() },
        reply: approved(),
    }
}

fn capture(transaction: String, amount_centimes: Centimes, time: Option<&str>) -> Received {
    let receipt = PaymentReceipt {
        transaction: transaction.clone(),
        amount_centimes,
        means: PaymentMeans::Card,
        paid_at: time.and_then(|text| bank_time("%Y%m%d %H:%M:%S", text)),
    };
    Received::Capture {
        transaction,
        amount_centimes,
        outcome: Outcome::Paid { receipt },
        reply: post_auth(),
        conflict: approved(),
    }
}
