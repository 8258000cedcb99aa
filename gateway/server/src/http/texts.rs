//! Texts of the page, compiled in from `config/texts/<lang>.toml`. A key is `section.name`.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use toml::{Table, Value};

use super::lang::Lang;

const FILES: [(Lang, &str); 3] = [
    (Lang::Fr, include_str!("../../../../config/texts/fr.toml")),
    (Lang::Ar, include_str!("../../../../config/texts/ar.toml")),
    (Lang::En, include_str!("../../../../config/texts/en.toml")),
];

static TEXTS: LazyLock<[BTreeMap<String, String>; 3]> = LazyLock::new(|| FILES.map(|(_, file)| flat(file)));

/// The texts of one language.
#[derive(Debug, Clone, Copy)]
pub struct Say {
    /// The language.
    pub lang: Lang,
    texts: &'static BTreeMap<String, String>,
}

impl Say {
    /// The texts of `lang`.
    #[must_use]
    pub fn new(lang: Lang) -> Self {
        Self { lang, texts: &TEXTS[lang.index()] }
    }

    /// The text of a key. The tests keep every key in all three files; should one be missing all the same,
    /// the key itself is shown, so that the page stands.
    #[must_use]
    pub fn t<'a>(&self, key: &'a str) -> &'a str {
        self.texts.get(key).map_or(key, String::as_str)
    }

    /// The text of `section.name` for a name that comes from data; the name itself when there is none.
    #[must_use]
    pub fn of(&self, section: &str, name: &str) -> String {
        self.texts.get(&format!("{section}.{name}")).cloned().unwrap_or_else(|| name.to_owned())
    }

    /// The text of a key with its place `{n}` filled.
    #[must_use]
    pub fn with(&self, key: &str, n: &str) -> String {
        self.t(key).replace("{n}", n)
    }
}

/// `[section] name = "text"` as `section.name`. What is not a text is left out; the tests refuse it.
fn flat(file: &str) -> BTreeMap<String, String> {
    let table: Table = file.parse().unwrap_or_default();
    let sections = table.into_iter().filter_map(|(section, value)| match value {
        Value::Table(names) => Some((section, names)),
        _ => None,
    });
    sections
        .flat_map(|(section, names)| {
            names.into_iter().map(move |(name, value)| (format!("{section}.{name}"), value))
        })
        .filter_map(|(key, value)| value.as_str().map(|text| (key, text.to_owned())))
        .collect()
}

#[cfg(test)]
pub(super) fn keys(lang: Lang) -> Vec<&'static str> {
    TEXTS[lang.index()].keys().map(String::as_str).collect()
}
