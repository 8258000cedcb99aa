//! ONEE as it is reached in earnest: TLS with a client certificate, and signed messages. Everything that both sides
//! need is made at run time in one folder, the first time it is asked for.

mod keys;
mod signature;
mod tls;

#[cfg(test)]
mod tests;

pub(crate) use keys::Keys;
pub(super) use signature::{sign, verify};
pub(in super::super) use tls::serve;
