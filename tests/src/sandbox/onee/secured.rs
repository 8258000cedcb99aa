//! ONEE as it is reached in earnest: TLS with a client certificate, and signed messages. Everything that both sides
//! need is made at run time in one folder, the first time it is asked for.

mod canonical;
mod keys;
mod sign;
mod signer;
mod tls;
mod verify;

#[cfg(test)]
mod tests;

pub(crate) use keys::Keys;
pub(crate) use sign::{Covers, sign};
pub(crate) use signer::Signer;
pub(in super::super) use tls::serve;
pub(crate) use verify::verify;
