//! The signature of the contract (section 2): Body and Timestamp, ECDSA P-256 or RSA with SHA-256, exclusive canonical
//! form. Written from the contract alone; only the canonical form comes from outside, and xmlsec1 judges both sides.

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, RSA_PKCS1_2048_8192_SHA256,
    UnparsedPublicKey, VerificationAlgorithm,
};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use bergshamra_c14n::{C14nMode, canonicalize_doc};
use bergshamra_xml::NodeSet;
use rustls::pki_types::CertificateDer;
use rustls::server::ParsedCertificate;
use uppsala::{Document, NodeId};

use super::super::security::{WSSE, WSU};
use super::Keys;

const DS: &str = "http://www.w3.org/2000/09/xmldsig#";
const EXCLUSIVE: &str = "http://www.w3.org/2001/10/xml-exc-c14n#";
const DIGEST: &str = "http://www.w3.org/2001/04/xmlenc#sha256";
const ECDSA: &str = "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256";
const RSA: &str = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256";
const X509: &str = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-x509-token-profile-1.0#X509v3";

/// The form in which something is signed.
fn canonical(doc: &Document<'_>, node: NodeId) -> Result<Vec<u8>, String> {
    let subtree = NodeSet::tree_without_comments(node, doc);
    canonicalize_doc::<&str>(doc, C14nMode::Exclusive, Some(&subtree), &[]).map_err(|fault| fault.to_string())
}

/// The one element of this name in the whole message.
fn single(doc: &Document<'_>, namespace: &str, name: &str) -> Result<NodeId, String> {
    match doc.get_elements_by_tag_name_ns(namespace, name).as_slice() {
        [only] => Ok(*only),
        found => Err(format!("{} elements {name}, one is wanted", found.len())),
    }
}

fn body(doc: &Document<'_>) -> Result<NodeId, String> {
    let root = doc.document_element().ok_or("no root")?;
    let named = |id: &NodeId| doc.element(*id).is_some_and(|e| e.name.local_name == "Body");
    let all: Vec<NodeId> = doc.children(root).into_iter().filter(named).collect();
    let [only] = all.as_slice() else { return Err("one Body is wanted".to_owned()) };
    Ok(*only)
}

fn hash(doc: &Document<'_>, node: NodeId) -> Result<String, String> {
    Ok(BASE64_STANDARD.encode(digest(&SHA256, &canonical(doc, node)?)))
}

/// Signs an envelope whose `Body` and `Timestamp` have a `wsu:Id`; token and signature go to the end of `Security`.
///
/// # Errors
/// A sentence: something that must be there once is not.
pub(in super::super) fn sign(envelope: &str, keys: &Keys) -> Result<String, String> {
    let doc = uppsala::parse(envelope).map_err(|fault| fault.to_string())?;
    let reference = |node: NodeId| -> Result<String, String> {
        let id = doc.get_attribute_ns(node, WSU, "Id").ok_or("an element without a wsu:Id")?;
        Ok(format!(
            "<ds:Reference URI=\"#{id}\"><ds:Transforms><ds:Transform Algorithm=\"{EXCLUSIVE}\"></ds:Transform>\
             </ds:Transforms><ds:DigestMethod Algorithm=\"{DIGEST}\"></ds:DigestMethod><ds:DigestValue>{}\
             </ds:DigestValue></ds:Reference>",
            hash(&doc, node)?
        ))
    };
    let references = reference(single(&doc, WSU, "Timestamp")?)? + &reference(body(&doc)?)?;
    // Written in canonical form at once, so that it can be signed as it stands.
    let info = format!(
        "<ds:SignedInfo xmlns:ds=\"{DS}\"><ds:CanonicalizationMethod Algorithm=\"{EXCLUSIVE}\">\
         </ds:CanonicalizationMethod><ds:SignatureMethod Algorithm=\"{ECDSA}\"></ds:SignatureMethod>{references}\
         </ds:SignedInfo>"
    );
    let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, keys.signing.1.secret_pkcs8_der())
        .map_err(|fault| fault.to_string())?;
    let value = pair.sign(&SystemRandom::new(), info.as_bytes()).map_err(|fault| fault.to_string())?;
    let block = format!(
        "<wsse:BinarySecurityToken ValueType=\"{X509}\" wsu:Id=\"KEY\">{}</wsse:BinarySecurityToken>\
         <ds:Signature xmlns:ds=\"{DS}\">{info}<ds:SignatureValue>{}</ds:SignatureValue><ds:KeyInfo>\
         <wsse:SecurityTokenReference><wsse:Reference URI=\"#KEY\" ValueType=\"{X509}\"/>\
         </wsse:SecurityTokenReference></ds:KeyInfo></ds:Signature></wsse:Security>",
        BASE64_STANDARD.encode(&keys.signing.0),
        BASE64_STANDARD.encode(value),
    );
    Ok(envelope.replacen("</wsse:Security>", &block, 1))
}

/// Checks the gateway's signature: one signature, by the agreed certificate, over the one Body and the one Timestamp.
///
/// # Errors
/// A sentence for the ledger.
pub(in super::super) fn verify(envelope: &[u8], keys: &Keys) -> Result<(), String> {
    let text = std::str::from_utf8(envelope).map_err(|_| "not UTF-8")?;
    let doc = uppsala::parse(text).map_err(|fault| fault.to_string())?;
    let text = |name: &str, namespace: &str| -> Result<Vec<u8>, String> {
        let value: String =
            doc.text_content_deep(single(&doc, namespace, name)?).split_whitespace().collect();
        BASE64_STANDARD.decode(value).map_err(|_| format!("{name} is not Base64"))
    };
    if text("BinarySecurityToken", WSSE)? != keys.gateway.as_ref() {
        return Err("signed with another certificate than the agreed one".to_owned());
    }
    single(&doc, DS, "Signature")?;
    let info = single(&doc, DS, "SignedInfo")?;
    let references = doc.child_elements_by_name_ns(info, DS, "Reference");
    if references.len() != 2 {
        return Err(format!("{} references, two are wanted", references.len()));
    }
    for (what, node) in [("Body", body(&doc)?), ("Timestamp", single(&doc, WSU, "Timestamp")?)] {
        let id = doc.get_attribute_ns(node, WSU, "Id").ok_or_else(|| format!("{what} has no wsu:Id"))?;
        let uri = format!("#{id}");
        let to_it = references.iter().find(|r| doc.get_attribute(**r, "URI") == Some(uri.as_str()));
        let reference = *to_it.ok_or_else(|| format!("{what} is not signed"))?;
        let wanted = doc.first_child_element_by_name_ns(reference, DS, "DigestValue");
        let wanted = wanted.map(|node| doc.text_content_deep(node)).unwrap_or_default();
        if wanted.trim() != hash(&doc, node)? {
            return Err(format!("{what} was changed after it was signed"));
        }
    }
    let method = doc.get_attribute(single(&doc, DS, "SignatureMethod")?, "Algorithm").unwrap_or_default();
    let signed = canonical(&doc, info)?;
    if proves(&keys.gateway, method, &signed, &text("SignatureValue", DS)?) {
        Ok(())
    } else {
        Err("the signature is not that of the agreed key".to_owned())
    }
}

fn proves(certificate: &CertificateDer<'_>, method: &str, signed: &[u8], value: &[u8]) -> bool {
    let algorithm: &'static dyn VerificationAlgorithm = match method {
        ECDSA => &ECDSA_P256_SHA256_FIXED,
        RSA => &RSA_PKCS1_2048_8192_SHA256,
        _ => return false,
    };
    let Ok(parsed) = ParsedCertificate::try_from(certificate) else { return false };
    UnparsedPublicKey::new(algorithm, parsed.subject_public_key_info().as_ref()).verify(signed, value).is_ok()
}
