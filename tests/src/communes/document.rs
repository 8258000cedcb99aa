//! Documents of a file: small PDF files made from the reference, so that anybody can make the same bytes again.

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// Kinds of document by permit; the first is the main one.
fn kinds(permit: &str) -> &'static [&'static str] {
    match permit {
        "building" | "housing-group" | "regularisation" => {
            &["plan-masse", "certificat-propriete", "contrat-architecte"]
        }
        "subdivision" | "parcelling" => &["plan-lotissement", "certificat-propriete"],
        "occupancy" | "conformity" => &["demande", "attestation-architecte"],
        "classified-2" | "classified-3" => &["plan-installation", "notice-securite"],
        _ => &["demande"],
    }
}

/// The bytes of a document.
#[must_use]
pub fn bytes(reference: &str, kind: &str) -> Vec<u8> {
    let title = format!("{kind} {reference}");
    format!(
        "%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n\
         3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>endobj\n% {title}\ntrailer<</Root 1 0 R>>\n%%EOF\n"
    )
    .into_bytes()
}

/// SHA-256 of bytes, 64 lower-case hexadecimal digits.
#[must_use]
pub fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A document as a file names it.
#[must_use]
pub fn entry(reference: &str, kind: &str, main: bool) -> Value {
    let bytes = bytes(reference, kind);
    json!({
        "kind": kind,
        "main": main,
        "media_type": "application/pdf",
        "size_bytes": bytes.len(),
        "sha256": sha256(&bytes),
    })
}

/// The documents of a file.
#[must_use]
pub fn of_file(reference: &str, permit: &str) -> Vec<Value> {
    kinds(permit).iter().enumerate().map(|(index, kind)| entry(reference, kind, index == 0)).collect()
}

/// The bytes of the documents of a file.
#[must_use]
pub fn all_bytes(reference: &str, permit: &str) -> Vec<Vec<u8>> {
    kinds(permit).iter().map(|kind| bytes(reference, kind)).collect()
}
