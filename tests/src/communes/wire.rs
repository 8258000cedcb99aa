//! What a commune puts on the wire: CloudEvents 1.0 over AMQP 0-9-1, structured mode, as the contract says.

use jiff::Timestamp;
use serde_json::{Value, json};
use uuid::Uuid;

/// Topic exchange to which communes, prefectures and provinces publish.
pub const EXCHANGE_IN: &str = "wasl.in";
/// Content type of a structured CloudEvent.
pub const CONTENT_TYPE: &str = "application/cloudevents+json";

/// Ids of a run are derived in this namespace, so that the same seed sends the same ids.
const NAMESPACE: Uuid = Uuid::from_u128(0x2c5f_9d0a_7b61_4e3a_8f22_64d1_0b7e_35aa);

/// Who sends.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Sender {
    /// A commune or arrondissement: 9 digits.
    Commune(String),
    /// A prefecture or province: 5 digits.
    Province(String),
}

impl Sender {
    /// `source` of its messages.
    #[must_use]
    pub fn source(&self) -> String {
        match self {
            Self::Commune(code) => format!("/communes/{code}"),
            Self::Province(code) => format!("/provinces/{code}"),
        }
    }

    /// Its user at the broker.
    #[must_use]
    pub fn user(&self) -> String {
        match self {
            Self::Commune(code) => format!("commune-{code}"),
            Self::Province(code) => format!("province-{code}"),
        }
    }

    /// The routing key of a message of this name.
    #[must_use]
    pub fn routing_key(&self, name: &str) -> String {
        match self {
            Self::Commune(code) => format!("commune.{code}.{name}"),
            Self::Province(code) => format!("province.{code}.{name}"),
        }
    }

    /// The queue that it reads.
    #[must_use]
    pub fn queue(&self) -> String {
        match self {
            Self::Commune(code) => format!("commune.{code}"),
            Self::Province(code) => format!("province.{code}"),
        }
    }
}

/// A message before it is sent.
#[derive(Debug, Clone, PartialEq)]
pub struct Message {
    /// Who sends it.
    pub sender: Sender,
    /// Unique at its source.
    pub id: String,
    /// `file.submitted` …
    pub name: String,
    /// The file's reference.
    pub reference: String,
    /// Legal time.
    pub time: Timestamp,
    /// Payload.
    pub data: Value,
}

impl Message {
    /// A message whose id follows from the run's seed, the sender, the reference, the name and a number.
    #[must_use]
    pub fn new(
        seed: u64,
        sender: Sender,
        name: &str,
        number: u32,
        reference: &str,
        time: Timestamp,
        data: Value,
    ) -> Self {
        let what = format!("{seed}|{}|{reference}|{name}|{number}", sender.source());
        let id = Uuid::new_v5(&NAMESPACE, what.as_bytes()).to_string();
        Self { sender, id, name: name.to_owned(), reference: reference.to_owned(), time, data }
    }

    /// The CloudEvent.
    #[must_use]
    pub fn envelope(&self) -> Value {
        json!({
            "specversion": "1.0",
            "id": self.id,
            "source": self.sender.source(),
            "type": format!("ma.wasl.{}.v1", self.name),
            "subject": self.reference,
            "time": self.time.to_string(),
            "datacontenttype": "application/json",
            "data": self.data,
        })
    }
}

/// The short name in a type: `file.registered` of `ma.wasl.file.registered.v1`.
#[must_use]
pub fn short_name(event_type: &str) -> Option<&str> {
    event_type.strip_prefix("ma.wasl.")?.strip_suffix(".v1")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_names_its_sender_in_source_user_and_key() {
        let sender = Sender::Commune("015110105".into());
        let message =
            Message::new(1, sender.clone(), "file.withdrawn", 1, "PCT-1", Timestamp::UNIX_EPOCH, json!({}));
        let envelope = message.envelope();
        assert_eq!(envelope["source"], "/communes/015110105");
        assert_eq!(envelope["type"], "ma.wasl.file.withdrawn.v1");
        assert_eq!(sender.routing_key(&message.name), "commune.015110105.file.withdrawn");
        assert_eq!(short_name("ma.wasl.file.withdrawn.v1"), Some("file.withdrawn"));
        let again = Message::new(1, sender, "file.withdrawn", 2, "PCT-1", Timestamp::UNIX_EPOCH, json!({}));
        assert_ne!(message.id, again.id);
    }
}
