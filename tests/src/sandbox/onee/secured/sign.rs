//! The signature of the contract (section 2) as it is written: exclusive canonical form, SHA-256. Written from the
//! contract alone; only the canonical form comes from outside, and xmlsec1 judges it.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use uppsala::NodeId;

use super::super::security::WSU;
use super::Signer;
use super::canonical::{DIGEST, DS, EXCLUSIVE, X509, body, hash, single};

/// What a signature is over. The contract wants both; a part of it is for those who test whether that is checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Covers {
    Both,
    TimestampAlone,
    BodyAlone,
}

/// Signs an envelope whose `Body` and `Timestamp` have a `wsu:Id`; token and signature go to the end of `Security`.
///
/// # Errors
/// A sentence: something that must be there once is not.
pub(crate) fn sign(envelope: &str, signer: &Signer, covers: Covers) -> Result<String, String> {
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
    let mut references = String::new();
    if covers != Covers::BodyAlone {
        references += &reference(single(&doc, WSU, "Timestamp")?)?;
    }
    if covers != Covers::TimestampAlone {
        references += &reference(body(&doc)?)?;
    }
    // Written in canonical form at once, so that it can be signed as it stands.
    let (info, value) = signer.sign(|method| {
        format!(
            "<ds:SignedInfo xmlns:ds=\"{DS}\"><ds:CanonicalizationMethod Algorithm=\"{EXCLUSIVE}\">\
             </ds:CanonicalizationMethod><ds:SignatureMethod Algorithm=\"{method}\"></ds:SignatureMethod>\
             {references}</ds:SignedInfo>"
        )
    })?;
    let block = format!(
        "<wsse:BinarySecurityToken ValueType=\"{X509}\" wsu:Id=\"KEY\">{}</wsse:BinarySecurityToken>\
         <ds:Signature xmlns:ds=\"{DS}\">{info}<ds:SignatureValue>{}</ds:SignatureValue><ds:KeyInfo>\
         <wsse:SecurityTokenReference><wsse:Reference URI=\"#KEY\" ValueType=\"{X509}\"/>\
         </wsse:SecurityTokenReference></ds:KeyInfo></ds:Signature></wsse:Security>",
        BASE64_STANDARD.encode(&signer.certificate),
        BASE64_STANDARD.encode(value),
    );
    Ok(envelope.replacen("</wsse:Security>", &block, 1))
}
