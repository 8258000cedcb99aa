//! Proofs of who speaks, for a client that plays the other side: the same formats, written from the contracts.

use rustls::pki_types::CertificateDer;

use super::{barid_bank, onee};

pub(crate) use super::onee::secured::{Covers, Signer, sign};

/// The attributes with which a body can be signed.
pub(crate) fn body_mark() -> String {
    onee::body_mark()
}

/// Is an answer signed by one of these, over Body and Timestamp, and of now?
///
/// # Errors
/// A sentence that says why not.
pub(crate) fn signed_reply(bytes: &[u8], agreed: &[&CertificateDer<'_>]) -> Result<(), String> {
    onee::signed_reply(bytes, agreed)
}

/// HASH, version 3, of a form.
pub(crate) fn hash_version_3(pairs: &[(String, String)], store_key: &str) -> String {
    barid_bank::hash_version_3(pairs, store_key)
}

/// A `wsse:Security` block with a new nonce, made so many seconds ago.
pub(crate) fn security_header(username: &str, password: &str, seconds_ago: u64) -> String {
    onee::security_header(username, password, seconds_ago)
}
