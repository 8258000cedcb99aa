//! Fees: ordered, paid, failed.

use askama::Template;

use super::format::{money, number};
use super::snapshot::Snapshot;
use super::svg::stacked;
use crate::http::api::payments::StatusSum;
use crate::http::texts::Say;

struct MoneyLine {
    key: &'static str,
    label: String,
    count: String,
    amount: String,
}

#[derive(Template)]
#[template(path = "money.html")]
struct MoneyTemplate {
    s: Say,
    lines: Vec<MoneyLine>,
    bar: String,
}

/// Draws the sums. "Ordered" is what waits at the bank; "paid" is what the bank reported.
pub fn draw(say: Say, snapshot: &Snapshot) -> Result<String, askama::Error> {
    let sum = |status: &str| snapshot.payments.get(status).copied().unwrap_or_default();
    let (assessed, ordered) = (sum("assessed"), sum("ordered"));
    let waiting = StatusSum {
        fees: assessed.fees + ordered.fees,
        amount_centimes: assessed.amount_centimes + ordered.amount_centimes,
        ..StatusSum::default()
    };
    let line = |key: &'static str, sum: StatusSum, centimes: i64| MoneyLine {
        key,
        label: say.of("payment", key),
        count: number(say.lang, sum.fees),
        amount: money(say, centimes),
    };
    let (paid, failed, refunded, cancelled) = (sum("paid"), sum("failed"), sum("refunded"), sum("cancelled"));
    let mut lines = vec![
        line("paid", paid, paid.paid_centimes),
        line("waiting", waiting, waiting.amount_centimes),
        line("failed", failed, failed.amount_centimes),
    ];
    if refunded.fees > 0 {
        lines.push(line("refunded", refunded, refunded.amount_centimes));
    }
    if cancelled.fees > 0 {
        lines.push(line("cancelled", cancelled, cancelled.amount_centimes));
    }
    let parts = [
        ("done", paid.fees),
        ("waits", waiting.fees),
        ("late", failed.fees),
        ("closed", refunded.fees + cancelled.fees),
    ];
    let whole = parts.iter().map(|(_, fees)| fees).sum();
    MoneyTemplate { s: say, lines, bar: stacked(say.lang.is_rtl(), &parts, whole) }.render()
}
