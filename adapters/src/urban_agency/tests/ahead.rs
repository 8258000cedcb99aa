//! Reading on before it is asked for.

use serde_json::json;

use super::hardening::ten_events;
use super::wire_talk::{adapter, agency, reading};
use crate::port::Adapter as _;
use crate::transport::testing::{Say, TestServer};

fn asked(server: &TestServer, offset: i64) -> usize {
    server.count(&format!("GET /v1/notifications?offset={offset}&limite=50"))
}

#[tokio::test]
async fn a_page_that_was_read_ahead_is_not_asked_for_again() {
    let server = agency(ten_events).await;
    let adapter = adapter(&server);
    let mut cursor = String::new();
    for offset in [0, 3, 6, 9] {
        let collected = adapter.collect(&reading(&cursor)).await;
        assert_eq!((collected.items.len(), collected.more), (if offset == 9 { 1 } else { 3 }, offset != 9));
        assert_eq!(asked(&server, offset), 1);
        cursor = collected.next_cursor;
    }
    // At the end nothing is read ahead: what comes next is new.
    adapter.collect(&reading(&cursor)).await;
    adapter.collect(&reading(&cursor)).await;
    assert_eq!(asked(&server, 10), 2);
}

#[tokio::test]
async fn what_failed_ahead_is_read_again_and_a_rewound_cursor_is_read_anew() {
    let server = agency(|seen, before| {
        if seen.line.contains("offset=3&") && before == 0 {
            return Say::new(503, json!({}).to_string());
        }
        ten_events(seen, before)
    })
    .await;
    let adapter = adapter(&server);
    assert!(adapter.collect(&reading("0")).await.more);
    let collected = adapter.collect(&reading("3")).await;
    assert_eq!((collected.failed, collected.next_cursor.as_str()), (None, "6"));
    assert_eq!(asked(&server, 3), 2);
    let rewound = adapter.collect(&reading("0")).await;
    assert_eq!((rewound.next_cursor.as_str(), asked(&server, 0)), ("3", 2));
}
