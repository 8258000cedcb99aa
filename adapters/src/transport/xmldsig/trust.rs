//! Whose signatures are believed.

use std::time::Duration;

use jiff::Timestamp;
use rustls::crypto::aws_lc_rs::default_provider;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName, TrustAnchor, UnixTime};
use webpki::{EndEntityCert, ExtendedKeyUsageValidator, KeyPurposeIdIter, anchor_from_trusted_cert};
use x509_parser::prelude::{FromDer as _, X509Certificate};

use super::SignatureFault;

/// The certificates that are believed: these very ones, or all that an authority issues for one name.
#[derive(Debug, Clone)]
pub enum Trust {
    /// These very certificates; several, so that the next one is known before the change.
    Pinned(Vec<CertificateDer<'static>>),
    /// What these authorities issue for this DNS name. Without the name, everybody with a certificate of the same
    /// authority could sign for the agency, we among them.
    Issued {
        /// The authorities.
        authorities: Vec<TrustAnchor<'static>>,
        /// The subject alternative name that the certificate must have.
        name: ServerName<'static>,
    },
}

impl Trust {
    /// Reads a PEM text with the certificates themselves.
    ///
    /// # Errors
    /// It holds no certificate, or one that cannot be read.
    pub fn pinned(pem: &[u8]) -> Result<Self, &'static str> {
        let all = certificates(pem)?;
        if all.iter().any(|c| EndEntityCert::try_from(c).is_err() || lifetime(c).is_none()) {
            return Err("it holds a certificate that cannot be read");
        }
        Ok(Self::Pinned(all))
    }

    /// Reads a PEM text with authorities; `name` is a DNS name.
    ///
    /// # Errors
    /// It holds no certificate, one that is none of an authority, or the name is none.
    pub fn issued(pem: &[u8], name: &str) -> Result<Self, &'static str> {
        let anchor = |der: &CertificateDer<'_>| anchor_from_trusted_cert(der).map(|a| a.to_owned());
        let authorities: Result<_, _> = certificates(pem)?.iter().map(anchor).collect();
        let authorities = authorities.map_err(|_| "it holds a certificate that is no authority's")?;
        let name = ServerName::try_from(name).map_err(|_| "the name of the certificate is no DNS name")?;
        Ok(Self::Issued { authorities, name: name.to_owned() })
    }

    /// Whether a certificate is believed at this time of the wall clock.
    pub(super) fn believes(
        &self,
        certificate: &CertificateDer<'_>,
        now: Timestamp,
    ) -> Result<(), SignatureFault> {
        match self {
            Self::Pinned(known) => {
                if !known.iter().any(|k| k.as_ref() == certificate.as_ref()) {
                    return Err(SignatureFault::Certificate("it is another one than the settings name"));
                }
                let (from, to) =
                    lifetime(certificate).ok_or(SignatureFault::Certificate("its dates cannot be read"))?;
                let at = now.as_second();
                if (from..=to).contains(&at) { Ok(()) } else { Err(NOT_NOW) }
            }
            Self::Issued { authorities, name } => issued(certificate, authorities, name, now),
        }
    }
}

const NOT_NOW: SignatureFault = SignatureFault::Certificate("it is expired or not valid yet");

fn issued(
    certificate: &CertificateDer<'_>,
    authorities: &[TrustAnchor<'_>],
    name: &ServerName<'_>,
    now: Timestamp,
) -> Result<(), SignatureFault> {
    let unreadable = |_| SignatureFault::Certificate("it cannot be read");
    let entity = EndEntityCert::try_from(certificate).map_err(unreadable)?;
    let since = u64::try_from(now.as_second()).unwrap_or_default();
    let time = UnixTime::since_unix_epoch(Duration::from_secs(since));
    let algorithms = default_provider().signature_verification_algorithms.all;
    let path = entity.verify_for_usage(algorithms, authorities, &[], time, AnyPurpose, None, None);
    path.map_err(|fault| match fault {
        webpki::Error::CertExpired { .. } | webpki::Error::CertNotValidYet { .. } => NOT_NOW,
        _ => SignatureFault::Certificate("no authority of the settings issued it"),
    })?;
    entity
        .verify_is_valid_for_subject_name(name)
        .map_err(|_| SignatureFault::Certificate("it is for another name than the settings say"))
}

/// Certificates for signing messages have no purpose of their own that all authorities write.
struct AnyPurpose;

impl ExtendedKeyUsageValidator for AnyPurpose {
    fn validate(&self, mut purposes: KeyPurposeIdIter<'_, '_>) -> Result<(), webpki::Error> {
        purposes.try_for_each(|purpose| purpose.map(drop))
    }
}

fn certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, &'static str> {
    let all: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    match all {
        Ok(all) if !all.is_empty() => Ok(all),
        _ => Err("it holds no certificate in PEM"),
    }
}

/// First and last second of validity, since 1970.
fn lifetime(certificate: &CertificateDer<'_>) -> Option<(i64, i64)> {
    let (_, parsed) = X509Certificate::from_der(certificate).ok()?;
    let validity = parsed.validity();
    Some((validity.not_before.timestamp(), validity.not_after.timestamp()))
}
