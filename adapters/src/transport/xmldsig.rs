//! XML signatures in the header of a SOAP message: XML Signature 1.1 with exclusive canonical XML 1.0, in the manner
//! of the WS-Security X.509 token profile 1.1. One profile, and no more:
//!
//! - the signature covers the **one `Body`** of the envelope and the **one `Timestamp`** of its security header, both
//!   whole, by two references and no others;
//! - digests by SHA-256, signatures by RSA (PKCS #1 v1.5) or ECDSA P-256 with SHA-256;
//! - the certificate stands in the header as `BinarySecurityToken`, and is believed only when the settings name it, or
//!   name who issued it and for whom.
//!
//! **Use what was signed, not what was sent.** A message may carry a second body, or the signed one in another place
//! (signature wrapping). So [`XmlSignature::verify`] gives back the very bytes whose digests were checked, and the
//! caller reads these and nothing else of the envelope.

mod key;
mod profile;
mod sign;
mod tree;
mod trust;
mod verify;

#[cfg(test)]
pub(crate) mod tests;

use jiff::Timestamp;

pub use key::SigningKey;
pub use profile::BodyAndTimestamp;
pub use trust::Trust;

/// Namespace of XML Signature.
pub const DS: &str = "http://www.w3.org/2000/09/xmldsig#";

/// Makes and checks the signature of an envelope. The implementation is [`BodyAndTimestamp`]; the trait keeps the
/// crate that canonicalises out of every adapter's sight.
pub trait XmlSignature {
    /// Puts token and signature into the envelope's security header. The envelope must have exactly one `Body` and
    /// one `Timestamp`, each with a `wsu:Id`.
    ///
    /// # Errors
    /// [`SignatureFault::Unsignable`].
    fn sign(&self, envelope: &[u8], key: &SigningKey) -> Result<Vec<u8>, SignatureFault>;

    /// Checks the signature, what it covers, and whose it is.
    ///
    /// # Errors
    /// [`SignatureFault`] says what is not as agreed.
    fn verify(&self, envelope: &[u8], trust: &Trust, now: Timestamp) -> Result<Covered, SignatureFault>;
}

/// What a signature covers, in canonical form: documents of their own, with their namespaces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Covered {
    /// The element `Body`.
    pub body: Vec<u8>,
    /// The element `wsu:Timestamp`.
    pub timestamp: Vec<u8>,
}

/// Why a signature is not believed, or cannot be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SignatureFault {
    /// There is none.
    #[error("the message is not signed")]
    Missing,
    /// Not of the agreed profile.
    #[error("the signature is not of the agreed form: {0}")]
    Profile(&'static str),
    /// It does not cover what the message is used for.
    #[error("the signature does not cover the message: {0}")]
    Coverage(&'static str),
    /// What it covers was changed.
    #[error("the {0} was changed after it was signed")]
    Digest(&'static str),
    /// It was not made with the certificate's key.
    #[error("the signature was not made with the key of its certificate")]
    Value,
    /// The certificate is not one that is believed.
    #[error("the certificate of the signature is not believed: {0}")]
    Certificate(&'static str),
    /// Our own message cannot be signed.
    #[error("the message cannot be signed: {0}")]
    Unsignable(&'static str),
}

impl SignatureFault {
    /// The fault's local name in the namespace of WS-Security (WS-Security 1.1, section 12).
    #[must_use]
    pub const fn subcode(&self) -> &'static str {
        match self {
            Self::Missing | Self::Profile(_) | Self::Coverage(_) | Self::Unsignable(_) => "InvalidSecurity",
            Self::Digest(_) | Self::Value => "FailedCheck",
            Self::Certificate(_) => "InvalidSecurityToken",
        }
    }
}
