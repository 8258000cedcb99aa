//! `GET /api/v1/payments`: sums by status and region, in whole centimes of MAD.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use serde::Serialize;

use crate::http::app::Shared;
use crate::http::auth::Caller;
use crate::http::problem::Problem;
use crate::store::read::payments::{self, PaymentFigures};

/// The fees of one status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct StatusSum {
    /// How many.
    pub fees: i64,
    /// What was asked.
    pub amount_centimes: i64,
    /// What was paid.
    pub paid_centimes: i64,
    /// Settled today.
    pub settled_today: i64,
    /// Paid today.
    pub paid_today_centimes: i64,
}

/// The answer.
#[derive(Debug, Serialize)]
pub struct PaymentsAnswer {
    /// Always `MAD`.
    pub currency: &'static str,
    /// All regions of the caller's scope.
    pub by_status: BTreeMap<String, StatusSum>,
    /// Line by line.
    pub by_region: Vec<PaymentFigures>,
}

/// Adds the regions up.
#[must_use]
pub fn sums_of(figures: &[PaymentFigures]) -> BTreeMap<String, StatusSum> {
    let mut sums: BTreeMap<String, StatusSum> = BTreeMap::new();
    for row in figures {
        let sum = sums.entry(row.status.clone()).or_default();
        sum.fees += row.fees;
        sum.amount_centimes += row.amount_centimes;
        sum.paid_centimes += row.paid_centimes;
        sum.settled_today += row.settled_recently;
        sum.paid_today_centimes += row.paid_recently_centimes;
    }
    sums
}

/// Fees assessed in the last twelve months.
pub async fn sums(State(app): State<Shared>, caller: Caller) -> Result<Json<PaymentsAnswer>, Problem> {
    let today = app.today();
    let by_region = payments::figures(&app.lists, &caller.scope, today.since, today.begin).await?;
    let currency = wasl_schemas::money::CURRENCY;
    Ok(Json(PaymentsAnswer { currency, by_status: sums_of(&by_region), by_region }))
}
