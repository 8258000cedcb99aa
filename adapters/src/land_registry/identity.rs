//! Identity headers in the manner of the X-Road message protocol 4.0, and the hash of the request that the
//! answer must carry (README, section 2).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha512};

use crate::transport::soap::Envelope;
use crate::transport::xml::Element;
use crate::transport::xml_out::XmlOut;

const XRO: &str = "http://x-road.eu/xsd/xroad.xsd";
const ID: &str = "http://x-road.eu/xsd/identifiers";
const SHA_512: &str = "http://www.w3.org/2001/04/xmlenc#sha512";
const PROTOCOL: &str = "4.0";
const SERVICE_CODE: &str = "TitleState";
const SERVICE_VERSION: &str = "v1";

/// A subsystem of a member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Member {
    pub(super) instance: String,
    pub(super) class: String,
    pub(super) code: String,
    pub(super) subsystem: String,
}

/// Who asks whom, for whom, under which id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Identity {
    pub(super) client: Member,
    pub(super) service: Member,
    pub(super) user: String,
    pub(super) id: String,
}

/// Why an answer is not believed to be the answer to our question.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Mismatch {
    /// A header is absent or says something else than was sent.
    #[error("the answer's header `{0}` is not the one that was sent")]
    Header(&'static str),
    /// No hash, another algorithm, or another value.
    #[error("the answer's requestHash is not that of the request")]
    Hash,
}

impl Member {
    fn parts(&self) -> [(&'static str, &str); 4] {
        [
            ("xRoadInstance", &self.instance),
            ("memberClass", &self.class),
            ("memberCode", &self.code),
            ("subsystemCode", &self.subsystem),
        ]
    }

    /// `MA/GOV/DGCT/wasl`, as it stands in HTTP headers.
    pub(super) fn path(&self) -> String {
        self.parts().map(|(_, value)| value).join("/")
    }

    fn is_in(&self, header: &Element) -> bool {
        self.parts().iter().all(|(name, value)| header.child_text(ID, name) == Some(value))
    }
}

impl Identity {
    /// Writes the header blocks of a request.
    pub(super) fn write(&self, out: &mut XmlOut) {
        let xro = ("xmlns:xro", XRO);
        out.open("xro:client", &[xro, ("xmlns:id", ID), ("id:objectType", "SUBSYSTEM")]);
        write_parts(out, &self.client);
        out.close();
        out.open("xro:service", &[xro, ("xmlns:id", ID), ("id:objectType", "SERVICE")]);
        write_parts(out, &self.service);
        out.leaf("id:serviceCode", SERVICE_CODE);
        out.leaf("id:serviceVersion", SERVICE_VERSION);
        out.close();
        out.leaf_with("xro:userId", &[xro], &self.user);
        out.leaf_with("xro:id", &[xro], &self.id);
        out.leaf_with("xro:protocolVersion", &[xro], PROTOCOL);
    }

    /// Checks that an answer repeats what was sent, and carries the hash of exactly these request bytes.
    pub(super) fn check(&self, answer: &Envelope, request: &[u8]) -> Result<(), Mismatch> {
        let block = |name: &'static str| answer.header(XRO, name).ok_or(Mismatch::Header(name));
        if !self.client.is_in(block("client")?) {
            return Err(Mismatch::Header("client"));
        }
        let service = block("service")?;
        let code = service.child_text(ID, "serviceCode") == Some(SERVICE_CODE);
        let version = service.child_text(ID, "serviceVersion") == Some(SERVICE_VERSION);
        if !(self.service.is_in(service) && code && version) {
            return Err(Mismatch::Header("service"));
        }
        for (name, value) in [("userId", self.user.as_str()), ("id", &self.id), ("protocolVersion", PROTOCOL)]
        {
            if block(name)?.trimmed() != value {
                return Err(Mismatch::Header(name));
            }
        }
        let hash = answer.header(XRO, "requestHash").ok_or(Mismatch::Hash)?;
        let same = hash.trimmed() == hash_of(request) && hash.attribute("", "algorithmId") == Some(SHA_512);
        if same { Ok(()) } else { Err(Mismatch::Hash) }
    }
}

fn write_parts(out: &mut XmlOut, member: &Member) {
    for (name, value) in member.parts() {
        out.leaf(&format!("id:{name}"), value);
    }
}

/// Base64 of SHA-512 over the HTTP body as it was sent.
fn hash_of(request: &[u8]) -> String {
    STANDARD.encode(Sha512::digest(request))
}
