//! Our own key: a certificate and its private key, RSA or ECDSA P-256.

use std::fmt;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeyPair as RsaKeyPair;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, RSA_PKCS1_2048_8192_SHA256,
    RSA_PKCS1_SHA256, UnparsedPublicKey, VerificationAlgorithm,
};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use webpki::EndEntityCert;

use super::profile::{ECDSA_SHA256, RSA_SHA256};

/// A certificate with its private key. The key is never shown.
pub struct SigningKey {
    certificate: CertificateDer<'static>,
    pair: Pair,
}

enum Pair {
    Rsa(RsaKeyPair),
    Ecdsa(EcdsaKeyPair),
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({}, …)", self.method())
    }
}

impl SigningKey {
    /// Reads a PEM text: the certificate first, and the key as PKCS #8 (RSA also as PKCS #1).
    ///
    /// # Errors
    /// What is missing or does not fit together, in half a sentence.
    pub fn from_pem(pem: &[u8]) -> Result<Self, &'static str> {
        let first = CertificateDer::pem_slice_iter(pem).next();
        let certificate = first.and_then(Result::ok).ok_or("it holds no certificate")?.into_owned();
        let key = PrivateKeyDer::from_pem_slice(pem).map_err(|_| "it holds no private key")?;
        let pair = match &key {
            PrivateKeyDer::Pkcs8(der) => {
                let der = der.secret_pkcs8_der();
                match EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, der) {
                    Ok(pair) => Pair::Ecdsa(pair),
                    Err(_) => Pair::Rsa(RsaKeyPair::from_pkcs8(der).map_err(|_| NEITHER)?),
                }
            }
            PrivateKeyDer::Pkcs1(der) => {
                Pair::Rsa(RsaKeyPair::from_der(der.secret_pkcs1_der()).map_err(|_| NEITHER)?)
            }
            _ => return Err(NEITHER),
        };
        let key = Self { certificate, pair };
        let probe = key.sign(b"probe").ok_or("its key does not sign")?;
        if !verifies(&key.certificate, key.method(), b"probe", &probe) {
            return Err("its private key is not that of its first certificate");
        }
        Ok(key)
    }

    /// The certificate, DER.
    #[must_use]
    pub fn certificate(&self) -> &[u8] {
        &self.certificate
    }

    /// The name of the signature's method.
    pub(super) const fn method(&self) -> &'static str {
        match self.pair {
            Pair::Rsa(_) => RSA_SHA256,
            Pair::Ecdsa(_) => ECDSA_SHA256,
        }
    }

    /// The signature's value: for ECDSA the two numbers, 32 bytes each (RFC 4050, section 3.3).
    pub(super) fn sign(&self, bytes: &[u8]) -> Option<Vec<u8>> {
        let random = SystemRandom::new();
        match &self.pair {
            Pair::Rsa(pair) => {
                let mut value = vec![0; pair.public_modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &random, bytes, &mut value).ok()?;
                Some(value)
            }
            Pair::Ecdsa(pair) => pair.sign(&random, bytes).ok().map(|value| value.as_ref().to_vec()),
        }
    }
}

const NEITHER: &str = "its key is neither RSA of at least 2048 bits nor ECDSA P-256";

/// Whether a value was made over these bytes with the certificate's key, by a method that is known.
pub(super) fn verifies(certificate: &CertificateDer<'_>, method: &str, bytes: &[u8], value: &[u8]) -> bool {
    let algorithm: &'static dyn VerificationAlgorithm = match method {
        RSA_SHA256 => &RSA_PKCS1_2048_8192_SHA256,
        ECDSA_SHA256 => &ECDSA_P256_SHA256_FIXED,
        _ => return false,
    };
    let Ok(parsed) = EndEntityCert::try_from(certificate) else { return false };
    let spki = parsed.subject_public_key_info();
    UnparsedPublicKey::new(algorithm, spki.as_ref()).verify(bytes, value).is_ok()
}
