//! What communes say, made from the samples of the contract.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::servers::root;

/// A message before it is published. All of it can be made wrong.
#[derive(Clone)]
pub(crate) struct Message {
    pub(crate) routing_key: String,
    pub(crate) content_type: String,
    pub(crate) user_id: Option<String>,
    pub(crate) id: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

/// The data of a valid sample.
pub(crate) fn sample(name: &str) -> Value {
    let path = root().join(format!("schemas/samples/valid/{name}.json"));
    let whole: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    whole["data"].clone()
}

/// So long before now (legal minutes), as a message writes it.
pub(crate) fn minutes_before(now: Timestamp, minutes: i64) -> String {
    (now - SignedDuration::from_mins(minutes)).to_string()
}

/// A structured CloudEvent (CloudEvents 1.0, AMQP binding 3.2).
pub(crate) fn structured(commune: &str, name: &str, subject: &str, now: Timestamp, data: &Value) -> Message {
    let id = uuid::Uuid::now_v7().to_string();
    let event = json!({
        "specversion": "1.0", "id": id, "source": format!("/communes/{commune}"),
        "type": format!("ma.wasl.{name}.v1"), "subject": subject, "time": now.to_string(),
        "datacontenttype": "application/json", "data": data,
    });
    Message {
        routing_key: format!("commune.{commune}.{name}"),
        content_type: "application/cloudevents+json".to_owned(),
        user_id: Some(format!("commune-{commune}")),
        id,
        headers: Vec::new(),
        body: event.to_string().into_bytes(),
    }
}

impl Message {
    /// The same CloudEvent in binary mode (AMQP binding 3.1): attributes in headers, data as the body.
    pub(crate) fn binary(self) -> Self {
        let event: Value = serde_json::from_slice(&self.body).unwrap();
        let attributes = event.as_object().unwrap().iter();
        let attributes = attributes.filter(|(name, _)| !matches!(name.as_str(), "data" | "datacontenttype"));
        let headers = attributes
            .map(|(name, value)| (format!("cloudEvents_{name}"), value.as_str().unwrap().to_owned()))
            .collect();
        let body = event["data"].to_string().into_bytes();
        Self { content_type: "application/json".to_owned(), headers, body, ..self }
    }

    /// The same message with its event changed.
    pub(crate) fn with(mut self, change: impl FnOnce(&mut Value)) -> Self {
        let mut event: Value = serde_json::from_slice(&self.body).unwrap();
        change(&mut event);
        self.body = event.to_string().into_bytes();
        self
    }
}

/// A file of a permit with these conditions, filed twenty legal minutes ago.
pub(crate) fn file(
    commune: &str,
    reference: &str,
    permit: &str,
    conditions: &[&str],
    now: Timestamp,
) -> Value {
    let mut data = sample("file.submitted");
    data["reference"] = json!(reference);
    data["commune"] = json!(commune);
    data["permit"] = json!(permit);
    data["conditions"] = json!(conditions);
    data["receipt"]["issued_at"] = json!(minutes_before(now, 20));
    data
}
