//! The security of a message (README, section 2): what is written around it, and what of an incoming one is
//! believed.

use std::borrow::Cow;

use jiff::Timestamp;

use super::config::Config;
use crate::transport::soap::{self, Envelope, Version};
use crate::transport::wsse::{self, Credentials, Freshness, SecurityFault, WSSE};
use crate::transport::xml::XmlLimits;
use crate::transport::xml_out::XmlOut;
use crate::transport::xmldsig::{BodyAndTimestamp, SignatureFault, XmlSignature as _};

/// Why a message is not believed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Disbelief {
    #[error(transparent)]
    Signature(#[from] SignatureFault),
    #[error(transparent)]
    Token(#[from] SecurityFault),
}

impl Disbelief {
    /// Local name of the fault that is answered, in the namespace of WS-Security.
    pub(super) const fn subcode(&self) -> &'static str {
        match self {
            Self::Signature(why) => why.subcode(),
            Self::Token(why) => why.subcode(),
        }
    }

    /// Our own code, for the operator.
    pub(super) const fn code(&self) -> &'static str {
        match self {
            Self::Signature(_) => "agency.signature-invalid",
            Self::Token(_) => "agency.not-authentic",
        }
    }
}

/// Writes an envelope with its security header: user and timestamp as far as a user is agreed, and a signature as
/// far as we have a key.
pub(super) fn write(
    config: &Config,
    version: Version,
    who: Option<&Credentials>,
    fresh: Freshness,
    body: impl FnOnce(&mut XmlOut),
) -> Result<Vec<u8>, SignatureFault> {
    let Some(key) = &config.signing else {
        let header = |out: &mut XmlOut| {
            if who.is_some() {
                wsse::write(out, version, who, fresh);
            }
        };
        return Ok(soap::write(version, header, body));
    };
    let envelope = soap::write_to_sign(version, |out| wsse::write(out, version, who, fresh), body);
    BodyAndTimestamp.sign(&envelope, key)
}

/// What may be believed of an envelope as far as its signature goes: only the signed parts, when one is agreed.
pub(super) fn signed_part<'e>(
    config: &Config,
    bytes: &[u8],
    envelope: Cow<'e, Envelope>,
    now: Timestamp,
) -> Result<Cow<'e, Envelope>, SignatureFault> {
    let Some(trust) = &config.trust else { return Ok(envelope) };
    let covered = BodyAndTimestamp.verify(bytes, trust, now)?;
    let unusable = |_| SignatureFault::Coverage("the signed body is not one element");
    envelope.into_owned().only_signed(&covered, XmlLimits::default()).map(Cow::Owned).map_err(unusable)
}

/// A reply, when replies are signed: its signature and its time.
pub(super) fn signed_reply(
    config: &Config,
    bytes: &[u8],
    envelope: Envelope,
    now: Timestamp,
) -> Result<Envelope, Disbelief> {
    if !config.replies_signed {
        return Ok(envelope);
    }
    let envelope = signed_part(config, bytes, Cow::Owned(envelope), now)?.into_owned();
    wsse::check_timestamp(envelope.header(WSSE, "Security").ok_or(SecurityFault::Invalid)?, now)?;
    Ok(envelope)
}
