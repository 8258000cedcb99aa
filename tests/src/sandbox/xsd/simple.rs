//! Texts: built-in types, facets and the patterns that the contracts use.

use super::super::xml::Element;
use super::read::{Kind, Schema};

/// A restriction of another simple type.
#[derive(Debug)]
pub(super) struct Simple {
    base: Kind,
    values: Vec<String>,
    pattern: Option<Pattern>,
    length_min: usize,
    length_max: usize,
    least: Option<f64>,
    most: Option<f64>,
    fraction_digits_max: usize,
}

impl Simple {
    pub(super) fn read(base: Kind, restriction: &Element) -> Result<Self, String> {
        let mut simple = Self {
            base,
            values: Vec::new(),
            pattern: None,
            length_min: 0,
            length_max: usize::MAX,
            least: None,
            most: None,
            fraction_digits_max: usize::MAX,
        };
        for facet in &restriction.children {
            let value = facet.attribute("value").unwrap_or_default();
            let size = || value.parse().map_err(|_| format!("{value} is not a number"));
            let bound = || value.parse().map_err(|_| format!("{value} is not a number"));
            match facet.name.as_str() {
                "enumeration" => simple.values.push(value.to_owned()),
                "pattern" => simple.pattern = Some(Pattern::read(value)?),
                "minLength" => simple.length_min = size()?,
                "maxLength" => simple.length_max = size()?,
                "minInclusive" => simple.least = Some(bound()?),
                "maxInclusive" => simple.most = Some(bound()?),
                "fractionDigits" => simple.fraction_digits_max = size()?,
                other => return Err(format!("the facet {other} is not known")),
            }
        }
        Ok(simple)
    }

    fn fits(&self, schema: &Schema, text: &str) -> bool {
        let collapsed = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let length = collapsed.chars().count();
        let number: Option<f64> = collapsed.parse().ok();
        let fraction = collapsed.split_once('.').map_or(0, |(_, digits)| digits.len());
        fits(schema, &self.base, text)
            && (self.values.is_empty() || self.values.contains(&collapsed))
            && self.pattern.as_ref().is_none_or(|pattern| pattern.matches(&collapsed))
            && (self.length_min..=self.length_max).contains(&length)
            && self.least.is_none_or(|least| number.is_some_and(|number| number >= least))
            && self.most.is_none_or(|most| number.is_some_and(|number| number <= most))
            && fraction <= self.fraction_digits_max
    }
}

/// Does a text fit a type? Complex types never do.
pub(super) fn fits(schema: &Schema, kind: &Kind, text: &str) -> bool {
    match kind {
        Kind::Simple(simple) => simple.fits(schema, text),
        Kind::Named(name) => schema.simple.get(name).is_some_and(|simple| simple.fits(schema, text)),
        Kind::Complex(_) => false,
        Kind::BuiltIn(name) => built_in(name, text),
    }
}

fn built_in(name: &str, text: &str) -> bool {
    let trimmed = text.trim();
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    match name {
        "string" | "token" | "normalizedString" => true,
        "anyURI" => !trimmed.is_empty() && !trimmed.contains(char::is_whitespace),
        "date" => trimmed.len() == 10 && trimmed.parse::<jiff::civil::Date>().is_ok(),
        "dateTime" => trimmed.contains('T') && trimmed.parse::<jiff::Timestamp>().is_ok(),
        "boolean" => matches!(trimmed, "true" | "false" | "0" | "1"),
        "nonNegativeInteger" => digits(trimmed),
        "positiveInteger" => digits(trimmed) && trimmed.bytes().any(|byte| byte != b'0'),
        "decimal" => {
            let unsigned = trimmed.strip_prefix(['-', '+']).unwrap_or(trimmed);
            let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, "0"));
            digits(whole) && digits(fraction)
        }
        _ => false,
    }
}

/// Character classes with counts, one after the other: `[0-9]{9}`, `[A-Z]{1,2}[0-9]+`.
#[derive(Debug)]
struct Pattern(Vec<Atom>);

#[derive(Debug)]
struct Atom {
    ranges: Vec<(char, char)>,
    min: usize,
    max: usize,
}

impl Pattern {
    fn read(text: &str) -> Result<Self, String> {
        let unknown = || format!("the pattern {text} is not known here");
        let mut atoms = Vec::new();
        let mut rest = text;
        while let Some(first) = rest.chars().next() {
            let (ranges, after) = match first {
                '[' => {
                    let end = rest.find(']').ok_or_else(unknown)?;
                    (ranges(&rest[1..end]), &rest[end + 1..])
                }
                '(' | ')' | '|' | '.' | '^' => return Err(unknown()),
                '\\' if rest.starts_with("\\d") => (vec![('0', '9')], &rest[2..]),
                '\\' => return Err(unknown()),
                literal => (vec![(literal, literal)], &rest[literal.len_utf8()..]),
            };
            let (min, max, after) = count(after).ok_or_else(unknown)?;
            atoms.push(Atom { ranges, min, max });
            rest = after;
        }
        Ok(Self(atoms))
    }

    fn matches(&self, text: &str) -> bool {
        matches_from(&self.0, &text.chars().collect::<Vec<_>>())
    }
}

fn ranges(class: &str) -> Vec<(char, char)> {
    let mut characters = Vec::new();
    let mut escaped = false;
    for character in class.chars() {
        if character == '\\' && !escaped {
            escaped = true;
        } else {
            characters.push((character, escaped));
            escaped = false;
        }
    }
    let mut ranges = Vec::new();
    let mut at = 0;
    while at < characters.len() {
        let is_range = characters.get(at + 1) == Some(&('-', false)) && at + 2 < characters.len();
        let last = if is_range { at + 2 } else { at };
        ranges.push((characters[at].0, characters[last].0));
        at = last + 1;
    }
    ranges
}

fn count(text: &str) -> Option<(usize, usize, &str)> {
    match text.chars().next() {
        Some('?') => Some((0, 1, &text[1..])),
        Some('*') => Some((0, usize::MAX, &text[1..])),
        Some('+') => Some((1, usize::MAX, &text[1..])),
        Some('{') => {
            let end = text.find('}')?;
            let inner = &text[1..end];
            let (min, max) = inner.split_once(',').unwrap_or((inner, inner));
            let max = if max.is_empty() { usize::MAX } else { max.parse().ok()? };
            Some((min.parse().ok()?, max, &text[end + 1..]))
        }
        _ => Some((1, 1, text)),
    }
}

fn matches_from(atoms: &[Atom], text: &[char]) -> bool {
    let Some((atom, later)) = atoms.split_first() else {
        return text.is_empty();
    };
    let inside = |character: &&char| atom.ranges.iter().any(|(low, high)| (low..=high).contains(character));
    let run = text.iter().take(atom.max).take_while(inside).count();
    (atom.min..=run).rev().any(|taken| matches_from(later, &text[taken..]))
}
