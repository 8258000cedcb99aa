//! The identity headers of the X-Road message protocol 4.0.

use super::super::xml::{Element, tag};

pub(super) const XRO: &str = "http://x-road.eu/xsd/xroad.xsd";
const ID: &str = "http://x-road.eu/xsd/identifiers";

/// Who asks, what, for whom, under which id.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Identity {
    /// `instance/class/member/subsystem`.
    pub(super) client: String,
    /// `instance/class/member/subsystem/service/version`.
    pub(super) service: String,
    pub(super) user: String,
    pub(super) id: String,
    pub(super) protocol: String,
}

/// Reads the headers; what is absent stays empty.
pub(super) fn read(header: &Element) -> Identity {
    let block = |name: &str| header.children.iter().find(|block| block.is(XRO, name));
    let text = |name: &str| block(name).map(|block| block.text.trim().to_owned()).unwrap_or_default();
    Identity {
        client: block("client").map(|block| joined(block, "SUBSYSTEM", &CLIENT)).unwrap_or_default(),
        service: block("service").map(|block| joined(block, "SERVICE", &SERVICE)).unwrap_or_default(),
        user: text("userId"),
        id: text("id"),
        protocol: text("protocolVersion"),
    }
}

const SERVICE: [&str; 6] =
    ["xRoadInstance", "memberClass", "memberCode", "subsystemCode", "serviceCode", "serviceVersion"];
const CLIENT: [&str; 4] = ["xRoadInstance", "memberClass", "memberCode", "subsystemCode"];

/// The parts in their order, joined; empty when the object type or an element is another.
fn joined(block: &Element, kind: &str, names: &[&str]) -> String {
    let typed = block
        .attributes
        .iter()
        .any(|one| one.namespace == ID && one.name == "objectType" && one.value == kind);
    let ordered = block.children.len() == names.len()
        && block.children.iter().zip(names).all(|(child, name)| child.is(ID, name));
    if !typed || !ordered {
        return String::new();
    }
    block.children.iter().map(|child| child.text.trim()).collect::<Vec<_>>().join("/")
}

/// Writes them again, with the hash of the request.
pub(super) fn write(identity: &Identity, request_hash: &str) -> String {
    format!(
        "{}{}{}{}{}<xro:requestHash algorithmId=\"http://www.w3.org/2001/04/xmlenc#sha512\">{request_hash}\
         </xro:requestHash>",
        parts("client", "SUBSYSTEM", &identity.client, &CLIENT),
        parts("service", "SERVICE", &identity.service, &SERVICE),
        tag("xro:userId", &identity.user),
        tag("xro:id", &identity.id),
        tag("xro:protocolVersion", &identity.protocol),
    )
}

fn parts(name: &str, kind: &str, joined: &str, names: &[&str]) -> String {
    let inner: String =
        names.iter().zip(joined.split('/')).map(|(name, value)| tag(&format!("id:{name}"), value)).collect();
    format!("<xro:{name} id:objectType=\"{kind}\">{inner}</xro:{name}>")
}
