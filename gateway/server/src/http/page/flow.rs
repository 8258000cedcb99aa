//! The flow of files through the steps, as a drawing that narrows by what stays and what leaves.
//!
//! Five steps, one scale: each bar is what reached the step. What goes on is the band to the next bar; what
//! waits there, and what left there, hangs below it.

use askama::Template;

use super::format::number;
use super::snapshot::Snapshot;
use super::svg::{Canvas, WIDTH, share, stacked};
use crate::http::api::stats::total;
use crate::http::texts::Say;
use crate::store::read::stats::FlowFigures;

const HEIGHT: f64 = 190.0;
const BAR: f64 = 22.0;
/// A count that is not zero is at least so thick.
const THIN: f64 = 2.0;

/// One step, in whole files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Step {
    key: &'static str,
    /// Reached it.
    reached: i64,
    /// Reached it today; `None` where no legal day is known.
    today: Option<i64>,
    /// Went on to the next step.
    passed: i64,
    /// Waits here, in time.
    waiting: i64,
    /// Waits here, past the limit.
    late: i64,
    /// Left here: refused or withdrawn.
    left: i64,
}

/// The steps. What reached a step is what passed, waits or left there: the sums always agree.
fn steps(all: &FlowFigures, refused_at_entry: i64) -> [Step; 5] {
    let decided = all.granted + all.refused + all.silent;
    let reviewed = decided + all.awaiting_decision + all.withdrawn_reviewed;
    let to_deliver = all.granted + all.silent;
    let late_under_review = all.late - all.late_awaiting_decision;
    let step = |key, reached, today, passed, (waiting, late), left| Step {
        key,
        reached,
        today,
        passed,
        waiting,
        late,
        left,
    };
    [
        step("received", all.registered + refused_at_entry, None, all.registered, (0, 0), refused_at_entry),
        step(
            "registered",
            all.registered,
            Some(all.registered_today),
            reviewed,
            (all.under_review - late_under_review, late_under_review),
            all.withdrawn - all.withdrawn_reviewed,
        ),
        step(
            "reviewed",
            reviewed,
            Some(all.reviewed_today),
            decided,
            (all.awaiting_decision - all.late_awaiting_decision, all.late_awaiting_decision),
            all.withdrawn_reviewed,
        ),
        step("decided", decided, Some(all.decided_today + all.silent_today), to_deliver, (0, 0), all.refused),
        step(
            "delivered",
            all.delivered,
            Some(all.delivered_today),
            all.delivered,
            (to_deliver - all.delivered, 0),
            0,
        ),
    ]
}

/// A step with its words.
struct StepLine {
    key: &'static str,
    label: String,
    count: String,
    today: Option<String>,
    notes: Vec<(&'static str, String)>,
    /// For narrow screens.
    bar: String,
}

#[derive(Template)]
#[template(path = "flow.html")]
struct FlowTemplate {
    s: Say,
    drawing: String,
    steps: Vec<StepLine>,
}

/// Draws the flow.
pub fn draw(say: Say, snapshot: &Snapshot) -> Result<String, askama::Error> {
    let all = total(&snapshot.flow);
    let steps = steps(&all, snapshot.plumbing.refused_at_entry);
    let whole = steps[0].reached;
    FlowTemplate {
        s: say,
        drawing: drawing(say.lang.is_rtl(), &steps, whole),
        steps: steps.iter().map(|step| line(say, step, &all, whole)).collect(),
    }
    .render()
}

fn line(say: Say, step: &Step, all: &FlowFigures, whole: i64) -> StepLine {
    let n = |count: i64| number(say.lang, count);
    let mut notes = Vec::new();
    let mut note = |class, key: &str, count: i64| {
        if count > 0 {
            notes.push((class, say.with(key, &n(count))));
        }
    };
    match step.key {
        "received" => note("left", "flow.refused-at-entry", step.left),
        "registered" => note("waits", "flow.under-review", step.waiting + step.late),
        "reviewed" => note("waits", "flow.awaits-decision", step.waiting + step.late),
        "decided" => {
            note("done", "flow.granted", all.granted);
            note("left", "flow.refused", all.refused);
            note("done", "flow.by-silence", all.silent);
        }
        _ => note("waits", "flow.awaits-delivery", step.waiting),
    }
    note("late", "flow.late", step.late);
    if matches!(step.key, "registered" | "reviewed") {
        note("left", "flow.withdrawn", step.left);
    }
    let gone = if step.key == "delivered" { 0 } else { step.passed };
    let done = if step.key == "delivered" { step.reached } else { gone };
    let parts = [("done", done), ("waits", step.waiting), ("late", step.late), ("left", step.left)];
    StepLine {
        key: step.key,
        label: say.of("step", step.key),
        count: n(step.reached),
        today: step.today.filter(|today| *today > 0).map(|today| say.with("flow.today", &n(today))),
        notes,
        bar: stacked(say.lang.is_rtl(), &parts, whole),
    }
}

fn drawing(rtl: bool, steps: &[Step; 5], whole: i64) -> String {
    let mut canvas = Canvas::new(rtl, HEIGHT);
    let column = WIDTH / 5.0;
    let thick = |count: i64| if count > 0 { share(count, whole, HEIGHT - 10.0).max(THIN) } else { 0.0 };
    let mut x = column / 2.0 - BAR / 2.0;
    for (index, step) in steps.iter().enumerate() {
        let last = index == steps.len() - 1;
        let (passed, waiting, late, left) =
            (thick(step.passed), thick(step.waiting), thick(step.late), thick(step.left));
        let mut y = 2.0;
        if !last {
            canvas.rect("band", (x + BAR, y), (column - BAR, passed));
        }
        canvas.rect("done", (x, y), (BAR, passed));
        y += passed;
        for (class, tail, height) in [("waits", "waits-tail", waiting), ("late", "late-tail", late)] {
            canvas.rect(class, (x, y), (BAR, height));
            canvas.rect(tail, (x + BAR, y), (column * 0.16, height));
            y += height;
        }
        canvas.rect("left", (x, y), (BAR, left));
        let end = (y + 6.0 + left * 0.5).min(HEIGHT - 2.0);
        canvas.band("left-tail", (x + BAR, x + BAR + column * 0.22), (y, left), (end, THIN));
        x += column;
    }
    canvas.finish("flow-drawing")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 100 registered: 30 under review (5 late), 20 await the decision (4 late), 3 withdrawn (1 reviewed),
    /// 40 granted, 5 refused, 2 by silence, 36 delivered.
    fn example() -> FlowFigures {
        FlowFigures {
            registered: 100,
            under_review: 30,
            awaiting_decision: 20,
            late: 9,
            late_awaiting_decision: 4,
            granted: 40,
            refused: 5,
            silent: 2,
            delivered: 36,
            withdrawn: 3,
            withdrawn_reviewed: 1,
            ..FlowFigures::default()
        }
    }

    #[test]
    fn what_reached_a_step_passed_waits_or_left_there() {
        let steps = steps(&example(), 7);
        assert_eq!(steps.map(|s| s.reached), [107, 100, 68, 47, 36]);
        for (step, next) in steps.iter().zip(&steps[1..]) {
            assert_eq!(step.reached, step.passed + step.waiting + step.late + step.left, "{}", step.key);
            if next.key != "delivered" {
                assert_eq!(step.passed, next.reached, "{}", next.key);
            }
        }
        assert_eq!(steps[4].reached + steps[4].waiting, steps[3].passed);
    }

    #[test]
    fn an_empty_country_draws_nothing_and_does_not_divide_by_zero() {
        let drawing = drawing(false, &steps(&FlowFigures::default(), 0), 0);
        assert!(!drawing.contains("rect") && !drawing.contains("NaN"), "{drawing}");
    }
}
