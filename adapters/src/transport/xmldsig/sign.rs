//! Making the signature.

use aws_lc_rs::digest::{SHA256 as SHA256_DIGEST, digest};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::profile::{BASE64, EXC_C14N, SHA256, X509_V3};
use super::tree::{Tree, normal};
use super::{DS, SignatureFault, SigningKey};
use crate::transport::wsse::WSU;

/// Ids of what we add; `wsu:Id` of Body and Timestamp are the envelope's own.
const TOKEN_ID: &str = "X509-1";
const SIGNATURE_ID: &str = "SIG-1";

/// Puts token and signature at the end of the security header: first with an empty value, whose canonical
/// `SignedInfo` is signed, then with the value.
pub(super) fn sign(envelope: &[u8], key: &SigningKey) -> Result<Vec<u8>, SignatureFault> {
    let envelope = normal(envelope)?;
    let tree = Tree::read(&envelope)?;
    let parts = tree.parts()?;
    tree.ids()?;
    let mut references = String::new();
    for element in [parts.body, parts.timestamp] {
        let id = tree.attribute(element, WSU, "Id").filter(|id| plain(id));
        let id = id.ok_or(SignatureFault::Unsignable("Body and Timestamp need a wsu:Id"))?;
        references.push_str(&reference(id, &tree.canonical(element, &[])?));
    }
    let end =
        tree.end_tag(parts.security).ok_or(SignatureFault::Unsignable("the Security header is empty"))?;
    let (before, after) =
        envelope.split_at_checked(end).ok_or(SignatureFault::Unsignable("no end of Security"))?;
    let with = |value: &str| [before, &block(key, &references, value), after].concat();
    let unsigned = with("");
    let tree = Tree::read(&unsigned)?;
    let signature = tree.only(tree.parts()?.security, DS, "Signature", "exactly one Signature")?;
    let info = tree.only(signature, DS, "SignedInfo", "exactly one SignedInfo")?;
    let value = key.sign(&tree.canonical(info, &[])?).ok_or(SignatureFault::Unsignable("the key refuses"))?;
    Ok(with(&STANDARD.encode(value)).into_bytes())
}

/// An `xs:ID` that needs no escaping in an attribute.
fn plain(id: &str) -> bool {
    !id.is_empty() && id.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
}

fn reference(id: &str, canonical: &[u8]) -> String {
    let value = STANDARD.encode(digest(&SHA256_DIGEST, canonical));
    format!(
        "<ds:Reference URI=\"#{id}\"><ds:Transforms><ds:Transform Algorithm=\"{EXC_C14N}\"/></ds:Transforms>\
         <ds:DigestMethod Algorithm=\"{SHA256}\"/><ds:DigestValue>{value}</ds:DigestValue></ds:Reference>"
    )
}

/// Token, then the signature that names it: who reads from the front knows the key first.
fn block(key: &SigningKey, references: &str, value: &str) -> String {
    let (method, token) = (key.method(), STANDARD.encode(key.certificate()));
    format!(
        "<wsse:BinarySecurityToken EncodingType=\"{BASE64}\" ValueType=\"{X509_V3}\" wsu:Id=\"{TOKEN_ID}\">{token}\
         </wsse:BinarySecurityToken>\
         <ds:Signature xmlns:ds=\"{DS}\" Id=\"{SIGNATURE_ID}\"><ds:SignedInfo>\
         <ds:CanonicalizationMethod Algorithm=\"{EXC_C14N}\"/><ds:SignatureMethod Algorithm=\"{method}\"/>\
         {references}</ds:SignedInfo><ds:SignatureValue>{value}</ds:SignatureValue>\
         <ds:KeyInfo><wsse:SecurityTokenReference><wsse:Reference URI=\"#{TOKEN_ID}\" ValueType=\"{X509_V3}\"/>\
         </wsse:SecurityTokenReference></ds:KeyInfo></ds:Signature>"
    )
}
