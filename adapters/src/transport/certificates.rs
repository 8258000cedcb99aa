//! Certificates of a line: whose they are and when they end, so that somebody is warned before they do. Nothing is
//! trusted here; that is rustls's work.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use sha2::{Digest, Sha256};
use wasl_schemas::line::{CertificateNote, CertificateUse};
use x509_parser::prelude::{FromDer as _, X509Certificate};

use super::http::hex;

/// Certificates that an agency showed which are remembered; the oldest ends are forgotten first.
const SEEN_MAX: usize = 16;

/// All certificates in a PEM text; what is no certificate (a key) is left out.
#[must_use]
pub fn in_pem(purpose: CertificateUse, pem: &[u8]) -> Vec<CertificateNote> {
    let all = CertificateDer::pem_slice_iter(pem).filter_map(Result::ok);
    all.filter_map(|der| of_der(purpose, der.as_ref())).collect()
}

/// One certificate in DER; `None` when it cannot be read.
#[must_use]
pub fn of_der(purpose: CertificateUse, der: &[u8]) -> Option<CertificateNote> {
    let (_, certificate) = X509Certificate::from_der(der).ok()?;
    let ends_at = Timestamp::from_second(certificate.validity().not_after.timestamp()).ok()?;
    Some(CertificateNote { purpose, sha256: hex(&Sha256::digest(der)), ends_at })
}

/// The certificates of one client: those of its settings, and those that the other side showed.
#[derive(Debug, Default)]
pub struct CertificateBook {
    own: Vec<CertificateNote>,
    seen: Mutex<BTreeSet<(Timestamp, CertificateNote)>>,
}

impl CertificateBook {
    /// With the certificates of the settings.
    #[must_use]
    pub fn new(own: Vec<CertificateNote>) -> Self {
        Self { own, seen: Mutex::default() }
    }

    /// Remembers what a server showed in a handshake.
    pub fn saw(&self, der: &[u8]) {
        let Some(note) = of_der(CertificateUse::Server, der) else { return };
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.insert((note.ends_at, note));
        while seen.len() > SEEN_MAX {
            seen.pop_first();
        }
    }

    /// All that are known, those of the settings first.
    #[must_use]
    pub fn notes(&self) -> Vec<CertificateNote> {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        self.own.iter().cloned().chain(seen.iter().map(|(_, note)| note.clone())).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(year: i32) -> rcgen::CertifiedKey<rcgen::KeyPair> {
        let key = rcgen::KeyPair::generate().unwrap();
        let mut params = rcgen::CertificateParams::new(vec!["agency.example".to_owned()]).unwrap();
        params.not_after = rcgen::date_time_ymd(year, 3, 1);
        let cert = params.self_signed(&key).unwrap();
        rcgen::CertifiedKey { cert, signing_key: key }
    }

    #[test]
    fn ends_are_read_from_pem_and_keys_are_passed_over() {
        let (one, two) = (made(2031), made(2032));
        let pem = format!("{}{}{}", one.signing_key.serialize_pem(), one.cert.pem(), two.cert.pem());
        let notes = in_pem(CertificateUse::Client, pem.as_bytes());
        let ends: Vec<String> = notes.iter().map(|note| note.ends_at.to_string()).collect();
        assert_eq!(ends, ["2031-03-01T00:00:00Z", "2032-03-01T00:00:00Z"]);
        assert!(in_pem(CertificateUse::Client, b"nothing").is_empty());
    }

    #[test]
    fn what_a_server_shows_is_remembered_once_and_bounded() {
        let book = CertificateBook::new(Vec::new());
        let shown = made(2031);
        book.saw(shown.cert.der());
        book.saw(shown.cert.der());
        book.saw(b"no certificate");
        assert_eq!(book.notes().len(), 1);
        for year in 2032..2032 + 40 {
            book.saw(made(year).cert.der());
        }
        assert_eq!(book.notes().len(), SEEN_MAX);
    }
}
