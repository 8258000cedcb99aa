//! The conversation with a server on loopback: what is sent, and what every kind of answer becomes.

use std::sync::Arc;

use wasl_schemas::agency::{CollectRequest, Outcome, RequestKind};
use wasl_schemas::id::AgencyKind;

use super::super::call::UrbanAgency;
use super::{CONSULTATION, config, request, sample, supplement};
use crate::port::Adapter;
use crate::transport::testing::{Say, Seen, TestServer, losing_answers, nobody};

pub(super) fn adapter(server: &TestServer) -> Arc<UrbanAgency> {
    UrbanAgency::new(config(&server.address)).unwrap()
}

/// Answers the token; everything else by `rest`.
pub(super) async fn agency(rest: impl Fn(&Seen, usize) -> Say + Send + Sync + 'static) -> TestServer {
    TestServer::start(move |seen, before| match seen.line.as_str() {
        "POST /token" => Say::new(200, sample("token.json")),
        _ => rest(seen, before),
    })
    .await
}

const CONSULTATIONS: &str = "POST /v1/consultations";
const SEARCH: &str = "POST /v1/consultations/recherche?page=0";

#[tokio::test]
async fn a_consultation_arrives_with_token_and_identity() {
    let server = agency(|_, _| Say::new(201, sample("consultation-created.json"))).await;
    let handled = adapter(&server).handle(&request(RequestKind::Consult)).await;
    let reference = Some("AUT-2026-0009182".to_owned());
    assert_eq!(handled.outcome, Outcome::Delivered { agency_reference: reference });
    let seen = server.seen();
    let form = String::from_utf8(seen[0].body.clone()).unwrap();
    assert_eq!(
        form,
        "grant_type=client_credentials&client_id=wasl&client_secret=made+here&scope=consultations"
    );
    assert_eq!(seen[1].line, CONSULTATIONS);
    assert_eq!(seen[1].headers["authorization"], "Bearer 2YotnFZFEjr1zCsicMWpAA");
    assert_eq!(seen[1].headers["id-acteur-appelant"], "GTW-WASL-01");
    let journal: Vec<_> = handled.exchanges.iter().map(|e| (e.what.as_str(), e.status.as_str())).collect();
    assert_eq!(journal, [("POST token", "200"), ("POST consultations", "201")]);
    assert_eq!(handled.exchanges[1].sent_bytes, seen[1].body.len() as u64);
}

#[tokio::test]
async fn what_every_answer_becomes() {
    let cases: [(Say, &str); 10] = [
        (Say::new(409, sample("error-duplicate.json")), "delivered"),
        (Say::new(422, sample("error-outside-area.json")), "refused"),
        (Say::new(400, sample("error-invalid.json")), "refused"),
        (Say::new(503, ""), "try-later"),
        (Say::new(500, "{}"), "try-later"),
        (Say::new(502, "<html>"), "in-doubt"),
        (Say::new(403, ""), "try-later"),
        (Say::new(404, "<html>"), "try-later"),
        (Say::new(201, "<html>"), "in-doubt"),
        (Say::new(301, "").header("location", "http://127.0.0.1:1/"), "try-later"),
    ];
    for (say, expected) in cases {
        let status = say.status;
        let server = agency(move |_, _| say.clone()).await;
        let outcome = adapter(&server).handle(&request(RequestKind::Consult)).await.outcome;
        assert_eq!(outcome.key(), expected, "HTTP {status}: {outcome:?}");
        assert_eq!(server.count(CONSULTATIONS), 1, "HTTP {status}: sent once");
    }
}

#[tokio::test]
async fn a_refusal_carries_all_errors_in_the_agencys_words() {
    let server = agency(|_, _| Say::new(400, sample("error-invalid.json"))).await;
    let outcome = adapter(&server).handle(&request(RequestKind::Consult)).await.outcome;
    let Outcome::Refused { code, reason } = outcome else { panic!("{outcome:?}") };
    assert_eq!(code, "CHAMP-OBLIGATOIRE");
    assert!(reason.contains("/dossier/cdCommune") && reason.contains("NOMENCLATURE-INCONNUE"), "{reason}");
}

#[tokio::test]
async fn retry_after_is_passed_on() {
    let server = agency(|_, _| Say::new(429, "").header("retry-after", "7")).await;
    let outcome = adapter(&server).handle(&request(RequestKind::Consult)).await.outcome;
    assert_eq!(outcome, Outcome::TryLater { reason: "HTTP 429".to_owned(), retry_after_ms: Some(7000) });
}

#[tokio::test]
async fn not_connected_is_later_and_a_lost_answer_is_in_doubt() {
    let server = agency(|_, _| Say::new(500, "")).await;
    for (base, expected) in [(nobody().await, "try-later"), (losing_answers().await, "in-doubt")] {
        let mut config = config(&server.address);
        config.base_url = base;
        let adapter = UrbanAgency::new(config).unwrap();
        assert_eq!(adapter.handle(&request(RequestKind::Consult)).await.outcome.key(), expected);
        // A reading changes nothing at the agency, so it is never in doubt.
        assert_eq!(adapter.query(&request(RequestKind::Query)).await.outcome.key(), "try-later");
    }
}

#[tokio::test]
async fn a_token_is_fetched_once_for_many_and_replaced_once_when_refused() {
    let server = agency(|_, _| Say::new(201, sample("consultation-created.json"))).await;
    let shared = Arc::new(adapter(&server));
    let calls = (0..12).map(|_| {
        let adapter = Arc::clone(&shared);
        tokio::spawn(async move { adapter.handle(&request(RequestKind::Consult)).await.outcome })
    });
    for call in calls.collect::<Vec<_>>() {
        assert_eq!(call.await.unwrap().key(), "delivered");
    }
    assert_eq!((server.count("POST /token"), server.count(CONSULTATIONS)), (1, 12));

    let server = agency(|_, before| match before {
        0 => Say::new(401, ""),
        _ => Say::new(201, sample("consultation-created.json")),
    })
    .await;
    assert_eq!(adapter(&server).handle(&request(RequestKind::Consult)).await.outcome.key(), "delivered");
    assert_eq!((server.count("POST /token"), server.count(CONSULTATIONS)), (2, 2));

    let server = agency(|_, _| Say::new(401, "")).await;
    assert_eq!(adapter(&server).handle(&request(RequestKind::Consult)).await.outcome.key(), "try-later");
    assert_eq!(server.count(CONSULTATIONS), 2);
}

#[tokio::test]
async fn asked_by_our_reference_the_agency_says_what_became_of_it() {
    for (name, expected) in [
        ("search-answer-nothing.json", "not-known"),
        ("search-answer-received.json", "delivered"),
        ("search-answer-acknowledged-complete.json", "acknowledged"),
        ("search-answer-incomplete.json", "incomplete"),
        ("search-answer-opinion-given.json", "answered"),
    ] {
        let server = agency(move |seen, _| match seen.line.as_str() {
            SEARCH => Say::new(200, sample(name)),
            "GET /v1/avis/AVIS-2026-44871" => Say::new(200, sample("opinion-favourable.json")),
            other => panic!("{other}"),
        })
        .await;
        let outcome = adapter(&server).query(&request(RequestKind::Query)).await.outcome;
        assert_eq!(outcome.key(), expected, "{name}");
        let asked: serde_json::Value = serde_json::from_slice(&server.seen()[1].body).unwrap();
        let search: serde_json::Value = serde_json::from_slice(&sample("search-request.json")).unwrap();
        assert_eq!(asked, search);
    }
}

#[tokio::test]
async fn an_opinion_about_another_reference_is_pending() {
    let server = agency(|seen, _| match seen.line.as_str() {
        SEARCH => Say::new(200, sample("search-answer-opinion-given.json")),
        _ => {
            let text = String::from_utf8(sample("opinion-favourable.json")).unwrap();
            Say::new(200, text.replace(CONSULTATION, "0193a5c2-7e4b-7a31-9c55-000000000000"))
        }
    })
    .await;
    assert_eq!(adapter(&server).query(&request(RequestKind::Query)).await.outcome.key(), "pending");
}

#[tokio::test]
async fn a_stale_version_is_read_again_and_redone_once() {
    const COMPLEMENTS: &str = "POST /v1/consultations/AUT-2026-0009182/complements";
    let stale_times = |times: usize| {
        move |seen: &Seen, before: usize| match seen.line.as_str() {
            SEARCH => {
                let text = String::from_utf8(sample("search-answer-incomplete.json")).unwrap();
                Say::new(200, text.replace("\"noVersion\": 2", &format!("\"noVersion\": {}", 2 + before)))
            }
            _ if before < times => Say::new(409, sample("error-stale-version.json")),
            _ => Say::new(200, sample("consultation-created.json")),
        }
    };
    let server = agency(stale_times(1)).await;
    assert_eq!(adapter(&server).handle(&supplement()).await.outcome.key(), "delivered");
    let bodies: Vec<serde_json::Value> = server
        .seen()
        .iter()
        .filter(|s| s.line == COMPLEMENTS)
        .map(|s| serde_json::from_slice(&s.body).unwrap())
        .collect();
    assert_eq!(bodies.iter().map(|b| b["noVersion"].as_i64().unwrap()).collect::<Vec<_>>(), [2, 3]);
    assert_eq!(bodies[0]["noComplementExterne"], bodies[1]["noComplementExterne"]);

    let server = agency(stale_times(9)).await;
    assert_eq!(adapter(&server).handle(&supplement()).await.outcome.key(), "try-later");
    assert_eq!(server.count(COMPLEMENTS), 2);
}

#[tokio::test]
async fn a_supplement_seen_before_is_delivered_and_one_that_never_came_is_not_known() {
    let seen_before = r#"{"erreurs": [{"cdErreur": "COMPLEMENT-EXISTANT"}]}"#;
    let server = agency(move |seen, _| match seen.line.as_str() {
        SEARCH => Say::new(200, sample("search-answer-incomplete.json")),
        _ => Say::new(409, seen_before),
    })
    .await;
    assert_eq!(adapter(&server).handle(&supplement()).await.outcome.key(), "delivered");
    // Still incomplete: what we ask about has not arrived.
    assert_eq!(adapter(&server).query(&supplement()).await.outcome.key(), "not-known");
}

#[tokio::test]
async fn a_cancellation_is_noted_also_when_there_is_nothing_to_cancel() {
    for name in ["search-answer-received.json", "search-answer-nothing.json"] {
        let server = agency(move |seen, _| match seen.line.as_str() {
            SEARCH => Say::new(200, sample(name)),
            "POST /v1/consultations/AUT-2026-0009182/annulation" => Say::new(200, "{}"),
            other => panic!("{other}"),
        })
        .await;
        let outcome = adapter(&server).handle(&request(RequestKind::Cancel)).await.outcome;
        assert_eq!(outcome, Outcome::Cancelled, "{name}");
    }
}

pub(super) fn reading(cursor: &str) -> CollectRequest {
    CollectRequest {
        agency: AgencyKind::try_new("urban-agency").unwrap(),
        feed: "notifications".to_owned(),
        cursor: cursor.to_owned(),
        version: 1,
    }
}

fn feed_of(page: &'static str, avis_status: u16) -> impl Fn(&Seen, usize) -> Say {
    move |seen, _| match seen.line.as_str() {
        SEARCH => Say::new(200, sample("search-answer-acknowledged-complete.json")),
        line if line.starts_with("GET /v1/notifications?offset=") => Say::new(200, sample(page)),
        "GET /v1/avis/AVIS-2026-44871" => Say::new(avis_status, sample("opinion-favourable.json")),
        other => panic!("{other}"),
    }
}

#[tokio::test]
async fn notifications_are_read_in_order_with_their_details() {
    let server = agency(feed_of("notifications-page.json", 200)).await;
    let collected = adapter(&server).collect(&reading("4100")).await;
    let items: Vec<_> = collected.items.iter().map(|i| (i.event_id.as_str(), i.outcome.key())).collect();
    assert_eq!(items, [("NTF-4101", "acknowledged"), ("NTF-4102", "answered"), ("NTF-4103", "pending")]);
    assert_eq!((collected.next_cursor.as_str(), collected.more), ("4103", false));
    assert_eq!(collected.failed, None);
    assert_eq!(server.count("GET /v1/notifications?offset=4100&limite=50"), 1);
    // Rewound, the same items have the same ids; read on, nothing is new.
    let rewound = adapter(&server).collect(&reading("4101")).await;
    assert_eq!(rewound.items, collected.items[1..]);
    assert_eq!(adapter(&server).collect(&reading("4103")).await.items, []);
    let quiet = agency(feed_of("notifications-empty.json", 200)).await;
    let nothing = adapter(&quiet).collect(&reading("4103")).await;
    assert_eq!((nothing.items, nothing.next_cursor.as_str(), nothing.more), (vec![], "4103", false));
}

#[tokio::test]
async fn the_cursor_stops_before_an_item_whose_detail_cannot_be_read() {
    let server = agency(feed_of("notifications-page.json", 503)).await;
    let collected = adapter(&server).collect(&reading("4100")).await;
    assert_eq!(collected.items.len(), 1);
    assert_eq!((collected.next_cursor.as_str(), collected.more), ("4101", false));
    let collected = adapter(&server).collect(&reading("4101")).await;
    assert_eq!((collected.items.len(), collected.next_cursor.as_str()), (0, "4101"));
    assert!(collected.failed.is_some());
}

#[tokio::test]
async fn a_bad_item_is_set_aside_and_does_not_hide_its_neighbours() {
    let page = r#"{"notifications": [
        {"noOffset": 1, "idNotification": "N1", "nomTypeEvenement": 5, "noConsultationExterne": "not ours"},
        {"noOffset": 2, "idNotification": "N2", "nomTypeEvenement": "?", "noConsultationExterne": "x"},
        {"noOffset": 3, "idNotification": "N3", "nomTypeEvenement": {"idNom": 5},
         "noConsultationExterne": "0193a5c2-7e4b-7a31-9c55-3f1d0b6e8a10"}], "noOffsetSuivant": 3, "boSuite": true}"#;
    let server = agency(move |_, _| Say::new(200, page)).await;
    let collected = adapter(&server).collect(&reading("")).await;
    let rejected: Vec<_> =
        collected.rejected.iter().map(|r| (r.event_id.as_str(), r.code.as_str())).collect();
    assert_eq!(rejected, [("N1", "feed.item-unreadable"), ("N2", "feed.item-unreadable")]);
    assert_eq!(collected.items[0].outcome, Outcome::Cancelled);
    assert_eq!((collected.next_cursor.as_str(), collected.more), ("3", true));
}
