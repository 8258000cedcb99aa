//! Sending a parked message once more: where it first went, under its first id, marked, through the outbox.
//!
//! The core publishes it, and the broker checks that nobody else says so: the message carries the core as its user,
//! and whom the broker had checked at first stands in a header that is believed of the core alone.

use std::borrow::Cow;

use serde_json::{Map, Value, json};
use uuid::Uuid;
use wasl_schemas::wire;

use crate::broker::Delivery;
use crate::store::operator::Item;
use crate::store::outbox::NewMessage;

/// Exchanges to which anything is ever sent again.
const EXCHANGES: [&str; 4] =
    [wire::EXCHANGE_IN, wire::EXCHANGE_ANSWERS, wire::EXCHANGE_REVIEW, wire::EXCHANGE_OUT];

/// Where a parked message first went: exchange and routing key. `None` for what never was a message of its own on the
/// broker (a rejected callback, an item of a feed that could not be read): its sender says it again.
#[must_use]
pub fn origin(queue: &str, routing_key: Option<&str>, headers: &Value) -> Option<(&'static str, String)> {
    let known = |name: &str| EXCHANGES.into_iter().find(|exchange| *exchange == name);
    let text = |name: &str| headers.get(name).and_then(Value::as_str);
    match queue {
        wire::QUEUE_INTAKE | wire::QUEUE_URGENT | wire::QUEUE_UNROUTED => {
            Some((wire::EXCHANGE_IN, routing_key?.to_owned()))
        }
        wire::QUEUE_ANSWERS if text("feed").is_some() || text("statement").is_some() => None,
        wire::QUEUE_ANSWERS | wire::QUEUE_CALLBACKS => {
            Some((wire::EXCHANGE_ANSWERS, routing_key?.to_owned()))
        }
        "outbox" => Some((known(text("exchange")?)?, routing_key?.to_owned())),
        dead if dead.starts_with("dead.") => {
            // The broker's own note of the first death: the latest stands first.
            let deaths: Value = serde_json::from_str(text("x-death")?).ok()?;
            let first = deaths.as_array()?.last()?;
            let key = first.pointer("/routing-keys/0")?.as_str()?;
            Some((known(first.get("exchange")?.as_str()?)?, key.to_owned()))
        }
        _ => None,
    }
}

/// The message of an item, for the outbox.
pub(super) fn message(act: Uuid, item: &Item) -> Option<NewMessage> {
    let (exchange, routing_key) = origin(&item.queue, item.routing_key.as_deref(), &item.headers)?;
    let inward = matches!(exchange, wire::EXCHANGE_IN | wire::EXCHANGE_ANSWERS);
    let mut headers = first_headers(&item.queue, &item.headers);
    let mut set = |name: &str, value: String| headers.insert(name.to_owned(), json!(value));
    set(wire::HEADER_POSSIBLE_DUPLICATE, "true".to_owned());
    set(wire::HEADER_ACT, act.to_string());
    set(wire::HEADER_PARKED, item.parked_id.to_string());
    if let Some(sender) = item.user_id.as_ref().filter(|_| inward) {
        set(wire::HEADER_SENDER, sender.clone());
    }
    Some(NewMessage {
        lane: item.file_id.unwrap_or(item.parked_id),
        exchange,
        routing_key,
        message_id: item.message_id.clone().unwrap_or_else(|| item.parked_id.to_string()),
        content_type: item
            .content_type
            .clone()
            .unwrap_or_else(|| "application/octet-stream".to_owned())
            .into(),
        body: item.raw.clone(),
        headers: Some(Value::Object(headers)),
    })
}

/// The headers with which it first came, without those of the broker and of the core.
fn first_headers(queue: &str, headers: &Value) -> Map<String, Value> {
    let all = headers.as_object().into_iter().flatten();
    let own =
        |name: &str| queue == "outbox" || name.starts_with("x-") || name.starts_with(wire::HEADERS_OF_CORE);
    all.filter(|(name, value)| value.is_string() && !own(name)).map(|(n, v)| (n.clone(), v.clone())).collect()
}

/// Headers of the outbox as pairs.
pub(super) fn pairs(headers: Option<&Value>) -> Vec<(String, String)> {
    let all = headers.and_then(Value::as_object).into_iter().flatten();
    all.filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned()))).collect()
}

/// Where a message of the outbox was parked before.
pub(super) fn parked_before(headers: Option<&Value>) -> Option<Uuid> {
    Uuid::try_parse(headers?.get(wire::HEADER_PARKED)?.as_str()?).ok()
}

/// A delivery as it first came: of what the core itself sent again, the sender is the one whom the broker had checked
/// then. From anybody else, headers that only the core may set are taken off.
pub(super) fn as_it_came<'d>(delivery: &'d Delivery, own: Option<&str>) -> Cow<'d, Delivery> {
    let of_core = |name: &str| name.starts_with(wire::HEADERS_OF_CORE);
    let mut first = Cow::Borrowed(delivery);
    if own.is_some() && delivery.user_id.as_deref() == own {
        first.to_mut().user_id = delivery.header(wire::HEADER_SENDER).map(str::to_owned);
    } else if delivery.headers.iter().any(|(name, _)| of_core(name)) {
        first.to_mut().headers.retain(|(name, _)| !of_core(name));
    }
    first
}

#[cfg(test)]
mod tests {
    use super::*;

    fn delivery(user: Option<&str>, headers: &[(&str, &str)]) -> Delivery {
        Delivery {
            tag: 1,
            body: bytes::Bytes::from_static(b"{}"),
            content_type: None,
            content_encoding: None,
            message_id: Some("m-1".to_owned()),
            correlation_id: None,
            user_id: user.map(str::to_owned),
            exchange: wire::EXCHANGE_IN.to_owned(),
            routing_key: "commune.015110106.file.submitted".to_owned(),
            redelivered: false,
            headers: headers.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect(),
        }
    }

    #[test]
    fn the_core_alone_is_believed_about_who_sent_what_is_sent_again() {
        let headers = [(wire::HEADER_SENDER, "commune-015110106"), (wire::HEADER_PARKED, "x"), ("a", "b")];
        let again = delivery(Some("wasl-core"), &headers);
        let from_core = as_it_came(&again, Some("wasl-core"));
        assert_eq!(from_core.user_id.as_deref(), Some("commune-015110106"));
        for user in [Some("commune-015110105"), None] {
            let forged = delivery(user, &headers);
            let forged = as_it_came(&forged, Some("wasl-core"));
            assert_eq!(forged.user_id.as_deref(), user);
            assert_eq!(forged.headers, [("a".to_owned(), "b".to_owned())]);
        }
        // Where the own name is not known, nobody is believed.
        assert!(as_it_came(&delivery(None, &headers), None).header(wire::HEADER_SENDER).is_none());
    }

    #[test]
    fn each_kind_goes_where_it_first_went_and_what_was_no_message_goes_nowhere() {
        let none = json!({});
        let key = Some("commune.1.file.submitted");
        let went = |queue: &str, key: Option<&str>, headers: &Value| origin(queue, key, headers);
        assert_eq!(went("intake", key, &none).unwrap().0, "wasl.in");
        assert_eq!(went("unrouted", Some("k"), &none).unwrap(), ("wasl.in", "k".to_owned()));
        assert_eq!(went("answers", Some("onee.outcome"), &none).unwrap().0, "wasl.answers");
        assert_eq!(went("answers.urgent", Some("onee.callback"), &none).unwrap().1, "onee.callback");
        assert_eq!(went("answers", Some("onee.collected"), &json!({"feed": "f"})), None);
        assert_eq!(went("callbacks.onee", None, &none), None);
        assert_eq!(went("outbox", Some("k"), &json!({"exchange": "wasl.out"})).unwrap().0, "wasl.out");
        assert_eq!(went("outbox", Some("k"), &json!({"exchange": "elsewhere"})), None);
        let deaths =
            r#"[{"exchange": "wasl.review", "routing-keys": ["review.onee"], "queue": "review.onee"}]"#;
        let dead = json!({"x-death": deaths});
        assert_eq!(
            went("dead.review.onee", Some("dead.review.onee"), &dead),
            Some(("wasl.review", "review.onee".to_owned()))
        );
        assert_eq!(went("dead.review.onee", None, &none), None);
    }

    #[test]
    fn what_is_sent_again_keeps_its_id_and_its_own_headers_and_is_marked() {
        let item = Item {
            place: 1,
            parked_id: Uuid::from_u128(5),
            present: true,
            queue: "intake".to_owned(),
            raw: b"raw".to_vec(),
            headers: json!({"cloudEvents_id": "m-1", "x-delivery-count": "3", "x-wasl-sender": "forged"}),
            content_type: Some("application/json".to_owned()),
            routing_key: Some("commune.1.file.submitted".to_owned()),
            user_id: Some("commune-1".to_owned()),
            message_id: Some("m-1".to_owned()),
            file_id: None,
        };
        let sent = message(Uuid::from_u128(9), &item).unwrap();
        assert_eq!((sent.message_id.as_str(), sent.body.as_slice()), ("m-1", b"raw".as_slice()));
        let headers = sent.headers.unwrap();
        assert_eq!(headers["cloudEvents_id"], "m-1");
        assert_eq!(headers[wire::HEADER_SENDER], "commune-1");
        assert_eq!(headers[wire::HEADER_POSSIBLE_DUPLICATE], "true");
        assert_eq!(parked_before(Some(&headers)), Some(item.parked_id));
        assert!(headers.get("x-delivery-count").is_none());
    }
}
