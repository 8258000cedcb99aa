//! An envelope as canonicalisation sees it: with prefixes and namespace declarations, which [`Element`] leaves out.
//!
//! [`Element`]: crate::transport::xml::Element

use std::collections::BTreeMap;

use bergshamra_c14n::{C14nMode, canonicalize_doc};
use bergshamra_xml::NodeSet;
use quick_xml::Reader;
use quick_xml::events::Event;
use uppsala::{Document, NodeId, NodeKind};

use super::SignatureFault;
use crate::transport::soap::{SOAP_11, SOAP_12};
use crate::transport::wsse::{WSSE, WSU};
use crate::transport::xml::{XmlLimits, parse};

const XML: &str = "http://www.w3.org/XML/1998/namespace";

/// A parsed envelope.
pub(super) struct Tree<'a> {
    doc: Document<'a>,
}

/// The parts of an envelope that matter here, each there exactly once.
#[derive(Debug, Clone, Copy)]
pub(super) struct Parts {
    pub(super) body: NodeId,
    pub(super) security: NodeId,
    pub(super) timestamp: NodeId,
}

const UNREADABLE: SignatureFault = SignatureFault::Profile("the envelope cannot be read");

/// The text of an envelope, ready for [`Tree::read`]. Our own reader goes first: it keeps the limits and refuses
/// document types. Line ends and tabs inside tags become spaces (XML 1.0, section 3.3.3), which the reader below
/// leaves undone in attributes.
pub(super) fn normal(envelope: &[u8]) -> Result<String, SignatureFault> {
    parse(envelope, XmlLimits::default()).map_err(|_| UNREADABLE)?;
    let text = std::str::from_utf8(envelope).map_err(|_| UNREADABLE)?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let (mut reader, mut out, mut from) = (Reader::from_str(text), String::with_capacity(text.len()), 0);
    loop {
        let event = reader.read_event().map_err(|_| UNREADABLE)?;
        let to = usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX);
        let raw = text.get(from..to).ok_or(UNREADABLE)?;
        match event {
            Event::Start(_) | Event::Empty(_) => {
                out.push_str(&raw.replace("\r\n", " ").replace(['\t', '\n', '\r'], " "));
            }
            Event::Eof => return Ok(out),
            _ => out.push_str(raw),
        }
        from = to;
    }
}

impl<'a> Tree<'a> {
    /// Reads what [`normal`] gave.
    pub(super) fn read(text: &'a str) -> Result<Self, SignatureFault> {
        uppsala::parse(text).map(|doc| Self { doc }).map_err(|_| UNREADABLE)
    }

    /// The root element.
    pub(super) fn root(&self) -> Result<NodeId, SignatureFault> {
        self.doc.document_element().ok_or(SignatureFault::Profile("no element"))
    }

    /// Envelope, Header, Body, Security and Timestamp; any of them twice is a fault.
    pub(super) fn parts(&self) -> Result<Parts, SignatureFault> {
        let root = self.root()?;
        let soap = [SOAP_11, SOAP_12]
            .into_iter()
            .find(|ns| self.is(root, ns, "Envelope"))
            .ok_or(SignatureFault::Profile("not an envelope"))?;
        let header = self.only(root, soap, "Header", "exactly one Header")?;
        let body = self.only(root, soap, "Body", "exactly one Body")?;
        if self.elements(root).len() != 2 {
            return Err(SignatureFault::Profile("an envelope holds a Header and a Body"));
        }
        if !self.elements(header).iter().any(|block| self.is(*block, WSSE, "Security")) {
            return Err(SignatureFault::Missing);
        }
        let security = self.only(header, WSSE, "Security", "exactly one Security")?;
        let timestamp = self.only(security, WSU, "Timestamp", "exactly one Timestamp")?;
        Ok(Parts { body, security, timestamp })
    }

    /// Every `Id` of the document. The same twice is a fault, whatever kind of `Id` it is.
    pub(super) fn ids(&self) -> Result<BTreeMap<&str, NodeId>, SignatureFault> {
        let mut ids = BTreeMap::new();
        for node in self.doc.descendants(self.doc.root()) {
            let Some(element) = self.doc.element(node) else { continue };
            for attribute in &element.attributes {
                let local: &str = &attribute.name.local_name;
                let named = match attribute.name.namespace_uri.as_deref() {
                    None | Some("" | WSU | XML) => local.eq_ignore_ascii_case("id"),
                    Some(_) => false,
                };
                if named && ids.insert(&*attribute.value, node).is_some() {
                    return Err(SignatureFault::Coverage("two elements have the same Id"));
                }
            }
        }
        Ok(ids)
    }

    /// Exclusive canonical form of an element with all that is in it; `prefixes` is the `InclusiveNamespaces` list.
    pub(super) fn canonical(&self, element: NodeId, prefixes: &[&str]) -> Result<Vec<u8>, SignatureFault> {
        let subtree = NodeSet::tree_without_comments(element, &self.doc);
        canonicalize_doc(&self.doc, C14nMode::Exclusive, Some(&subtree), prefixes)
            .map_err(|_| SignatureFault::Profile("the canonical form cannot be made"))
    }

    /// The child elements.
    pub(super) fn elements(&self, parent: NodeId) -> Vec<NodeId> {
        self.doc.children_iter(parent).filter(|id| self.doc.element(*id).is_some()).collect()
    }

    /// The one child element of this name.
    pub(super) fn only(
        &self,
        parent: NodeId,
        namespace: &str,
        name: &str,
        wanted: &'static str,
    ) -> Result<NodeId, SignatureFault> {
        match self.doc.child_elements_by_name_ns(parent, namespace, name).as_slice() {
            [only] => Ok(*only),
            _ => Err(SignatureFault::Profile(wanted)),
        }
    }

    /// Whether an element has this name.
    pub(super) fn is(&self, element: NodeId, namespace: &str, name: &str) -> bool {
        self.doc.element(element).is_some_and(|e| e.matches_name_ns(namespace, name))
    }

    /// An attribute; the empty namespace is none.
    pub(super) fn attribute(&self, element: NodeId, namespace: &str, name: &str) -> Option<&str> {
        let is = |uri: Option<&str>| uri.unwrap_or_default() == namespace;
        let mut all = self.doc.element(element)?.attributes.iter();
        let found = all.find(|a| *a.name.local_name == *name && is(a.name.namespace_uri.as_deref()));
        found.map(|a| &*a.value)
    }

    /// Character data without white space: Base64, cut over lines as one likes. An element in it is a fault.
    pub(super) fn base64(&self, element: NodeId) -> Result<String, SignatureFault> {
        let mut text = String::new();
        for child in self.doc.children_iter(element) {
            match self.doc.node_kind(child) {
                Some(NodeKind::Text(piece) | NodeKind::CData(piece)) => text.push_str(piece),
                _ => return Err(SignatureFault::Profile("a value holds more than text")),
            }
        }
        Ok(text.split_ascii_whitespace().collect())
    }

    /// Offset of the end tag of an element that is not empty.
    pub(super) fn end_tag(&self, element: NodeId) -> Option<usize> {
        let range = self.doc.node_range(element)?;
        let source = self.doc.input_text().get(range.clone())?;
        Some(range.start + source.rfind("</")?)
    }
}
