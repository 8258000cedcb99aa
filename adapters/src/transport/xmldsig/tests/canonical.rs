//! Our canonical form is that of libxml2, for drawn documents.

use proptest::prelude::*;

use super::super::tree::{Tree, normal};
use crate::transport::outside::{Folder, run};

/// Elements inside one another with prefixes bound, bound anew and unbound, attributes in any order, text that must be
/// escaped. Ends of lines other than LF are normalised by every reader before anything else, so they are drawn too.
fn element() -> impl Strategy<Value = String> {
    let text = "[a-z<>&\"' \t\n\réم\u{a0}]{0,12}";
    let leaf = (name(), attributes(), text).prop_map(|(name, attributes, text)| {
        let text = quick_xml::escape::partial_escape(text.as_str()).into_owned();
        format!("<{name}{attributes}>{text}</{name}>")
    });
    leaf.prop_recursive(4, 24, 4, |inner| {
        (name(), attributes(), proptest::collection::vec(inner, 0..4)).prop_map(
            |(name, attributes, inside)| {
                format!("<{name}{attributes}>{}<!-- c --><![CDATA[<&]]></{name}>", inside.join("\n  "))
            },
        )
    })
}

fn name() -> impl Strategy<Value = String> {
    prop_oneof![Just("a:x"), Just("b:y"), Just("z"), Just("a:z")].prop_map(str::to_owned)
}

/// Declarations and attributes, none twice. (A namespace with `&` is left out: libxml2 2.9 writes it unescaped.)
fn attributes() -> impl Strategy<Value = String> {
    let uri = prop_oneof![Just("urn:1"), Just("urn:2"), Just("http://a.example/x?x=1")];
    let bind = proptest::option::of(uri);
    let value = "[a-z<>\"' \t\n&é]{0,8}";
    (
        bind.clone(),
        bind.clone(),
        bind,
        proptest::option::of(value),
        proptest::option::of(value),
        any::<bool>(),
    )
        .prop_map(|(default, a, b, first, second, turned)| {
            let mut all = Vec::new();
            let declare = |name: &str, uri: Option<&str>| uri.map(|uri| format!(" {name}=\"{uri}\""));
            all.extend(declare("xmlns", default));
            all.extend(declare("xmlns:a", a));
            all.extend(declare("xmlns:b", b));
            let plain = |name: &str, value: String| {
                format!(" {name}=\"{}\"", quick_xml::escape::escape(value.as_str()))
            };
            all.extend(first.map(|value| plain("k", value)));
            all.extend(second.map(|value| plain("a:k", value)));
            if turned {
                all.reverse();
            }
            all.concat()
        })
}

proptest! {
    #[test]
    fn it_is_the_form_that_libxml2_makes(inside in proptest::collection::vec(element(), 1..4)) {
        let document = format!(
            "<?xml version=\"1.0\"?>\n<r xmlns:a=\"urn:a\" xmlns:b=\"urn:b\" xmlns:unused=\"urn:u\">{}</r>\n",
            inside.join(" ")
        );
        let folder = Folder::new();
        let theirs = run("xmllint", &["--nonet", "--exc-c14n", &folder.put("d.xml", &document)]);
        prop_assert!(theirs.status.success(), "{}", String::from_utf8_lossy(&theirs.stderr));
        let text = normal(document.as_bytes()).unwrap();
        let tree = Tree::read(&text).unwrap();
        let ours = tree.canonical(tree.root().unwrap(), &[]).unwrap();
        // `xmllint` keeps comments; in our profile there are none.
        let theirs = String::from_utf8(theirs.stdout).unwrap().replace("<!-- c -->", "");
        prop_assert_eq!(String::from_utf8(ours).unwrap(), theirs);
    }
}
