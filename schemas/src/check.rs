//! Is this message fit to be decided on? All its faults at once.
//!
//! The envelope, the sender's identity, the JSON Schema of its data, then the rules of single messages.
//! What needs the file's state (versions, stages, duplicates) is decided by the core, not here.

mod identity;
mod land;
mod message;
mod read;
mod rules;
mod time;

use serde_json::Value;

use crate::command::CommandName;
use crate::envelope::Envelope;
use crate::problem::{Code, Fault};
use crate::{canonical, envelope, schema, strict};

pub use crate::schema::FAULTS_MAX;
pub use message::{CheckContext, Checked, RawMessage, Refused, Sender, TitlePattern};

/// Checks a message.
///
/// # Errors
/// [`Refused`] with all faults.
pub fn check(raw: &RawMessage<'_>, ctx: &CheckContext<'_>) -> Result<Checked, Box<Refused>> {
    if raw.body.len() > ctx.message_bytes_max {
        return Err(too_large(raw, ctx));
    }
    let headers = raw.headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let (envelope, mut faults) = envelope::read(raw.content_type, headers, raw.body);
    let identity = identity::check(raw, &envelope, ctx, &mut faults);
    let data = read_data(&envelope, &mut faults);
    let mut warnings = Vec::new();
    if let (Some(name), Some(data)) = (identity.name, &data) {
        let about =
            rules::About { name, subject: envelope.subject.as_deref(), source: identity.source.as_ref() };
        check_value(&about, data, ctx, &mut faults, &mut warnings);
    }
    let body_hash = data
        .as_ref()
        .map(|data| canonical::body_hash(&envelope.event_type, envelope.subject.as_deref(), data));
    match (faults.is_empty(), identity.name, data, identity.user, body_hash) {
        (true, Some(name), Some(data), Some(sender), Some(body_hash)) => match read::command(name, &data) {
            Ok(command) => Ok(Checked { envelope, name, command, sender, body_hash, warnings }),
            // The schema accepted what the types refuse: a defect of ours, but no reason to stop the queue.
            Err(_) => {
                let faults = vec![Fault::new(Code::MessageSchema, "/data")];
                Err(refused(faults, &envelope, Some(sender), Some(body_hash)))
            }
        },
        (_, _, _, user, hash) => {
            if faults.is_empty() {
                faults.push(Fault::new(Code::EnvelopeMalformed, ""));
            }
            Err(refused(faults, &envelope, user, hash))
        }
    }
}

/// Checks the data of a message by itself, without envelope and sender; pointers begin with `/data`.
/// For people who look at a message before they send it.
#[must_use]
pub fn check_data(name: CommandName, text: &str, ctx: &CheckContext<'_>) -> Vec<Fault> {
    let mut faults = Vec::new();
    if let Some(data) = read_text(text, &mut faults) {
        let about = rules::About { name, subject: None, source: None };
        let mut warnings = Vec::new();
        check_value(&about, &data, ctx, &mut faults, &mut warnings);
        faults.append(&mut warnings);
    }
    faults
}

/// The schema, then the rules on whatever has the right shape. A rule's fault replaces the schema's more
/// general one at the same place.
fn check_value(
    about: &rules::About<'_>,
    data: &Value,
    ctx: &CheckContext<'_>,
    faults: &mut Vec<Fault>,
    warnings: &mut Vec<Fault>,
) {
    let general = schema::faults(about.name.as_str(), data, "/data");
    let mut special = Vec::new();
    rules::check(about, data, ctx, &mut special);
    for fault in general {
        let at_same_place = |other: &Fault| other.pointer == fault.pointer && other.code != fault.code;
        let replaced = is_form(&fault) && (special.iter().any(at_same_place));
        if !replaced && !faults.contains(&fault) {
            faults.push(fault);
        }
    }
    special_formats_win(faults);
    for fault in special {
        if fault.is_warning() { warnings.push(fault) } else { faults.push(fault) }
    }
    faults.truncate(FAULTS_MAX);
}

/// A wrong CIN breaks its pattern and its format: one fault is enough, the one that names it.
fn special_formats_win(faults: &mut Vec<Fault>) {
    let named: Vec<String> =
        faults.iter().filter(|f| f.code.starts_with("file.id.")).map(|f| f.pointer.clone()).collect();
    if !named.is_empty() {
        faults.retain(|fault| !(is_form(fault) && named.contains(&fault.pointer)));
    }
}

/// Faults that a named rule may replace; a missing or unknown field stays.
fn is_form(fault: &Fault) -> bool {
    matches!(
        fault.known_code(),
        Some(
            Code::SchemaType
                | Code::SchemaPattern
                | Code::SchemaEnum
                | Code::SchemaRange
                | Code::SchemaLength
                | Code::SchemaFormat
                | Code::MessageSchema
        )
    )
}

fn read_data(envelope: &Envelope, faults: &mut Vec<Fault>) -> Option<Value> {
    read_text(envelope.data.as_ref()?.get(), faults)
}

fn read_text(text: &str, faults: &mut Vec<Fault>) -> Option<Value> {
    match strict::read(text) {
        Ok(value) => Some(value),
        Err(strict::StrictError::Syntax(_)) => {
            faults.push(Fault::new(Code::EnvelopeMalformed, "/data"));
            None
        }
        Err(strict::StrictError::Duplicates(pointers)) => {
            let fault = |pointer| Fault::new(Code::SchemaDuplicateKey, format!("/data{pointer}"));
            faults.extend(pointers.into_iter().map(fault));
            None
        }
    }
}

fn too_large(raw: &RawMessage<'_>, ctx: &CheckContext<'_>) -> Box<Refused> {
    Box::new(Refused {
        faults: vec![Fault::new(Code::EnvelopeTooLarge, "")],
        id: None,
        event_type: None,
        subject: None,
        sender: identity::user(raw.user_id, ctx),
        body_hash: None,
    })
}

fn refused(
    faults: Vec<Fault>,
    envelope: &Envelope,
    sender: Option<Sender>,
    body_hash: Option<[u8; 32]>,
) -> Box<Refused> {
    let known = |text: &String| (!text.is_empty()).then(|| text.clone());
    Box::new(Refused {
        faults,
        id: known(&envelope.id),
        event_type: known(&envelope.event_type),
        subject: envelope.subject.clone(),
        sender,
        body_hash,
    })
}

#[cfg(test)]
mod tests;
