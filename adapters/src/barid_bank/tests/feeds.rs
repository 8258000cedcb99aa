//! Collecting both feeds from a server on loopback.

use wasl_schemas::agency::CollectRequest;
use wasl_schemas::id::AgencyKind;

use super::super::call::BaridBank;
use super::{config, order, sample};
use crate::port::{Adapter, Collected};
use crate::transport::testing::{Say, Seen, TestServer};

fn link(feed: &str, next: &str) -> String {
    format!("<http://bank.example/iso/{feed}?after={next}>; rel=\"next\"")
}

async fn collect(adapter: &BaridBank, feed: &str, cursor: &str) -> Collected {
    let agency = AgencyKind::try_new("barid-bank").unwrap();
    let request = CollectRequest { agency, feed: feed.to_owned(), cursor: cursor.to_owned(), version: 3 };
    adapter.collect(&request).await
}

async fn bank(answer: impl Fn(&Seen, usize) -> Say + Send + Sync + 'static) -> (TestServer, BaridBank) {
    let server = TestServer::start(answer).await;
    let adapter = BaridBank::new(config(&server.address)).unwrap();
    (server, adapter)
}

#[tokio::test]
async fn notifications_are_read_to_their_end() {
    let (server, adapter) = bank(|seen, _| match seen.line.as_str() {
        "GET /iso/camt.054" => {
            Say::new(200, sample("camt054-counter-v02.xml")).header("link", link("camt.054", "1 a"))
        }
        "GET /iso/camt.054?after=1+a" => {
            Say::new(200, sample("camt054-not-mad.xml")).header("link", link("camt.054", "2"))
        }
        _ => Say::new(204, ""),
    })
    .await;
    let read = collect(&adapter, "notifications", "").await;
    assert_eq!((read.next_cursor.as_str(), read.more, &read.failed), ("2", false, &None));
    assert_eq!(read.items.len(), 2);
    assert_eq!(read.items[0].consultation, order());
    assert_eq!(read.rejected[0].code, "payment.amount-not-mad");
    assert!(read.statements.is_empty());
    assert!(server.seen().iter().all(|seen| seen.headers.contains_key("authorization")));
    let again = collect(&adapter, "notifications", "2").await;
    assert_eq!(again, Collected { next_cursor: "2".to_owned(), ..Collected::default() });
}

#[tokio::test]
async fn statements_are_handed_over_whole_and_a_bad_one_hides_none() {
    let (_server, adapter) = bank(|seen, _| match seen.line.as_str() {
        "GET /iso/camt.053" => Say::new(200, "<html>").header("link", link("camt.053", "1")),
        "GET /iso/camt.053?after=1" => {
            Say::new(200, sample("camt053-unbalanced.xml")).header("link", link("camt.053", "2"))
        }
        "GET /iso/camt.053?after=2" => {
            Say::new(200, sample("camt053-day-v02.xml")).header("link", link("camt.053", "3"))
        }
        _ => Say::new(204, ""),
    })
    .await;
    let read = collect(&adapter, "statements", "").await;
    let codes: Vec<&str> = read.rejected.iter().map(|item| item.code.as_str()).collect();
    assert_eq!(codes, ["payment.statement-unreadable", "payment.statement-unbalanced"]);
    assert_eq!(read.statements.len(), 2);
    assert_eq!(read.items.len(), 1, "the refund of the good one");
    assert_eq!(read.next_cursor, "3");
}

#[tokio::test]
async fn what_was_read_before_a_failure_is_kept_and_the_rest_is_read_again() {
    let (_server, adapter) = bank(|seen, _| match seen.line.as_str() {
        "GET /iso/camt.054" => {
            Say::new(200, sample("camt054-counter-v08.xml")).header("link", link("camt.054", "1"))
        }
        _ => Say::new(503, ""),
    })
    .await;
    let read = collect(&adapter, "notifications", "").await;
    assert_eq!((read.next_cursor.as_str(), read.items.len(), read.failed), ("1", 1, None));
    let failed = collect(&adapter, "notifications", "1").await;
    assert_eq!(failed.next_cursor, "1");
    assert!(failed.failed.is_some() && failed.items.is_empty());
}

#[tokio::test]
async fn a_document_that_leads_nowhere_moves_nothing() {
    for head in ["", "<http://b/iso/camt.054?after=7>; rel=\"next\"", "<http://b/iso>; rel=\"next\""] {
        let (_server, adapter) = bank(move |_, _| {
            let say = Say::new(200, sample("camt054-counter-v08.xml"));
            if head.is_empty() { say } else { say.header("link", head) }
        })
        .await;
        let read = collect(&adapter, "notifications", "7").await;
        assert!(read.failed.is_some() && read.items.is_empty() && read.next_cursor == "7", "{head}");
    }
    let (_server, adapter) = bank(|_, _| Say::new(204, "")).await;
    assert!(collect(&adapter, "opinions", "").await.failed.is_some());
}
