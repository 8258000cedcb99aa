//! What is signed and what is checked, in the one form in which both is done.

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use bergshamra_c14n::{C14nMode, canonicalize_doc};
use bergshamra_xml::NodeSet;
use uppsala::{Document, NodeId};

pub(super) const DS: &str = "http://www.w3.org/2000/09/xmldsig#";
pub(super) const EXCLUSIVE: &str = "http://www.w3.org/2001/10/xml-exc-c14n#";
pub(super) const DIGEST: &str = "http://www.w3.org/2001/04/xmlenc#sha256";
pub(super) const ECDSA: &str = "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256";
pub(super) const RSA: &str = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256";
pub(super) const X509: &str =
    "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-x509-token-profile-1.0#X509v3";

/// The form in which something is signed.
pub(super) fn canonical(doc: &Document<'_>, node: NodeId) -> Result<Vec<u8>, String> {
    let subtree = NodeSet::tree_without_comments(node, doc);
    canonicalize_doc::<&str>(doc, C14nMode::Exclusive, Some(&subtree), &[]).map_err(|fault| fault.to_string())
}

/// The one element of this name in the whole message.
pub(super) fn single(doc: &Document<'_>, namespace: &str, name: &str) -> Result<NodeId, String> {
    match doc.get_elements_by_tag_name_ns(namespace, name).as_slice() {
        [only] => Ok(*only),
        found => Err(format!("{} elements {name}, one is wanted", found.len())),
    }
}

/// The one body of the envelope.
pub(super) fn body(doc: &Document<'_>) -> Result<NodeId, String> {
    let root = doc.document_element().ok_or("no root")?;
    let named = |id: &NodeId| doc.element(*id).is_some_and(|e| e.name.local_name == "Body");
    let all: Vec<NodeId> = doc.children(root).into_iter().filter(named).collect();
    let [only] = all.as_slice() else { return Err("one Body is wanted".to_owned()) };
    Ok(*only)
}

/// Base64 of the SHA-256 of an element.
pub(super) fn hash(doc: &Document<'_>, node: NodeId) -> Result<String, String> {
    Ok(BASE64_STANDARD.encode(digest(&SHA256, &canonical(doc, node)?)))
}
