//! What stands out, and that nothing of a person does.

use proptest::prelude::*;
use wasl_schemas::line::{DriftKind, DriftNote};

use super::super::xml::{XmlLimits, parse};
use super::*;

const SHAPE: Shape = Shape {
    message: "opinion",
    fields: &[
        field("/id").chars(8),
        field("/kind/code").codes(&["1", "2"]),
        field("/kind/label").opt(),
        field("/note").opt(),
        field("/old").unread(),
        field("/list/*/text"),
        field("/theirs/**"),
    ],
};

fn told(notes: &[DriftNote]) -> Vec<(String, DriftKind, String)> {
    notes.iter().map(|n| (n.path.clone(), n.kind, n.detail.clone())).collect()
}

fn of(text: &str) -> Vec<(String, DriftKind, String)> {
    told(&SHAPE.of_json(text.as_bytes()))
}

fn one(path: &str, kind: DriftKind, detail: &str) -> Vec<(String, DriftKind, String)> {
    vec![(path.to_owned(), kind, detail.to_owned())]
}

const USUAL: &str =
    r#"{"id": "a", "kind": {"code": 1}, "list": [{"text": "x"}], "theirs": {"any": [1, {"b": 2}]}}"#;

#[test]
fn a_message_of_its_shape_says_nothing() {
    assert_eq!(of(USUAL), []);
    assert_eq!(of("not json"), []);
}

#[test]
fn an_empty_list_is_no_news_whether_or_not_its_items_are_read() {
    assert_eq!(of(&USUAL.replace(r#"[{"text": "x"}]"#, "[]")), []);
    assert_eq!(of(&USUAL.replace("{\"id\"", "{\"note\": [], \"id\"")), []);
    assert_eq!(
        of(&USUAL.replace("{\"id\"", "{\"note\": [1], \"id\"")),
        one("/note/*", DriftKind::Unread, "")
    );
}

#[test]
fn a_field_that_nothing_reads_is_named_once_however_often_it_comes() {
    let text =
        USUAL.replace(r#"{"text": "x"}"#, r#"{"text": "x", "more": {"a": 1}}, {"text": "y", "more": 2}"#);
    assert_eq!(of(&text), one("/list/*/more", DriftKind::Unread, ""));
}

#[test]
fn null_empty_and_absent_are_the_same_and_noticed_where_a_value_always_stood() {
    for gone in [r#""id": null,"#, r#""id": "","#, r#""id": "  ","#, ""] {
        assert_eq!(of(&USUAL.replace(r#""id": "a","#, gone)), one("/id", DriftKind::Null, ""), "{gone}");
    }
    assert_eq!(of(&USUAL.replace("{\"code\": 1}", "null")), one("/kind", DriftKind::Null, ""));
    assert_eq!(of(&USUAL.replace("{\"code\": 1}", "{}")), one("/kind/code", DriftKind::Null, ""));
}

#[test]
fn a_new_code_and_a_new_length_are_told_without_the_text() {
    assert_eq!(of(&USUAL.replace("1}", "7}")), one("/kind/code", DriftKind::Value, "7"));
    let long = USUAL.replace("\"a\"", "\"Youssef Benjelloun\"");
    assert_eq!(of(&long), one("/id", DriftKind::Length, "<=32"));
    let sentence = USUAL.replace("{\"code\": 1}", "{\"code\": \"K123456 Benjelloun\"}");
    assert_eq!(of(&sentence), one("/kind/code", DriftKind::Value, "?"));
}

#[test]
fn a_plain_value_in_place_of_fields_is_read_by_nobody() {
    assert_eq!(of(&USUAL.replace("{\"code\": 1}", "3")), one("/kind", DriftKind::Unread, ""));
}

#[test]
fn what_is_left_unread_on_purpose_is_reported_as_known() {
    let notes = SHAPE.of_json(USUAL.replace("{\"id\"", "{\"old\": {\"x\": 1}, \"id\"").as_bytes());
    assert_eq!(told(&notes), one("/old", DriftKind::Unread, ""));
    assert!(notes[0].known);
}

#[test]
fn xml_is_walked_by_local_names_and_attributes() {
    const XML: Shape = Shape {
        message: "reply",
        fields: &[
            field("/Reply/Result").codes(&["OK", "FAILED"]),
            field("/Reply/Error/code").opt(),
            field("/Reply/Amount"),
            field("/Reply/Amount/@Ccy").codes(&["MAD"]),
        ],
    };
    let read = |text: &str| told(&XML.of_xml(&parse(text.as_bytes(), XmlLimits::default()).unwrap()));
    let usual = "<a:Reply xmlns:a='urn:a'><a:Result>OK</a:Result><a:Amount Ccy='MAD'>1</a:Amount></a:Reply>";
    assert_eq!(read(usual), []);
    assert_eq!(read(&usual.replace(">OK<", ">PARTLY<")), one("/Reply/Result", DriftKind::Value, "PARTLY"));
    assert_eq!(read(&usual.replace(" Ccy='MAD'", "")), one("/Reply/Amount/@Ccy", DriftKind::Null, ""));
    assert_eq!(read(&usual.replace(" Ccy", " v='2' Ccy")), one("/Reply/Amount/@v", DriftKind::Unread, ""));
    let more = usual.replace("</a:Reply>", "<a:New><a:In/></a:New></a:Reply>");
    assert_eq!(read(&more), one("/Reply/New", DriftKind::Unread, ""));
    assert_eq!(read(&usual.replace(">OK<", "><")), one("/Reply/Result", DriftKind::Null, ""));
}

proptest! {
    /// Whatever an agency sends, the notes are few, short, and repeat no value and no name that could be a person's.
    #[test]
    fn notes_are_bounded_and_carry_no_values(
        keys in proptest::collection::vec("[a-zA-Zء-ي0-9 ]{1,60}", 1..200), value in "[A-Z]{1,2}[0-9]{6}",
    ) {
        let fields: serde_json::Map<String, Value> =
            keys.iter().map(|key| (key.clone(), Value::String(value.clone()))).collect();
        let notes = SHAPE.of_value(&serde_json::json!({"id": value, "kind": {"code": value}, "list": [fields]}));
        prop_assert!(notes.len() <= NOTES_MAX);
        for note in notes {
            prop_assert!(!note.detail.contains(&value) && !note.path.contains(&value));
            prop_assert!(note.path.len() <= 200 && note.path.is_ascii());
        }
    }
}
