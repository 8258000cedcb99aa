//! How each agency answers: a bar of all that was asked, and the mean number of days to an opinion.

use askama::Template;

use super::format::{decimal, number, percent};
use super::snapshot::Snapshot;
use super::svg::stacked;
use crate::http::api::agencies::{AgencyLine, Counts};
use crate::http::texts::Say;

struct AgencyRow {
    name: String,
    asked: String,
    answered: String,
    overdue: String,
    overdue_any: bool,
    in_time: String,
    mean: String,
    bar: String,
}

#[derive(Template)]
#[template(path = "agencies.html")]
struct AgenciesTemplate {
    s: Say,
    rows: Vec<AgencyRow>,
    /// Class and text of each part of the bars, in their order.
    legend: Vec<(&'static str, String)>,
}

/// The parts of a bar, in reading order.
fn parts(counts: &Counts) -> [(&'static str, i64); 6] {
    [
        ("in-time", counts.answered - counts.answered_late),
        ("answered-late", counts.answered_late),
        ("open", counts.open),
        ("overdue", counts.overdue),
        ("no-answer", counts.no_answer),
        ("closed", counts.refused + counts.cancelled),
    ]
}

/// Draws the table.
pub fn draw(say: Say, snapshot: &Snapshot) -> Result<String, askama::Error> {
    let legend = parts(&Counts::default()).map(|(class, _)| (class, say.of("answer", class)));
    let rows = snapshot.agencies.iter().map(|line| row(say, line)).collect();
    AgenciesTemplate { s: say, rows, legend: legend.to_vec() }.render()
}

fn row(say: Say, line: &AgencyLine) -> AgencyRow {
    let counts = &line.totals;
    AgencyRow {
        name: say.of("agency", &line.agency),
        asked: number(say.lang, counts.asked),
        answered: number(say.lang, counts.answered),
        overdue: number(say.lang, counts.overdue),
        overdue_any: counts.overdue > 0,
        in_time: percent(say.lang, counts.answered - counts.answered_late, counts.answered),
        mean: decimal(say.lang, counts.mean_days),
        bar: stacked(say.lang.is_rtl(), &parts(counts), counts.asked),
    }
}
