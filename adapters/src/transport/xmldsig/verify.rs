//! Checking the signature: its form, what it covers, who made it, and last its arithmetic.

use std::collections::BTreeMap;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::digest::{SHA256 as SHA256_DIGEST, digest};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use rustls::pki_types::CertificateDer;
use uppsala::NodeId;

use super::key::verifies;
use super::profile::{BASE64, ECDSA_SHA256, EXC_C14N, RSA_SHA256, SHA256, X509_V3};
use super::tree::{Parts, Tree, normal};
use super::{Covered, DS, SignatureFault, Trust};
use crate::transport::wsse::{WSSE, WSU};

use SignatureFault::{Coverage, Profile};

/// Prefixes in one `InclusiveNamespaces` list.
const PREFIXES_MAX: usize = 32;

/// Checks the signature of an envelope.
pub(super) fn verify(envelope: &[u8], trust: &Trust, now: Timestamp) -> Result<Covered, SignatureFault> {
    let envelope = normal(envelope)?;
    let tree = Tree::read(&envelope)?;
    let parts = tree.parts()?;
    let ids = tree.ids()?;
    if tree.elements(parts.security).iter().all(|child| !tree.is(*child, DS, "Signature")) {
        return Err(SignatureFault::Missing);
    }
    let signature = tree.only(parts.security, DS, "Signature", "exactly one Signature")?;
    let [info, value, key_info] = children(&tree, signature, ["SignedInfo", "SignatureValue", "KeyInfo"])?;
    let certificate = token(&tree, &ids, &parts, key_info)?;
    trust.believes(&certificate, now)?;
    let (method, signed) = signed_info(&tree, info)?;
    let value = decode(&tree, value)?;
    if !verifies(&certificate, method, &signed, &value) {
        return Err(SignatureFault::Value);
    }
    covered(&tree, &ids, &parts, info)
}

/// Exactly these children of XML Signature, in this order.
fn children<const N: usize>(
    tree: &Tree<'_>,
    parent: NodeId,
    names: [&str; N],
) -> Result<[NodeId; N], SignatureFault> {
    let found: [NodeId; N] =
        tree.elements(parent).try_into().map_err(|_| Profile("an element too many or too few"))?;
    let right = found.iter().zip(names).all(|(node, name)| tree.is(*node, DS, name));
    if right { Ok(found) } else { Err(Profile("an element of another name")) }
}

/// The certificate: the one token in this security header that the key info points to.
fn token(
    tree: &Tree<'_>,
    ids: &BTreeMap<&str, NodeId>,
    parts: &Parts,
    key_info: NodeId,
) -> Result<CertificateDer<'static>, SignatureFault> {
    const WANTED: &str = "KeyInfo names one BinarySecurityToken of this header";
    let held = tree.only(key_info, WSSE, "SecurityTokenReference", WANTED)?;
    let reference = tree.only(held, WSSE, "Reference", WANTED)?;
    if tree.elements(key_info).len() != 1 || tree.elements(held).len() != 1 {
        return Err(Profile(WANTED));
    }
    let id = tree.attribute(reference, "", "URI").and_then(|uri| uri.strip_prefix('#'));
    let token = id.and_then(|id| ids.get(id)).copied().ok_or(Profile(WANTED))?;
    if !tree.elements(parts.security).contains(&token) || !tree.is(token, WSSE, "BinarySecurityToken") {
        return Err(Profile(WANTED));
    }
    let is = |name, value| tree.attribute(token, "", name).is_none_or(|found| found == value);
    if !is("ValueType", X509_V3) || !is("EncodingType", BASE64) {
        return Err(Profile("the token is not one X.509 certificate in Base64"));
    }
    Ok(CertificateDer::from(decode(tree, token)?))
}

/// Method and canonical bytes of what is signed.
fn signed_info<'t>(tree: &'t Tree<'_>, info: NodeId) -> Result<(&'t str, Vec<u8>), SignatureFault> {
    let parts = tree.elements(info);
    let [canonicalization, method, ..] = parts.as_slice() else {
        return Err(Profile("SignedInfo is not complete"));
    };
    if !tree.is(*canonicalization, DS, "CanonicalizationMethod") || !tree.is(*method, DS, "SignatureMethod") {
        return Err(Profile("SignedInfo is not in order"));
    }
    let prefixes = exclusive(tree, *canonicalization)?;
    let name = tree.attribute(*method, "", "Algorithm").unwrap_or_default();
    if ![RSA_SHA256, ECDSA_SHA256].contains(&name) || !tree.elements(*method).is_empty() {
        return Err(Profile("the method is neither RSA nor ECDSA with SHA-256"));
    }
    Ok((name, tree.canonical(info, &prefixes)?))
}

/// The prefix list of an exclusive canonicalisation; another algorithm is a fault.
fn exclusive<'t>(tree: &'t Tree<'_>, method: NodeId) -> Result<Vec<&'t str>, SignatureFault> {
    const WANTED: SignatureFault = Profile("only exclusive canonical XML 1.0 is taken");
    if tree.attribute(method, "", "Algorithm") != Some(EXC_C14N) {
        return Err(WANTED);
    }
    let list = match tree.elements(method).as_slice() {
        [] => return Ok(Vec::new()),
        [only] if tree.is(*only, EXC_C14N, "InclusiveNamespaces") => *only,
        _ => return Err(WANTED),
    };
    let prefixes: Vec<&str> =
        tree.attribute(list, "", "PrefixList").unwrap_or_default().split_ascii_whitespace().collect();
    if prefixes.len() > PREFIXES_MAX { Err(WANTED) } else { Ok(prefixes) }
}

/// Two references, one to the very Body and one to the very Timestamp, and both digests right.
fn covered(
    tree: &Tree<'_>,
    ids: &BTreeMap<&str, NodeId>,
    parts: &Parts,
    info: NodeId,
) -> Result<Covered, SignatureFault> {
    let all = tree.elements(info);
    let references = all.get(2..).unwrap_or_default();
    if references.len() != 2 {
        return Err(Coverage("it must have two references, to Body and Timestamp"));
    }
    let (mut body, mut timestamp) = (None, None);
    for reference in references {
        let (target, bytes) = referred(tree, ids, *reference)?;
        let (place, what) = if target == parts.body {
            (&mut body, "Body")
        } else if target == parts.timestamp {
            (&mut timestamp, "Timestamp")
        } else {
            return Err(Coverage("a reference is neither to the Body nor to the Timestamp in use"));
        };
        let bytes = bytes.ok_or(SignatureFault::Digest(what))?;
        if place.replace(bytes).is_some() {
            return Err(Coverage("two references to the same element"));
        }
    }
    match (body, timestamp) {
        (Some(body), Some(timestamp)) => Ok(Covered { body, timestamp }),
        _ => Err(Coverage("Body and Timestamp must both be covered")),
    }
}

/// The element that a reference names by its `wsu:Id`, and its canonical bytes when the digest is theirs.
fn referred(
    tree: &Tree<'_>,
    ids: &BTreeMap<&str, NodeId>,
    reference: NodeId,
) -> Result<(NodeId, Option<Vec<u8>>), SignatureFault> {
    if !tree.is(reference, DS, "Reference") {
        return Err(Profile("SignedInfo holds something else than references"));
    }
    let [transforms, method, wanted] =
        children(tree, reference, ["Transforms", "DigestMethod", "DigestValue"])?;
    let [transform] = children(tree, transforms, ["Transform"])?;
    let prefixes = exclusive(tree, transform)?;
    if tree.attribute(method, "", "Algorithm") != Some(SHA256) {
        return Err(Profile("only SHA-256 is taken for digests"));
    }
    let uri = tree.attribute(reference, "", "URI").and_then(|uri| uri.strip_prefix('#'));
    let id = uri.ok_or(Coverage("a reference must be to an Id of this message"))?;
    let target = *ids.get(id).ok_or(Coverage("a reference is to nothing"))?;
    if tree.attribute(target, WSU, "Id") != Some(id) {
        return Err(Coverage("a reference must be to a wsu:Id"));
    }
    let canonical = tree.canonical(target, &prefixes)?;
    let found = digest(&SHA256_DIGEST, &canonical);
    let same = verify_slices_are_equal(found.as_ref(), &decode(tree, wanted)?).is_ok();
    Ok((target, same.then_some(canonical)))
}

fn decode(tree: &Tree<'_>, element: NodeId) -> Result<Vec<u8>, SignatureFault> {
    STANDARD.decode(tree.base64(element)?).map_err(|_| Profile("a value is not Base64"))
}
