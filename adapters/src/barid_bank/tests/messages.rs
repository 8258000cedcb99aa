//! ISO 20022 and CC5 over the samples.

use std::sync::Arc;

use proptest::prelude::*;
use wasl_schemas::agency::{Outcome, RequestKind};
use wasl_schemas::file::Applicant;
use wasl_schemas::id::Rib;
use wasl_schemas::money::Centimes;

use super::super::map::{self, back, order_of, order_text, out};
use super::super::wire;
use super::{ORDER, config, order, request, rib, sample};

/// The elements of a document in order, with attributes and texts: what a validator looks at.
fn elements(xml: &[u8]) -> Vec<String> {
    let mut reader = quick_xml::Reader::from_reader(xml);
    reader.config_mut().trim_text(true);
    let mut events = Vec::new();
    loop {
        match reader.read_event().unwrap() {
            quick_xml::events::Event::Eof => return events,
            quick_xml::events::Event::Decl(_) => {}
            event => events.push(format!("{event:?}")),
        }
    }
}

fn sent_at() -> jiff::Timestamp {
    "2026-12-02T09:30:00Z".parse().unwrap()
}

#[test]
fn the_request_to_pay_is_written_as_in_the_sample() {
    let message = out::request_to_pay(&request(RequestKind::Pay), &config("http://x"), sent_at()).unwrap();
    let written = out::xml(&message).unwrap();
    assert_eq!(elements(&written), elements(&sample("pain013-request-to-pay.xml")));
}

/// Both dates are the legal clock's, which may show another year than the wall's: an order is never sent that has
/// ended before it was asked.
#[test]
fn the_days_of_an_order_are_those_of_one_clock() {
    let mut request = request(RequestKind::Pay);
    let order = request.order.as_mut().unwrap();
    (order.asked_on, order.payable_until) =
        (Some(jiff::civil::date(2026, 8, 14)), jiff::civil::date(2026, 10, 13));
    let days = |request: &_| {
        let read = out::request_to_pay(request, &config("http://x"), sent_at()).unwrap();
        let payment = read.CdtrPmtActvtnReq.PmtInf;
        (payment.ReqdExctnDt.Dt, payment.XpryDt.Dt)
    };
    assert_eq!(days(&request), ("2026-08-14".to_owned(), "2026-10-13".to_owned()));
    request.order.as_mut().unwrap().asked_on = None;
    assert_eq!(days(&request), ("2026-10-13".to_owned(), "2026-10-13".to_owned()));
}

#[test]
fn the_refund_is_written_as_in_the_sample() {
    let now = "2026-12-05T10:00:00Z".parse().unwrap();
    let message = out::refund(&request(RequestKind::Refund), &config("http://x"), now).unwrap();
    assert_eq!(elements(&out::xml(&message).unwrap()), elements(&sample("pain007-refund.xml")));
}

#[test]
fn the_order_inquiry_is_written_as_in_the_sample() {
    let request = request(RequestKind::Query);
    let message = out::inquiry(request.order.as_ref().unwrap(), &config("http://x"));
    assert_eq!(elements(&out::xml(&message).unwrap()), elements(&sample("cc5-order-status-request.xml")));
}

#[test]
fn an_order_without_amount_is_not_sent() {
    let mut request = request(RequestKind::Pay);
    for amount in [0, -1] {
        request.order.as_mut().unwrap().amount_centimes = Centimes(amount);
        let fault = out::request_to_pay(&request, &config("http://x"), sent_at()).unwrap_err();
        assert_eq!(fault.code, "payment.amount-invalid");
    }
    request.order = None;
    assert_eq!(out::order_in(&request).unwrap_err().code, "request.order-missing");
}

fn status_of(body: &[u8]) -> Option<back::Status> {
    back::status(&back::iso_answer(body).unwrap().CdtrPmtActvtnReqStsRpt.unwrap(), ORDER)
}

#[test]
fn the_statuses_of_an_order() {
    let outcome = |name: &str| back::order(status_of(&sample(name)).unwrap(), Some("http://pay".to_owned()));
    let ordered =
        Outcome::Ordered { bank_reference: "8800417712".to_owned(), pay_url: Some("http://pay".to_owned()) };
    assert_eq!(outcome("pain014-accepted.xml"), Some(ordered));
    assert_eq!(outcome("pain014-pending.xml"), Some(Outcome::Pending { unknown: None }));
    let refused = Outcome::Refused { code: "BE06".to_owned(), reason: "Bénéficiaire inconnu".to_owned() };
    assert_eq!(outcome("pain014-rejected.xml"), Some(refused));
    let with = |status: &str| {
        let text = String::from_utf8(sample("pain014-accepted.xml")).unwrap().replace("ACCP", status);
        back::order(status_of(text.as_bytes()).unwrap(), None)
    };
    assert_eq!(with("ACSC"), None, "paid: the card side is asked");
    assert!(matches!(with("CANC"), Some(Outcome::PaymentFailed { .. })));
    assert_eq!(with("ACTC"), Some(Outcome::Pending { unknown: Some("pain.014 status ACTC".to_owned()) }));
}

#[test]
fn a_report_about_another_order_says_nothing() {
    let other = "0".repeat(32);
    let text = String::from_utf8(sample("pain014-accepted.xml")).unwrap().replace(ORDER, &other);
    assert_eq!(status_of(text.as_bytes()), None);
}

#[test]
fn prefixes_unknown_elements_and_group_status_are_read_leniently() {
    let text = format!(
        r#"<x:Document xmlns:x="urn:iso:std:iso:20022:tech:xsd:pain.014.001.11"><x:CdtrPmtActvtnReqStsRpt>
        <x:GrpHdr><x:MsgId>B1</x:MsgId><x:New><x:Deep/></x:New></x:GrpHdr>
        <x:OrgnlGrpInfAndSts><x:OrgnlMsgId>{ORDER}-01</x:OrgnlMsgId><x:GrpSts>ACCP</x:GrpSts></x:OrgnlGrpInfAndSts>
        </x:CdtrPmtActvtnReqStsRpt></x:Document>"#
    );
    let status = status_of(text.as_bytes()).unwrap();
    assert_eq!((status.code.as_str(), status.bank_reference.as_deref()), ("ACCP", Some("B1")));
}

#[test]
fn a_document_type_is_refused() {
    let text = "<!DOCTYPE a [<!ENTITY b \"c\">]><Document/>";
    assert!(back::iso_answer(text.as_bytes()).is_err());
    assert!(back::iso_answer(b"\xff\xfe").is_err());
}

#[test]
fn the_card_side_confirms_only_a_capture_of_the_whole_amount() {
    let request = request(RequestKind::Query);
    let order = request.order.unwrap();
    let card = |body: &[u8]| back::card(&back::xml::<wire::OrderState>(body).unwrap(), &order);
    let Outcome::Paid { receipt } = card(&sample("cc5-order-captured.xml")) else { panic!() };
    assert_eq!(
        (receipt.transaction.as_str(), receipt.amount_centimes),
        ("26336JfYC11204", Centimes(625_000))
    );
    assert_eq!(receipt.paid_at.unwrap().to_string(), "2026-12-03T14:02:12.4Z");
    for name in ["cc5-order-authorised.xml", "cc5-order-declined.xml"] {
        assert!(matches!(card(&sample(name)), Outcome::Pending { unknown: Some(_) }), "{name}");
    }
    // Paid at a counter: no card was tried, and the notification will say it.
    assert_eq!(card(&sample("cc5-order-unknown.xml")), Outcome::Pending { unknown: None });
    let text = String::from_utf8(sample("cc5-order-captured.xml")).unwrap();
    for (from, to) in
        [("<CAPTURE_AMT>625000", "<CAPTURE_AMT>62500"), (ORDER, "another"), ("26336JfYC11204", "")]
    {
        assert_eq!(card(text.replace(from, to).as_bytes()).key(), "pending", "{from}");
    }
}

#[test]
fn samples_are_understood_without_a_server() {
    let one = |name: &str| map::understand(&sample(name)).unwrap().remove(0);
    assert_eq!(one("pain014-accepted.xml").outcome.key(), "ordered");
    let declined = one("callback-declined.form");
    assert_eq!((declined.consultation, declined.outcome.key()), (order(), "payment-refused"));
    // Not authentic until its HASH is checked, so never `paid` here.
    assert_eq!(one("callback-approved.form").outcome.key(), "pending");
    assert!(map::understand(b"nothing").is_err());
    assert_eq!(one("camt054-counter-v02.xml").outcome.key(), "paid");
    assert_eq!(one("camt053-day-v08.xml").outcome.key(), "refunded");
}

#[test]
fn only_the_payment_relation_of_a_link_is_followed() {
    let pay = "https://pay.example/o/1";
    assert_eq!(back::payment_link(&format!("<{pay}>; rel=\"payment\"")).as_deref(), Some(pay));
    assert_eq!(
        back::payment_link(&format!("<https://a/>; rel=next, <{pay}>; rel=payment")).as_deref(),
        Some(pay)
    );
    assert_eq!(back::payment_link("<javascript:alert(1)>; rel=payment"), None);
    assert_eq!(back::payment_link("<https://a/>; rel=\"next\""), None);
}

#[test]
fn our_reference_is_read_only_as_we_write_it() {
    assert_eq!(order_text(order()), ORDER);
    assert_eq!(order_of(ORDER), Some(order()));
    for other in [ORDER.to_uppercase().as_str(), "0193a5c2-7e4b-7a31-9c55-3f1d0b6e8a10", "", "1", "{}"] {
        assert_eq!(order_of(other), None, "{other}");
    }
}

proptest! {
    /// What is written is read back, but for the declared cuts.
    #[test]
    fn a_request_to_pay_keeps_what_it_is_given(
        amount in 1i64..1_000_000_000_000, label in "[ -~é&<>]{1,60}", payer in "[A-Za-z&'é]{1,60}",
        attempt in 1u32..200, account in "[0-9]{22}", year in 2026i16..2040,
    ) {
        let mut request = request(RequestKind::Pay);
        request.attempt = attempt;
        let Applicant::Person { name, .. } = &mut Arc::make_mut(&mut request.permit_file).applicant else { unreachable!() };
        name.fr.clone_from(&payer);
        let order = request.order.as_mut().unwrap();
        order.amount_centimes = Centimes(amount);
        order.label.clone_from(&label);
        order.beneficiary.rib = Rib::try_new(rib(&account)).unwrap();
        order.payable_until = jiff::civil::date(year, 2, 28);
        let message = out::request_to_pay(&request, &config("http://x"), sent_at()).unwrap();
        let written = out::xml(&message).unwrap();
        let read: wire::RequestToPay = back::xml(&written).unwrap();
        let payment = &read.CdtrPmtActvtnReq.PmtInf;
        let transfer = &payment.CdtTrfTx;
        prop_assert_eq!(Centimes::parse(&transfer.Amt.InstdAmt.value).unwrap(), Centimes(amount));
        prop_assert_eq!(transfer.Amt.InstdAmt.Ccy.as_str(), "MAD");
        prop_assert_eq!(transfer.RmtInf.Ustrd.as_deref().unwrap_or_default().trim(), label.trim());
        prop_assert_eq!(payment.Dbtr.Nm.as_deref(), Some(payer.as_str()));
        prop_assert_eq!(payment.Dbtr.Id.as_ref().unwrap().PrvtId.as_ref().unwrap().Othr.Id.as_str(), "K123456");
        prop_assert_eq!(&transfer.CdtrAcct.Id.Othr.Id, &rib(&account));
        prop_assert_eq!(payment.XpryDt.Dt.parse::<jiff::civil::Date>().unwrap(), jiff::civil::date(year, 2, 28));
        prop_assert_eq!(order_of(&transfer.PmtId.EndToEndId), Some(super::order()));
        prop_assert!(read.CdtrPmtActvtnReq.GrpHdr.MsgId.len() <= 35);
    }
}
