//! Reading XML from strangers: a small tree with namespaces, under limits, without DTDs.
//!
//! An agency's message is at most a few hundred elements, so a tree is simpler and safer than a stream:
//! readers pick elements by namespace and local name, in any order, and pass over what they do not know.

use std::sync::Arc;

use quick_xml::NsReader;
use quick_xml::XmlVersion;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesRef, BytesStart, Event};
use quick_xml::name::ResolveResult;

/// What may come in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct XmlLimits {
    /// Bytes of the whole document.
    pub body_bytes_max: usize,
    /// Elements inside one another.
    pub depth_max: usize,
    /// Elements and attributes in all.
    pub nodes_max: usize,
}

impl Default for XmlLimits {
    fn default() -> Self {
        Self { body_bytes_max: 1024 * 1024, depth_max: 64, nodes_max: 50_000 }
    }
}

/// Why bytes are not a document that we read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum XmlError {
    /// Larger than [`XmlLimits::body_bytes_max`].
    #[error("the document has {bytes} bytes, at most {max} are read")]
    TooBig {
        /// Its size.
        bytes: usize,
        /// The limit.
        max: usize,
    },
    /// Deeper or with more elements than the limits say.
    #[error("at {at}: the document is deeper or has more elements than is read")]
    TooComplex {
        /// line:column
        at: String,
    },
    /// The bytes do not fit the encoding that they claim.
    #[error("the bytes are not {0}")]
    Encoding(&'static str),
    /// An encoding that is not read.
    #[error("the encoding that the document declares is not read (UTF-8, ISO-8859-1 and windows-1252 are)")]
    UnknownEncoding,
    /// A document type declaration: refused, it can pull in other files or swell without end.
    #[error("at {at}: a document type declaration is refused")]
    Dtd {
        /// line:column
        at: String,
    },
    /// Not well-formed.
    #[error("at {at}: not well-formed: {why}")]
    Malformed {
        /// line:column
        at: String,
        /// What is wrong.
        why: String,
    },
}

/// An element with its namespace resolved.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Element {
    /// Namespace name; empty when there is none. Elements inside one another share it.
    pub namespace: Arc<str>,
    /// Local name.
    pub name: String,
    /// Attributes: namespace (empty when none), local name, value.
    pub attributes: Vec<(String, String, String)>,
    /// Child elements in order.
    pub children: Vec<Element>,
    /// Character data of this element itself, joined.
    pub text: String,
}

impl Element {
    /// The first child with this namespace and name.
    #[must_use]
    pub fn child(&self, namespace: &str, name: &str) -> Option<&Self> {
        self.children.iter().find(|c| c.is(namespace, name))
    }

    /// The child with this namespace and name, when there is exactly one: where two values under one name would
    /// let a reader and a checker see different things.
    #[must_use]
    pub fn only(&self, namespace: &str, name: &str) -> Option<&Self> {
        let mut found = self.children.iter().filter(|c| c.is(namespace, name));
        found.next().filter(|_| found.next().is_none())
    }

    /// All children with this namespace and name.
    pub fn all<'a>(&'a self, namespace: &'a str, name: &'a str) -> impl Iterator<Item = &'a Self> {
        self.children.iter().filter(move |c| c.is(namespace, name))
    }

    /// Trimmed text of the first child with this name; `None` when absent or empty.
    #[must_use]
    pub fn child_text(&self, namespace: &str, name: &str) -> Option<&str> {
        self.child(namespace, name).map(Self::trimmed).filter(|t| !t.is_empty())
    }

    /// The text without the white space around it.
    #[must_use]
    pub fn trimmed(&self) -> &str {
        self.text.trim()
    }

    /// An attribute's value.
    #[must_use]
    pub fn attribute(&self, namespace: &str, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(ns, n, _)| ns == namespace && n == name).map(|(_, _, v)| v.as_str())
    }

    /// Whether it has this namespace and local name.
    #[must_use]
    pub fn is(&self, namespace: &str, name: &str) -> bool {
        &*self.namespace == namespace && self.name == name
    }
}

/// Reads a document: UTF-8 only, as HTTP partners must send it.
///
/// # Errors
/// [`XmlError`] says where and why.
pub fn parse(bytes: &[u8], limits: XmlLimits) -> Result<Element, XmlError> {
    check_size(bytes, limits)?;
    let text = std::str::from_utf8(bytes).map_err(|_| XmlError::Encoding("UTF-8"))?;
    parse_text(text.strip_prefix('\u{feff}').unwrap_or(text), limits)
}

/// Refuses what is too big before anything else is done with it.
pub(super) fn check_size(bytes: &[u8], limits: XmlLimits) -> Result<(), XmlError> {
    if bytes.len() > limits.body_bytes_max {
        return Err(XmlError::TooBig { bytes: bytes.len(), max: limits.body_bytes_max });
    }
    Ok(())
}

/// Reads text that is decoded already.
pub(super) fn parse_text(text: &str, limits: XmlLimits) -> Result<Element, XmlError> {
    let mut reader = NsReader::from_str(text);
    // An empty element is then a start and an end, as everything else.
    reader.config_mut().expand_empty_elements = true;
    let mut tree = Tree { open: Vec::new(), root: None, nodes: 0, limits };
    loop {
        let offset = usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX);
        let at = || place(text, offset);
        let event = reader.read_event().map_err(|e| malformed(text, &reader, &e))?;
        match event {
            Event::Start(start) => {
                let around = tree.open.last().map(|parent| &parent.namespace);
                let element = element_of(&reader, &start, around)
                    .map_err(|why| XmlError::Malformed { at: at(), why })?;
                tree.start(element).map_err(|fault| fault.at(at()))?;
            }
            Event::End(_) => tree.end(),
            Event::Text(t) => tree.text(&t.xml10_content()).map_err(|fault| fault.at(at()))?,
            Event::CData(t) => tree.text(&t.xml10_content()).map_err(|fault| fault.at(at()))?,
            Event::GeneralRef(r) => {
                let text = character(&r).map_err(|why| XmlError::Malformed { at: at(), why })?;
                tree.text(&text).map_err(|fault| fault.at(at()))?;
            }
            Event::DocType(_) => return Err(XmlError::Dtd { at: at() }),
            Event::Decl(_) | Event::Comment(_) | Event::PI(_) => {}
            Event::Eof if !tree.open.is_empty() => {
                return Err(XmlError::Malformed {
                    at: at(),
                    why: "the document ends inside an element".to_owned(),
                });
            }
            Event::Eof => {
                return tree
                    .root
                    .ok_or_else(|| XmlError::Malformed { at: at(), why: "no element".to_owned() });
            }
            _ => {}
        }
    }
}

/// The tree while it grows.
struct Tree {
    open: Vec<Element>,
    root: Option<Element>,
    nodes: usize,
    limits: XmlLimits,
}

/// A fault whose place is not known yet.
enum Fault {
    TooComplex,
    Outside,
}

impl Fault {
    fn at(self, at: String) -> XmlError {
        match self {
            Self::TooComplex => XmlError::TooComplex { at },
            Self::Outside => XmlError::Malformed { at, why: "content outside the root element".to_owned() },
        }
    }
}

impl Tree {
    fn start(&mut self, element: Element) -> Result<(), Fault> {
        self.nodes += 1 + element.attributes.len();
        if self.nodes > self.limits.nodes_max || self.open.len() >= self.limits.depth_max {
            return Err(Fault::TooComplex);
        }
        if self.open.is_empty() && self.root.is_some() {
            return Err(Fault::Outside);
        }
        self.open.push(element);
        Ok(())
    }

    fn end(&mut self) {
        if let Some(done) = self.open.pop() {
            match self.open.last_mut() {
                Some(parent) => parent.children.push(done),
                None => self.root = Some(done),
            }
        }
    }

    fn text(&mut self, text: &str) -> Result<(), Fault> {
        match self.open.last_mut() {
            Some(element) => element.text.push_str(text),
            None if text.trim().is_empty() => {}
            None => return Err(Fault::Outside),
        }
        Ok(())
    }
}

fn element_of(
    reader: &NsReader<&[u8]>,
    start: &BytesStart<'_>,
    around: Option<&Arc<str>>,
) -> Result<Element, String> {
    let (namespace, name) = reader.resolver().resolve_element(start.name());
    let namespace = namespace_name(&namespace)?;
    let mut element = Element {
        namespace: around
            .filter(|around| &***around == namespace)
            .map_or_else(|| namespace.into(), Arc::clone),
        name: name.as_ref().to_owned(),
        ..Element::default()
    };
    for attribute in start.attributes() {
        let attribute = attribute.map_err(|e| e.to_string())?;
        let key = attribute.key.as_ref();
        if key == "xmlns" || key.starts_with("xmlns:") {
            continue;
        }
        let (namespace, name) = reader.resolver().resolve_attribute(attribute.key);
        let value = attribute.normalized_value(XmlVersion::Implicit1_0).map_err(|e| e.to_string())?;
        element.attributes.push((
            namespace_name(&namespace)?.to_owned(),
            name.as_ref().to_owned(),
            value.into_owned(),
        ));
    }
    Ok(element)
}

fn namespace_name<'n>(resolved: &'n ResolveResult<'_>) -> Result<&'n str, String> {
    match resolved {
        ResolveResult::Bound(namespace) => Ok(namespace.as_ref()),
        ResolveResult::Unbound => Ok(""),
        ResolveResult::Unknown(prefix) => Err(format!("the namespace prefix `{prefix}` is not declared")),
    }
}

/// `&amp;` and `&#x41;`; any other entity would need a DTD.
fn character(reference: &BytesRef<'_>) -> Result<String, String> {
    if let Some(c) = reference.resolve_char_ref().map_err(|e| e.to_string())? {
        return Ok(c.to_string());
    }
    let name = reference.xml10_content();
    resolve_predefined_entity(&name)
        .map(str::to_owned)
        .ok_or_else(|| format!("the entity `{name}` is not defined"))
}

fn malformed(text: &str, reader: &NsReader<&[u8]>, error: &quick_xml::Error) -> XmlError {
    let offset = usize::try_from(reader.error_position()).unwrap_or(usize::MAX);
    XmlError::Malformed { at: place(text, offset), why: error.to_string() }
}

/// `line:column` of a byte offset, both from 1.
fn place(text: &str, offset: usize) -> String {
    let before = text.as_bytes().get(..offset.min(text.len())).unwrap_or_default();
    let line = 1 + before.iter().filter(|b| **b == b'\n').count();
    let column = 1 + before.iter().rev().take_while(|b| **b != b'\n').count();
    format!("{line}:{column}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Element, XmlError> {
        parse(text.as_bytes(), XmlLimits::default())
    }

    #[test]
    fn names_are_compared_by_namespace_not_by_prefix() {
        let one = read("<a:x xmlns:a='urn:n'><a:y k='1'>v</a:y></a:x>").unwrap();
        let two = read("<x xmlns='urn:n'><y k='1'>v</y></x>").unwrap();
        assert_eq!(one, two);
        assert_eq!(one.child_text("urn:n", "y"), Some("v"));
        assert_eq!(one.child("urn:n", "y").and_then(|y| y.attribute("", "k")), Some("1"));
    }

    #[test]
    fn characters_and_predefined_entities_are_read_others_refused() {
        let x = read("<x>a &amp; b &#x645; <![CDATA[<c>]]></x>").unwrap();
        assert_eq!(x.text, "a & b م <c>");
        assert!(matches!(read("<x>&boom;</x>"), Err(XmlError::Malformed { .. })));
    }

    #[test]
    fn a_dtd_is_refused_even_when_harmless() {
        let bomb = "<!DOCTYPE x [<!ENTITY a 'aaaa'>]>\n<x>&a;</x>";
        assert_eq!(read(bomb), Err(XmlError::Dtd { at: "1:1".to_owned() }));
    }

    #[test]
    fn limits_hold() {
        let deep = "<x>".repeat(100) + &"</x>".repeat(100);
        assert!(matches!(read(&deep), Err(XmlError::TooComplex { .. })));
        let limits = XmlLimits { nodes_max: 3, ..XmlLimits::default() };
        assert!(matches!(parse(b"<x><a/><b/><c/></x>", limits), Err(XmlError::TooComplex { .. })));
        let limits = XmlLimits { body_bytes_max: 3, ..XmlLimits::default() };
        assert_eq!(parse(b"<x/>", limits), Err(XmlError::TooBig { bytes: 4, max: 3 }));
    }

    #[test]
    fn broken_documents_say_where() {
        let fault = read("<x>\n  <y>\n</x>").unwrap_err();
        assert!(matches!(&fault, XmlError::Malformed { at, .. } if at.starts_with('3')), "{fault}");
        for bad in ["", "text", "<x/><y/>", "<x>", "<x/>tail", "<p:x/>", "<x a='1' a='2'/>"] {
            assert!(read(bad).is_err(), "{bad}");
        }
        assert_eq!(parse(b"<x>\xe9</x>", XmlLimits::default()), Err(XmlError::Encoding("UTF-8")));
    }
}
