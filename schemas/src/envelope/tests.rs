use jiff::Timestamp;
use uuid::Uuid;

use super::*;
use crate::id::{CommuneCode, FileId, Reference};
use crate::notice::Notice;
use crate::problem::Fault;
use crate::wire;

const BODY: &str = r#"{"specversion":"1.0","id":"1","source":"/communes/015110106","type":"ma.wasl.clock.resumed.v1",
    "subject":"PCT-1","time":"2026-11-20T09:30:00+01:00","tenant":7,"data":{"to":"2026-11-25"}}"#;

const ATTRIBUTES: [(&str, &str); 5] = [
    ("cloudEvents_specversion", "1.0"),
    ("cloudEvents:id", "1"),
    ("CloudEvents_source", "/communes/015110106"),
    ("cloudEvents_type", "ma.wasl.clock.resumed.v1"),
    ("cloudevents:subject", "PCT-1"),
];

type Read = Result<Envelope, Vec<Fault>>;

fn structured(content_type: &str, body: &str) -> Read {
    parse(Some(content_type), [], body.as_bytes())
}

fn codes(read: Read) -> Vec<String> {
    read.err().unwrap_or_default().into_iter().map(|f| format!("{} {}", f.code, f.pointer)).collect()
}

#[test]
fn content_types_are_compared_without_case() -> Result<(), Vec<Fault>> {
    for content_type in [
        "application/cloudevents+json",
        "Application/CloudEvents+JSON; Charset=\"utf-8\"",
        "application/cloudevents",
    ] {
        let envelope = structured(content_type, BODY)?;
        assert_eq!(envelope.short_name(), Some("clock.resumed"));
        assert_eq!(envelope.subject.as_deref(), Some("PCT-1"));
    }
    for other in ["application/cloudevents-batch+json", "application/cloudevents+xml", "text/plain", ""] {
        assert_eq!(codes(structured(other, BODY)), ["envelope.content-type "], "{other}");
    }
    Ok(())
}

#[test]
fn both_modes_say_the_same() -> Result<(), Vec<Fault>> {
    let one = structured(wire::CONTENT_TYPE, BODY)?;
    for content_type in [None, Some("application/json; charset=utf-8"), Some("Application/Permit+JSON")] {
        let two = parse(content_type, ATTRIBUTES, br#" {"to" : "2026-11-25"} "#)?;
        assert_eq!((&one.id, &one.source, &one.event_type), (&two.id, &two.source, &two.event_type));
        assert_eq!(body_hash(&one), body_hash(&two));
    }
    Ok(())
}

#[test]
fn a_trace_header_does_not_change_the_hash_and_data_does() -> Result<(), Vec<Fault>> {
    let one = body_hash(&structured(wire::CONTENT_TYPE, BODY)?);
    let traced = BODY.replace("\"tenant\":7", "\"traceparent\":\"00-1-2-01\"");
    assert_eq!(one, body_hash(&structured(wire::CONTENT_TYPE, &traced)?));
    for (from, to) in [("2026-11-25", "2026-11-26"), ("PCT-1", "PCT-2"), ("resumed", "extended")] {
        assert_ne!(one, body_hash(&structured(wire::CONTENT_TYPE, &BODY.replace(from, to))?), "{to}");
    }
    Ok(())
}

#[test]
fn null_attributes_count_as_absent_and_all_faults_come_together() {
    let body = r#"{"specversion":"0.3","id":null,"source":5,"dataref":"http://x/","time":"now","data":1}"#;
    let mut found = codes(structured(wire::CONTENT_TYPE, body));
    found.sort();
    assert_eq!(
        found,
        [
            "envelope.attribute-invalid /source",
            "envelope.attribute-invalid /specversion",
            "envelope.attribute-invalid /time",
            "envelope.attribute-missing /id",
            "envelope.attribute-missing /subject",
            "envelope.attribute-missing /type",
            "envelope.dataref-foreign /dataref",
        ]
    );
}

#[test]
fn binary_data_and_other_charsets_are_refused() {
    let base64 = BODY.replace("\"data\":{\"to\":\"2026-11-25\"}", "\"data_base64\":\"AA==\"");
    assert_eq!(codes(structured(wire::CONTENT_TYPE, &base64)), ["envelope.attribute-invalid /data_base64"]);
    let latin = codes(structured("application/cloudevents+json; charset=iso-8859-1", BODY));
    assert_eq!(latin, ["envelope.encoding "]);
    assert_eq!(codes(parse(Some(wire::CONTENT_TYPE), [], b"{\"id\":\"\xe9\"}")), ["envelope.encoding "]);
}

#[test]
fn what_the_gateway_sends_is_read_back() -> Result<(), Box<dyn std::error::Error>> {
    let reference = Reference::try_new("PCT-1")?;
    let file = FileId::of(&CommuneCode::try_new("015110106")?, &reference);
    let at: Timestamp = "2026-12-12T00:00:00Z".parse()?;
    let notice = Notice::RightAcquired { acquired_at: at, recorded_at: at, despite: None };
    let about = Outbound {
        id: Uuid::from_u128(7),
        subject: Some(reference),
        time: at,
        file: Some(file),
        causation: Some("1".to_owned()),
        sequence: Some(12),
        traceparent: None,
    };
    let sent = Envelope::outbound(&notice, about)?;
    let read = parse(Some(wire::CONTENT_TYPE), [], &sent.to_bytes()?).map_err(|f| format!("{f:?}"))?;
    assert_eq!(read.event_type, "ma.wasl.right.acquired.v1");
    assert_eq!(read.source, "/wasl");
    assert_eq!(read.sequence.as_deref(), Some("000000000012"));
    assert_eq!(read.partitionkey, Some(file.to_string()));
    assert_eq!(read.time, Some(at));
    let data = read.data.as_ref().map(|raw| raw.get().to_owned());
    assert_eq!(
        data.as_deref(),
        Some(r#"{"acquired_at":"2026-12-12T00:00:00Z","recorded_at":"2026-12-12T00:00:00Z"}"#)
    );
    Ok(())
}
