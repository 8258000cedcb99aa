//! Silence is approval: how many files have come how far.

use askama::Template;

use super::format::number;
use super::snapshot::Snapshot;
use super::svg::stacked;
use crate::http::api::stats::total;
use crate::http::texts::Say;

struct StageLine {
    label: String,
    count: String,
    bar: String,
}

#[derive(Template)]
#[template(path = "silence.html")]
struct SilenceTemplate {
    s: Say,
    stages: Vec<StageLine>,
}

/// Draws the stages.
pub fn draw(say: Say, snapshot: &Snapshot) -> Result<String, askama::Error> {
    let all = total(&snapshot.flow);
    let stages = [
        ("eligible", all.silence_eligible),
        ("acquired", all.silence_acquired),
        ("invoked", all.silence_invoked),
        ("attested", all.silence_attested),
    ];
    let whole = all.silence_eligible.max(1);
    let line = |(key, count): (&str, i64)| StageLine {
        label: say.of("silence", key),
        count: number(say.lang, count),
        bar: stacked(say.lang.is_rtl(), &[("stage", count)], whole),
    };
    SilenceTemplate { s: say, stages: stages.into_iter().map(line).collect() }.render()
}
