//! The conversation with a server on loopback.

use base64::Engine as _;
use wasl_schemas::agency::{Outcome, RequestKind};

use super::super::call::BaridBank;
use super::{ORDER, config, request, sample};
use crate::port::Adapter;
use crate::transport::testing::{Say, Seen, TestServer, losing_answers, nobody};

const PAIN_013: &str = "POST /iso/pain.013";
const PAGE: &str = "https://pay.example/o/1";

async fn bank(answer: impl Fn(&Seen, usize) -> Say + Send + Sync + 'static) -> (TestServer, BaridBank) {
    let server = TestServer::start(answer).await;
    let adapter = BaridBank::new(config(&server.address)).unwrap();
    (server, adapter)
}

fn with_page(name: &str) -> Say {
    Say::new(200, sample(name)).header("link", format!("<{PAGE}>; rel=\"payment\""))
}

#[tokio::test]
async fn an_order_is_sent_and_accepted() {
    let (server, adapter) = bank(|_, _| with_page("pain014-accepted.xml")).await;
    let handled = adapter.handle(&request(RequestKind::Pay)).await;
    let ordered =
        Outcome::Ordered { bank_reference: "8800417712".to_owned(), pay_url: Some(PAGE.to_owned()) };
    assert_eq!(handled.outcome, ordered);
    let seen = server.seen();
    assert_eq!(seen[0].line, PAIN_013);
    assert_eq!(seen[0].headers["content-type"], "application/xml; charset=utf-8");
    let basic = base64::engine::general_purpose::STANDARD.encode("api-user:made-at-run-time");
    assert_eq!(seen[0].headers["authorization"], format!("Basic {basic}"));
    assert_eq!(handled.exchanges.len(), 1);
}

#[tokio::test]
async fn what_every_answer_becomes() {
    let cases = [
        (Say::new(200, sample("pain014-pending.xml")), "pending"),
        (Say::new(200, sample("pain014-rejected.xml")), "refused"),
        (Say::new(400, sample("admi002-unreadable.xml")), "refused"),
        (Say::new(401, ""), "try-later"),
        (Say::new(404, "<html>"), "try-later"),
        (Say::new(413, ""), "refused"),
        (Say::new(429, ""), "try-later"),
        (Say::new(503, ""), "try-later"),
        (Say::new(504, ""), "in-doubt"),
        (Say::new(200, "<html>"), "in-doubt"),
        (Say::new(200, sample("pain002-refund-accepted.xml")), "in-doubt"),
    ];
    for (say, expected) in cases {
        let status = say.status;
        let (server, adapter) = bank(move |_, _| say.clone()).await;
        let outcome = adapter.handle(&request(RequestKind::Pay)).await.outcome;
        assert_eq!(outcome.key(), expected, "HTTP {status}: {outcome:?}");
        assert_eq!(server.count(PAIN_013), 1);
    }
}

#[tokio::test]
async fn an_unreadable_message_is_refused_with_its_place() {
    let (_server, adapter) = bank(|_, _| Say::new(400, sample("admi002-unreadable.xml"))).await;
    let reason = "/Document/CdtrPmtActvtnReq/PmtInf/PmtMtd: Element missing".to_owned();
    let refused = Outcome::Refused { code: "FF01".to_owned(), reason };
    assert_eq!(adapter.handle(&request(RequestKind::Pay)).await.outcome, refused);
}

#[tokio::test]
async fn a_duplicate_is_read_not_sent_again() {
    let (server, adapter) = bank(|seen, _| match seen.line.as_str() {
        PAIN_013 => Say::new(200, sample("pain014-duplicate.xml")),
        _ => with_page("pain014-accepted.xml"),
    })
    .await;
    assert_eq!(adapter.handle(&request(RequestKind::Pay)).await.outcome.key(), "ordered");
    assert_eq!(server.count(&format!("GET /iso/pain.014/{ORDER}")), 1);
}

#[tokio::test]
async fn not_connected_is_later_and_a_lost_answer_is_in_doubt() {
    for (base, expected) in [(nobody().await, "try-later"), (losing_answers().await, "in-doubt")] {
        let adapter = BaridBank::new(config(&base)).unwrap();
        assert_eq!(adapter.handle(&request(RequestKind::Pay)).await.outcome.key(), expected);
        assert_eq!(adapter.handle(&request(RequestKind::Refund)).await.outcome.key(), expected);
        assert_eq!(adapter.query(&request(RequestKind::Pay)).await.outcome.key(), "try-later");
    }
}

#[tokio::test]
async fn asked_by_our_reference() {
    let (_server, adapter) = bank(|_, _| Say::new(404, "")).await;
    assert_eq!(adapter.query(&request(RequestKind::Pay)).await.outcome, Outcome::NotKnown);
    assert_eq!(adapter.query(&request(RequestKind::Refund)).await.outcome, Outcome::NotKnown);
    let (_server, adapter) = bank(|_, _| with_page("pain014-accepted.xml")).await;
    assert_eq!(adapter.query(&request(RequestKind::Query)).await.outcome.key(), "ordered");
}

/// The bank calls it paid: it counts only when the card side confirms the capture.
#[tokio::test]
async fn paid_is_confirmed_by_the_card_side() {
    for (name, expected) in [("cc5-order-captured.xml", "paid"), ("cc5-order-authorised.xml", "pending")] {
        let (server, adapter) = bank(move |seen, _| match seen.line.as_str() {
            "POST /fim/api" => Say::new(200, sample(name)),
            _ => {
                let text = String::from_utf8(sample("pain014-accepted.xml")).unwrap();
                Say::new(200, text.replace("ACCP", "ACSC"))
            }
        })
        .await;
        assert_eq!(adapter.query(&request(RequestKind::Query)).await.outcome.key(), expected, "{name}");
        let asked = String::from_utf8(server.seen()[1].body.clone()).unwrap();
        assert!(asked.contains(&format!("<OrderId>{ORDER}</OrderId>")));
    }
}

#[tokio::test]
async fn a_refund_is_done_rejected_or_asked_again() {
    let refunded = |text: &'static str| async move {
        let (server, adapter) = bank(move |seen, _| {
            let body = String::from_utf8(sample("pain002-refund-accepted.xml")).unwrap();
            let done = "<TxSts>ACSC</TxSts><AcctSvcrRef>R77</AcctSvcrRef>";
            let said = if seen.line.starts_with("GET") { done } else { text };
            Say::new(200, body.replace("<TxSts>ACSC</TxSts>", said))
        })
        .await;
        let outcome = adapter.handle(&request(RequestKind::Refund)).await.outcome;
        (outcome.key(), server.seen().len())
    };
    assert_eq!(refunded("<TxSts>ACSC</TxSts><AcctSvcrRef>R77</AcctSvcrRef>").await, ("refunded", 1));
    assert_eq!(refunded("<TxSts>PDNG</TxSts>").await, ("pending", 1));
    let rejected = "<TxSts>RJCT</TxSts><StsRsnInf><Rsn><Cd>AM04</Cd></Rsn></StsRsnInf>";
    assert_eq!(refunded(rejected).await, ("refused", 1));
    let twice = "<TxSts>RJCT</TxSts><StsRsnInf><Rsn><Cd>AM05</Cd></Rsn></StsRsnInf>";
    assert_eq!(refunded(twice).await, ("refunded", 2));
}

#[tokio::test]
async fn the_bank_is_not_asked_for_opinions() {
    let (server, adapter) = bank(|_, _| Say::new(200, "")).await;
    assert_eq!(adapter.handle(&request(RequestKind::Cancel)).await.outcome, Outcome::Cancelled);
    for kind in [RequestKind::Consult, RequestKind::Supplement] {
        let Outcome::Refused { code, .. } = adapter.handle(&request(kind)).await.outcome else {
            panic!("{kind:?}")
        };
        assert_eq!(code, "request.not-offered");
    }
    assert_eq!(server.seen().len(), 0);
}
