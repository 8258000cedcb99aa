//! Many callers, absent and null fields everywhere, and a feed that is read from anywhere.

use std::collections::BTreeSet;
use std::sync::Arc;

use proptest::prelude::*;
use serde_json::{Value, json};
use wasl_schemas::agency::{Outcome, RequestKind};

use super::super::call::UrbanAgency;
use super::super::{feed, map::back, wire};
use super::wire_talk::{adapter, agency, reading};
use super::{config, request, sample};
use crate::port::Adapter as _;
use crate::transport::testing::{Say, Seen, TestServer};

#[tokio::test(flavor = "multi_thread")]
async fn fifty_calls_at_once_need_one_token_and_one_more_when_it_is_refused() {
    // The first token is good for nothing: all fifty are refused with it, and one of them fetches the second.
    let server = TestServer::start(|seen, before| {
        let bearer = seen.headers.get("authorization").map(|value| value.to_str().unwrap().to_owned());
        match (seen.line.as_str(), bearer.as_deref()) {
            ("POST /token", _) => {
                Say::new(200, format!(r#"{{"access_token": "token-{before}", "expires_in": 3600}}"#))
            }
            (_, Some("Bearer token-0")) => Say::new(401, ""),
            _ => Say::new(201, sample("consultation-created.json")),
        }
    })
    .await;
    let mut config = config(&server.address);
    config.http.concurrency_max = 50;
    let shared = Arc::new(UrbanAgency::new(config).unwrap());
    let call = |_| {
        let adapter = Arc::clone(&shared);
        tokio::spawn(async move { adapter.handle(&request(RequestKind::Consult)).await.outcome })
    };
    for call in (0..50).map(call).collect::<Vec<_>>() {
        assert_eq!(call.await.unwrap().key(), "delivered");
    }
    assert_eq!(server.count("POST /token"), 2);
    let sent = server.seen().iter().filter(|seen| seen.line == "POST /v1/consultations").count();
    assert!((50..=100).contains(&sent), "each is sent once, and once more only where it was refused: {sent}");
}

/// "Not known" allows a sending: an answer that does not say so plainly never means it.
#[tokio::test]
async fn a_search_without_its_list_or_without_references_is_no_not_known() {
    for (answer, expected) in [
        (json!({"resultats": [], "nombrePages": 0}), "not-known"),
        (json!({"resultats": [], "nombrePages": null}), "not-known"),
        (json!({"resultats": null, "nombrePages": 0}), "try-later"),
        (json!({"nombrePages": 1}), "try-later"),
        (json!({}), "try-later"),
        (json!({"resultats": [{"idConsultation": "A", "noConsultationExterne": null}]}), "try-later"),
        (json!({"resultats": [{}], "nombrePages": 1}), "try-later"),
    ] {
        let text = answer.to_string();
        let server = agency(move |_, _| Say::new(200, answer.to_string())).await;
        let outcome = adapter(&server).query(&request(RequestKind::Query)).await.outcome;
        assert_eq!(outcome.key(), expected, "{text}");
    }
}

/// A feed of ten events, served from any offset, three at a time.
pub(super) fn ten_events(seen: &Seen, _: usize) -> Say {
    let from: i64 =
        seen.line.split("offset=").nth(1).and_then(|rest| rest.split('&').next()?.parse().ok()).unwrap();
    let event = |offset: i64| {
        json!({"noOffset": offset, "idNotification": format!("NTF-{offset}"), "nomTypeEvenement": {"idNom": 5},
            "noConsultationExterne": super::CONSULTATION})
    };
    let page: Vec<Value> = (from + 1..=10).take(3).map(event).collect();
    let end = page.last().map_or(from, |last| last["noOffset"].as_i64().unwrap());
    Say::new(200, json!({"notifications": page, "noOffsetSuivant": end, "boSuite": end < 10}).to_string())
}

async fn read_to_the_end(adapter: &UrbanAgency, from: &str) -> Vec<String> {
    let (mut cursor, mut read) = (from.to_owned(), Vec::new());
    loop {
        let collected = adapter.collect(&reading(&cursor)).await;
        assert_eq!(collected.failed, None);
        read.extend(collected.items.into_iter().map(|item| item.event_id));
        cursor = collected.next_cursor;
        if !collected.more {
            return read;
        }
    }
}

#[tokio::test]
async fn a_rewound_cursor_gives_the_same_items_under_the_same_ids() {
    let server = agency(ten_events).await;
    let adapter = adapter(&server);
    let all = read_to_the_end(&adapter, "").await;
    assert_eq!(all, (1..=10).map(|n| format!("NTF-{n}")).collect::<Vec<_>>());
    assert_eq!(read_to_the_end(&adapter, "10").await, Vec::<String>::new());
    for back in 0..10 {
        assert_eq!(read_to_the_end(&adapter, &back.to_string()).await, all[back..]);
    }
}

#[tokio::test]
async fn what_was_said_about_a_consultation_and_what_differed_comes_with_the_reading() {
    let server = agency(|seen, _| match seen.line.as_str() {
        line if line.starts_with("GET /v1/notifications") => {
            let text = String::from_utf8(sample("notifications-page.json")).unwrap();
            Say::new(200, text.replace("\"boSuite\"", "\"nbTotal\": 3, \"boSuite\""))
        }
        line if line.starts_with("GET /v1/avis") => {
            let text = String::from_utf8(sample("opinion-favourable.json")).unwrap();
            Say::new(200, text.replace("\"boEstTacite\"", "\"txSignature\": \"A. B.\", \"boEstTacite\""))
        }
        _ => Say::new(200, sample("search-answer-acknowledged-complete.json")),
    })
    .await;
    let collected = adapter(&server).collect(&reading("4100")).await;
    let feed: Vec<&str> = collected.drift.iter().filter(|n| !n.known).map(|n| n.path.as_str()).collect();
    assert_eq!(feed, ["/nbTotal"]);
    let said: Vec<&str> = collected.said.iter().map(|said| said.exchange.what.as_str()).collect();
    assert_eq!(said, ["POST consultations/recherche", "GET avis/{id}"]);
    let avis = &collected.said[1].exchange;
    let news: Vec<&str> = avis.drift.iter().filter(|n| !n.known).map(|n| n.path.as_str()).collect();
    assert_eq!(news, ["/txSignature"]);
    assert!(avis.received.as_ref().unwrap().content.contains("AVIS-2026-44871"));
    assert!(!serde_json::to_string(&avis.drift).unwrap().contains("A. B."), "no value in a note");
}

#[tokio::test]
async fn the_token_stands_in_no_body_of_the_wire_log() {
    let server = agency(|_, _| Say::new(201, sample("consultation-created.json"))).await;
    let handled = adapter(&server).handle(&request(RequestKind::Consult)).await;
    assert_eq!(handled.exchanges[0].what, "POST token");
    assert_eq!((&handled.exchanges[0].sent, &handled.exchanges[0].received), (&None, &None));
    assert!(handled.exchanges[1].sent.is_some() && handled.exchanges[1].received.is_some());
    let log = serde_json::to_string(&handled.exchanges).unwrap();
    assert!(!log.contains("2YotnFZFEjr1zCsicMWpAA") && !log.contains("made+here"), "{log}");
}

/// Every place of a value: object fields and array elements, by pointer.
fn places(value: &Value, at: &str, found: &mut Vec<String>) {
    match value {
        Value::Object(fields) => fields.iter().for_each(|(name, value)| {
            found.push(format!("{at}/{name}"));
            places(value, &format!("{at}/{name}"), found);
        }),
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(n, value)| places(value, &format!("{at}/{n}"), found));
        }
        _ => {}
    }
}

/// The value with some places null and some absent.
fn thinned(mut value: Value, choices: &[(usize, bool)]) -> Value {
    let mut all = Vec::new();
    places(&value, "", &mut all);
    for (choice, absent) in choices {
        let pointer = &all[choice % all.len()];
        let (parent, name) = pointer.rsplit_once('/').unwrap();
        let Some(Value::Object(fields)) = value.pointer_mut(parent) else { continue };
        if *absent {
            fields.remove(name);
        } else if let Some(field) = fields.get_mut(name) {
            *field = Value::Null;
        }
    }
    value
}

const SEARCHES: [&str; 4] = [
    "search-answer-received.json",
    "search-answer-acknowledged-complete.json",
    "search-answer-incomplete.json",
    "search-answer-opinion-given.json",
];
const OPINIONS: [&str; 4] = [
    "opinion-favourable.json",
    "opinion-with-conditions.json",
    "opinion-unfavourable.json",
    "opinion-none.json",
];

fn parsed(name: &str) -> Value {
    serde_json::from_slice(&sample(name)).unwrap()
}

proptest! {
    /// Any fields of any answer null or absent, at any depth: it is read, and says the same, less, or "pending", never
    /// something else.
    #[test]
    fn null_and_absent_anywhere_never_make_an_answer_say_something_else(
        which in 0_usize..4, choices in proptest::collection::vec((any::<usize>(), any::<bool>()), 1..12),
    ) {
        let whole: wire::Avis = serde_json::from_value(parsed(OPINIONS[which])).unwrap();
        let thin: wire::Avis = serde_json::from_value(thinned(parsed(OPINIONS[which]), &choices)).unwrap();
        let Outcome::Answered { opinion: before } = back::opinion(&whole) else { panic!() };
        match back::opinion(&thin) {
            Outcome::Answered { opinion } => prop_assert_eq!(opinion.kind, before.kind),
            Outcome::Pending { unknown } => prop_assert!(unknown.is_some()),
            other => prop_assert!(false, "{:?}", other),
        }

        let whole: wire::SearchAnswer = serde_json::from_value(parsed(SEARCHES[which])).unwrap();
        let thin: wire::SearchAnswer = serde_json::from_value(thinned(parsed(SEARCHES[which]), &choices)).unwrap();
        let key = |answer: &wire::SearchAnswer| match answer.resultats.as_ref()?.first().map(back::standing)? {
            back::Standing::Is(outcome) => Some(outcome.key()),
            back::Standing::Opinion(_) => Some("opinion"),
        };
        let (before, after) = (key(&whole).unwrap(), key(&thin));
        // Without the acknowledgement's details a state alone may still say "acknowledged".
        let fine = after.is_none_or(|after| after == before || ["pending", "acknowledged"].contains(&after));
        prop_assert!(fine, "{} became {:?}", before, after);
    }

    /// The feed's page likewise: every notification is understood or set aside, none is lost, and each id is the same.
    #[test]
    fn null_and_absent_anywhere_lose_no_notification(
        choices in proptest::collection::vec((any::<usize>(), any::<bool>()), 1..12),
    ) {
        let page: wire::NotificationPage =
            serde_json::from_value(thinned(parsed("notifications-page.json"), &choices)).unwrap();
        let count = page.notifications.len();
        let ids: BTreeSet<String> = feed::ids_of(page).into_iter().collect();
        prop_assert!(ids.len() <= count);
        let bytes = thinned(parsed("notifications-page.json"), &choices).to_string();
        if let Ok(items) = feed::understand(bytes.as_bytes()) {
            prop_assert!(items.iter().all(|item| ids.contains(&item.event_id)));
        }
    }
}
