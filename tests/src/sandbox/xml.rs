//! A small tree for XML that came in: namespaces resolved, text unescaped, no document type.

use quick_xml::escape::escape;
use quick_xml::events::{BytesStart, Event};
use quick_xml::name::ResolveResult;
use quick_xml::reader::NsReader;

/// Deeper documents are refused.
const DEPTH_MAX: usize = 64;

/// One element with all that stands in it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Element {
    pub(crate) namespace: String,
    pub(crate) name: String,
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) children: Vec<Element>,
    /// Its own character data, pieces joined; white space as it stood.
    pub(crate) text: String,
}

/// An attribute that is not a namespace declaration.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Attribute {
    pub(crate) namespace: String,
    pub(crate) name: String,
    pub(crate) value: String,
}

impl Element {
    /// The first child of that local name.
    pub(crate) fn child(&self, name: &str) -> Option<&Self> {
        self.children.iter().find(|child| child.name == name)
    }

    /// All children of that local name.
    pub(crate) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Self> {
        self.children.iter().filter(move |child| child.name == name)
    }

    /// The element at the end of a path of local names.
    pub(crate) fn at(&self, path: &[&str]) -> Option<&Self> {
        path.iter().try_fold(self, |element, name| element.child(name))
    }

    /// The trimmed text at the end of a path; empty when there is none.
    pub(crate) fn text_at(&self, path: &[&str]) -> &str {
        self.at(path).map_or("", |element| element.text.trim())
    }

    /// The value of an attribute without namespace.
    pub(crate) fn attribute(&self, name: &str) -> Option<&str> {
        let found = self.attributes.iter().find(|one| one.name == name && one.namespace.is_empty());
        found.map(|one| one.value.as_str())
    }

    /// Is it this element of this namespace?
    pub(crate) fn is(&self, namespace: &str, name: &str) -> bool {
        self.namespace == namespace && self.name == name
    }
}

/// Reads a whole document.
///
/// The fault is a sentence for the agency's own fault answer.
pub(crate) fn parse(bytes: &[u8]) -> Result<Element, String> {
    let text = std::str::from_utf8(bytes).map_err(|_| "the document is not UTF-8".to_owned())?;
    let mut reader = NsReader::from_str(text.strip_prefix('\u{feff}').unwrap_or(text));
    let mut open: Vec<Element> = Vec::new();
    let mut root = None;
    loop {
        let event = reader.read_event().map_err(|fault| format!("not well-formed: {fault}"))?;
        match event {
            Event::Start(start) => {
                if root.is_some() || open.len() == DEPTH_MAX {
                    return Err("more than one root element, or nested too deeply".to_owned());
                }
                open.push(element(&reader, &start)?);
            }
            Event::Empty(start) => close(element(&reader, &start)?, &mut open, &mut root)?,
            Event::End(_) => {
                let done = open.pop().ok_or("an end tag without a start tag")?;
                close(done, &mut open, &mut root)?;
            }
            Event::Text(piece) => add_text(&mut open, &piece.xml10_content())?,
            Event::CData(piece) => add_text(&mut open, &piece.xml10_content())?,
            Event::GeneralRef(reference) => add_text(&mut open, &entity(&reference)?)?,
            Event::DocType(_) => return Err("a document type declaration is refused".to_owned()),
            Event::Eof => break,
            Event::Decl(_) | Event::PI(_) | Event::Comment(_) => {}
        }
    }
    if !open.is_empty() {
        return Err("the document ends inside an element".to_owned());
    }
    root.ok_or_else(|| "the document has no root element".to_owned())
}

fn element(reader: &NsReader<&[u8]>, start: &BytesStart<'_>) -> Result<Element, String> {
    let resolver = reader.resolver();
    let (namespace, name) = resolver.resolve_element(start.name());
    let mut element =
        Element { namespace: bound(&namespace)?, name: name.as_ref().to_owned(), ..Element::default() };
    for attribute in start.attributes() {
        let attribute = attribute.map_err(|fault| format!("attribute: {fault}"))?;
        if attribute.key.as_namespace_binding().is_some() {
            continue;
        }
        let (namespace, name) = resolver.resolve_attribute(attribute.key);
        let value = attribute
            .normalized_value(quick_xml::XmlVersion::Implicit1_0)
            .map_err(|fault| format!("attribute: {fault}"))?;
        element.attributes.push(Attribute {
            namespace: bound(&namespace)?,
            name: name.as_ref().to_owned(),
            value: value.into_owned(),
        });
    }
    Ok(element)
}

fn bound(namespace: &ResolveResult<'_>) -> Result<String, String> {
    match namespace {
        ResolveResult::Bound(namespace) => Ok(namespace.as_ref().to_owned()),
        ResolveResult::Unbound => Ok(String::new()),
        ResolveResult::Unknown(prefix) => Err(format!("the prefix {prefix} is not declared")),
    }
}

fn close(done: Element, open: &mut [Element], root: &mut Option<Element>) -> Result<(), String> {
    match open.last_mut() {
        Some(parent) => parent.children.push(done),
        None if root.is_none() => *root = Some(done),
        None => return Err("more than one root element".to_owned()),
    }
    Ok(())
}

fn add_text(open: &mut [Element], piece: &str) -> Result<(), String> {
    match open.last_mut() {
        Some(element) => element.text.push_str(piece),
        None if piece.trim().is_empty() => {}
        None => return Err("text outside the root element".to_owned()),
    }
    Ok(())
}

fn entity(reference: &quick_xml::events::BytesRef<'_>) -> Result<String, String> {
    if let Some(character) = reference.resolve_char_ref().map_err(|fault| fault.to_string())? {
        return Ok(character.to_string());
    }
    let known = match reference.as_ref() {
        "amp" => "&",
        "lt" => "<",
        "gt" => ">",
        "quot" => "\"",
        "apos" => "'",
        other => return Err(format!("the entity {other} is not declared")),
    };
    Ok(known.to_owned())
}

/// `<name>text</name>`, escaped.
pub(crate) fn tag(name: &str, text: &str) -> String {
    format!("<{name}>{}</{name}>", escape(text))
}

/// The same, or nothing for an empty text.
pub(crate) fn optional_tag(name: &str, text: &str) -> String {
    if text.is_empty() { String::new() } else { tag(name, text) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn namespaces_entities_and_cdata_are_read() {
        let root = parse(
            b"<?xml version=\"1.0\"?><a:x xmlns:a='urn:1' xmlns='urn:2' k='1 &amp; 2'><y>R&amp;D &#233;<![CDATA[<z>]]></y></a:x>",
        )
        .unwrap();
        assert!(root.is("urn:1", "x"));
        assert_eq!(root.attribute("k"), Some("1 & 2"));
        assert!(root.children[0].is("urn:2", "y"));
        assert_eq!(root.text_at(&["y"]), "R&D é<z>");
    }

    #[test]
    fn broken_documents_are_refused() {
        let deep = "<a>".repeat(100);
        for text in ["<a><b></a>", "<a/><b/>", "<a>", "", "<x:a/>", "<!DOCTYPE a><a/>", "<a>&foo;</a>", &deep]
        {
            assert!(parse(text.as_bytes()).is_err(), "{text}");
        }
        assert!(parse(b"<a>\xff</a>").is_err());
    }

    #[test]
    fn a_tag_escapes_its_text() {
        assert_eq!(tag("a", "x < y & z"), "<a>x &lt; y &amp; z</a>");
        assert_eq!(optional_tag("a", ""), "");
    }
}
