//! The one profile: its names, and the signature over Body and Timestamp as one thing.

use jiff::Timestamp;

use super::{Covered, SignatureFault, SigningKey, Trust, XmlSignature, sign, verify};

/// Exclusive canonical XML 1.0 without comments.
pub(super) const EXC_C14N: &str = "http://www.w3.org/2001/10/xml-exc-c14n#";
/// SHA-256 of a reference.
pub(super) const SHA256: &str = "http://www.w3.org/2001/04/xmlenc#sha256";
/// RSA PKCS #1 v1.5 with SHA-256 (RFC 6931, section 2.3.2).
pub(super) const RSA_SHA256: &str = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256";
/// ECDSA with SHA-256 (RFC 6931, section 2.3.6).
pub(super) const ECDSA_SHA256: &str = "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256";
/// One certificate, DER (X.509 token profile 1.1).
pub(super) const X509_V3: &str =
    "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-x509-token-profile-1.0#X509v3";
/// How the token is written.
pub(super) const BASE64: &str =
    "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-soap-message-security-1.0#Base64Binary";

/// What is signed.
#[derive(Debug, Clone, Copy, Default)]
pub struct BodyAndTimestamp;

impl XmlSignature for BodyAndTimestamp {
    fn sign(&self, envelope: &[u8], key: &SigningKey) -> Result<Vec<u8>, SignatureFault> {
        sign::sign(envelope, key)
    }

    fn verify(&self, envelope: &[u8], trust: &Trust, now: Timestamp) -> Result<Covered, SignatureFault> {
        verify::verify(envelope, trust, now)
    }
}
