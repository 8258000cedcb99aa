//! A signed envelope, and everything that may be done to it on the way.

mod attacks;
mod canonical;
mod xmlsec;

use rcgen::{CertificateParams, CertifiedIssuer, KeyPair, RsaKeySize};

use super::*;
use crate::transport::settings::Secret;
use crate::transport::soap::{self, Version};
use crate::transport::wsse::{self, Credentials, Freshness};

/// Certificate and key in PEM.
#[derive(Clone)]
pub(crate) struct Pem {
    pub(crate) certificate: String,
    pub(crate) key: String,
}

impl Pem {
    pub(crate) fn both(&self) -> Vec<u8> {
        format!("{}{}", self.certificate, self.key).into_bytes()
    }

    pub(crate) fn signing(&self) -> SigningKey {
        SigningKey::from_pem(&self.both()).unwrap()
    }

    pub(crate) fn pinned(&self) -> Trust {
        Trust::pinned(self.certificate.as_bytes()).unwrap()
    }
}

/// Keys of both kinds, made for one test.
pub(crate) fn ecdsa() -> KeyPair {
    KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).unwrap()
}

fn rsa() -> KeyPair {
    KeyPair::generate_rsa_for(&rcgen::PKCS_RSA_SHA256, RsaKeySize::_2048).unwrap()
}

fn params() -> CertificateParams {
    CertificateParams::new(vec!["signature.onee.example".to_owned()]).unwrap()
}

/// A certificate that signs itself.
pub(crate) fn self_signed(key: &KeyPair) -> Pem {
    let certificate = params().self_signed(key).unwrap().pem();
    Pem { certificate, key: key.serialize_pem() }
}

fn now() -> Timestamp {
    "2026-10-05T09:30:00Z".parse().unwrap()
}

/// An envelope as it is before it is signed.
fn unsigned(version: Version, text: &str) -> Vec<u8> {
    let who = Credentials { username: "wasl".to_owned(), password: Secret::new("exemple") };
    let fresh = Freshness { nonce: [7; 16], now: now() };
    soap::write_to_sign(
        version,
        |out| wsse::write(out, version, Some(&who), fresh),
        |out| {
            out.open("a:Ask", &[("xmlns:a", "urn:a"), ("note", "\u{e9} & < \"")]);
            out.leaf("a:what", text);
            out.close();
        },
    )
}

fn signed(pem: &Pem) -> Vec<u8> {
    BodyAndTimestamp.sign(&unsigned(Version::V12, "le 3ème & le dernier"), &pem.signing()).unwrap()
}

fn check(envelope: &[u8], pem: &Pem) -> Result<Covered, SignatureFault> {
    BodyAndTimestamp.verify(envelope, &pem.pinned(), now())
}

#[test]
fn both_methods_in_both_versions_are_made_and_believed() {
    for key in [ecdsa(), rsa()] {
        let pem = self_signed(&key);
        for version in [Version::V11, Version::V12] {
            let bytes = BodyAndTimestamp.sign(&unsigned(version, "x"), &pem.signing()).unwrap();
            let covered = check(&bytes, &pem).unwrap();
            let read = soap::Envelope::read(&bytes, crate::transport::xml::XmlLimits::default()).unwrap();
            assert_eq!(read.clone().only_signed(&covered, Default::default()).unwrap().body, read.body);
        }
    }
}

#[test]
fn what_is_given_back_is_what_was_signed_whatever_else_the_message_says() {
    let pem = self_signed(&ecdsa());
    let covered = check(&signed(&pem), &pem).unwrap();
    let body = String::from_utf8(covered.body).unwrap();
    assert!(
        body.starts_with("<env:Body xmlns:env=") && body.contains("<a:what>le 3ème &amp; le dernier<"),
        "{body}"
    );
    assert!(String::from_utf8(covered.timestamp).unwrap().contains(">2026-10-05T09:30:00.000Z<"));
}

#[test]
fn only_the_certificate_of_the_settings_is_believed_and_only_in_its_time() {
    let (ours, other) = (self_signed(&ecdsa()), self_signed(&ecdsa()));
    let bytes = signed(&ours);
    assert!(matches!(check(&bytes, &other), Err(SignatureFault::Certificate(_))));
    let both = format!("{}{}", other.certificate, ours.certificate);
    let both = Trust::pinned(both.as_bytes()).unwrap();
    assert!(
        BodyAndTimestamp.verify(&bytes, &both, now()).is_ok(),
        "the next certificate is known beforehand"
    );
    let key = ecdsa();
    let mut old = params();
    (old.not_before, old.not_after) = (rcgen::date_time_ymd(2020, 1, 1), rcgen::date_time_ymd(2026, 10, 5));
    let old = Pem { certificate: old.self_signed(&key).unwrap().pem(), key: key.serialize_pem() };
    assert_eq!(
        check(&signed(&old), &old),
        Err(SignatureFault::Certificate("it is expired or not valid yet"))
    );
}

#[test]
fn an_authority_is_believed_for_the_agreed_name_alone() {
    let authority = |name: &str| {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        params.distinguished_name.push(rcgen::DnType::CommonName, name);
        CertifiedIssuer::self_signed(params, ecdsa()).unwrap()
    };
    let (ours, stranger) = (authority("Autorité"), authority("Étranger"));
    let issue = |by: &CertifiedIssuer<'_, KeyPair>, name: &str, not_after: i32| {
        let key = ecdsa();
        let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        params.not_after = rcgen::date_time_ymd(not_after, 1, 1);
        Pem { certificate: params.signed_by(&key, by).unwrap().pem(), key: key.serialize_pem() }
    };
    let trust = Trust::issued(ours.pem().as_bytes(), "signature.onee.example").unwrap();
    let said = |pem: &Pem| BodyAndTimestamp.verify(&signed(pem), &trust, now()).map(drop);
    assert_eq!(said(&issue(&ours, "signature.onee.example", 2030)), Ok(()));
    let refused = |why| Err(SignatureFault::Certificate(why));
    assert_eq!(
        said(&issue(&ours, "wasl.example", 2030)),
        refused("it is for another name than the settings say")
    );
    assert_eq!(
        said(&issue(&ours, "signature.onee.example", 2026)),
        refused("it is expired or not valid yet")
    );
    assert_eq!(
        said(&issue(&stranger, "signature.onee.example", 2030)),
        refused("no authority of the settings issued it")
    );
}

#[test]
fn a_key_that_does_not_fit_its_certificate_is_refused_when_it_is_read() {
    let (one, two) = (self_signed(&ecdsa()), self_signed(&ecdsa()));
    let mixed = Pem { certificate: one.certificate.clone(), key: two.key };
    let why = SigningKey::from_pem(&mixed.both()).unwrap_err();
    assert_eq!(why, "its private key is not that of its first certificate");
    assert_eq!(SigningKey::from_pem(one.key.as_bytes()).unwrap_err(), "it holds no certificate");
    assert!(!format!("{:?}", one.signing()).contains("PRIVATE"));
}

#[test]
fn without_ids_or_a_timestamp_nothing_is_signed() {
    let pem = self_signed(&ecdsa());
    let text = String::from_utf8(unsigned(Version::V12, "x")).unwrap();
    let sign = |text: &str| BodyAndTimestamp.sign(text.as_bytes(), &pem.signing()).unwrap_err();
    assert!(matches!(sign(&text.replace("wsu:Id=\"BODY-1\"", "")), SignatureFault::Unsignable(_)));
    assert!(matches!(sign(&text.replace("wsu:Timestamp", "wsu:Stamp")), SignatureFault::Profile(_)));
    assert!(matches!(sign(&text.replace("TS-1", "BODY-1")), SignatureFault::Coverage(_)));
}
