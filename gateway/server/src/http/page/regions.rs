//! What is late, and where: the regions of the country in the order of their codes, so that a line never jumps.

use askama::Template;

use super::format::{decimal, number, percent};
use super::snapshot::Snapshot;
use super::svg::stacked;
use crate::http::api::mean;
use crate::http::api::stats::total;
use crate::http::lang::Lang;
use crate::http::texts::Say;
use crate::store::read::stats::FlowFigures;

struct RegionLine {
    name: String,
    open: String,
    late: String,
    share: String,
    /// 0 (nothing late) to 5 (half or more).
    heat: u8,
    bar: String,
    mean_large: String,
    mean_small: String,
    silence: String,
}

#[derive(Template)]
#[template(path = "regions.html")]
struct RegionsTemplate {
    s: Say,
    lines: Vec<RegionLine>,
    all: RegionLine,
}

/// Draws the table.
pub fn draw(say: Say, snapshot: &Snapshot) -> Result<String, askama::Error> {
    let of = |code: &str| total(snapshot.flow.iter().filter(|line| line.region == code));
    let most = snapshot.regions.iter().map(|region| open(&of(&region.code))).max().unwrap_or(0);
    let mean_of = |code: Option<&str>, class: &str| {
        let lines = snapshot
            .flow
            .iter()
            .filter(|l| l.project_class == class && code.is_none_or(|code| l.region == code));
        let sum = total(lines);
        decimal(say.lang, mean(sum.days_sum, sum.decided))
    };
    let line = |name: &str, code: Option<&str>, figures: &FlowFigures| {
        let open = open(figures);
        RegionLine {
            name: name.to_owned(),
            open: number(say.lang, open),
            late: number(say.lang, figures.late),
            share: percent(say.lang, figures.late, open),
            heat: heat(figures.late, open),
            bar: stacked(say.lang.is_rtl(), &[("late", figures.late), ("waits", open - figures.late)], most),
            mean_large: mean_of(code, "large"),
            mean_small: mean_of(code, "small"),
            silence: number(say.lang, figures.silence_acquired),
        }
    };
    let lines = snapshot.regions.iter().map(|region| {
        let name = if say.lang == Lang::Ar { &region.ar } else { &region.fr };
        line(name, Some(&region.code), &of(&region.code))
    });
    RegionsTemplate {
        s: say,
        lines: lines.collect(),
        all: line(say.t("regions.all"), None, &total(&snapshot.flow)),
    }
    .render()
}

const fn open(figures: &FlowFigures) -> i64 {
    figures.under_review + figures.awaiting_decision
}

/// Share of late files among the open ones, in steps of a tenth.
fn heat(late: i64, open: i64) -> u8 {
    if open == 0 || late == 0 {
        return 0;
    }
    u8::try_from(1 + late * 10 / open).unwrap_or(5).min(5)
}

#[cfg(test)]
mod tests {
    use super::heat;

    #[test]
    fn heat_grows_with_the_share_and_is_none_without_delay() {
        assert_eq!(
            [heat(0, 50), heat(1, 50), heat(6, 50), heat(25, 50), heat(50, 50), heat(0, 0)],
            [0, 1, 2, 5, 5, 0]
        );
    }
}
