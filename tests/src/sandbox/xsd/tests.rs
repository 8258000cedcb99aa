use super::super::xml;
use super::{Schema, faults};

const SCHEMA: &str = r#"<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:t="urn:t" targetNamespace="urn:t">
  <xs:element name="order" type="t:Order"/>
  <xs:complexType name="Order"><xs:sequence>
    <xs:element name="code" type="t:Code"/>
    <xs:choice><xs:element name="a" type="xs:date"/><xs:element name="b" type="xs:positiveInteger"/></xs:choice>
    <xs:element name="area" minOccurs="0" maxOccurs="2"><xs:complexType><xs:simpleContent>
      <xs:extension base="t:Quantity"><xs:attribute name="uom" type="xs:token" fixed="m2" use="required"/></xs:extension>
    </xs:simpleContent></xs:complexType></xs:element>
  </xs:sequence></xs:complexType>
  <xs:simpleType name="Code"><xs:restriction base="xs:token"><xs:pattern value="[A-Za-z0-9._\-]{1,8}"/></xs:restriction></xs:simpleType>
  <xs:simpleType name="Quantity"><xs:restriction base="xs:decimal"><xs:minInclusive value="0"/><xs:fractionDigits value="2"/></xs:restriction></xs:simpleType>
</xs:schema>"#;

fn check(inner: &str) -> Vec<String> {
    let schema = Schema::read(SCHEMA).unwrap();
    let document = format!("<order xmlns='urn:t'>{inner}</order>");
    faults(&schema, &xml::parse(document.as_bytes()).unwrap())
}

#[test]
fn a_valid_document_has_no_fault() {
    assert_eq!(check("<code>a-b.9</code><b>3</b><area uom='m2'>4.50</area>"), Vec::<String>::new());
    assert_eq!(check("<code>x</code><a>2026-11-03</a>"), Vec::<String>::new());
}

#[test]
fn every_kind_of_fault_is_named_with_its_path() {
    for (inner, path) in [
        ("<b>3</b><code>x</code>", "/order: code missing or out of order"),
        ("<code>x</code>", "/order: a or b missing"),
        ("<code>no space</code><b>3</b>", "/order/code"),
        ("<code>123456789</code><b>3</b>", "/order/code"),
        ("<code>x</code><b>0</b>", "/order/b"),
        ("<code>x</code><a>2026-13-03</a>", "/order/a"),
        ("<code>x</code><b>1</b><area>1</area>", "/order/area: attribute uom missing"),
        ("<code>x</code><b>1</b><area uom='ha'>1</area>", "/order/area: attribute uom"),
        ("<code>x</code><b>1</b><area uom='m2'>1.234</area>", "/order/area: the text"),
        ("<code>x</code><b>1</b><area uom='m2'>-1</area>", "/order/area: the text"),
        ("<code>x</code><b>1</b><c/>", "/order/c: not expected here"),
        ("<code>x</code><b>1</b>stray", "/order: text between"),
    ] {
        let found = check(inner);
        assert!(found.iter().any(|fault| fault.starts_with(path)), "{inner}: {found:?}");
    }
}

#[test]
fn an_element_of_another_namespace_is_not_the_one_that_was_meant() {
    let schema = Schema::read(SCHEMA).unwrap();
    assert!(!faults(&schema, &xml::parse(b"<order/>").unwrap()).is_empty());
}
