//! The first line of the page: day, clock, and the few numbers that matter most.

use askama::Template;

use super::format::{date_long, date_plain, decimal, dirhams, number, percent, time_short};
use super::snapshot::Snapshot;
use crate::http::api::mean;
use crate::http::api::stats::total;
use crate::http::texts::Say;

#[derive(Template)]
#[template(path = "head.html")]
struct HeadTemplate {
    s: Say,
    date: String,
    time: String,
    shifted: bool,
    stale: bool,
}

/// Legal day and clock.
pub fn head(say: Say, snapshot: &Snapshot, stale: bool) -> Result<String, askama::Error> {
    HeadTemplate {
        s: say,
        date: date_long(say, snapshot.today.date.0),
        time: time_short(snapshot.legal_now),
        shifted: snapshot.clock_shifted,
        stale,
    }
    .render()
}

/// The warning that the calendar must be looked after; nothing while it is confirmed for a whole year.
pub fn horizon(say: Say, snapshot: &Snapshot) -> String {
    // The text is ours and the date holds digits and names of months: nothing to escape.
    let warning = |until| say.with("page.horizon", &date_plain(say, until));
    snapshot.confirmed_until.map(warning).unwrap_or_default()
}

/// A number with its words.
pub struct Tile {
    /// Class of the style sheet: `plain`, `alert`.
    pub class: &'static str,
    /// What it is.
    pub label: String,
    /// The number.
    pub value: String,
    /// What it is made of, or compared with.
    pub note: String,
}

#[derive(Template)]
#[template(path = "figures.html")]
struct FiguresTemplate {
    tiles: Vec<Tile>,
}

/// The tiles.
pub fn figures(say: Say, snapshot: &Snapshot) -> Result<String, askama::Error> {
    let lang = say.lang;
    let n = |value: i64| number(lang, value);
    let all = total(&snapshot.flow);
    let open = all.under_review + all.awaiting_decision;
    let overdue: i64 = snapshot.agencies.iter().map(|agency| agency.totals.overdue).sum();
    let awaited: i64 =
        snapshot.agencies.iter().map(|agency| agency.totals.open + agency.totals.overdue).sum();
    let paid = snapshot.payments.get("paid").copied().unwrap_or_default();
    let mean_of = |class: &str| {
        let lines = total(snapshot.flow.iter().filter(|line| line.project_class == class));
        decimal(lang, mean(lines.days_sum, lines.decided))
    };
    let limit =
        |days: Option<u16>| say.with("figure.limit", &days.map_or_else(|| "–".to_owned(), |d| d.to_string()));
    let alert = |count: i64| if count > 0 { "alert" } else { "plain" };
    let tile = |class, label: &str, value: String, note: String| Tile {
        class,
        label: label.to_owned(),
        value,
        note,
    };
    let tiles = vec![
        tile("plain", say.t("figure.open"), n(open), say.with("figure.under-review", &n(all.under_review))),
        tile(
            alert(all.late),
            say.t("figure.late"),
            n(all.late),
            say.with("figure.late-share", &percent(lang, all.late, open)),
        ),
        tile("plain", say.t("figure.mean-large"), mean_of("large"), limit(snapshot.limits.large_days)),
        tile("plain", say.t("figure.mean-small"), mean_of("small"), limit(snapshot.limits.small_days)),
        tile(
            alert(overdue),
            say.t("figure.opinions-late"),
            n(overdue),
            say.with("figure.opinions-awaited", &n(awaited)),
        ),
        tile(
            "plain",
            say.t("figure.paid-today"),
            dirhams(say, paid.paid_today_centimes),
            say.with("figure.paid-year", &dirhams(say, paid.paid_centimes)),
        ),
    ];
    FiguresTemplate { tiles }.render()
}
