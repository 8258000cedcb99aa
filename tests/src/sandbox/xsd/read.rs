//! Reads a schema document into what the check needs.

use std::collections::HashMap;

use super::super::xml::{self, Element};
use super::simple::Simple;

const XS: &str = "http://www.w3.org/2001/XMLSchema";
const XML: &str = "http://www.w3.org/XML/1998/namespace";

/// A schema with one target namespace.
#[derive(Debug, Default)]
pub(crate) struct Schema {
    pub(super) namespace: String,
    pub(super) elements: HashMap<String, ElementRule>,
    pub(super) complex: HashMap<String, Complex>,
    pub(super) simple: HashMap<String, Simple>,
}

#[derive(Debug)]
pub(super) struct ElementRule {
    pub(super) name: String,
    pub(super) kind: Kind,
}

/// The type of an element, an attribute or a base.
#[derive(Debug)]
pub(super) enum Kind {
    /// A type of XML Schema itself.
    BuiltIn(String),
    /// A type of this schema.
    Named(String),
    Complex(Box<Complex>),
    Simple(Box<Simple>),
}

#[derive(Debug, Default)]
pub(super) struct Complex {
    pub(super) attributes: Vec<AttributeRule>,
    pub(super) sequence: Vec<Particle>,
    pub(super) text: Option<Kind>,
}

#[derive(Debug)]
pub(super) struct AttributeRule {
    pub(super) namespace: String,
    pub(super) name: String,
    pub(super) required: bool,
    pub(super) fixed: Option<String>,
    pub(super) kind: Kind,
}

/// What may stand in a sequence, and how often.
#[derive(Debug)]
pub(super) struct Particle {
    pub(super) min: usize,
    pub(super) max: usize,
    pub(super) term: Term,
}

#[derive(Debug)]
pub(super) enum Term {
    Element(ElementRule),
    Choice(Vec<Particle>),
    /// Any element of this namespace, or of any when empty.
    Any(String),
}

impl Schema {
    /// Reads a schema document.
    ///
    /// # Errors
    /// The document is not a schema, or uses a construct that this reader does not know.
    pub(crate) fn read(text: &str) -> Result<Self, String> {
        let root = xml::parse(text.as_bytes())?;
        if !root.is(XS, "schema") {
            return Err("not a schema document".to_owned());
        }
        let mut schema = Self {
            namespace: root.attribute("targetNamespace").unwrap_or_default().to_owned(),
            ..Self::default()
        };
        for item in &root.children {
            let name = item.attribute("name").unwrap_or_default().to_owned();
            match item.name.as_str() {
                "element" => _ = schema.elements.insert(name, element(item)?),
                "complexType" => _ = schema.complex.insert(name, complex(item)?),
                "simpleType" => _ = schema.simple.insert(name, simple(item)?),
                "import" | "annotation" => {}
                other => return Err(format!("{other} at the top of a schema is not known")),
            }
        }
        Ok(schema)
    }
}

fn element(item: &Element) -> Result<ElementRule, String> {
    let name = item.attribute("name").ok_or("an element without a name")?.to_owned();
    Ok(ElementRule { name, kind: kind(item)? })
}

/// The type that an element or attribute names or holds.
fn kind(item: &Element) -> Result<Kind, String> {
    if let Some(named) = item.attribute("type") {
        return Ok(reference(named));
    }
    if let Some(inner) = item.child("complexType") {
        return Ok(Kind::Complex(Box::new(complex(inner)?)));
    }
    if let Some(inner) = item.child("simpleType") {
        return Ok(Kind::Simple(Box::new(simple(inner)?)));
    }
    Ok(Kind::BuiltIn("string".to_owned()))
}

/// The contracts write the prefix `xs` for XML Schema and any other, or none, for their own types.
fn reference(named: &str) -> Kind {
    match named.split_once(':') {
        Some(("xs", local)) => Kind::BuiltIn(local.to_owned()),
        Some((_, local)) => Kind::Named(local.to_owned()),
        None => Kind::Named(named.to_owned()),
    }
}

fn complex(item: &Element) -> Result<Complex, String> {
    let mut complex = Complex::default();
    for part in &item.children {
        match part.name.as_str() {
            "sequence" => complex.sequence = particles(part)?,
            "choice" => {
                let term = Term::Choice(particles(part)?);
                complex.sequence = vec![Particle { min: minimum(part), max: maximum(part), term }];
            }
            "attribute" => complex.attributes.push(attribute(part)?),
            "simpleContent" => {
                let extension = part.child("extension").ok_or("simpleContent without extension")?;
                complex.text = Some(reference(extension.attribute("base").unwrap_or("xs:string")));
                for inner in extension.all("attribute") {
                    complex.attributes.push(attribute(inner)?);
                }
            }
            other => return Err(format!("{other} in a complexType is not known")),
        }
    }
    Ok(complex)
}

fn particles(item: &Element) -> Result<Vec<Particle>, String> {
    let mut found = Vec::new();
    for part in &item.children {
        let term = match part.name.as_str() {
            "element" => Term::Element(element(part)?),
            "choice" => Term::Choice(particles(part)?),
            "any" => Term::Any(part.attribute("namespace").unwrap_or_default().replace("##any", "")),
            other => return Err(format!("{other} in a sequence is not known")),
        };
        found.push(Particle { min: minimum(part), max: maximum(part), term });
    }
    Ok(found)
}

fn minimum(item: &Element) -> usize {
    item.attribute("minOccurs").and_then(|text| text.parse().ok()).unwrap_or(1)
}

fn maximum(item: &Element) -> usize {
    match item.attribute("maxOccurs") {
        Some("unbounded") => usize::MAX,
        text => text.and_then(|text| text.parse().ok()).unwrap_or(1),
    }
}

fn attribute(item: &Element) -> Result<AttributeRule, String> {
    let required = item.attribute("use") == Some("required");
    let fixed = item.attribute("fixed").map(str::to_owned);
    if let Some(named) = item.attribute("ref") {
        let local = named.strip_prefix("xml:").ok_or("only attributes of xml: may be referred to")?;
        let kind = Kind::BuiltIn("string".to_owned());
        return Ok(AttributeRule {
            namespace: XML.to_owned(),
            name: local.to_owned(),
            required,
            fixed,
            kind,
        });
    }
    let name = item.attribute("name").ok_or("an attribute without a name")?.to_owned();
    Ok(AttributeRule { namespace: String::new(), name, required, fixed, kind: kind(item)? })
}

fn simple(item: &Element) -> Result<Simple, String> {
    let restriction = item.child("restriction").ok_or("a simpleType without restriction")?;
    let base = reference(restriction.attribute("base").unwrap_or("xs:string"));
    Simple::read(base, restriction)
}
