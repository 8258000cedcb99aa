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
    assert_eq!((made.gateway, made.signing.0), (read.gateway, read.signing.0));
}

#[test]
fn what_we_sign_is_verified_by_xmlsec1_and_a_change_is_seen() {
    let folder = Folder::new();
    let keys = Keys::load_or_make(&folder.0).unwrap();
    let signed = sign(&envelope(), &keys).unwrap();
    let verified = |text: &str| {
        let file = folder.0.join("message.xml");
        std::fs::write(&file, text).unwrap();
        let mut command = Command::new("xmlsec1");
        command.args(["--verify", "--pubkey-cert-pem"]).arg(folder.0.join("onee-signing-certificate.pem"));
        command.args(["--id-attr:Id", "http://www.w3.org/2003/05/soap-envelope:Body"]);
        let stamp = format!("{}:Timestamp", security::WSU);
        command.args(["--id-attr:Id", stamp.as_str()]).arg(file);
        match command.output() {
            Ok(output) => output.status.success(),
            Err(fault) => panic!("xmlsec1: {fault}. Run deploy/local/install-tools"),
        }
    };
    assert!(verified(&signed));
    assert!(!verified(&signed.replace("la suite", "la fin")));
}

#[test]
fn only_the_gateways_own_signature_over_the_whole_is_taken() {
    let (folder, other) = (Folder::new(), Folder::new());
    let (keys, stranger) = (Keys::load_or_make(&folder.0).unwrap(), Keys::load_or_make(&other.0).unwrap());
    // The gateway's part, played with ONEE's own key.
    let as_gateway = |keys: &Keys| Keys {
        authority: keys.authority.clone(),
        server: (keys.server.0.clone(), keys.server.1.clone_key()),
        gateway: keys.signing.0.clone(),
        signing: (keys.signing.0.clone(), keys.signing.1.clone_key()),
    };
    let agreed = as_gateway(&keys);
    let signed = sign(&envelope(), &agreed).unwrap();
    assert_eq!(verify(signed.as_bytes(), &agreed), Ok(()));
    let said = |text: &str| verify(text.as_bytes(), &agreed).unwrap_err();
    assert!(said(&signed.replace("la suite", "la fin")).contains("Body was changed"));
    assert!(said(&sign(&envelope(), &stranger).unwrap()).contains("another certificate"));
    assert!(said(&envelope()).contains("BinarySecurityToken"));
    let second = signed.replace("</env:Body>", "</env:Body><env:Body/>");
    assert!(said(&second).contains("one Body"));
}
