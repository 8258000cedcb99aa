//! `GET /api/v1/agencies`: how each kind of agency performs, in the country and by region.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use serde::Serialize;

use super::mean;
use crate::http::app::Shared;
use crate::http::auth::Caller;
use crate::http::problem::Problem;
use crate::store::read::agencies::{self, AgencyFigures};

/// One kind of agency.
#[derive(Debug, Serialize)]
pub struct AgencyLine {
    /// Counts over all regions of the caller's scope.
    #[serde(flatten)]
    pub totals: Counts,
    /// The same by region.
    pub by_region: BTreeMap<String, Counts>,
    /// Kind of agency.
    pub agency: String,
}

/// Counts of consultations.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
pub struct Counts {
    /// Asked for.
    pub asked: i64,
    /// Opinions given.
    pub answered: i64,
    /// Of these, late.
    pub answered_late: i64,
    /// Awaited, in time.
    pub open: i64,
    /// Awaited, late.
    pub overdue: i64,
    /// The decision went on without it.
    pub no_answer: i64,
    /// Refused or impossible to translate.
    pub refused: i64,
    /// No longer needed.
    pub cancelled: i64,
    /// Mean number of calendar days from plan to opinion, one decimal.
    pub mean_days: Option<f64>,
    #[serde(skip)]
    days_sum: i64,
}

impl Counts {
    fn add(&mut self, figures: &AgencyFigures) {
        self.asked += figures.asked;
        self.answered += figures.answered;
        self.answered_late += figures.answered_late;
        self.open += figures.open;
        self.overdue += figures.overdue;
        self.no_answer += figures.no_answer;
        self.refused += figures.refused;
        self.cancelled += figures.cancelled;
        self.days_sum += figures.days_sum;
        self.mean_days = mean(self.days_sum, self.answered);
    }
}

/// Adds the regions up, in the order of the kinds.
#[must_use]
pub fn lines(figures: &[AgencyFigures]) -> Vec<AgencyLine> {
    let mut lines: Vec<AgencyLine> = Vec::new();
    for row in figures {
        if lines.last().is_none_or(|line| line.agency != row.agency) {
            let agency = row.agency.clone();
            lines.push(AgencyLine { totals: Counts::default(), by_region: BTreeMap::new(), agency });
        }
        if let Some(line) = lines.last_mut() {
            line.totals.add(row);
            line.by_region.entry(row.region.clone()).or_default().add(row);
        }
    }
    lines
}

/// Figures of the last twelve months.
pub async fn list(State(app): State<Shared>, caller: Caller) -> Result<Json<Vec<AgencyLine>>, Problem> {
    let today = app.today();
    let figures = agencies::figures(&app.lists, &caller.scope, today.since, today.date).await?;
    Ok(Json(lines(&figures)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn regions_add_up_and_the_mean_is_over_opinions() {
        let row = |region: &str, answered, days_sum| AgencyFigures {
            agency: "onee".to_owned(),
            region: region.to_owned(),
            asked: 10,
            answered,
            answered_late: 1,
            open: 2,
            overdue: 1,
            no_answer: 1,
            refused: 0,
            cancelled: 0,
            days_sum,
        };
        let lines = lines(&[row("01", 4, 20), row("02", 6, 85)]);
        assert_eq!(lines.len(), 1);
        assert_eq!((lines[0].totals.asked, lines[0].totals.mean_days), (20, Some(10.5)));
        assert_eq!(lines[0].by_region["02"].mean_days, Some(14.2));
    }
}
