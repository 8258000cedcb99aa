//! Rules of single messages that a schema cannot say. Each looks only at parts that have the right shape,
//! so that a fault in one place does not hide those of another.

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::{CheckContext, Sender, land, time};
use crate::command::CommandName;
use crate::id::CommuneCode;
use crate::money::CURRENCY;
use crate::problem::{Code, Fault};

/// What the rules know about the message besides its data; `None` where it could not be read.
pub(super) struct About<'a> {
    pub(super) name: CommandName,
    pub(super) subject: Option<&'a str>,
    pub(super) source: Option<&'a Sender>,
}

/// A decision older than this when it arrives is flagged.
const REPORTED_LATE: SignedDuration = SignedDuration::from_hours(1);

pub(super) fn check(about: &About<'_>, data: &Value, ctx: &CheckContext<'_>, faults: &mut Vec<Fault>) {
    match about.name {
        CommandName::FileSubmitted | CommandName::FileRedeposited => {
            deposit(about, data, ctx, faults);
        }
        CommandName::FileSupplemented => {
            documents(data, faults);
            past(data, "/supplemented_at", ctx, faults);
        }
        CommandName::FileWithdrawn => past(data, "/withdrawn_at", ctx, faults),
        CommandName::ModificationRequested | CommandName::RefundRequested => {
            past(data, "/requested_at", ctx, faults);
        }
        // A suspension may be announced: it begins and ends on days, not at the message.
        CommandName::ClockSuspended | CommandName::ClockResumed => {}
        CommandName::ClockExtended => past_day(data, "/extended_on", ctx, faults),
        CommandName::OpinionRecorded => opinion(data, ctx, faults),
        CommandName::MinutesRecorded => {
            past_day(data, "/held_on", ctx, faults);
            past(data, "/recorded_at", ctx, faults);
        }
        CommandName::FeeAssessed => fee(data, ctx, faults),
        CommandName::DecisionTaken => decision(data, ctx, faults),
        CommandName::ApplicantInformed => past(data, "/informed_at", ctx, faults),
        CommandName::SilenceInvoked => past(data, "/invoked_at", ctx, faults),
        CommandName::SilenceAttested => attestation(about, data, ctx, faults),
    }
}

fn deposit(about: &About<'_>, data: &Value, ctx: &CheckContext<'_>, faults: &mut Vec<Fault>) {
    if let (Some(stated), Some(subject)) = (text(data, "/reference"), about.subject)
        && stated != subject
    {
        faults.push(Fault::new(Code::FileReferenceDiffers, "/data/reference"));
    }
    if let (Some(stated), Some(Sender::Commune(code))) = (text(data, "/commune"), about.source)
        && stated != code.as_str()
        && CommuneCode::try_new(stated).is_ok()
    {
        faults.push(Fault::new(Code::CommuneNotYours, "/data/commune"));
    }
    let issued = instant(data, "/receipt/issued_at");
    time::instant(issued, Code::FileReceiptInFuture, "/data/receipt/issued_at", ctx, faults);
    land::check(data, ctx, faults);
    documents(data, faults);
    main_document(data, faults);
}

/// The same bytes twice are one document, so one of the two entries is wrong.
fn documents(data: &Value, faults: &mut Vec<Fault>) {
    let mut seen: Vec<&str> = Vec::new();
    for (index, document) in list(data, "/documents").iter().enumerate() {
        let Some(hash) = text(document, "/sha256") else { continue };
        if seen.contains(&hash) {
            faults.push(Fault::new(Code::FileDocumentDuplicate, format!("/data/documents/{index}/sha256")));
        }
        seen.push(hash);
    }
}

/// Building regulation, article 33: without its main document a file is inadmissible.
fn main_document(data: &Value, faults: &mut Vec<Fault>) {
    let is_main = |document: &Value| document.get("main") == Some(&Value::Bool(true));
    let readable = data.is_object() && data.get("documents").is_none_or(Value::is_array);
    if readable && !list(data, "/documents").iter().any(is_main) {
        faults.push(Fault::new(Code::FileDocumentMainMissing, "/data/documents"));
    }
}

fn opinion(data: &Value, ctx: &CheckContext<'_>, faults: &mut Vec<Fault>) {
    let kind = text(data, "/opinion/kind");
    if matches!(kind, Some("unfavourable" | "no-opinion")) && at(data, "/opinion/reason").is_none() {
        faults.push(Fault::new(Code::OpinionReasonMissing, "/data/opinion/reason"));
    }
    if kind == Some("favourable-with-conditions") && nothing(data, "/opinion/conditions") {
        faults.push(Fault::new(Code::OpinionConditionsMissing, "/data/opinion/conditions"));
    }
    past(data, "/opinion/given_at", ctx, faults);
}

fn fee(data: &Value, ctx: &CheckContext<'_>, faults: &mut Vec<Fault>) {
    if text(data, "/currency").is_some_and(|currency| currency != CURRENCY) {
        faults.push(Fault::new(Code::FeeCurrency, "/data/currency"));
    }
    // A fraction of a centime is a wrong amount, not a wrong type: it is never rounded.
    let amount = data.get("amount_centimes").filter(|amount| amount.is_number());
    if amount.is_some_and(|amount| {
        !amount.as_i64().is_some_and(|centimes| (1..=FEE_CENTIMES_MAX).contains(&centimes))
    }) {
        faults.push(Fault::new(Code::FeeAmount, "/data/amount_centimes"));
    }
    past(data, "/assessed_at", ctx, faults);
}

/// Largest fee: a thousand million dirhams.
const FEE_CENTIMES_MAX: i64 = 100_000_000_000;

/// Building regulation, article 36: a refusal gives reasons.
fn decision(data: &Value, ctx: &CheckContext<'_>, faults: &mut Vec<Fault>) {
    if text(data, "/outcome") == Some("refused") && nothing(data, "/reasons") {
        faults.push(Fault::new(Code::DecisionReasonMissing, "/data/reasons"));
    }
    let at = instant(data, "/decided_at");
    time::instant(at, Code::DecisionInFuture, "/data/decided_at", ctx, faults);
    if at.is_some_and(|at| ctx.now.duration_since(at) > REPORTED_LATE) {
        faults.push(Fault::new(Code::DecisionReportedLate, "/data/decided_at"));
    }
}

fn attestation(about: &About<'_>, data: &Value, ctx: &CheckContext<'_>, faults: &mut Vec<Fault>) {
    if let Some(code) = text(data, "/commune").and_then(|code| CommuneCode::try_new(code).ok()) {
        let fault = match (ctx.communes.commune(&code), about.source) {
            (None, _) => Some(Code::CommuneUnknown),
            (Some(entry), Some(Sender::Province(own)))
                if entry.province != *own && ctx.communes.province(own).is_some() =>
            {
                Some(Code::ProvinceNotYours)
            }

            _ => None,
        };
        faults.extend(fault.map(|code| Fault::new(code, "/data/commune")));
    }
    past(data, "/attested_at", ctx, faults);
}

fn past(data: &Value, pointer: &str, ctx: &CheckContext<'_>, faults: &mut Vec<Fault>) {
    time::instant(instant(data, pointer), Code::TimeInFuture, &format!("/data{pointer}"), ctx, faults);
}

fn past_day(data: &Value, pointer: &str, ctx: &CheckContext<'_>, faults: &mut Vec<Fault>) {
    let day = text(data, pointer).and_then(|text| text.parse().ok());
    time::day(day, &format!("/data{pointer}"), ctx, faults);
}

/// What stands at a pointer of ours: names of fields only, none of which needs an escape. `Value::pointer` would
/// look for escapes, and copy each name.
pub(super) fn at<'v>(value: &'v Value, pointer: &str) -> Option<&'v Value> {
    pointer.split('/').skip(1).try_fold(value, |value, name| value.get(name))
}

/// The text at a pointer, if there is one.
pub(super) fn text<'v>(value: &'v Value, pointer: &str) -> Option<&'v str> {
    at(value, pointer).and_then(Value::as_str)
}

/// The list at a pointer; empty if there is none.
pub(super) fn list<'v>(value: &'v Value, pointer: &str) -> &'v [Value] {
    at(value, pointer).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// Nothing at a pointer, or an empty list.
fn nothing(value: &Value, pointer: &str) -> bool {
    at(value, pointer).is_none_or(|found| found.as_array().is_some_and(Vec::is_empty))
}

fn instant(data: &Value, pointer: &str) -> Option<Timestamp> {
    text(data, pointer).and_then(|text| text.parse().ok())
}
