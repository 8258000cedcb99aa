//! Every deposit is registered once, with the right class, reviewers and legal dates.

use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::Value;

use super::evidence::History;
use super::finding::{Fault, Findings};
use super::limits::{self, Course, Dates, Limit};
use super::reviewers;
use crate::communes::journal::{Received, Sent};
use crate::world::clock::local_date;

/// Day 0 of a deposit.
#[must_use]
pub fn filed(deposit: &Sent) -> Option<Date> {
    let issued: Timestamp = deposit.data["receipt"]["issued_at"].as_str()?.parse().ok()?;
    Some(local_date(issued))
}

/// The clock of a deposit when nothing has happened to it yet, and its limit.
#[must_use]
pub fn start(deposit: &Sent) -> Option<(Limit, Course)> {
    let limit = limits::limit(deposit.data["permit"].as_str()?, reviewers::is_large(&deposit.data))?;
    let investment = deposit.data["project"]["investment"] == Value::Bool(true);
    Some((limit, Course { filed: filed(deposit)?, investment, ..Course::default() }))
}

/// Judges the registrations of a file.
pub fn judge(history: &History<'_>, findings: &mut Findings) {
    for version in 1..=history.last_version() {
        let Some(deposit) = history.deposit(version) else { continue };
        let told: Vec<&Received> = history
            .all("file.registered")
            .filter(|event| event.data()["deposit_version"].as_u64() == Some(version))
            .collect();
        match told.as_slice() {
            [] => findings.of(&history.key, Fault::Lost, format!("deposit {version} is not registered")),
            [one] => registered(history, deposit, one, findings),
            more => {
                let what = format!("deposit {version} is registered {} times", more.len());
                findings.of(&history.key, Fault::Duplicated, what);
            }
        }
    }
    let most = history.last_version();
    let beyond = |event: &Received| event.data()["deposit_version"].as_u64().unwrap_or(0) > most;
    if history.all("file.registered").any(beyond) {
        findings.of(&history.key, Fault::Unexpected, "a deposit is registered that was never made");
    }
}

fn registered(history: &History<'_>, deposit: &Sent, told: &Received, findings: &mut Findings) {
    let (key, data) = (&history.key, told.data());
    let large = reviewers::is_large(&deposit.data);
    let class = if large { "large" } else { "small" };
    findings.unless(data["permit"] == deposit.data["permit"], key, Fault::Unexpected, || {
        format!("registered as another permit: {}", data["permit"])
    });
    findings.unless(data["project_class"] == class, key, Fault::Unexpected, || {
        format!("registered as {} and is {class}", data["project_class"])
    });
    let warned =
        data["warnings"].as_array().is_some_and(|all| all.iter().any(|w| w["code"] == "file.class-differs"));
    let differs = deposit.data["project_class"] != class;
    findings.unless(warned == differs, key, Fault::WrongRefusal, || {
        format!("the stated class differs: {differs}; warned: {warned}")
    });
    plan(history, deposit, data, findings);
    if let Some((limit, course)) = start(deposit) {
        findings.unless(
            data["deadlines"]["filed"] == course.filed.to_string(),
            key,
            Fault::WrongDate,
            || format!("day 0 is {} and must be {}", data["deadlines"]["filed"], course.filed),
        );
        let approval = data["deadlines"]["silence_is_approval"] == limit.silence;
        findings.unless(approval, key, Fault::Unexpected, || "silence means something else".to_owned());
        for wrong in differences(&limits::dates(limit, &course), &data["deadlines"]) {
            findings.of(key, Fault::WrongDate, wrong);
        }
    }
}

fn plan(history: &History<'_>, deposit: &Sent, data: &Value, findings: &mut Findings) {
    let key = &history.key;
    let planned = data["plan"].as_array().cloned().unwrap_or_default();
    let expected = reviewers::asked(&deposit.data);
    let names = |all: &mut Vec<String>| {
        all.sort();
        all.join(", ")
    };
    let mut told: Vec<String> =
        planned.iter().filter_map(|one| one["agency"].as_str().map(str::to_owned)).collect();
    let mut must: Vec<String> = expected.iter().map(|one| one.agency.to_owned()).collect();
    let (told, must) = (names(&mut told), names(&mut must));
    findings
        .unless(told == must, key, Fault::WrongReviewers, || format!("asked: {told}; must be asked: {must}"));
    let Some(filed) = filed(deposit) else { return };
    for asked in expected {
        let Some(one) = planned.iter().find(|one| one["agency"] == asked.agency) else { continue };
        findings.unless(one["binding"] == asked.binding, key, Fault::WrongReviewers, || {
            format!("{}: binding is {}", asked.agency, one["binding"])
        });
        let due = reviewers::due(asked, filed, &[]);
        findings.unless(one["due"] == due.to_string(), key, Fault::WrongDate, || {
            format!("{} has until {} and must have until {due}", asked.agency, one["due"])
        });
    }
}

/// What differs between the dates that the law makes and those that were told.
#[must_use]
pub fn differences(expected: &Dates, told: &Value) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut compare = |what: &str, expected: Option<String>, told: &Value| {
        let told = told.as_str().map(str::to_owned);
        let (told_text, expected_text) =
            (told.as_deref().unwrap_or("none"), expected.as_deref().unwrap_or("none"));
        if told != expected {
            wrong.push(format!("{what} is {told_text} and must be {expected_text}"));
        }
    };
    compare("the last day", expected.due.map(|day| day.to_string()), &told["due"]);
    let working = expected.due_if_working_days.map(|day| day.to_string());
    compare("the last day in working days", working, &told["due_if_working_days"]);
    compare(
        "the right by silence",
        expected.right_acquired_at.map(|at| at.to_string()),
        &told["right_acquired_at"],
    );
    let steps = told["steps"].as_array().cloned().unwrap_or_default();
    if steps.len() != expected.steps.len() {
        wrong.push(format!("{} steps and not {}", steps.len(), expected.steps.len()));
        return wrong;
    }
    for ((name, due), step) in expected.steps.iter().zip(&steps) {
        if step["name"] != *name || step["due"] != due.to_string() {
            wrong.push(format!("step {name} must end on {due}, not {}", step["due"]));
        }
    }
    wrong
}
