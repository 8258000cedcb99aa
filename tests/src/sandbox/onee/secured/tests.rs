use std::process::Command;

use super::super::message::Soap;
use super::super::security;
use super::*;

struct Folder(std::path::PathBuf);

impl Folder {
    fn new() -> Self {
        Self(std::env::temp_dir().join(format!("wasl-sandbox-keys-{}", uuid::Uuid::now_v7())))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        _ = std::fs::remove_dir_all(&self.0);
    }
}

fn envelope() -> String {
    Soap::V12.envelope_to_sign(
        &security::header("onee", "exemple"),
        "<a:x xmlns:a=\"urn:a\">l'avis &amp; la suite</a:x>",
    )
}

#[test]
fn keys_are_made_once_and_read_again() {
    let folder = Folder::new();
    let made = Keys::load_or_make(&folder.0).unwrap();
    let read = Keys::load_or_make(&folder.0).unwrap();
    assert_eq!((made.gateway, made.signing.certificate), (read.gateway, read.signing.certificate));
}

/// Whether xmlsec1 believes a message, given the certificate of who signs.
fn verified(folder: &Folder, certificate: &str, text: &str) -> bool {
    let file = folder.0.join("message.xml");
    std::fs::write(&file, text).unwrap();
    let mut command = Command::new("xmlsec1");
    command.args(["--verify", "--pubkey-cert-pem"]).arg(folder.0.join(certificate));
    command.args(["--id-attr:Id", "http://www.w3.org/2003/05/soap-envelope:Body"]);
    let stamp = format!("{}:Timestamp", security::WSU);
    command.args(["--id-attr:Id", stamp.as_str()]).arg(file);
    match command.output() {
        Ok(output) => output.status.success(),
        Err(fault) => panic!("xmlsec1: {fault}. Run deploy/local/install-tools"),
    }
}

#[test]
fn what_we_sign_is_verified_by_xmlsec1_and_a_change_is_seen() {
    let folder = Folder::new();
    let keys = Keys::load_or_make(&folder.0).unwrap();
    let certificate = "onee-signing-certificate.pem";
    let signed = sign(&envelope(), &keys.signing, Covers::Both).unwrap();
    assert!(verified(&folder, certificate, &signed));
    assert!(!verified(&folder, certificate, &signed.replace("la suite", "la fin")));
    // A part of it is a good signature too, over less: only what it covers tells them apart.
    let part = sign(&envelope(), &keys.signing, Covers::TimestampAlone).unwrap();
    assert!(verified(&folder, certificate, &part.replace("la suite", "la fin")));
}

#[test]
fn an_rsa_key_signs_as_well() {
    let folder = Folder::new();
    std::fs::create_dir_all(&folder.0).unwrap();
    let key = rcgen::KeyPair::generate_rsa_for(&rcgen::PKCS_RSA_SHA256, rcgen::RsaKeySize::_2048).unwrap();
    let certificate = rcgen::CertificateParams::new(Vec::new()).unwrap().self_signed(&key).unwrap().pem();
    std::fs::write(folder.0.join("rsa.pem"), &certificate).unwrap();
    let signer = Signer::from_pem(format!("{certificate}{}", key.serialize_pem()).as_bytes()).unwrap();
    let signed = sign(&envelope(), &signer, Covers::Both).unwrap();
    assert!(verified(&folder, "rsa.pem", &signed));
    assert_eq!(verify(signed.as_bytes(), &signer.certificate), Ok(()));
}

#[test]
fn only_the_agreed_signature_over_the_whole_is_taken() {
    let (agreed, stranger) = (Signer::unknown().unwrap(), Signer::unknown().unwrap());
    let signed = sign(&envelope(), &agreed, Covers::Both).unwrap();
    assert_eq!(verify(signed.as_bytes(), &agreed.certificate), Ok(()));
    let said = |text: &str| {
        let why = verify(text.as_bytes(), &agreed.certificate).unwrap_err();
        format!("{}: {}", why.subcode, why.reason)
    };
    assert!(said(&signed.replace("la suite", "la fin")).starts_with("FailedCheck: Body was changed"));
    let other = sign(&envelope(), &stranger, Covers::Both).unwrap();
    assert!(said(&other).starts_with("InvalidSecurityToken: signed with another certificate"));
    let other_key = stranger.under(agreed.certificate.clone());
    let other = sign(&envelope(), &other_key, Covers::Both).unwrap();
    assert!(said(&other).starts_with("FailedCheck: the signature is not that of the agreed key"));
    assert!(said(&envelope()).starts_with("InvalidSecurity: 0 elements BinarySecurityToken"));
    for covers in [Covers::TimestampAlone, Covers::BodyAlone] {
        let part = sign(&envelope(), &agreed, covers).unwrap();
        assert!(said(&part).starts_with("InvalidSecurity: 1 references"));
    }
    let second = signed.replace("</env:Body>", "</env:Body><env:Body/>");
    assert!(said(&second).contains("one Body"));
}
