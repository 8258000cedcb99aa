//! WS-Security UsernameToken profile 1.1 with password digest, and the Timestamp of WS-Security 1.1.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::{SignedDuration, Timestamp};
use sha1::{Digest as _, Sha1};
use subtle::ConstantTimeEq as _;

use super::clock::wall_now;
use super::settings::Secret;
use super::soap::Version;
use super::xml::Element;
use super::xml_out::XmlOut;

/// Namespace of the security header.
pub const WSSE: &str = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd";
/// Namespace of its times.
pub const WSU: &str = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd";
const DIGEST_TYPE: &str =
    "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-username-token-profile-1.0#PasswordDigest";
const BASE64_TYPE: &str =
    "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-soap-message-security-1.0#Base64Binary";

/// Local names of the faults of WS-Security 1.1 (section 12): all about the sender's access.
pub const SUBCODES: [&str; 7] = [
    "UnsupportedSecurityToken",
    "UnsupportedAlgorithm",
    "InvalidSecurity",
    "InvalidSecurityToken",
    "FailedAuthentication",
    "FailedCheck",
    "SecurityTokenUnavailable",
];

/// Life of what we send, in seconds.
const EXPIRES_AFTER_S: i64 = 300;
/// Oldest `Created` that is taken, in seconds.
const AGE_S_MAX: i64 = 300;
/// How far ahead a partner's clock may be, in seconds.
const AHEAD_S_MAX: i64 = 60;
/// Bytes of a nonce that are read, at most.
const NONCE_BYTES_MAX: usize = 128;

/// A user and its password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credentials {
    /// User name.
    pub username: String,
    /// Password.
    pub password: Secret,
}

/// What differs each time: made at the edge, so that the rest is pure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Freshness {
    /// 16 random bytes.
    pub nonce: [u8; 16],
    /// Wall-clock time.
    pub now: Timestamp,
}

impl Freshness {
    /// A new nonce, and the time of now.
    #[must_use]
    pub fn draw() -> Self {
        Self { nonce: rand::random(), now: wall_now() }
    }
}

/// Why a security header is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SecurityFault {
    /// No header, or one of its parts is missing or unreadable.
    #[error("the security header is missing or incomplete")]
    Invalid,
    /// Too old, too far ahead, or expired.
    #[error("the security header is not of now")]
    Stale,
    /// Unknown user or wrong digest.
    #[error("the security token is refused")]
    Authentication,
}

impl SecurityFault {
    /// The fault's local name in the namespace [`WSSE`].
    #[must_use]
    pub const fn subcode(self) -> &'static str {
        match self {
            Self::Invalid | Self::Stale => "InvalidSecurity",
            Self::Authentication => "FailedAuthentication",
        }
    }
}

/// Base64(SHA-1(nonce ‖ created ‖ password)), section 3.1 of the profile.
fn digest(nonce: &[u8], created: &str, password: &Secret) -> String {
    let mut hash = Sha1::new();
    hash.update(nonce);
    hash.update(created.as_bytes());
    hash.update(password.reveal().as_bytes());
    STANDARD.encode(hash.finalize())
}

/// Writes the header block: a timestamp, and who we are when a user was agreed.
pub fn write(out: &mut XmlOut, version: Version, who: Option<&Credentials>, fresh: Freshness) {
    let created = format!("{:.3}", fresh.now);
    let expires = fresh.now.saturating_add(SignedDuration::from_secs(EXPIRES_AFTER_S));
    let expires = expires.map_or_else(|_| created.clone(), |t| format!("{t:.3}"));
    let must = format!("{}:mustUnderstand", version.prefix());
    out.open("wsse:Security", &[("xmlns:wsse", WSSE), ("xmlns:wsu", WSU), (&must, version.yes())]);
    out.open("wsu:Timestamp", &[("wsu:Id", "TS-1")]);
    out.leaf("wsu:Created", &created);
    out.leaf("wsu:Expires", &expires);
    out.close();
    if let Some(who) = who {
        write_token(out, who, &fresh.nonce, &created);
    }
    out.close();
}

fn write_token(out: &mut XmlOut, who: &Credentials, nonce: &[u8], created: &str) {
    out.open("wsse:UsernameToken", &[("wsu:Id", "UT-1")]);
    out.leaf("wsse:Username", &who.username);
    let value = digest(nonce, created, &who.password);
    out.leaf_with("wsse:Password", &[("Type", DIGEST_TYPE)], &value);
    out.leaf_with("wsse:Nonce", &[("EncodingType", BASE64_TYPE)], &STANDARD.encode(nonce));
    out.leaf("wsu:Created", created);
    out.close();
}

/// The nonce of a header block, before anything is believed.
#[must_use]
pub fn nonce(security: &Element) -> Option<&str> {
    let nonce = security.only(WSSE, "UsernameToken")?.only(WSSE, "Nonce")?.trimmed();
    (nonce.len() <= NONCE_BYTES_MAX * 2).then_some(nonce)
}

/// Checks a header block that came in: token, digest, times. Whether the nonce was seen before is the
/// caller's to know.
///
/// # Errors
/// [`SecurityFault`]; the same for an unknown user as for a wrong password.
pub fn verify(security: Option<&Element>, who: &Credentials, now: Timestamp) -> Result<(), SecurityFault> {
    let security = security.ok_or(SecurityFault::Invalid)?;
    let token = security.only(WSSE, "UsernameToken").ok_or(SecurityFault::Invalid)?;
    let part = |ns, name| token.only(ns, name).map(Element::trimmed).ok_or(SecurityFault::Invalid);
    let (user, created) = (part(WSSE, "Username")?, part(WSU, "Created")?);
    let password = token.only(WSSE, "Password").ok_or(SecurityFault::Invalid)?;
    if password.attribute("", "Type") != Some(DIGEST_TYPE) {
        return Err(SecurityFault::Invalid);
    }
    let nonce = STANDARD.decode(part(WSSE, "Nonce")?).map_err(|_| SecurityFault::Invalid)?;
    if nonce.len() < 8 || nonce.len() > NONCE_BYTES_MAX {
        return Err(SecurityFault::Invalid);
    }
    check_timestamp(security, now)?;
    if !is_fresh(created, now)? {
        return Err(SecurityFault::Stale);
    }
    let expected = digest(&nonce, created, &who.password);
    let same = expected.as_bytes().ct_eq(password.trimmed().as_bytes());
    if bool::from(same) && user == who.username { Ok(()) } else { Err(SecurityFault::Authentication) }
}

/// Checks the `Timestamp` of a header block: of now, and not expired.
///
/// # Errors
/// [`SecurityFault::Invalid`] without one, [`SecurityFault::Stale`] when it is of another time.
pub fn check_timestamp(security: &Element, now: Timestamp) -> Result<(), SecurityFault> {
    let stamp = security.only(WSU, "Timestamp").ok_or(SecurityFault::Invalid)?;
    let created = stamp.only(WSU, "Created").ok_or(SecurityFault::Invalid)?;
    let expired = match stamp.child_text(WSU, "Expires") {
        Some(expires) => age_s(expires, now)? >= 0,
        None => false,
    };
    if is_fresh(created.trimmed(), now)? && !expired { Ok(()) } else { Err(SecurityFault::Stale) }
}

fn is_fresh(created: &str, now: Timestamp) -> Result<bool, SecurityFault> {
    Ok((-AHEAD_S_MAX..=AGE_S_MAX).contains(&age_s(created, now)?))
}

fn age_s(text: &str, now: Timestamp) -> Result<i64, SecurityFault> {
    let time = text.parse::<Timestamp>().map_err(|_| SecurityFault::Invalid)?;
    Ok(now.duration_since(time).as_secs())
}

#[cfg(test)]
mod tests {
    use super::super::soap::{self, Envelope};
    use super::super::xml::XmlLimits;
    use super::*;

    fn who(password: &str) -> Credentials {
        Credentials { username: "wasl".to_owned(), password: Secret::new(password) }
    }

    fn example() -> Freshness {
        let nonce = std::array::from_fn(|i| u8::try_from(i).unwrap());
        Freshness { nonce, now: "2026-10-05T09:30:00Z".parse().unwrap() }
    }

    /// A header block as it comes in.
    fn block(password: &str) -> Element {
        let bytes = soap::write(
            Version::V12,
            |out| write(out, Version::V12, Some(&who(password)), example()),
            |out| out.leaf("x", "y"),
        );
        let envelope = Envelope::read(&bytes, XmlLimits::default()).unwrap();
        envelope.header(WSSE, "Security").unwrap().clone()
    }

    #[test]
    fn the_digest_is_that_of_the_written_example() {
        assert_eq!(
            digest(&example().nonce, "2026-10-05T09:30:00.000Z", &Secret::new("exemple")),
            "biA2DMU6atyLAgCPFhpoHlTfZMQ="
        );
    }

    #[test]
    fn the_right_password_in_time_is_believed_and_nothing_else() {
        let block = block("exemple");
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let check = |password: &str, now: &str| verify(Some(&block), &who(password), at(now));
        assert_eq!(check("exemple", "2026-10-05T09:30:10Z"), Ok(()));
        assert_eq!(check("other", "2026-10-05T09:30:10Z"), Err(SecurityFault::Authentication));
        assert_eq!(check("exemple", "2026-10-05T09:36:00Z"), Err(SecurityFault::Stale));
        assert_eq!(check("exemple", "2026-10-05T09:28:30Z"), Err(SecurityFault::Stale));
        assert_eq!(verify(None, &who("exemple"), at("2026-10-05T09:30:10Z")), Err(SecurityFault::Invalid));
    }

    #[test]
    fn another_user_and_a_plain_password_are_refused() {
        let now = "2026-10-05T09:30:10Z".parse().unwrap();
        let other = Credentials { username: "onee".to_owned(), password: Secret::new("exemple") };
        assert_eq!(verify(Some(&block("exemple")), &other, now), Err(SecurityFault::Authentication));
        let mut plain = block("exemple");
        plain.children[1].children[1].attributes.clear();
        assert_eq!(verify(Some(&plain), &who("exemple"), now), Err(SecurityFault::Invalid));
    }

    #[test]
    fn two_tokens_are_refused_even_when_one_is_right() {
        let mut two = block("exemple");
        let again = two.children[1].clone();
        two.children.push(again);
        let now = "2026-10-05T09:30:10Z".parse().unwrap();
        assert_eq!(verify(Some(&two), &who("exemple"), now), Err(SecurityFault::Invalid));
        assert_eq!(nonce(&two), None);
    }
}
