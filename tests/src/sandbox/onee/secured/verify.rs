//! The signature of the contract (section 2) as it is checked: one, by the agreed certificate, over the one Body and
//! the one Timestamp.

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey, VerificationAlgorithm,
};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use rustls::pki_types::CertificateDer;
use rustls::server::ParsedCertificate;
use uppsala::{Document, NodeId};

use super::super::security::{WSSE, WSU};
use super::canonical::{DS, ECDSA, RSA, body, canonical, hash, single};

/// Why a signature is not taken: the subcode of the fault, and a sentence for the ledger.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Disbelief {
    pub(crate) subcode: &'static str,
    pub(crate) reason: String,
}

/// Nothing is signed, or not what must be.
fn lacking(reason: impl Into<String>) -> Disbelief {
    Disbelief { subcode: "InvalidSecurity", reason: reason.into() }
}

/// Signed, and then changed or by another key.
fn failed(reason: impl Into<String>) -> Disbelief {
    Disbelief { subcode: "FailedCheck", reason: reason.into() }
}

/// Checks a message that came.
///
/// # Errors
/// Why it is not believed.
pub(crate) fn verify(envelope: &[u8], agreed: &CertificateDer<'_>) -> Result<(), Disbelief> {
    let text = std::str::from_utf8(envelope).map_err(|_| lacking("not UTF-8"))?;
    let doc = uppsala::parse(text).map_err(|fault| lacking(fault.to_string()))?;
    if decoded(&doc, WSSE, "BinarySecurityToken")? != agreed.as_ref() {
        let reason = "signed with another certificate than the agreed one".to_owned();
        return Err(Disbelief { subcode: "InvalidSecurityToken", reason });
    }
    single(&doc, DS, "Signature").map_err(lacking)?;
    let info = single(&doc, DS, "SignedInfo").map_err(lacking)?;
    covered(&doc, info)?;
    let method = single(&doc, DS, "SignatureMethod").map_err(lacking)?;
    let method = doc.get_attribute(method, "Algorithm").unwrap_or_default();
    let signed = canonical(&doc, info).map_err(failed)?;
    if proves(agreed, method, &signed, &decoded(&doc, DS, "SignatureValue")?) {
        Ok(())
    } else {
        Err(failed("the signature is not that of the agreed key"))
    }
}

/// Exactly Body and Timestamp, and both as they were signed.
fn covered(doc: &Document<'_>, info: NodeId) -> Result<(), Disbelief> {
    let references = doc.child_elements_by_name_ns(info, DS, "Reference");
    if references.len() != 2 {
        return Err(lacking(format!("{} references, two are wanted", references.len())));
    }
    let (body, stamp) = (body(doc).map_err(lacking)?, single(doc, WSU, "Timestamp").map_err(lacking)?);
    for (what, node) in [("Body", body), ("Timestamp", stamp)] {
        let id =
            doc.get_attribute_ns(node, WSU, "Id").ok_or_else(|| lacking(format!("{what} has no wsu:Id")))?;
        let uri = format!("#{id}");
        let to_it = references.iter().find(|r| doc.get_attribute(**r, "URI") == Some(uri.as_str()));
        let reference = *to_it.ok_or_else(|| lacking(format!("{what} is not signed")))?;
        let wanted = doc.first_child_element_by_name_ns(reference, DS, "DigestValue");
        let wanted = wanted.map(|node| doc.text_content_deep(node)).unwrap_or_default();
        if wanted.trim() != hash(doc, node).map_err(failed)? {
            return Err(failed(format!("{what} was changed after it was signed")));
        }
    }
    Ok(())
}

/// Bytes that stand as Base64 in the one element of a name.
fn decoded(doc: &Document<'_>, namespace: &str, name: &str) -> Result<Vec<u8>, Disbelief> {
    let node = single(doc, namespace, name).map_err(lacking)?;
    let value: String = doc.text_content_deep(node).split_whitespace().collect();
    BASE64_STANDARD.decode(value).map_err(|_| failed(format!("{name} is not Base64")))
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
