//! What went wrong with TLS, by a code that has a page for the operator. In each case no byte of the request was
//! taken by the agency: nothing is lost, it goes out once the certificate is mended.

use std::error::Error;
use std::io;

use rustls::{AlertDescription, CertificateError};

/// The fault code, when a certificate (theirs or ours) is the reason.
pub(super) fn code(error: &reqwest::Error) -> Option<&'static str> {
    match cause(error)? {
        rustls::Error::InvalidCertificate(why) => Some(of_theirs(why)),
        rustls::Error::AlertReceived(alert) if is_about_ours(*alert) => Some("agency.tls-client-refused"),
        _ => None,
    }
}

/// What is wrong with the certificate that the agency shows.
const fn of_theirs(why: &CertificateError) -> &'static str {
    match why {
        CertificateError::Expired
        | CertificateError::ExpiredContext { .. }
        | CertificateError::NotValidYet
        | CertificateError::NotValidYetContext { .. } => "agency.tls-certificate-expired",
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            "agency.tls-name-differs"
        }
        _ => "agency.tls-authority-unknown",
    }
}

/// The agency ends the handshake over our certificate (RFC 8446, section 6.2). With TLS 1.3 this comes after our side
/// has ended its own part, when the request may be under way already; the server never hands it on.
const fn is_about_ours(alert: AlertDescription) -> bool {
    matches!(
        alert,
        AlertDescription::CertificateRequired
            | AlertDescription::NoCertificate
            | AlertDescription::BadCertificate
            | AlertDescription::UnsupportedCertificate
            | AlertDescription::CertificateRevoked
            | AlertDescription::CertificateExpired
            | AlertDescription::CertificateUnknown
            | AlertDescription::UnknownCA
            | AlertDescription::AccessDenied
            | AlertDescription::HandshakeFailure
            | AlertDescription::DecryptError
    )
}

/// The innermost fault of rustls. An `io::Error` does not name what it wraps as its source.
fn cause(error: &reqwest::Error) -> Option<&rustls::Error> {
    let mut next: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref() {
            return Some(found);
        }
        next = match error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
            Some(wrapped) => Some(wrapped),
            None => error.source(),
        };
    }
    None
}
