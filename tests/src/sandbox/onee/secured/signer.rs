//! Who signs: a certificate and its key, RSA of 2048 bits or more or ECDSA P-256.

use anyhow::{Context, bail};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, RSA_PKCS1_SHA256, RsaKeyPair};
use rcgen::{CertificateParams, KeyPair, PKCS_ECDSA_P256_SHA256};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};

use super::canonical::{ECDSA, RSA};

/// Certificate and key, PKCS #8.
#[derive(Debug)]
pub(crate) struct Signer {
    pub(crate) certificate: CertificateDer<'static>,
    key: PrivatePkcs8KeyDer<'static>,
}

impl Signer {
    /// Reads both from one PEM text.
    ///
    /// # Errors
    /// One of them is missing, or the key is of another form.
    pub(crate) fn from_pem(pem: &[u8]) -> anyhow::Result<Self> {
        let certificate = CertificateDer::from_pem_slice(pem).context("no certificate")?;
        let PrivateKeyDer::Pkcs8(key) = PrivateKeyDer::from_pem_slice(pem).context("no private key")? else {
            bail!("the private key is not PKCS #8")
        };
        Ok(Self { certificate, key })
    }

    /// Somebody whom nobody knows: a new key, and a certificate that it signs for itself.
    ///
    /// # Errors
    /// No key could be made.
    pub(crate) fn unknown() -> anyhow::Result<Self> {
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
        let names = vec!["signature.unknown.example".to_owned()];
        let certificate = CertificateParams::new(names)?.self_signed(&key)?.der().clone();
        Ok(Self { certificate, key: PrivatePkcs8KeyDer::from(key.serialize_der()) })
    }

    /// The same key under another certificate.
    pub(crate) fn under(self, certificate: CertificateDer<'static>) -> Self {
        Self { certificate, ..self }
    }

    /// Signs what `info` makes of the name of the method: that text, and the value.
    ///
    /// # Errors
    /// A sentence: the key is of no kind that the contract knows.
    pub(super) fn sign(&self, info: impl Fn(&str) -> String) -> Result<(String, Vec<u8>), String> {
        let (der, random) = (self.key.secret_pkcs8_der(), SystemRandom::new());
        if let Ok(pair) = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, der) {
            let info = info(ECDSA);
            let value = pair.sign(&random, info.as_bytes()).map_err(|fault| fault.to_string())?;
            return Ok((info, value.as_ref().to_vec()));
        }
        let pair = RsaKeyPair::from_pkcs8(der).map_err(|_| "the key is neither ECDSA P-256 nor RSA")?;
        let (info, mut value) = (info(RSA), vec![0; pair.public_modulus_len()]);
        pair.sign(&RSA_PKCS1_SHA256, &random, info.as_bytes(), &mut value)
            .map_err(|fault| fault.to_string())?;
        Ok((info, value))
    }
}
