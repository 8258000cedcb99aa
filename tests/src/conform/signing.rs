//! XML signatures over what is sent, where they are agreed, and over what is answered.

use anyhow::{Context, bail};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

use super::book::Sign;
use super::settings::{Direction, Settings};
use crate::sandbox::Agency;
use crate::sandbox::proofs::{self, Covers, Signer};

/// What was agreed: who signs here, and whose signature is believed of answers.
#[derive(Debug, Default)]
pub(super) struct Signing {
    /// PEM of certificate and key with which this side signs; none: nothing is signed.
    ours: Option<String>,
    theirs: Vec<CertificateDer<'static>>,
}

impl Signing {
    /// # Errors
    /// A file with keys or certificates cannot be used.
    pub(super) fn agreed(settings: &Settings) -> anyhow::Result<Self> {
        if settings.agency != Agency::Onee {
            return Ok(Self::default());
        }
        let (ours, theirs_key) = match settings.direction {
            Direction::ToAgency => ("signing_identity", "callback_certificates"),
            Direction::ToWasl => ("agency_signing_identity", "signing_identity"),
        };
        let ours = settings.agreed.get(ours).cloned();
        if let Some(pem) = &ours {
            Signer::from_pem(pem.as_bytes()).context("signing_identity_file")?;
        }
        let pem = settings.agreed.get(theirs_key).map_or("", String::as_str);
        let theirs: Result<_, _> = CertificateDer::pem_slice_iter(pem.as_bytes()).collect();
        Ok(Self { ours, theirs: theirs.with_context(|| format!("`{theirs_key}` holds no PEM"))? })
    }

    /// The text signed as a case wants it; as it is where nothing is agreed.
    ///
    /// # Errors
    /// A case asks for a signature over something that cannot be signed.
    pub(super) fn sign(&self, text: String, how: Option<Sign>) -> anyhow::Result<String> {
        let Some(pem) = &self.ours else { return Ok(text) };
        if how == Some(Sign::None) || !text.contains("<wsse:Security") {
            return Ok(text);
        }
        let agreed = Signer::from_pem(pem.as_bytes())?;
        let (signer, covers) = match how {
            Some(Sign::TimestampAlone) => (agreed, Covers::TimestampAlone),
            Some(Sign::BodyAlone) => (agreed, Covers::BodyAlone),
            Some(Sign::Unknown) => (Signer::unknown()?, Covers::Both),
            Some(Sign::OtherKey) => (Signer::unknown()?.under(agreed.certificate), Covers::Both),
            Some(Sign::None) | None => (agreed, Covers::Both),
        };
        let named = text.replacen(":Body>", &format!(":Body{}>", proofs::body_mark()), 1);
        match (proofs::sign(&named, &signer, covers), how) {
            (Ok(signed), _) => Ok(signed),
            // Broken on purpose: nobody could sign it, and it is sent as it is.
            (Err(_), None) => Ok(text),
            (Err(why), Some(how)) => bail!("{how:?}: {why}"),
        }
    }

    /// Why an answer is not believed.
    pub(super) fn disbelief(&self, answer: &[u8]) -> Option<String> {
        let theirs: Vec<&CertificateDer<'_>> = self.theirs.iter().collect();
        proofs::signed_reply(answer, &theirs).err()
    }
}
