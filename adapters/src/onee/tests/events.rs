//! What ONEE posts to us.

use wasl_schemas::agency::Outcome;
use wasl_schemas::opinion::OpinionKind;

use super::adapter;
use crate::port::{Adapter, Expected, RawCallback, Received};
use crate::test_request::{CONSULTATION, sample};

pub(super) fn callback(body: Vec<u8>, received_at: &str) -> RawCallback {
    RawCallback::new("POST".to_owned(), String::new(), Vec::new(), body, received_at.parse().unwrap())
}

pub(super) fn known() -> Expected {
    Expected { known: true, ..Expected::default() }
}

#[test]
fn an_event_is_believed_answered_and_names_itself() {
    let onee = adapter("http://127.0.0.1:1/onee");
    let raw = callback(sample("onee/event-closed.xml"), "2026-10-05T09:30:02Z");
    let identified = onee.identify(&raw);
    assert_eq!(identified.consultation.unwrap().to_string(), CONSULTATION);
    assert_eq!(identified.nonce.as_deref(), Some("onee|AAECAwQFBgcICQoLDA0ODw=="));
    match onee.receive(&raw, &known()) {
        Received::Accept { event_id, outcome: Outcome::Answered { opinion }, reply } => {
            assert_eq!(event_id, "7e1f0a52-9d0c-4c53-9a3e-3f6f8f2b1c44");
            assert_eq!(opinion.kind, OpinionKind::Unfavourable);
            let expected = String::from_utf8(sample("onee/event-reply-ok.xml")).unwrap();
            assert_eq!(reply.body, expected.replace("2026-10-13T10:00:02Z", "2026-10-05T09:30:02Z"));
            assert_eq!(reply.status, 200);
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_forged_stale_or_replayed_event_is_refused_and_parked() {
    let onee = adapter("http://127.0.0.1:1/onee");
    let event = sample("onee/event-changed-incomplete.xml");
    let forged = String::from_utf8(event.clone()).unwrap().replace(">onee<", ">mallory<").into_bytes();
    let replayed = Expected { nonce_replayed: true, ..known() };
    let cases = [
        (callback(forged, "2026-10-05T09:30:02Z"), known(), "FailedAuthentication", "agency.not-authentic"),
        (callback(event.clone(), "2026-10-05T09:40:00Z"), known(), "InvalidSecurity", "agency.not-authentic"),
        (callback(event.clone(), "2026-10-05T09:30:02Z"), replayed, "InvalidSecurity", "agency.replayed"),
        (
            callback(b"<x/>".to_vec(), "2026-10-05T09:30:02Z"),
            known(),
            "Unreadable",
            "agency.answer-unreadable",
        ),
    ];
    for (raw, expected, subcode, parked) in cases {
        match onee.receive(&raw, &expected) {
            Received::Reject { reply, code, .. } => {
                assert_eq!((reply.status, code), (400, parked));
                assert!(reply.body.contains(&format!("f:{subcode}")), "{}", reply.body);
            }
            other => panic!("{subcode}: {other:?}"),
        }
    }
    let unknown = onee.receive(&callback(event, "2026-10-05T09:30:02Z"), &Expected::default());
    assert!(
        matches!(&unknown, Received::Ignore { reply, .. } if reply.body.contains("WA-UNKNOWN")),
        "{unknown:?}"
    );
}
