//! Reads the rows of rule files and names the row in every fault.
//!
//! A row remembers which keys it was asked for; what remains is an unknown key, refused with the nearest
//! known one. So the keys stand in one place, the code that reads them.

use jiff::civil::Date;
use toml::{Table, Value};
use wasl_schemas::problem::Texts;

/// One fault of a rule file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{row}: {problem}")]
pub struct RuleError {
    /// The file and the row, as a person would find it: ``procedures.toml, rule `building-large-2023` ``.
    pub row: String,
    /// What is wrong and what is known instead.
    pub problem: String,
}

impl RuleError {
    pub(crate) fn new(row: impl Into<String>, problem: impl Into<String>) -> Self {
        Self { row: row.into(), problem: problem.into() }
    }
}

/// The known name that is nearest to a wrong one, when one is near.
pub(crate) fn nearest<'a>(wrong: &str, known: &[&'a str]) -> Option<&'a str> {
    known
        .iter()
        .map(|name| (strsim::damerau_levenshtein(wrong, name), *name))
        .filter(|(distance, name)| *distance <= 2.max(name.len() / 3))
        .min()
        .map(|(_, name)| name)
}

/// ``unknown key `limt`: did you mean `limit`?``, or all that are known.
pub(crate) fn unknown(what: &str, wrong: &str, known: &[&str]) -> String {
    match nearest(wrong, known) {
        Some(near) => format!("unknown {what} `{wrong}`: did you mean `{near}`?"),
        None => format!("unknown {what} `{wrong}` (known: {})", known.join(", ")),
    }
}

/// One table of a rule file while it is read.
pub(crate) struct Row<'t> {
    /// Names the row in faults.
    pub(crate) name: String,
    table: &'t Table,
    asked: Vec<&'static str>,
    faults: Vec<RuleError>,
}

impl<'t> Row<'t> {
    pub(crate) fn new(name: impl Into<String>, table: &'t Table) -> Self {
        Self { name: name.into(), table, asked: Vec::new(), faults: Vec::new() }
    }

    pub(crate) fn fault(&mut self, problem: impl Into<String>) {
        self.faults.push(RuleError::new(self.name.clone(), problem));
    }

    pub(crate) fn has(&self, key: &str) -> bool {
        self.table.contains_key(key)
    }

    fn get(&mut self, key: &'static str) -> Option<&'t Value> {
        if !self.asked.contains(&key) {
            self.asked.push(key);
        }
        self.table.get(key)
    }

    fn read<T>(&mut self, key: &'static str, kind: &str, read: impl Fn(&'t Value) -> Option<T>) -> Option<T> {
        let value = self.get(key)?;
        let found = read(value);
        if found.is_none() {
            self.fault(format!("`{key}` must be {kind}"));
        }
        found
    }

    pub(crate) fn required<T>(&mut self, key: &'static str, value: Option<T>) -> Option<T> {
        if value.is_none() && !self.has(key) {
            self.fault(format!("`{key}` is missing"));
        }
        value
    }

    pub(crate) fn text(&mut self, key: &'static str) -> Option<String> {
        self.read(key, "a text that is not empty", |value| {
            value.as_str().filter(|text| !text.trim().is_empty()).map(ToOwned::to_owned)
        })
    }

    pub(crate) fn flag(&mut self, key: &'static str) -> Option<bool> {
        self.read(key, "true or false", Value::as_bool)
    }

    pub(crate) fn whole(&mut self, key: &'static str, min: u16, max: u16) -> Option<u16> {
        self.read(key, &format!("a whole number from {min} to {max}"), |value| {
            value.as_integer().and_then(|n| u16::try_from(n).ok()).filter(|n| (min..=max).contains(n))
        })
    }

    pub(crate) fn date(&mut self, key: &'static str) -> Option<Date> {
        self.read(key, "a date such as 2023-07-13, without a time", |value| match value {
            Value::Datetime(at) if at.time.is_none() && at.offset.is_none() => at.to_string().parse().ok(),
            Value::String(text) => text.parse().ok(),
            _ => None,
        })
    }

    pub(crate) fn texts(&mut self, key: &'static str) -> Option<Texts> {
        self.read(key, "a text in each of fr, ar and en, and nothing else", |value| {
            let table = value.as_table().filter(|table| table.len() == 3)?;
            let text =
                |lang| table.get(lang)?.as_str().filter(|t| !t.trim().is_empty()).map(ToOwned::to_owned);
            Some(Texts { fr: text("fr")?, ar: text("ar")?, en: text("en")? })
        })
    }

    pub(crate) fn list(&mut self, key: &'static str) -> Option<Vec<String>> {
        self.read(key, "a list of texts that is not empty", |value| {
            let items: Option<Vec<_>> =
                value.as_array()?.iter().map(|item| item.as_str().map(ToOwned::to_owned)).collect();
            items.filter(|items| !items.is_empty())
        })
    }

    /// One of a closed set of words.
    pub(crate) fn choice<T: Copy>(&mut self, key: &'static str, known: &[(&str, T)]) -> Option<T> {
        let word = self.text(key)?;
        self.pick(key, &word, known)
    }

    /// Several of a closed set of words.
    pub(crate) fn choices<T: Copy>(&mut self, key: &'static str, known: &[(&str, T)]) -> Option<Vec<T>> {
        let words = self.list(key)?;
        Some(words.iter().filter_map(|word| self.pick(key, word, known)).collect())
    }

    fn pick<T: Copy>(&mut self, key: &str, word: &str, known: &[(&str, T)]) -> Option<T> {
        let found = known.iter().find(|(name, _)| *name == word).map(|(_, value)| *value);
        if found.is_none() {
            let names: Vec<&str> = known.iter().map(|(name, _)| *name).collect();
            self.fault(unknown(key, word, &names));
        }
        found
    }

    /// The rows of an array of tables; `name` names each from its table and its place (from 1).
    pub(crate) fn rows(&mut self, key: &'static str, name: impl Fn(&Table, usize) -> String) -> Vec<Row<'t>> {
        let Some(value) = self.get(key) else { return Vec::new() };
        let tables: Option<Vec<&Table>> =
            value.as_array().and_then(|all| all.iter().map(Value::as_table).collect());
        let Some(tables) = tables else {
            self.fault(format!("`{key}` must be a list of tables"));
            return Vec::new();
        };
        let prefix = self.name.clone();
        tables
            .into_iter()
            .enumerate()
            .map(|(index, table)| Row::new(format!("{prefix}, {}", name(table, index + 1)), table))
            .collect()
    }

    /// One table inside this one.
    pub(crate) fn inner(&mut self, key: &'static str) -> Option<Row<'t>> {
        let table = self.read(key, "a table", Value::as_table)?;
        Some(Row::new(format!("{}, {key}", self.name), table))
    }

    /// Hands over the faults, with those of keys that nobody asked for.
    pub(crate) fn finish(mut self, faults: &mut Vec<RuleError>) {
        for key in self.table.keys() {
            if !self.asked.contains(&key.as_str()) {
                let problem = unknown("key", key, &self.asked);
                self.faults.push(RuleError::new(self.name.clone(), problem));
            }
        }
        faults.append(&mut self.faults);
    }
}

/// Names a row by one of its texts, or by its place: ``rule `repair` ``, `rule 3`.
pub(crate) fn named(what: &'static str, key: &'static str) -> impl Fn(&Table, usize) -> String {
    move |table, place| match table.get(key).and_then(Value::as_str) {
        Some(id) => format!("{what} `{id}`"),
        None => format!("{what} {place}"),
    }
}

/// Parses a file; a fault of TOML itself becomes the one fault of that file.
pub(crate) fn parse(file: &str, text: &str, faults: &mut Vec<RuleError>) -> Option<Table> {
    match text.parse::<Table>() {
        Ok(table) => Some(table),
        Err(error) => {
            faults.push(RuleError::new(file, error.to_string().trim_end().replace('\n', " ")));
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults_of(text: &str, read: impl Fn(&mut Row<'_>)) -> Vec<String> {
        let mut faults = Vec::new();
        let table = parse("f.toml", text, &mut faults).unwrap();
        let mut row = Row::new("f.toml", &table);
        read(&mut row);
        row.finish(&mut faults);
        faults.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn an_unknown_key_is_refused_with_the_nearest_known_one() {
        let read = |row: &mut Row<'_>| {
            row.whole("limit", 1, 60);
            row.text("basis");
        };
        assert_eq!(faults_of("limt = 3", read), ["f.toml: unknown key `limt`: did you mean `limit`?"]);
        assert_eq!(faults_of("colour = 3", read), ["f.toml: unknown key `colour` (known: limit, basis)"]);
    }

    #[test]
    fn a_value_of_the_wrong_kind_is_refused_with_what_is_expected() {
        let read = |row: &mut Row<'_>| {
            row.whole("limit", 1, 60);
            row.date("from");
        };
        let faults = faults_of("limit = 61\nfrom = 2023-07-13T10:00:00", read);
        assert_eq!(faults[0], "f.toml: `limit` must be a whole number from 1 to 60");
        assert!(faults[1].contains("without a time"), "{faults:?}");
        assert!(faults_of("limit = 60\nfrom = 2023-07-13", read).is_empty());
    }
}
