//! WS-Security UsernameToken profile 1.1 with a password digest, as the contract agrees it:
//! Base64(SHA-1(nonce ‖ created ‖ password)), a time window, no nonce twice.

use std::collections::HashMap;
use std::sync::Mutex;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use sha1::{Digest, Sha1};

use super::super::config::{NONCE_MEMORY_SECONDS, SIGNED_AGE_SECONDS_MAX, SIGNED_AHEAD_SECONDS_MAX};
use super::super::xml::{Element, tag};
use super::super::{clock, locked};

pub(super) const WSSE: &str =
    "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd";
pub(super) const WSU: &str =
    "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd";
const DIGEST: &str =
    "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-username-token-profile-1.0#PasswordDigest";
const BASE64: &str =
    "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-soap-message-security-1.0#Base64Binary";

/// Why a message is refused: the subcode of the fault, and the reason for the ledger.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) subcode: &'static str,
    pub(super) reason: &'static str,
}

const fn invalid(reason: &'static str) -> Refusal {
    Refusal { subcode: "InvalidSecurity", reason }
}

const fn failed(reason: &'static str) -> Refusal {
    Refusal { subcode: "FailedAuthentication", reason }
}

/// Nonces seen, each with the wall time until which it is remembered.
#[derive(Debug, Default)]
pub(super) struct Nonces(Mutex<HashMap<Vec<u8>, u64>>);

impl Nonces {
    fn first_time(&self, nonce: &[u8]) -> bool {
        let now_ms = clock::now_ms();
        let mut seen = locked(&self.0);
        if seen.len() > 20_000 {
            seen.retain(|_, until_ms| *until_ms > now_ms);
        }
        let until_ms = now_ms + NONCE_MEMORY_SECONDS * 1000;
        seen.insert(nonce.to_vec(), until_ms).is_none_or(|until_ms| until_ms <= now_ms)
    }
}

/// The digest of a password.
pub(super) fn digest(nonce: &[u8], created: &str, password: &str) -> String {
    let mut hash = Sha1::new();
    hash.update(nonce);
    hash.update(created.as_bytes());
    hash.update(password.as_bytes());
    BASE64_STANDARD.encode(hash.finalize())
}

fn fresh(created: &str) -> bool {
    clock::seconds_ahead(created)
        .is_some_and(|ahead| (-SIGNED_AGE_SECONDS_MAX..=SIGNED_AHEAD_SECONDS_MAX).contains(&ahead))
}

/// Checks the Timestamp of a `wsse:Security` block.
fn check_time(security: &Element) -> Result<(), Refusal> {
    let (created, expires) =
        (security.text_at(&["Timestamp", "Created"]), security.text_at(&["Timestamp", "Expires"]));
    if !fresh(created) || clock::seconds_ahead(expires).is_none_or(|ahead| ahead < 0) {
        return Err(invalid("the Timestamp is stale, ahead of time or absent"));
    }
    Ok(())
}

/// Checks the time of a signed answer.
pub(super) fn check_reply(envelope: &Element) -> Result<(), Refusal> {
    let security = envelope.at(&["Header", "Security"]).filter(|block| block.is(WSSE, "Security"));
    check_time(security.ok_or(invalid("no wsse:Security"))?)
}

/// Checks the `wsse:Security` block of a header.
pub(super) fn check(
    header: &Element,
    username: &str,
    password: &str,
    nonces: &Nonces,
) -> Result<(), Refusal> {
    let Some(security) = header.children.iter().find(|block| block.is(WSSE, "Security")) else {
        return Err(invalid("no wsse:Security"));
    };
    check_time(security)?;
    let Some(token) = security.child("UsernameToken") else {
        return Err(invalid("no UsernameToken"));
    };
    let created = token.text_at(&["Created"]);
    if !fresh(created) || token.child("Created").is_none_or(|created| created.namespace != WSU) {
        return Err(invalid("Created of the UsernameToken is stale, ahead of time or absent"));
    }
    let kind = |name, attribute| token.child(name).and_then(|element| element.attribute(attribute));
    if kind("Password", "Type") != Some(DIGEST) || kind("Nonce", "EncodingType") != Some(BASE64) {
        return Err(invalid("Password or Nonce of another kind"));
    }
    let Ok(nonce) = BASE64_STANDARD.decode(token.text_at(&["Nonce"])) else {
        return Err(invalid("the nonce is not Base64"));
    };
    if nonce.len() < 16 {
        return Err(invalid("the nonce is shorter than 16 bytes"));
    }
    if token.text_at(&["Username"]) != username {
        return Err(failed("unknown user"));
    }
    if token.text_at(&["Password"]) != digest(&nonce, created, password) {
        return Err(failed("wrong digest"));
    }
    if !nonces.first_time(&nonce) {
        return Err(invalid("the nonce was seen before"));
    }
    Ok(())
}

/// A `wsse:Security` block of our own, with a new nonce and the present time.
pub(super) fn header(username: &str, password: &str) -> String {
    header_made(username, password, clock::now_ms())
}

/// A block with the present time alone, for answers that are signed.
pub(super) fn time_header() -> String {
    format!("{}</wsse:Security>", begin(clock::now_ms()))
}

fn begin(now_ms: u64) -> String {
    let expires = clock::text(now_ms + SIGNED_AGE_SECONDS_MAX.unsigned_abs() * 1000);
    format!(
        "<wsse:Security xmlns:wsse=\"{WSSE}\" xmlns:wsu=\"{WSU}\" env:mustUnderstand=\"true\">\
         <wsu:Timestamp wsu:Id=\"TS-1\">{}{}</wsu:Timestamp>",
        tag("wsu:Created", &clock::text(now_ms)),
        tag("wsu:Expires", &expires),
    )
}

/// The same as if it were made at a wall time.
pub(super) fn header_made(username: &str, password: &str, now_ms: u64) -> String {
    let nonce: [u8; 16] = rand::random();
    let created = clock::text(now_ms);
    format!(
        "{}<wsse:UsernameToken wsu:Id=\"UT-1\">{}<wsse:Password Type=\"{DIGEST}\">{}</wsse:Password>\
         <wsse:Nonce EncodingType=\"{BASE64}\">{}</wsse:Nonce>{}</wsse:UsernameToken></wsse:Security>",
        begin(now_ms),
        tag("wsse:Username", username),
        digest(&nonce, &created, password),
        BASE64_STANDARD.encode(nonce),
        tag("wsu:Created", &created),
    )
}

#[cfg(test)]
mod tests {
    use super::super::super::xml;
    use super::*;

    fn envelope(security: &str) -> Element {
        let text = format!("<env:Header xmlns:env='urn:env'>{security}</env:Header>");
        xml::parse(text.as_bytes()).unwrap()
    }

    #[test]
    fn the_example_of_the_contract_has_the_digest_it_names() {
        let nonce: Vec<u8> = (0..16).collect();
        let sample =
            concat!(env!("CARGO_MANIFEST_DIR"), "/../schemas/samples/agencies/onee/create-request.xml");
        let root = xml::parse(&std::fs::read(sample).unwrap()).unwrap();
        let token = root.at(&["Header", "Security", "UsernameToken"]).unwrap();
        assert_eq!(digest(&nonce, token.text_at(&["Created"]), "exemple"), token.text_at(&["Password"]));
    }

    #[test]
    fn our_own_header_passes_once_and_its_replay_does_not() {
        let nonces = Nonces::default();
        let signed = envelope(&header("wasl", "secret"));
        assert_eq!(check(&signed, "wasl", "secret", &nonces), Ok(()));
        let replayed = check(&signed, "wasl", "secret", &nonces).unwrap_err();
        assert_eq!(replayed, invalid("the nonce was seen before"));
    }

    #[test]
    fn wrong_password_unknown_user_and_stale_time_are_told_apart() {
        let nonces = Nonces::default();
        let wrong = check(&envelope(&header("wasl", "guess")), "wasl", "secret", &nonces).unwrap_err();
        assert_eq!(wrong, failed("wrong digest"));
        let other = check(&envelope(&header("else", "secret")), "wasl", "secret", &nonces).unwrap_err();
        assert_eq!(other, failed("unknown user"));
        let text = header("wasl", "secret");
        let year = &clock::now_text()[..4];
        let stale = envelope(&text.replace(&format!(">{year}-"), ">2020-"));
        assert_eq!(check(&stale, "wasl", "secret", &nonces).unwrap_err().subcode, "InvalidSecurity");
        assert_eq!(check(&envelope(""), "wasl", "secret", &nonces).unwrap_err().subcode, "InvalidSecurity");
    }
}
