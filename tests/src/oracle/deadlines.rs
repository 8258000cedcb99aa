//! No legal day is missed and none comes early: rights by silence, limits that pass, dates that move.

use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::Value;

use super::evidence::{Evidence, History};
use super::finding::{Fault, Findings};
use super::limits::{self, Course, Limit};
use super::period::Stop;
use super::registration::{differences, start};
use crate::communes::journal::{Received, Sent};
use crate::world::clock::{end_of_day, local_date};

/// The clock of the last deposit, as the commune's own messages make it.
fn course(history: &History<'_>) -> Option<(Limit, Course)> {
    let (limit, mut course) = start(history.deposit(history.last_version())?)?;
    let day = |sent: &Sent, key: &str| sent.data[key].as_str().and_then(|text| text.parse::<Date>().ok());
    let from = history.said("clock.suspended").find_map(|sent| day(sent, "from"));
    let to = history.said("clock.resumed").find_map(|sent| day(sent, "to"));
    if let (Some(from), Some(to)) = (from, to) {
        course.stops.push(Stop { from, to });
    }
    let added = history.said("clock.extended").find_map(|sent| sent.data["days"].as_u64());
    course.extension_days = added.and_then(|days| u32::try_from(days).ok()).unwrap_or(0);
    course.agreed = agreed(history);
    Some((limit, course))
}

/// The day on which the urban agency's agreement reached the gateway (regularisation).
fn agreed(history: &History<'_>) -> Option<Date> {
    let agrees = |event: &&Received| {
        let kind = event.data()["opinion"]["kind"].as_str();
        event.data()["agency"] == "urban-agency" && kind.is_some_and(|kind| kind.starts_with("favourable"))
    };
    history.all("consultation.answered").find(agrees).and_then(Received::time).map(local_date)
}

/// When the commune ended the clock, by wall time: it decided, or the applicant withdrew, or the president asked
/// for changes that have not come.
fn ended_ms(history: &History<'_>) -> i64 {
    ending(history, |sent| sent.wall_ms)
}

/// When it began to say so: what is said on a broken line may have been heard long before the broker confirmed it.
fn spoke_ms(history: &History<'_>) -> i64 {
    ending(history, |sent| sent.begun_ms.unwrap_or(sent.wall_ms))
}

fn ending(history: &History<'_>, when: fn(&Sent) -> i64) -> i64 {
    let ends = ["decision.taken", "file.withdrawn"].into_iter().flat_map(|name| history.said(name));
    let asked = history.said("modification.requested").count() as u64;
    let waits = asked + 1 > history.last_version();
    let waiting = history.said("modification.requested").filter(|_| waits);
    ends.chain(waiting).map(when).min().unwrap_or(i64::MAX)
}

/// Judges the legal clock of a file.
pub fn judge(history: &History<'_>, evidence: &Evidence, findings: &mut Findings) {
    not_from_the_future(history, evidence, findings);
    let Some((limit, course)) = course(history) else { return };
    let dates = limits::dates(limit, &course);
    right(history, evidence, dates.right_acquired_at, findings);
    passed(history, evidence, dates.due, findings);
    steps(history, &dates, findings);
    approaching(history, findings);
    moved(history, limit, &course, findings);
}

/// Two readings of one clock may differ by so much, wall milliseconds.
const CLOCK_MS: f64 = 3.0;

/// Nobody hears of something before the legal instant at which it is said to have happened: the gateway's legal clock
/// is that of everybody.
fn not_from_the_future(history: &History<'_>, evidence: &Evidence, findings: &mut Findings) {
    for event in &history.received {
        let Some(at) = event.time() else { continue };
        let ahead_ms = at.duration_since(event.legal).as_secs_f64() * 1_000.0;
        let holds = ahead_ms <= CLOCK_MS * evidence.clock.speed_at(event.legal);
        findings.unless(holds, &history.key, Fault::Early, || {
            format!("{} says that it is {at}, and was heard at {}", event.name(), event.legal)
        });
    }
}

/// The right by silence: exactly when, exactly once, and never where the commune spoke in time.
fn right(history: &History<'_>, evidence: &Evidence, at: Option<Timestamp>, findings: &mut Findings) {
    let key = &history.key;
    let told: Vec<&Received> = history.all("right.acquired").collect();
    findings.unless(told.len() <= 1, key, Fault::Duplicated, || "the right is acquired twice".to_owned());
    let Some(at) = at else {
        findings.unless(told.is_empty(), key, Fault::Unexpected, || "silence gives no right here".to_owned());
        return;
    };
    let (at_ms, ended_ms) = (evidence.clock.wall_of(at), ended_ms(history));
    let Some(event) = told.first() else {
        let due = evidence.told_by(at_ms) < evidence.ended_ms.min(spoke_ms(history));
        findings.unless(!due, key, Fault::Lost, || format!("the right of {at} was not announced"));
        return;
    };
    // What the broker had confirmed before the instant counts, however late the gateway reads it.
    findings.unless(ended_ms >= at_ms, key, Fault::Unexpected, || {
        "a right by silence, though the commune spoke in time".to_owned()
    });
    let acquired = event.data()["acquired_at"].as_str().and_then(|text| text.parse::<Timestamp>().ok());
    findings.unless(acquired == Some(at), key, Fault::WrongDate, || {
        format!("the right is acquired at {} and must be at {at}", event.data()["acquired_at"])
    });
    let recorded = event.data()["recorded_at"].as_str().and_then(|text| text.parse::<Timestamp>().ok());
    let in_time = recorded.is_some_and(|recorded| recorded >= at) && event.legal >= at;
    findings
        .unless(in_time, key, Fault::Early, || format!("the right of {at} was announced at {}", event.legal));
    findings.unless(event.wall_ms <= evidence.told_by(at_ms), key, Fault::Late, || {
        format!("the right of {at} was announced {} ms late", event.wall_ms - at_ms)
    });
}

/// The last day for the decision, in the earlier reading.
fn passed(history: &History<'_>, evidence: &Evidence, due: Option<Date>, findings: &mut Findings) {
    let key = &history.key;
    let last = history.deposit(history.last_version()).map_or(0, |sent| sent.wall_ms);
    let of_decision = |event: &&Received| event.data()["what"] == "decision" && event.wall_ms >= last;
    // A last day that was moved away after it had passed was said to have passed, and the new one is said, too.
    let told: Vec<&Received> = history
        .all("deadline.passed")
        .filter(of_decision)
        .filter(|event| !was_moved(history, event, due))
        .collect();
    findings.unless(told.len() <= 1, key, Fault::Duplicated, || "the limit passes twice".to_owned());
    let Some(end) = due.map(end_of_day) else {
        findings.unless(told.is_empty(), key, Fault::Unexpected, || {
            "a limit passed that has not begun".to_owned()
        });
        return;
    };
    let (end_ms, ended_ms) = (evidence.clock.wall_of(end), ended_ms(history));
    let Some(event) = told.first() else {
        let must = evidence.told_by(end_ms) < evidence.ended_ms.min(spoke_ms(history));
        findings
            .unless(!must, key, Fault::Lost, || format!("the limit that passed at {end} was not announced"));
        return;
    };
    // A notice, no right: one that crosses the commune's own message on the way does no harm.
    findings.unless(evidence.told_by(ended_ms) > end_ms, key, Fault::Unexpected, || {
        "the limit is said to have passed, though the commune spoke in time".to_owned()
    });
    findings.unless(
        event.data()["due"].as_str().map(str::to_owned) == due.map(|day| day.to_string()),
        key,
        Fault::WrongDate,
        || format!("the limit is said to have been {}", event.data()["due"]),
    );
    let told_at = event.time().map_or(event.legal, |at| at.min(event.legal));
    findings.unless(told_at >= end, key, Fault::Early, || format!("the limit of {end} passed at {told_at}"));
    findings.unless(event.wall_ms <= evidence.told_by(end_ms), key, Fault::Late, || {
        format!("the limit of {end} was announced {} ms late", event.wall_ms - end_ms)
    });
}

/// The day that is said to have passed was the last one until another took its place.
fn was_moved(history: &History<'_>, passed: &Received, due: Option<Date>) -> bool {
    let said = &passed.data()["due"];
    let is_present = due.is_some_and(|due| *said == due.to_string());
    let moved = |event: &Received| {
        let before = &event.data()["before"];
        let of_step = |step: &Value| step["name"] == passed.data()["what"] && step["due"] == *said;
        before["due"] == *said || before["steps"].as_array().is_some_and(|steps| steps.iter().any(of_step))
    };
    !is_present && history.all("deadline.moved").any(moved)
}

/// The steps of the last deposit: each at most once, on its day, never before its end.
fn steps(history: &History<'_>, dates: &limits::Dates, findings: &mut Findings) {
    let last = history.deposit(history.last_version()).map_or(0, |sent| sent.wall_ms);
    let after = |event: &&Received| event.wall_ms >= last && event.data()["what"] != "decision";
    let mut seen: Vec<&str> = Vec::new();
    for event in history.all("deadline.passed").filter(after) {
        let what = event.data()["what"].as_str().unwrap_or_default();
        let present = dates.steps.iter().find(|(name, _)| *name == what).map(|(_, due)| *due);
        if was_moved(history, event, present) {
            continue;
        }
        findings.unless(!seen.contains(&what), &history.key, Fault::Duplicated, || {
            format!("step {what} passes twice")
        });
        seen.push(what);
        let due = dates.steps.iter().find(|(name, _)| *name == what).map(|(_, due)| *due);
        findings.unless(
            due.is_some_and(|due| event.data()["due"] == due.to_string()),
            &history.key,
            Fault::WrongDate,
            || format!("step {what} is said to end on {}", event.data()["due"]),
        );
        findings.unless(
            due.is_some_and(|due| event.legal >= end_of_day(due) && event.time() >= Some(end_of_day(due))),
            &history.key,
            Fault::Early,
            || format!("step {what} passed at {}", event.legal),
        );
    }
}

/// A reminder comes before the end that it speaks of, and once.
fn approaching(history: &History<'_>, findings: &mut Findings) {
    let mut seen: Vec<(&Value, &Value, &Value)> = Vec::new();
    for event in history.all("deadline.approaching") {
        let data = event.data();
        let what = (&data["what"], &data["due"], &data["days_left"]);
        findings.unless(!seen.contains(&what), &history.key, Fault::Duplicated, || {
            format!("reminded twice of {what:?}")
        });
        seen.push(what);
        let end = data["due"].as_str().and_then(|day| day.parse().ok()).map(end_of_day);
        let before = end.is_some_and(|end| event.time().is_some_and(|at| at < end));
        findings
            .unless(before, &history.key, Fault::Late, || format!("reminded of {what:?} at {}", event.legal));
    }
}

/// Dates that move, move to where the law puts them.
fn moved(history: &History<'_>, limit: Limit, course: &Course, findings: &mut Findings) {
    for event in history.all("deadline.moved") {
        let after = &event.data()["after"];
        let why = event.data()["why"].as_str().unwrap_or_default();
        let wrong = match why {
            // Until the clock goes on, nobody knows the last day.
            "suspended" if after["due"].is_null() => Vec::new(),
            "suspended" => vec!["a last day is told while the clock stands still".to_owned()],
            _ => differences(&limits::dates(limit, course), after),
        };
        for what in wrong {
            findings.of(&history.key, Fault::WrongDate, format!("moved ({why}): {what}"));
        }
    }
    let stopped = history.said("clock.resumed").count() + history.said("clock.extended").count();
    let told = history.all("deadline.moved").filter(|event| event.data()["why"] != "suspended").count();
    findings.unless(told >= stopped, &history.key, Fault::Lost, || {
        "dates moved and the commune was not told".to_owned()
    });
}
