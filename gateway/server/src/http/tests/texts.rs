//! Every text in three languages, every one used, none missing.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use wasl_schemas::file::Permit;

use crate::http::lang::Lang;
use crate::http::texts::{Say, keys};

fn read_all(folder: &Path, endings: &[&str], into: &mut String) {
    for entry in fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() && !path.ends_with("tests") {
            read_all(&path, endings, into);
        } else if path.extension().is_some_and(|e| endings.iter().any(|ending| e == *ending)) {
            into.push_str(&fs::read_to_string(&path).unwrap());
        }
    }
}

/// All sources and templates that may name a text.
fn sources() -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut text = String::new();
    read_all(&root.join("src/http"), &["rs"], &mut text);
    read_all(&root.join("templates"), &["html"], &mut text);
    text
}

fn literals(text: &str) -> BTreeSet<&str> {
    text.split('"').filter(|part| part.len() < 60 && !part.contains('\n')).collect()
}

/// Sections whose names come from data: `of("permit", …)`.
fn sections(text: &str) -> BTreeSet<&str> {
    text.split(".of(\"").skip(1).filter_map(|rest| rest.split('"').next()).collect()
}

#[test]
fn the_three_files_have_the_same_keys() {
    let [ar, fr, en] = Lang::ALL.map(keys);
    assert!(fr.len() > 200, "the texts are there: {}", fr.len());
    assert_eq!(fr, ar);
    assert_eq!(fr, en);
}

#[test]
fn no_text_is_empty_and_places_are_the_same_in_all_languages() {
    for key in keys(Lang::Fr) {
        let texts = Lang::ALL.map(|lang| Say::new(lang).t(key));
        assert!(texts.iter().all(|text| !text.trim().is_empty()), "{key}");
        let places = texts.map(|text| text.matches("{n}").count());
        assert!(places.iter().all(|count| *count == places[0]), "{key}");
    }
}

#[test]
fn every_key_that_is_named_exists_and_every_key_that_exists_is_named() {
    let text = sources();
    let (literals, sections) = (literals(&text), sections(&text));
    let all: BTreeSet<&str> = keys(Lang::Fr).into_iter().collect();
    let known: BTreeSet<&str> = all.iter().filter_map(|key| key.split('.').next()).collect();
    let unused: Vec<&&str> = all
        .iter()
        .filter(|key| !literals.contains(*key) && !sections.contains(key.split('.').next().unwrap()))
        .collect();
    assert!(unused.is_empty(), "no one says {unused:?}");
    let looks_like_a_key = |literal: &&&str| {
        let (section, name) = literal.split_once('.').unwrap_or_default();
        known.contains(section)
            && name != "html"
            && !name.is_empty()
            && name.bytes().all(|b| b.is_ascii_lowercase() || b == b'-')
    };
    let missing: Vec<&&str> =
        literals.iter().filter(looks_like_a_key).filter(|key| !all.contains(**key)).collect();
    assert!(missing.is_empty(), "no text for {missing:?}");
    assert!(sections.iter().all(|section| known.contains(section)), "{sections:?}");
}

#[test]
fn what_comes_from_data_has_its_texts() {
    let mut wanted: Vec<String> = Permit::ALL.iter().map(|p| format!("permit.{}", p.as_str())).collect();
    wanted.extend(wasl_adapters::registry::kinds().iter().map(|kind| format!("agency.{kind}")));
    wanted.extend((1..=12).map(|month| format!("month.{month}")));
    wanted.extend((1..=7).flat_map(|day| [format!("weekday.{day}"), format!("weekday-short.{day}")]));
    wanted.extend(
        variants("../core/src/file/event.rs", "pub enum Event {").iter().map(|name| format!("event.{name}")),
    );
    wanted.extend(
        variants("../core/src/file/state.rs", "pub enum Status {")
            .iter()
            .map(|name| format!("status.{name}")),
    );
    wanted.extend(
        variants("../core/src/file/state.rs", "pub enum FeeStatus {")
            .iter()
            .map(|name| format!("fee.{name}")),
    );
    let consultation = variants("../../schemas/src/consultation.rs", "pub enum ConsultationStatus {");
    wanted.extend(consultation.iter().map(|name| format!("consultation.{name}")));
    let opinions = variants("../../schemas/src/opinion.rs", "pub enum OpinionKind {");
    wanted.extend(opinions.iter().map(|name| format!("opinion.{name}")));
    let all: BTreeSet<&str> = keys(Lang::Fr).into_iter().collect();
    let missing: Vec<&String> = wanted.iter().filter(|key| !all.contains(key.as_str())).collect();
    assert!(wanted.len() > 90 && missing.is_empty(), "no text for {missing:?}");
}

/// The names of an enum's variants in kebab case, read from its source: data carries exactly these.
fn variants(file: &str, begin: &str) -> Vec<String> {
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(file)).unwrap();
    let body = text.split_once(begin).unwrap().1.split_once("\n}").unwrap().0;
    let lines =
        body.lines().filter(|line| line.starts_with("    ") && line.as_bytes()[4].is_ascii_uppercase());
    let names = lines.map(|line| line.trim().split([' ', ',', '{', '(']).next().unwrap_or_default());
    let kebab = |name: &str| {
        let mut out = String::new();
        for letter in name.chars() {
            if letter.is_ascii_uppercase() && !out.is_empty() {
                out.push('-');
            }
            out.push(letter.to_ascii_lowercase());
        }
        out
    };
    let names: Vec<String> = names.map(kebab).collect();
    assert!(!names.is_empty(), "{file} has {begin}");
    names
}
