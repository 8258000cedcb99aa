//! Both directions against xmlsec1: what we sign it verifies, what it signs we believe.

use super::*;
use crate::transport::outside::{Folder, run};

const IDS: [&str; 4] = [
    "--id-attr:Id",
    "Body",
    "--id-attr:Id",
    "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd:Timestamp",
];

fn verified_by_xmlsec(bytes: &[u8], pem: &Pem, soap: &str) -> (bool, String) {
    let folder = Folder::new();
    let (certificate, file) = (folder.put("c.pem", &pem.certificate), folder.put("m.xml", bytes));
    let body = format!("{soap}:Body");
    let mut arguments = vec!["--verify", "--store-references", "--pubkey-cert-pem", &certificate];
    arguments.extend([IDS[0], body.as_str(), IDS[2], IDS[3], file.as_str()]);
    let said = run("xmlsec1", &arguments);
    (said.status.success(), String::from_utf8_lossy(&said.stderr).into_owned())
}

#[test]
fn what_we_sign_is_verified_by_xmlsec1() {
    for key in [ecdsa(), rsa()] {
        let pem = self_signed(&key);
        for version in [Version::V11, Version::V12] {
            let text = "Samira & سميرة < \"R+4\"\t 3ème";
            let bytes = BodyAndTimestamp.sign(&unsigned(version, text), &pem.signing()).unwrap();
            let (good, said) = verified_by_xmlsec(&bytes, &pem, version.namespace());
            assert!(good && said.contains("SignedInfo References (ok/all): 2/2"), "{said}");
            let forged = String::from_utf8(bytes).unwrap().replace("R+4", "R+9");
            assert!(!verified_by_xmlsec(forged.as_bytes(), &pem, version.namespace()).0, "{forged}");
        }
    }
}

/// Our own envelope with the values taken out is the form that xmlsec1 fills in.
fn template(pem: &Pem, prefixes: Option<&str>) -> String {
    let mut text = String::from_utf8(signed(pem)).unwrap();
    for name in ["ds:DigestValue", "ds:SignatureValue"] {
        let (open, close) = (format!("<{name}>"), format!("</{name}>"));
        let mut from = 0;
        while let Some(start) = text[from..].find(&open).map(|at| from + at + open.len()) {
            let end = start + text[start..].find(&close).unwrap();
            text.replace_range(start..end, "");
            from = start;
        }
    }
    if let Some(list) = prefixes {
        let exclusive = "http://www.w3.org/2001/10/xml-exc-c14n#";
        for tag in ["ds:CanonicalizationMethod", "ds:Transform"] {
            let inclusive = format!(
                "<{tag} Algorithm=\"{exclusive}\">\n <ec:InclusiveNamespaces xmlns:ec=\"{exclusive}\" PrefixList=\"{list}\"/></{tag}>"
            );
            text = text.replace(&format!("<{tag} Algorithm=\"{exclusive}\"/>"), &inclusive);
        }
    }
    text
}

fn signed_by_xmlsec(template: &str, pem: &Pem) -> Vec<u8> {
    let folder = Folder::new();
    let pair = format!("{},{}", folder.put("k.pem", &pem.key), folder.put("c.pem", &pem.certificate));
    let (form, signed) = (folder.put("t.xml", template), folder.path("s.xml"));
    let body = format!("{}:Body", Version::V12.namespace());
    let mut arguments = vec!["--sign", "--privkey-pem", &pair, "--output", &signed];
    arguments.extend([IDS[0], body.as_str(), IDS[2], IDS[3], form.as_str()]);
    let said = run("xmlsec1", &arguments);
    assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
    std::fs::read(signed).unwrap()
}

#[test]
fn what_xmlsec1_signs_we_believe() {
    for key in [ecdsa(), rsa()] {
        let pem = self_signed(&key);
        for prefixes in [None, Some("env wsse"), Some("#default a")] {
            let bytes = signed_by_xmlsec(&template(&pem, prefixes), &pem);
            let covered = check(&bytes, &pem).unwrap_or_else(|fault| panic!("{prefixes:?}: {fault}"));
            assert!(String::from_utf8(covered.body).unwrap().contains("le dernier"));
            let forged = String::from_utf8(bytes).unwrap().replace("le dernier", "rien");
            assert_eq!(check(forged.as_bytes(), &pem), Err(SignatureFault::Digest("Body")));
        }
    }
}
