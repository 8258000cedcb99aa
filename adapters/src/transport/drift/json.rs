//! The walk over JSON, with the parser: a message is laid against its shape while it is read, and no value is kept.

use std::borrow::Cow;
use std::collections::BTreeSet;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use wasl_schemas::line::DriftNote;

use super::Shape;
use super::walk::{Level, Walk};

/// Lays JSON bytes against a shape.
pub(super) fn bytes(shape: &Shape, bytes: &[u8]) -> serde_json::Result<Vec<DriftNote>> {
    let mut message = serde_json::Deserializer::from_slice(bytes);
    let notes = read(shape, &mut message)?;
    message.end()?;
    Ok(notes)
}

/// Lays JSON against a shape, from wherever it is read.
pub(super) fn read<'de, D: Deserializer<'de>>(shape: &Shape, message: D) -> Result<Vec<DriftNote>, D::Error> {
    let (mut walk, whole) = Walk::new(shape);
    Step { walk: &mut walk, open: whole }.deserialize(message)?;
    Ok(walk.notes())
}

/// One value of a message, with the fields that may stand in it.
struct Step<'a> {
    walk: &'a mut Walk,
    open: Level,
}

impl Step<'_> {
    fn leaf<E>(self, said: Option<&str>) -> Result<(), E> {
        self.walk.leaf(said, &self.open);
        Ok(())
    }
}

impl<'de> DeserializeSeed<'de> for Step<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

/// A value below another, with the fields that may stand in that other.
struct Below<'a> {
    walk: &'a mut Walk,
    open: Level,
    name: &'a str,
}

impl<'de> DeserializeSeed<'de> for Below<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        let Self { walk, open, name } = self;
        let Some(inside) = walk.enter(name, open) else {
            return IgnoredAny::deserialize(deserializer).map(drop);
        };
        Step { walk, open: inside.open.clone() }.deserialize(deserializer)?;
        walk.leave(&inside);
        Ok(())
    }
}

/// A name as it stands in the message, copied only where it has escapes.
#[derive(Deserialize)]
struct Name<'a>(#[serde(borrow)] Cow<'a, str>);

impl<'de> Visitor<'de> for Step<'_> {
    type Value = ();

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("JSON")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let Self { walk, open } = self;
        let mut there = BTreeSet::new();
        while let Some(Name(name)) = map.next_key()? {
            map.next_value_seed(Below { walk, open: open.clone(), name: &name })?;
            there.insert(name);
        }
        walk.absent(open, |name| !there.contains(name));
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        let Self { walk, open } = self;
        while items.next_element_seed(Below { walk, open: open.clone(), name: "*" })?.is_some() {}
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        self.leaf(None)
    }

    fn visit_str<E>(self, said: &str) -> Result<(), E> {
        self.leaf(Some(said))
    }

    fn visit_bool<E>(self, said: bool) -> Result<(), E> {
        self.leaf(Some(if said { "true" } else { "false" }))
    }

    fn visit_u64<E>(self, said: u64) -> Result<(), E> {
        self.leaf(Some(&said.to_string()))
    }

    fn visit_i64<E>(self, said: i64) -> Result<(), E> {
        self.leaf(Some(&said.to_string()))
    }

    fn visit_f64<E>(self, said: f64) -> Result<(), E> {
        self.leaf(Some(&serde_json::Number::from_f64(said).map(|n| n.to_string()).unwrap_or_default()))
    }
}
