//! Reads JSON as RFC 8785 wants it (I-JSON): no name twice in an object, one spelling per number.
//!
//! A whole number written with a point or an exponent (`412.0`) becomes the integer, so that schema,
//! types and hash see the same value. Depth is limited to 128 by the parser.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

/// Why a text is no JSON value that can be used.
#[derive(Debug)]
pub enum StrictError {
    /// Not JSON, cut off, too deep, or a number that does not fit.
    Syntax(serde_json::Error),
    /// Names that stand twice in one object, as JSON Pointers.
    Duplicates(Vec<String>),
}

/// Reads one JSON value.
///
/// # Errors
/// [`StrictError`] for text that is no JSON or is ambiguous.
pub fn read(text: &str) -> Result<Value, StrictError> {
    let mut duplicates = Vec::new();
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let seed = Reader { path: &Path::Root, duplicates: &mut duplicates };
    let value = seed.deserialize(&mut deserializer).map_err(StrictError::Syntax)?;
    deserializer.end().map_err(StrictError::Syntax)?;
    if duplicates.is_empty() { Ok(value) } else { Err(StrictError::Duplicates(duplicates)) }
}

/// Adds one step to a JSON Pointer (RFC 6901 section 3).
pub fn push_key(pointer: &mut String, key: &str) {
    pointer.push('/');
    for c in key.chars() {
        match c {
            '~' => pointer.push_str("~0"),
            '/' => pointer.push_str("~1"),
            other => pointer.push(other),
        }
    }
}

/// Where the reader stands; written out only for a fault.
enum Path<'p> {
    Root,
    Key(&'p Path<'p>, &'p str),
    Index(&'p Path<'p>, usize),
}

impl Path<'_> {
    fn pointer(&self) -> String {
        match self {
            Self::Root => String::new(),
            Self::Key(parent, key) => {
                let mut pointer = parent.pointer();
                push_key(&mut pointer, key);
                pointer
            }
            Self::Index(parent, index) => format!("{}/{index}", parent.pointer()),
        }
    }
}

/// How many ambiguous names are reported at most.
const DUPLICATES_MAX: usize = 100;

struct Reader<'p, 'd> {
    path: &'p Path<'p>,
    duplicates: &'d mut Vec<String>,
}

impl<'de> DeserializeSeed<'de> for Reader<'_, '_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Reader<'_, '_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Value, E> {
        one_spelling(value).map(Value::Number).ok_or_else(|| E::custom("not a finite number"))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        loop {
            let path = Path::Index(self.path, list.len());
            match items.next_element_seed(Reader { path: &path, duplicates: &mut *self.duplicates })? {
                Some(item) => list.push(item),
                None => return Ok(Value::Array(list)),
            }
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some(key) = members.next_key::<String>()? {
            let path = Path::Key(self.path, &key);
            if object.contains_key(&key) {
                if self.duplicates.len() >= DUPLICATES_MAX {
                    return Err(A::Error::custom("too many names stand twice"));
                }
                self.duplicates.push(path.pointer());
            }
            let seed = Reader { path: &path, duplicates: &mut *self.duplicates };
            let value = members.next_value_seed(seed)?;
            object.insert(key, value);
        }
        Ok(Value::Object(object))
    }
}

/// Whole numbers that a float holds exactly become integers (also −0); others stay as they are.
fn one_spelling(value: f64) -> Option<Number> {
    const EXACT_MAX: f64 = 9_007_199_254_740_992.0; // 2^53
    if value.fract() == 0.0 && value.abs() <= EXACT_MAX {
        #[expect(clippy::cast_possible_truncation, reason = "whole and within ±2^53")]
        return Some(Number::from(value as i64));
    }
    Number::from_f64(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_stand_twice_are_all_found() {
        let text = r#"{"a":1,"b":[{"x/y":1,"x/y":2}],"a":3}"#;
        let expected = ["/b/0/x~1y", "/a"];
        assert!(matches!(read(text), Err(StrictError::Duplicates(found)) if found == expected));
    }

    #[test]
    fn a_number_has_one_spelling() -> Result<(), StrictError> {
        assert_eq!(read("[1.0, 1e2, -0, -0.0, 1.5]")?.to_string(), "[1,100,0,0,1.5]");
        Ok(())
    }

    #[test]
    fn what_is_no_json_is_refused() {
        for bad in ["", "{", "{}x", "1e999", "{\"a\":}", "nul", "\u{feff}{}"] {
            assert!(matches!(read(bad), Err(StrictError::Syntax(_))), "{bad}");
        }
        assert!(read(&"[".repeat(200)).is_err());
    }
}
