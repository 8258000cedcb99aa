//! Proofs of who speaks, for a client that plays the other side: the same formats, written from the contracts.

use super::{barid_bank, onee};

/// HASH, version 3, of a form.
pub(crate) fn hash_version_3(pairs: &[(String, String)], store_key: &str) -> String {
    barid_bank::hash_version_3(pairs, store_key)
}

/// A `wsse:Security` block with a new nonce, made so many seconds ago.
pub(crate) fn security_header(username: &str, password: &str, seconds_ago: u64) -> String {
    onee::security_header(username, password, seconds_ago)
}
