//! What goes into a check and what comes out of it.

use std::fmt;

use jiff::{SignedDuration, Timestamp};
use regex::Regex;

use crate::command::{Command, CommandName};
use crate::directory::CommuneDirectory;
use crate::envelope::Envelope;
use crate::id::{CommuneCode, ProvinceCode};
use crate::problem::Fault;

/// A message as the broker delivered it.
#[derive(Debug, Clone, Copy)]
pub struct RawMessage<'a> {
    /// AMQP property `content-type`.
    pub content_type: Option<&'a str>,
    /// AMQP headers that are texts.
    pub headers: &'a [(String, String)],
    /// Body.
    pub body: &'a [u8],
    /// AMQP property `user-id`, which the broker has checked against the connection.
    pub user_id: Option<&'a str>,
    /// Routing key.
    pub routing_key: &'a str,
}

/// What a check may look at besides the message.
#[derive(Clone, Copy)]
pub struct CheckContext<'a> {
    /// Who may act.
    pub communes: &'a dyn CommuneDirectory,
    /// The legal clock.
    pub now: Timestamp,
    /// The form of a land title.
    pub title_pattern: &'a TitlePattern,
    /// How far a sender's clock may go ahead of ours.
    pub future_tolerance: SignedDuration,
    /// Largest body in bytes.
    pub message_bytes_max: usize,
}

impl fmt::Debug for CheckContext<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CheckContext").field("now", &self.now).finish_non_exhaustive()
    }
}

/// The configurable form of a land title.
#[derive(Debug, Clone)]
pub struct TitlePattern(Regex);

impl TitlePattern {
    /// The default: digits, a slash, an office of digits or capital letters, such as `11595/33`.
    pub const DEFAULT: &'static str = "[0-9]{1,8}/[0-9A-Z]{1,4}";

    /// Compiles a pattern; it must match the whole title.
    ///
    /// # Errors
    /// Says what is wrong with the pattern.
    pub fn try_new(pattern: &str) -> Result<Self, String> {
        Regex::new(&format!("^(?:{pattern})$")).map(Self).map_err(|e| e.to_string())
    }

    /// Says whether a title has the form.
    #[must_use]
    pub fn matches(&self, title: &str) -> bool {
        self.0.is_match(title)
    }
}

/// Who sent a message, by the user that the broker vouches for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Sender {
    /// A commune or arrondissement.
    Commune(CommuneCode),
    /// A prefecture or province.
    Province(ProvinceCode),
}

/// A message that may be decided on.
#[derive(Debug, Clone)]
pub struct Checked {
    /// Its envelope.
    pub envelope: Envelope,
    /// Its name.
    pub name: CommandName,
    /// What it says.
    pub command: Command,
    /// Who sent it.
    pub sender: Sender,
    /// See [`crate::envelope::body_hash`].
    pub body_hash: [u8; 32],
    /// What is worth saying although nothing stops.
    pub warnings: Vec<Fault>,
}

/// A message that is not fit, with what an answer needs.
#[derive(Debug, Clone, PartialEq)]
pub struct Refused {
    /// All its faults, at most [`crate::schema::FAULTS_MAX`].
    pub faults: Vec<Fault>,
    /// `id`, when it could be read.
    pub id: Option<String>,
    /// `type`, when it could be read.
    pub event_type: Option<String>,
    /// `subject`, when it could be read.
    pub subject: Option<String>,
    /// Whom to answer: by `user_id` alone, never by what the message claims.
    pub sender: Option<Sender>,
    /// The hash of its content, when that could be read.
    pub body_hash: Option<[u8; 32]>,
}
