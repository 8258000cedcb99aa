//! What an attacker does with a message that somebody else signed: change, move, wrap, repeat, choose other
//! algorithms. Each is told by its own reason.

use super::super::tree::Tree;
use super::*;

/// The signed message as text, for surgery.
struct Signed {
    pem: Pem,
    text: String,
}

impl Signed {
    fn new() -> Self {
        let pem = self_signed(&ecdsa());
        let text = String::from_utf8(signed(&pem)).unwrap();
        Self { pem, text }
    }

    /// An element as it stands, tags included.
    fn cut(&self, name: &str) -> String {
        let start = self.text.find(&format!("<{name}")).unwrap();
        let end = self.text.find(&format!("</{name}>")).unwrap() + name.len() + 3;
        self.text[start..end].to_owned()
    }

    fn with(&self, from: &str, to: &str) -> Result<Covered, SignatureFault> {
        let changed = self.text.replacen(from, to, 1);
        assert_ne!(changed, self.text, "nothing was changed: {from}");
        check(changed.as_bytes(), &self.pem)
    }
}

#[test]
fn a_change_of_body_or_timestamp_is_seen() {
    let message = Signed::new();
    assert_eq!(message.with("le dernier", "le premier"), Err(SignatureFault::Digest("Body")));
    assert_eq!(
        message.with("09:30:00.000Z</wsu:C", "09:31:00.000Z</wsu:C"),
        Err(SignatureFault::Digest("Timestamp"))
    );
    assert_eq!(message.with("note=\"", "more=\"1\" note=\""), Err(SignatureFault::Digest("Body")));
    // What canonical form leaves alone may change: white space in tags, quotes, a comment.
    assert!(message.with("<a:what>", "<a:what  ><!-- a comment -->").is_ok());
}

#[test]
fn a_comment_hides_no_text() {
    // A reader that stops at a comment would read less than was signed.
    let message = Signed::new();
    let covered =
        message.with("& le dernier".replace('&', "&amp;").as_str(), "<!---->&amp; le dernier").unwrap();
    assert!(String::from_utf8(covered.body).unwrap().contains("le 3ème &amp; le dernier</a:what>"));
}

#[test]
fn the_signed_body_moved_into_the_header_does_not_stand_for_another_one() {
    let message = Signed::new();
    let body = message.cut("env:Body");
    let forged = body.replace("BODY-1", "BODY-2").replace("le dernier", "tout");
    // The genuine body goes into a header block; a forged one takes its place.
    let wrapped = message.text.replacen(&body, &forged, 1).replacen(
        "</env:Header>",
        &format!("<x:Old xmlns:x=\"urn:x\">{body}</x:Old></env:Header>"),
        1,
    );
    let said = check(wrapped.as_bytes(), &message.pem);
    assert_eq!(
        said,
        Err(SignatureFault::Coverage("a reference is neither to the Body nor to the Timestamp in use"))
    );
    // The same with the same id: two elements of one name.
    let twice = wrapped.replace("BODY-2", "BODY-1");
    let said = check(twice.as_bytes(), &message.pem);
    assert_eq!(said, Err(SignatureFault::Coverage("two elements have the same Id")));
    // Two bodies side by side.
    let side = message.text.replacen(&body, &format!("{forged}{body}"), 1);
    assert_eq!(check(side.as_bytes(), &message.pem), Err(SignatureFault::Profile("exactly one Body")));
    let side = message.text.replacen(&body, &format!("{body}<x:Body xmlns:x=\"urn:x\"/>"), 1);
    assert!(matches!(check(side.as_bytes(), &message.pem), Err(SignatureFault::Profile(_))));
}

#[test]
fn an_id_of_another_kind_does_not_shadow_the_signed_one() {
    let message = Signed::new();
    for attribute in ["Id", "ID", "id", "xml:id", "wsu:Id"] {
        let planted = format!(
            "<x:Old xmlns:x=\"urn:x\" xmlns:wsu=\"{}\" {attribute}=\"BODY-1\"/></env:Header>",
            wsse::WSU
        );
        let said = message.with("</env:Header>", &planted);
        assert_eq!(said, Err(SignatureFault::Coverage("two elements have the same Id")), "{attribute}");
    }
    // The body's own id under another attribute: the reference points to no wsu:Id.
    let said = message.with("wsu:Id=\"BODY-1\"", "Id=\"BODY-1\"");
    assert_eq!(said, Err(SignatureFault::Coverage("a reference must be to a wsu:Id")));
}

#[test]
fn an_old_timestamp_is_not_carried_along_with_a_new_one() {
    let message = Signed::new();
    let stamp = message.cut("wsu:Timestamp");
    let fresh = stamp.replace("TS-1", "TS-2").replace("2026-10-05", "2026-10-06");
    let two = message.with(&stamp, &format!("{fresh}{stamp}"));
    assert_eq!(two, Err(SignatureFault::Profile("exactly one Timestamp")));
    let moved = message.text.replacen(&stamp, &fresh, 1);
    let moved = moved.replacen("</wsse:UsernameToken>", &format!("{stamp}</wsse:UsernameToken>"), 1);
    let said = check(moved.as_bytes(), &message.pem);
    assert_eq!(
        said,
        Err(SignatureFault::Coverage("a reference is neither to the Body nor to the Timestamp in use"))
    );
}

#[test]
fn fewer_more_or_other_references_are_refused() {
    let message = Signed::new();
    let references: Vec<&str> = message
        .text
        .match_indices("<ds:Reference")
        .map(|(at, _)| {
            let end = message.text[at..].find("</ds:Reference>").unwrap() + "</ds:Reference>".len();
            &message.text[at..at + end]
        })
        .collect();
    // Each of these also breaks the signature's value, so they are made anew with the key: an inside job.
    let resigned = |from: &str, to: &str| {
        let text = message.text.replacen(from, to, 1);
        check(resign(&text, &message.pem).as_bytes(), &message.pem)
    };
    const TWO: SignatureFault =
        SignatureFault::Coverage("it must have two references, to Body and Timestamp");
    assert_eq!(resigned(references[1], ""), Err(TWO));
    assert_eq!(resigned(references[0], &format!("{}{}", references[0], references[0])), Err(TWO));
    assert_eq!(
        resigned(references[1], references[0]),
        Err(SignatureFault::Coverage("two references to the same element"))
    );
    for (uri, why) in [
        ("URI=\"\"", "a reference must be to an Id of this message"),
        ("URI=\"http://127.0.0.1/x\"", "a reference must be to an Id of this message"),
        ("URI=\"#nowhere\"", "a reference is to nothing"),
        ("URI=\"#X509-1\"", "a reference is neither to the Body nor to the Timestamp in use"),
    ] {
        assert_eq!(resigned("URI=\"#BODY-1\"", uri), Err(SignatureFault::Coverage(why)), "{uri}");
    }
}

#[test]
fn other_algorithms_and_transforms_are_refused() {
    let message = Signed::new();
    let swap = |from: &str, to: &str| message.with(from, to).unwrap_err();
    let is_profile = |fault: SignatureFault| assert!(matches!(fault, SignatureFault::Profile(_)), "{fault}");
    is_profile(swap("xmldsig-more#ecdsa-sha256", "xmldsig-more#hmac-sha256"));
    is_profile(swap("2001/10/xml-exc-c14n#", "2001/10/xml-exc-c14n#WithComments"));
    let xslt = "<ds:Transform Algorithm=\"http://www.w3.org/TR/1999/REC-xslt-19991116\"/></ds:Transforms>";
    // The method and what is signed are checked before the digests.
    let text = message.text.replacen("</ds:Transforms>", xslt, 1);
    is_profile(check(resign(&text, &message.pem).as_bytes(), &message.pem).unwrap_err());
    let text = message.text.replace("xmlenc#sha256", "xmldsig#sha1");
    is_profile(check(resign(&text, &message.pem).as_bytes(), &message.pem).unwrap_err());
    is_profile(swap("</ds:Signature>", "<ds:Object/></ds:Signature>"));
}

#[test]
fn a_signature_of_another_key_under_the_right_certificate_is_refused() {
    let (message, other) = (Signed::new(), self_signed(&ecdsa()));
    assert_eq!(check(resign(&message.text, &other).as_bytes(), &message.pem), Err(SignatureFault::Value));
    // The wrong kind of key for the method.
    let text = message.text.replace("#ecdsa-sha256", "#rsa-sha256");
    assert_eq!(check(resign(&text, &message.pem).as_bytes(), &message.pem), Err(SignatureFault::Value));
    // A token elsewhere than in this security header.
    let token = message.cut("wsse:BinarySecurityToken");
    let moved = message.text.replacen(&token, "", 1).replacen("</a:Ask>", &format!("{token}</a:Ask>"), 1);
    assert!(check(moved.as_bytes(), &message.pem).is_err());
}

#[test]
fn no_signature_two_signatures_or_no_reading_at_all() {
    let message = Signed::new();
    let start = message.text.find("<ds:Signature ").unwrap();
    let end = message.text.find("</ds:Signature>").unwrap() + "</ds:Signature>".len();
    let signature = &message.text[start..end];
    assert_eq!(message.with(signature, ""), Err(SignatureFault::Missing));
    let again = signature.replace("SIG-1", "SIG-2");
    let two = message.with(signature, &format!("{signature}{again}"));
    assert_eq!(two, Err(SignatureFault::Profile("exactly one Signature")));
    for broken in ["<x/>", "no xml", "<!DOCTYPE x [<!ENTITY a 'a'>]><x/>"] {
        assert!(
            matches!(check(broken.as_bytes(), &message.pem), Err(SignatureFault::Profile(_))),
            "{broken}"
        );
    }
}

/// The signature's value made anew over a changed `SignedInfo`.
fn resign(text: &str, pem: &Pem) -> String {
    let tree = Tree::read(text).unwrap();
    let security = tree.parts().unwrap().security;
    let signature = tree.only(security, DS, "Signature", "").unwrap();
    let info = tree.only(signature, DS, "SignedInfo", "").unwrap();
    let value = pem.signing().sign(&tree.canonical(info, &[]).unwrap()).unwrap();
    let value = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, value);
    let start = text.find("<ds:SignatureValue>").unwrap() + "<ds:SignatureValue>".len();
    let end = text.find("</ds:SignatureValue>").unwrap();
    format!("{}{value}{}", &text[..start], &text[end..])
}
