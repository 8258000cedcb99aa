//! The JSON Schemas (draft 2020-12), compiled in, and what they say about a message's data.

mod fault;
mod format;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use jsonschema::{Draft, Registry, Validator};
use serde_json::Value;

use crate::problem::{Code, Fault};

pub use format::is_instant;

/// How many faults of one message are reported at most.
pub const FAULTS_MAX: usize = 100;

macro_rules! schemas {
    ($($name:literal,)+) => {
        /// Every schema: its name (that of the message, or `common`, `envelope`) and its text.
        pub const ALL: &[(&str, &str)] = &[
            $(($name, include_str!(concat!("../json/", $name, ".json"))),)+
        ];
    };
}

schemas! {
    "common",
    "envelope",
    "file.submitted",
    "file.supplemented",
    "file.redeposited",
    "file.withdrawn",
    "modification.requested",
    "clock.suspended",
    "clock.resumed",
    "clock.extended",
    "opinion.recorded",
    "minutes.recorded",
    "fee.assessed",
    "refund.requested",
    "decision.taken",
    "applicant.informed",
    "silence.invoked",
    "silence.attested",
    "file.registered",
    "file.refused",
    "consultation.sent",
    "consultation.acknowledged",
    "consultation.incomplete",
    "consultation.answered",
    "consultation.overdue",
    "consultation.unanswered",
    "consultation.undeliverable",
    "file.reviewed",
    "payment.ordered",
    "payment.confirmed",
    "payment.failed",
    "payment.refunded",
    "refund.refused",
    "deadline.approaching",
    "deadline.passed",
    "deadline.escalated",
    "deadline.moved",
    "right.acquired",
    "decision.recorded",
    "decision.rejected",
    "permit.delivered",
}

/// The text of a schema, for those who serve or print it.
#[must_use]
pub fn text(name: &str) -> Option<&'static str> {
    ALL.iter().find(|(known, _)| *known == name).map(|(_, text)| *text)
}

type Validators = BTreeMap<&'static str, Validator>;

static VALIDATORS: LazyLock<Result<Validators, String>> = LazyLock::new(compile);

/// Compiles all schemas now, so that the first message need not wait for it.
///
/// # Errors
/// Says which schema is wrong; the tests of this crate keep that from happening.
pub fn prepare() -> Result<(), String> {
    VALIDATORS.as_ref().map(|_| ()).map_err(Clone::clone)
}

fn compile() -> Result<Validators, String> {
    let common: Value = parse("common")?;
    let id = common.get("$id").and_then(Value::as_str).unwrap_or_default().to_owned();
    let registry = Registry::new()
        .add(id.as_str(), common)
        .map_err(|e| e.to_string())?
        .prepare()
        .map_err(|e| e.to_string())?;
    let options = format::register(jsonschema::options())
        .with_draft(Draft::Draft202012)
        .should_validate_formats(true)
        .with_registry(&registry)
        .offline();
    let mut validators = Validators::new();
    for (name, _) in ALL.iter().filter(|(name, _)| *name != "common") {
        let validator = options.build(&parse(name)?).map_err(|e| format!("{name}: {e}"))?;
        validators.insert(name, validator);
    }
    Ok(validators)
}

fn parse(name: &str) -> Result<Value, String> {
    serde_json::from_str(text(name).unwrap_or_default()).map_err(|e| format!("{name}: {e}"))
}

/// What the schema `name` says about `value`; pointers begin with `prefix`. At most [`FAULTS_MAX`] faults.
#[must_use]
pub fn faults(name: &str, value: &Value, prefix: &str) -> Vec<Fault> {
    let Some(validator) = VALIDATORS.as_ref().ok().and_then(|all| all.get(name)) else {
        return vec![Fault::new(Code::Internal, prefix)];
    };
    if validator.is_valid(value) {
        return Vec::new();
    }
    let mut faults = Vec::new();
    for error in validator.iter_errors(value) {
        fault::push(&error, prefix, &mut faults);
        if faults.len() >= FAULTS_MAX {
            faults.truncate(FAULTS_MAX);
            break;
        }
    }
    faults
}

#[cfg(test)]
mod tests;
