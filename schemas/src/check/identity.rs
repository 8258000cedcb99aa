//! Who sends: `source`, `user_id`, routing key and type must name the same authority and message.

use super::time::local_day;
use super::{CheckContext, RawMessage, Sender};
use crate::command::CommandName;
use crate::envelope::Envelope;
use crate::id::{CommuneCode, ProvinceCode};
use crate::problem::{Code, Fault};
use crate::wire;

/// What is known of the sender, as far as it could be read.
pub(super) struct Identity {
    /// By `user_id`, and known in the directory.
    pub(super) user: Option<Sender>,
    /// By `source`.
    pub(super) source: Option<Sender>,
    /// The message's name.
    pub(super) name: Option<CommandName>,
}

pub(super) fn check(
    raw: &RawMessage<'_>,
    envelope: &Envelope,
    ctx: &CheckContext<'_>,
    faults: &mut Vec<Fault>,
) -> Identity {
    let source = source(envelope, faults);
    let name = envelope.short_name().and_then(CommandName::from_short);
    if name.is_none() && !envelope.event_type.is_empty() {
        faults.push(Fault::new(Code::EnvelopeTypeUnknown, "/type"));
    }
    if let Some(source) = &source {
        known(source, ctx, faults);
        user_fits(raw.user_id, source, faults);
        route_fits(raw.routing_key, source, name, faults);
    } else if raw.user_id.is_none() {
        faults.push(Fault::new(Code::EnvelopeUserIdMissing, ""));
    }
    Identity { user: user(raw.user_id, ctx), source, name }
}

/// The authority of a broker user, when the directory knows it.
pub(super) fn user(user_id: Option<&str>, ctx: &CheckContext<'_>) -> Option<Sender> {
    let user_id = user_id?;
    if let Some(code) = user_id.strip_prefix("commune-") {
        let code = CommuneCode::try_new(code).ok()?;
        return ctx.communes.commune(&code).is_some().then_some(Sender::Commune(code));
    }
    let code = ProvinceCode::try_new(user_id.strip_prefix("province-")?).ok()?;
    ctx.communes.province(&code).is_some().then_some(Sender::Province(code))
}

fn source(envelope: &Envelope, faults: &mut Vec<Fault>) -> Option<Sender> {
    let text = envelope.source.as_str();
    let commune =
        || CommuneCode::try_new(text.strip_prefix(wire::SOURCE_COMMUNES)?).ok().map(Sender::Commune);
    let province =
        || ProvinceCode::try_new(text.strip_prefix(wire::SOURCE_PROVINCES)?).ok().map(Sender::Province);
    let source = commune().or_else(province);
    if source.is_none() && !text.is_empty() {
        faults.push(Fault::new(Code::EnvelopeAttributeInvalid, "/source"));
    }
    source
}

fn known(source: &Sender, ctx: &CheckContext<'_>, faults: &mut Vec<Fault>) {
    let fault = match source {
        Sender::Commune(code) => match ctx.communes.commune(code) {
            None => Some(Code::CommuneUnknown),
            Some(entry) if entry.joined_on > local_day(ctx.now) => Some(Code::CommuneNotJoinedYet),
            Some(_) => None,
        },
        Sender::Province(code) => ctx.communes.province(code).is_none().then_some(Code::ProvinceUnknown),
    };
    faults.extend(fault.map(|code| Fault::new(code, "/source")));
}

fn user_fits(user_id: Option<&str>, source: &Sender, faults: &mut Vec<Fault>) {
    let expected = match source {
        Sender::Commune(code) => wire::user_commune(code),
        Sender::Province(code) => wire::user_province(code),
    };
    match user_id {
        None => faults.push(Fault::new(Code::EnvelopeUserIdMissing, "")),
        Some(user) if user != expected => faults.push(Fault::new(Code::EnvelopeUserIdForged, "/source")),
        Some(_) => {}
    }
}

/// The routing key names the same authority and message; attestations come from provinces only, everything
/// else from communes only.
fn route_fits(routing_key: &str, source: &Sender, name: Option<CommandName>, faults: &mut Vec<Fault>) {
    let start = match source {
        Sender::Commune(code) => wire::key_in(code, ""),
        Sender::Province(code) => wire::key_in_province(code, ""),
    };
    let route_differs = match routing_key.strip_prefix(&start) {
        None => Some("/source"),
        Some(rest) => name.is_some_and(|name| name.as_str() != rest).then_some("/type"),
    };
    let from_province = matches!(source, Sender::Province(_));
    let wrong_kind = name.is_some_and(|name| (name == CommandName::SilenceAttested) != from_province);
    let pointer = route_differs.or(wrong_kind.then_some("/source"));
    faults.extend(pointer.map(|pointer| Fault::new(Code::EnvelopeSourceMismatch, pointer)));
}
