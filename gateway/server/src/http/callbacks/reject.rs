//! Callbacks that are not authentic or not understandable: parked with their raw bytes, under a limit, so that a
//! stranger cannot fill the database.

use std::sync::Mutex;
use std::sync::PoisonError;

use jiff::Timestamp;
use serde_json::{Map, Value, json};
use uuid::Uuid;
use wasl_adapters::port::RawCallback;
use wasl_schemas::id::{AgencyKind, ConsultationId, WASL_NAMESPACE};
use wasl_schemas::problem::{Code, Fault};

use crate::http::app::App;
use crate::http::problem::Problem;
use crate::store::read::parked::{ParkedCallback, park_callback};

/// Rejected callbacks that are parked in a minute; the others are only counted and logged.
const PER_MINUTE_MAX: u32 = 120;
/// Headers that may carry secrets and are not kept.
const SECRET_HEADERS: [&str; 3] = ["authorization", "cookie", "proxy-authorization"];

static MINUTE: Mutex<(i64, u32)> = Mutex::new((0, 0));

/// Parks one, once: the id is derived from the agency and the bytes.
pub(super) async fn park(
    app: &App,
    kind: &AgencyKind,
    raw: &RawCallback,
    consultation: Option<ConsultationId>,
    (code, reason): (&str, &str),
) -> Result<(), Problem> {
    if !admits(&mut MINUTE.lock().unwrap_or_else(PoisonError::into_inner), raw.received_at) {
        tracing::warn!(agency = %kind, code, "too many rejected callbacks: this one is not parked");
        return Ok(());
    }
    let mut fault =
        serde_json::to_value(Fault::new(Code::from_text(code).unwrap_or(Code::AgencyNotAuthentic), ""))
            .unwrap_or_default();
    if let Value::Object(fault) = &mut fault {
        fault.insert("code".to_owned(), json!(code));
        fault.insert("reason".to_owned(), json!(reason));
    }
    let place = Uuid::new_v5(&WASL_NAMESPACE, format!("parked|callbacks.{kind}").as_bytes());
    let parked = ParkedCallback {
        id: Uuid::new_v5(&place, &raw.body),
        queue: format!("callbacks.{kind}"),
        code: code.to_owned(),
        faults: json!([fault]),
        raw: raw.body.clone(),
        headers: headers(raw),
        content_type: raw
            .headers
            .iter()
            .find(|(name, _)| name == "content-type")
            .map(|(_, value)| value.clone()),
        consultation: consultation.map(|id| id.0),
    };
    Ok(park_callback(&app.pool, &parked).await?)
}

/// What was asked for and how, so that it can be played again: method, path and headers but secrets.
fn headers(raw: &RawCallback) -> Value {
    let kept = raw.headers.iter().filter(|(name, _)| !SECRET_HEADERS.contains(&name.as_str()));
    let mut all: Map<String, Value> = kept.map(|(name, value)| (name.clone(), json!(value))).collect();
    all.insert(":method".to_owned(), json!(raw.method));
    all.insert(":path".to_owned(), json!(raw.path));
    Value::Object(all)
}

fn admits((minute, count): &mut (i64, u32), now: Timestamp) -> bool {
    let this = now.as_second().div_euclid(60);
    if *minute != this {
        (*minute, *count) = (this, 0);
    }
    *count += 1;
    *count <= PER_MINUTE_MAX
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_minute_takes_its_limit_and_the_next_one_begins_anew() {
        let mut minute = (0, 0);
        let at = Timestamp::from_second(6_000).unwrap();
        let taken = (0..200).filter(|_| admits(&mut minute, at)).count();
        assert_eq!(taken, 120);
        assert!(admits(&mut minute, Timestamp::from_second(6_060).unwrap()));
    }

    #[test]
    fn secrets_are_not_kept() {
        let sent = [("authorization", "Bearer s"), ("content-type", "text/xml")];
        let sent = sent.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
        let (method, path) = ("POST".to_owned(), "/card?x=1".to_owned());
        let raw = RawCallback::new(method, path, sent, Vec::new(), Timestamp::UNIX_EPOCH);
        let kept = headers(&raw);
        assert_eq!(kept["content-type"], "text/xml");
        assert_eq!(kept[":path"], "/card?x=1");
        assert!(kept.get("authorization").is_none());
    }
}
