//! The card callback: nothing is captured unless hash, merchant, order, amount, currency and code all fit.

use wasl_schemas::agency::Outcome;
use wasl_schemas::money::Centimes;

use super::super::callback::{identify, receive};
use super::{config, order, sample};
use crate::port::{Expected, RawCallback, Received};
use crate::transport::hash_v3::{Quirks, hash, parse_form};

fn raw(body: &[u8]) -> RawCallback {
    let sent = vec![("content-type".to_owned(), "application/x-www-form-urlencoded".to_owned())];
    RawCallback::new("POST".to_owned(), String::new(), sent, body.to_vec(), jiff::Timestamp::UNIX_EPOCH)
}

fn expected() -> Expected {
    Expected { known: true, amount_centimes: Some(Centimes(625_000)), ..Expected::default() }
}

/// The approved callback with some parameters replaced (an empty value removes), hashed anew.
fn changed(changes: &[(&str, &str)]) -> Vec<u8> {
    let mut form = parse_form(&sample("callback-approved.form")).unwrap();
    form.retain(|(name, _)| name != b"HASH");
    for (name, value) in changes {
        form.retain(|(key, _)| key != name.as_bytes());
        if !value.is_empty() {
            form.push((name.as_bytes().to_vec(), value.as_bytes().to_vec()));
        }
    }
    let digest = hash(&form, &config("http://x").store_key, &Quirks::default());
    form.push((b"HASH".to_vec(), digest.into_bytes()));
    let text = |bytes: &[u8]| url::form_urlencoded::byte_serialize(bytes).collect::<String>();
    let pairs: Vec<String> = form.iter().map(|(k, v)| format!("{}={}", text(k), text(v))).collect();
    pairs.join("&").into_bytes()
}

fn judged(body: &[u8], expected: &Expected) -> Received {
    receive(&raw(body), expected, &config("http://x"))
}

fn said(received: &Received) -> &str {
    match received {
        Received::Accept { reply, .. }
        | Received::Capture { reply, .. }
        | Received::Ignore { reply, .. }
        | Received::Reject { reply, .. } => &reply.body,
    }
}

#[test]
fn an_approved_payment_is_captured_and_its_repeat_gets_the_same_answer() {
    let body = sample("callback-approved.form");
    assert_eq!(identify(&raw(&body)).consultation, Some(order()));
    let first = judged(&body, &expected());
    let Received::Capture { transaction, amount_centimes, outcome, reply, conflict } = &first else {
        panic!("{first:?}")
    };
    assert_eq!((transaction.as_str(), *amount_centimes), ("26336JfYC11204", Centimes(625_000)));
    assert_eq!(
        (reply.status, reply.body.as_str(), conflict.body.as_str()),
        (200, "ACTION=POSTAUTH", "APPROVED")
    );
    let Outcome::Paid { receipt } = outcome else { panic!("{outcome:?}") };
    assert_eq!(receipt.paid_at.unwrap().to_string(), "2026-12-03T14:02:11Z");
    let captured = Expected { captured_transaction: Some(transaction.clone()), ..expected() };
    assert_eq!(judged(&body, &captured), first);
}

#[test]
fn refused_several_times_then_paid() {
    let declined = judged(&sample("callback-declined.form"), &expected());
    let Received::Accept { event_id, outcome, reply } = &declined else { panic!("{declined:?}") };
    assert_eq!((event_id.as_str(), reply.body.as_str()), ("26336JfXB11203", "APPROVED"));
    let code = "51".to_owned();
    assert_eq!(*outcome, Outcome::PaymentRefused { transaction: event_id.clone(), code });
    let again = judged(
        &changed(&[("ProcReturnCode", "05"), ("Response", "Declined"), ("TransId", "T2")]),
        &expected(),
    );
    assert_eq!(said(&again), "APPROVED");
    assert_eq!(said(&judged(&sample("callback-approved.form"), &expected())), "ACTION=POSTAUTH");
}

#[test]
fn another_transaction_on_a_paid_order_is_acknowledged_and_alarms() {
    let captured = Expected { captured_transaction: Some("AN-EARLIER-ONE".to_owned()), ..expected() };
    let received = judged(&sample("callback-approved.form"), &captured);
    assert!(matches!(received, Received::Ignore { alarm: Some("payment.second-capture"), .. }));
    assert_eq!(said(&received), "APPROVED");
}

#[test]
fn what_does_not_fit_is_never_captured() {
    let unknown = Expected { known: false, ..expected() };
    let no_order = Expected { amount_centimes: None, ..expected() };
    let zero = "0".repeat(32);
    type Changes<'a> = &'a [(&'a str, &'a str)];
    let cases: [(Changes, &Expected, &str); 11] = [
        (&[], &unknown, "payment.order-unknown"),
        (&[], &no_order, "payment.order-unknown"),
        (&[("oid", "0193a5c2-7e4b")], &expected(), "payment.order-unknown"),
        (&[("clientid", "600004418")], &expected(), "payment.callback-merchant-wrong"),
        (&[("TransId", "")], &expected(), "payment.callback-transaction-missing"),
        (&[("TransId", &zero.repeat(3))], &expected(), "payment.callback-transaction-missing"),
        (&[("ProcReturnCode", "")], &expected(), "payment.callback-code-missing"),
        (&[("Response", "Declined")], &expected(), "payment.callback-contradicts-itself"),
        (&[("currency", "978")], &expected(), "payment.currency-differs"),
        (&[("amount", "1.00")], &expected(), "payment.amount-differs"),
        (&[("amount", "6250.01")], &expected(), "payment.amount-differs"),
    ];
    for (changes, expected, code) in cases {
        let received = judged(&changed(changes), expected);
        assert_eq!(said(&received), "APPROVED", "{changes:?}");
        let Received::Ignore { alarm, .. } = received else { panic!("{changes:?}: {received:?}") };
        assert_eq!(alarm, Some(code), "{changes:?}");
    }
    let differs = judged(&sample("callback-amount-differs.form"), &expected());
    assert!(matches!(differs, Received::Ignore { alarm: Some("payment.amount-differs"), .. }));
}

#[test]
fn an_amount_that_is_not_written_with_two_decimals_is_a_fault_of_its_own_and_never_captured() {
    for amount in ["6250", "6250.0", "6250.000", "6250,00", "6 250,00", "+6250.00", "-6250.00", "6.25e3", ""]
    {
        let received = judged(&changed(&[("amount", amount)]), &expected());
        assert_eq!(said(&received), "APPROVED", "{amount}");
        let Received::Ignore { alarm, .. } = received else { panic!("{amount}: {received:?}") };
        assert_eq!(alarm, Some("payment.amount-not-mad"), "{amount}");
    }
}

#[test]
fn what_is_not_authentic_is_a_failure() {
    let approved = sample("callback-approved.form");
    let doubled = [approved.as_slice(), b"&amount=6250.00"].concat();
    let cases: [(&[u8], &str); 5] = [
        (&sample("callback-forged-amount.form"), "payment.hash-wrong"),
        (b"oid=0193a5c27e4b7a319c553f1d0b6e8a10&amount=6250.00", "payment.hash-wrong"),
        (b"", "payment.hash-wrong"),
        (b"amount=%zz", "payment.callback-unreadable"),
        (&doubled, "payment.callback-unreadable"),
    ];
    for (body, code) in cases {
        let received = judged(body, &expected());
        assert_eq!(said(&received), "FAILURE");
        let Received::Reject { code: given, .. } = received else { panic!("{received:?}") };
        assert_eq!(given, code);
    }
    let mut get = raw(&approved);
    get.method = "GET".to_owned();
    assert_eq!(said(&receive(&get, &expected(), &config("http://x"))), "FAILURE");
}
