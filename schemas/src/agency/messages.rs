//! The messages themselves: what is asked on `review.<agency>`, and what comes back on `wasl.answers`.

use serde::de::IntoDeserializer;
use serde::{Deserialize, Serialize};

use super::{AgencyRequest, CollectRequest, CollectedMessage, OutcomeMessage};
use crate::line::LineReport;

/// A message on `review.<agency>` or `review.<agency>.feeds`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "message", rename_all = "kebab-case")]
pub enum ReviewMessage {
    /// Something about one consultation or payment order.
    Request(Box<AgencyRequest>),
    /// Read the next items of a feed, a folder, a statement.
    Collect(CollectRequest),
}

impl ReviewMessage {
    /// Reads a message: first which it is, then the rest of it straight into its place, with no copy in between.
    ///
    /// # Errors
    /// It is not JSON, or not one of these messages.
    pub fn read(bytes: &[u8]) -> serde_json::Result<Self> {
        #[derive(Deserialize)]
        #[serde(rename_all = "kebab-case")]
        enum Name {
            Request,
            Collect,
        }
        Ok(match name_of::<Name>(bytes)? {
            Name::Request => Self::Request(serde_json::from_slice(bytes)?),
            Name::Collect => Self::Collect(serde_json::from_slice(bytes)?),
        })
    }
}

/// A message on `wasl.answers`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "message", rename_all = "kebab-case")]
pub enum AnswerMessage {
    /// About one consultation.
    Outcome(Box<OutcomeMessage>),
    /// A reading of a feed.
    Collected(Box<CollectedMessage>),
    /// About the line to an agency: nothing that a file waits for.
    Line(Box<LineReport>),
}

impl AnswerMessage {
    /// Reads a message: first which it is, then the rest of it straight into its place, with no copy in between.
    ///
    /// # Errors
    /// It is not JSON, or not one of these messages.
    pub fn read(bytes: &[u8]) -> serde_json::Result<Self> {
        #[derive(Deserialize)]
        #[serde(rename_all = "kebab-case")]
        enum Name {
            Outcome,
            Collected,
            Line,
        }
        Ok(match name_of::<Name>(bytes)? {
            Name::Outcome => Self::Outcome(serde_json::from_slice(bytes)?),
            Name::Collected => Self::Collected(serde_json::from_slice(bytes)?),
            Name::Line => Self::Line(serde_json::from_slice(bytes)?),
        })
    }
}

/// Which of several messages one is. It stands first in what is written here; elsewhere it is looked for.
fn name_of<'de, N: Deserialize<'de>>(bytes: &'de [u8]) -> serde_json::Result<N> {
    #[derive(Deserialize)]
    struct Named<N> {
        message: N,
    }
    let first =
        bytes.strip_prefix(br#"{"message":""#).and_then(|rest| rest.split(|byte| *byte == b'"').next());
    let name = first.and_then(|name| std::str::from_utf8(name).ok());
    let known = name
        .and_then(|name| N::deserialize(IntoDeserializer::<serde_json::Error>::into_deserializer(name)).ok());
    known.map_or_else(|| Ok(serde_json::from_slice::<Named<N>>(bytes)?.message), Ok)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::AgencyKind;

    #[test]
    fn messages_are_read_as_they_are_written_and_others_are_refused() {
        let collect = ReviewMessage::Collect(CollectRequest {
            agency: AgencyKind::try_new("onee").unwrap(),
            feed: "folder".to_owned(),
            cursor: "7".to_owned(),
            version: 3,
        });
        let text = serde_json::to_vec(&collect).unwrap();
        assert_eq!(ReviewMessage::read(&text).unwrap(), collect);
        assert_eq!(ReviewMessage::read(&text).unwrap(), serde_json::from_slice(&text).unwrap());
        assert!(AnswerMessage::read(&text).is_err());
        let last =
            br#"{ "agency": "onee", "feed": "folder", "cursor": "7", "version": 3, "message": "collect" }"#;
        assert_eq!(ReviewMessage::read(last).unwrap(), collect);
        let spelt = String::from_utf8(text).unwrap().replace("\"collect\"", "\"c\\u006fllect\"");
        assert_eq!(ReviewMessage::read(spelt.as_bytes()).unwrap(), collect);
        for wrong in ["", "[]", "{}", r#"{"message":"else"}"#, r#"{"message":"request"}"#] {
            assert!(ReviewMessage::read(wrong.as_bytes()).is_err(), "{wrong}");
            assert!(AnswerMessage::read(wrong.as_bytes()).is_err(), "{wrong}");
        }
    }
}
