//! What became of every file: decisions recorded once, permits delivered when all conditions are met and never
//! before.

use serde_json::Value;

use super::evidence::{Evidence, History};
use super::finding::{Fault, Findings};
use super::limits;
use super::reviewers;
use crate::communes::journal::{Received, Sent};
use crate::world::clock::local_date;

/// Judges decision and delivery, and says what became of the file.
pub fn judge(history: &History<'_>, evidence: &Evidence, findings: &mut Findings) -> &'static str {
    decision(history, evidence, findings);
    delivery(history, evidence, findings);
    order(history, findings);
    outcome(history)
}

fn decision(history: &History<'_>, evidence: &Evidence, findings: &mut Findings) {
    let key = &history.key;
    let told: Vec<&Received> = history.all("decision.recorded").collect();
    let Some(sent) = history.decision() else {
        findings.unless(told.is_empty(), key, Fault::Unexpected, || "a decision that nobody took".to_owned());
        return;
    };
    match told.as_slice() {
        [] => {
            let late = evidence.told_by(sent.wall_ms) >= evidence.ended_ms;
            findings.unless(late || came_after_the_right(history, sent), key, Fault::Lost, || {
                "the decision is not recorded".to_owned()
            });
        }
        [one] => {
            let same = ["number", "outcome"].iter().all(|field| one.data()[field] == sent.data[field]);
            findings.unless(same, key, Fault::Unexpected, || "another decision is recorded".to_owned());
            lateness(history, sent, one, findings);
        }
        more => findings.of(key, Fault::Duplicated, format!("{} decisions are recorded", more.len())),
    }
}

/// Taken when the right by silence had been acquired, a decision counts no more, and its commune is told why.
fn came_after_the_right(history: &History<'_>, sent: &Sent) -> bool {
    let at = |value: &Value| value.as_str().and_then(|text| text.parse::<jiff::Timestamp>().ok());
    let acquired = history.all("right.acquired").find_map(|event| at(&event.data()["acquired_at"]));
    let codes = |event: &Received| event.data()["faults"].as_array().cloned().unwrap_or_default();
    let told = history
        .all("decision.rejected")
        .any(|event| codes(event).iter().any(|fault| fault["code"] == "decision.after-right-acquired"));
    told && acquired.is_some_and(|acquired| at(&sent.data["decided_at"]) >= Some(acquired))
}

/// A decision is late when its own day lies after the last day in the later reading.
fn lateness(history: &History<'_>, sent: &Sent, told: &Received, findings: &mut Findings) {
    // Whichever was told last: a deposit begins anew, and its dates may move.
    let dates = history.received.iter().rev().find_map(|event| match event.name() {
        "file.registered" => Some(&event.data()["deadlines"]),
        "deadline.moved" => Some(&event.data()["after"]),
        _ => None,
    });
    let Some(dates) = dates else { return };
    let last = dates["due_if_working_days"].as_str().or_else(|| dates["due"].as_str());
    let last: Option<jiff::civil::Date> = last.and_then(|day| day.parse().ok());
    let at: Option<jiff::Timestamp> = sent.data["decided_at"].as_str().and_then(|at| at.parse().ok());
    let late = matches!((at, last), (Some(at), Some(last)) if local_date(at) > last);
    findings.unless(told.data()["late"] == late, &history.key, Fault::WrongDate, || {
        format!("the decision is said to be late: {}", told.data()["late"])
    });
}

/// All that has to be paid is paid: told, not assumed.
fn settled(history: &History<'_>) -> bool {
    let fees: Vec<&Value> = history.said("fee.assessed").map(|sent| &sent.data["fee"]).collect();
    let paid = |fee: &Value| history.all("payment.confirmed").any(|event| event.data()["fee"] == *fee);
    let exempt = history.decision().is_some_and(|sent| sent.data["fee_exempt"] == Value::Bool(true));
    let large = history.deposit(1).is_some_and(|deposit| reviewers::is_large(&deposit.data));
    let due = limits::limit(history.permit(), large).is_some_and(|limit| limit.fee);
    fees.iter().all(|fee| paid(fee)) && (exempt || !due || !fees.is_empty())
}

fn delivery(history: &History<'_>, evidence: &Evidence, findings: &mut Findings) {
    let key = &history.key;
    let told: Vec<&Received> = history.all("permit.delivered").collect();
    findings.unless(told.len() <= 1, key, Fault::Duplicated, || "the permit is delivered twice".to_owned());
    let granted = history.decision().filter(|sent| sent.data["outcome"] == "granted");
    let attested = history.said("silence.attested").next();
    let withdrawn = history.said("file.withdrawn").next().is_some();
    let by = granted.or(attested).filter(|_| !withdrawn);
    match (by, told.first()) {
        (Some(by), Some(event)) => {
            findings.unless(event.data()["number"] == by.data["number"], key, Fault::Unexpected, || {
                format!("delivered under the number {}", event.data()["number"])
            });
            findings.unless(event.data()["by_silence"] == granted.is_none(), key, Fault::Unexpected, || {
                "delivered in another way".to_owned()
            });
            findings
                .unless(settled(history), key, Fault::Early, || "delivered before it was paid".to_owned());
        }
        (None, Some(_)) => findings.of(key, Fault::Unexpected, "a permit that nobody granted is delivered"),
        (Some(by), None) => {
            let last = history
                .all("payment.confirmed")
                .map(|event| event.wall_ms)
                .max()
                .unwrap_or(0)
                .max(by.wall_ms);
            let due = settled(history) && evidence.told_by(last) < evidence.ended_ms;
            findings.unless(!due, key, Fault::Lost, || "the permit is not delivered".to_owned());
        }
        (None, None) => {}
    }
}

/// Messages about a file come in the order of their numbers.
fn order(history: &History<'_>, findings: &mut Findings) {
    let numbers: Vec<&str> =
        history.received.iter().filter_map(|event| event.envelope["sequence"].as_str()).collect();
    let ascending = numbers.windows(2).all(|pair| pair[0] <= pair[1]);
    findings.unless(ascending, &history.key, Fault::OutOfOrder, || "messages out of their order".to_owned());
}

fn outcome(history: &History<'_>) -> &'static str {
    let heard = |name: &str| history.all(name).next().is_some();
    let granted = history.decision().is_some_and(|sent| sent.data["outcome"] == "granted");
    if let Some(event) = history.all("permit.delivered").next() {
        return if event.data()["by_silence"] == true { "delivered-by-silence" } else { "delivered" };
    }
    if history.said("file.withdrawn").next().is_some() {
        return "withdrawn";
    }
    if heard("decision.recorded") {
        return if granted { "granted-unpaid" } else { "refused" };
    }
    if heard("right.acquired") {
        let attested = history.said("silence.attested").next().is_some();
        let invoked = history.said("silence.invoked").next().is_some();
        return match (attested, invoked) {
            (true, _) => "right-attested",
            (false, true) => "right-invoked",
            (false, false) => "right-acquired",
        };
    }
    if heard("file.registered") { "undecided" } else { "lost" }
}
