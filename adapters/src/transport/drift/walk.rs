//! One walk over a message, with the part of the shape that is still open at each step.

use std::borrow::Cow;
use std::collections::BTreeSet;

use serde_json::Value;
use wasl_schemas::line::{DRIFT_PATH_BYTES_MAX, DriftKind, DriftNote};

use super::super::xml::Element;
use super::{Field, NOTES_MAX, Shape, text};

/// Attributes of these namespaces say how to read, not what is said.
const HOW_TO_READ: [&str; 2] =
    ["http://www.w3.org/2001/XMLSchema-instance", "http://www.w3.org/XML/1998/namespace"];

/// A field on whose way we are, and what of its path is left; nothing: it stands here.
type Open = (&'static Field, &'static str);

/// Lays a JSON value against a shape.
pub(super) fn json(shape: &Shape, value: &Value) -> Vec<DriftNote> {
    let mut walk = Walk::new(shape);
    walk.json(value, &whole(shape));
    walk.notes.into_iter().collect()
}

/// Lays an XML element against a shape.
pub(super) fn xml(shape: &Shape, root: &Element) -> Vec<DriftNote> {
    let mut walk = Walk::new(shape);
    walk.below(&root.name, &whole(shape), |walk, open| walk.xml(root, open));
    walk.notes.into_iter().collect()
}

fn whole(shape: &Shape) -> Vec<Open> {
    shape.fields.iter().map(|field| (field, field.path)).collect()
}

struct Walk {
    message: &'static str,
    path: String,
    notes: BTreeSet<DriftNote>,
}

impl Walk {
    const fn new(shape: &Shape) -> Self {
        Self { message: shape.message, path: String::new(), notes: BTreeSet::new() }
    }

    fn json(&mut self, value: &Value, open: &[Open]) {
        match value {
            Value::Object(fields) => {
                self.absent(open, |name| !fields.contains_key(name));
                for (name, value) in fields {
                    self.below(name, open, |walk, open| walk.json(value, open));
                }
            }
            Value::Array(items) => {
                for item in items {
                    self.below("*", open, |walk, open| walk.json(item, open));
                }
            }
            Value::Null => self.leaf(None, open),
            Value::String(text) => self.leaf(Some(text.as_str().into()), open),
            Value::Bool(_) | Value::Number(_) => self.leaf(Some(value.to_string().into()), open),
        }
    }

    fn xml(&mut self, element: &Element, open: &[Open]) {
        self.absent(open, |name| match name.strip_prefix('@') {
            Some(name) => !element.attributes.iter().any(|(_, n, _)| n == name),
            None => !element.children.iter().any(|child| child.name == name),
        });
        let said = element.attributes.iter().filter(|(ns, ..)| !HOW_TO_READ.contains(&ns.as_str()));
        for (_, name, value) in said {
            self.below(&format!("@{name}"), open, |walk, open| walk.leaf(Some(value.as_str().into()), open));
        }
        for child in &element.children {
            self.below(&child.name, open, |walk, open| walk.xml(child, open));
        }
        let stands = open.iter().any(|(_, rest)| rest.is_empty());
        if element.children.is_empty() && (stands || !element.trimmed().is_empty()) {
            self.leaf(Some(element.trimmed().into()), open);
        }
    }

    /// One step down. What no field of the shape is on the way to is not read by anybody.
    fn below(&mut self, name: &str, open: &[Open], then: impl FnOnce(&mut Self, &[Open])) {
        if open.iter().any(|(_, rest)| *rest == "/**") {
            return;
        }
        let length = self.path.len();
        self.path.push('/');
        self.path.push_str(if name == "*" || name.starts_with('@') { name } else { text::name(name) });
        let open: Vec<Open> =
            open.iter().filter_map(|(field, rest)| Some((*field, after(rest, name)?))).collect();
        match open.iter().find(|(field, rest)| field.unread && rest.is_empty()) {
            Some(_) => self.note(DriftKind::Unread, String::new(), true),
            None if open.is_empty() => self.note(DriftKind::Unread, String::new(), false),
            None => then(self, &open),
        }
        self.path.truncate(length);
    }

    /// Fields that belong into this object and are not there.
    fn absent(&mut self, open: &[Open], missing: impl Fn(&str) -> bool) {
        for (_, rest) in open.iter().filter(|(field, _)| !field.may_be_null && !field.unread) {
            let name = rest.strip_prefix('/').filter(|name| !name.contains('/') && !name.starts_with('*'));
            if let Some(name) = name
                && missing(name)
            {
                let length = self.path.len();
                self.path.push('/');
                self.path.push_str(name);
                self.note(DriftKind::Null, String::new(), false);
                self.path.truncate(length);
            }
        }
    }

    fn leaf(&mut self, said: Option<Cow<'_, str>>, open: &[Open]) {
        if open.iter().any(|(_, rest)| *rest == "/**") {
            return;
        }
        let field = open.iter().find(|(_, rest)| rest.is_empty()).map(|(field, _)| *field);
        let said = said.filter(|text| !text.trim().is_empty());
        match (field, said) {
            (Some(field), None) if field.may_be_null => {}
            (_, None) => self.note(DriftKind::Null, String::new(), false),
            // A plain value where fields were expected below: nothing reads it.
            (None, Some(_)) => self.note(DriftKind::Unread, String::new(), false),
            (Some(field), Some(said)) => self.value(field, &said),
        }
    }

    fn value(&mut self, field: &Field, said: &str) {
        if field.codes.is_some_and(|codes| !codes.contains(&said.trim())) {
            self.note(DriftKind::Value, text::code(said.trim()), false);
        }
        let chars = said.chars().count();
        if field.chars_max.is_some_and(|most| chars > most) {
            self.note(DriftKind::Length, text::length(chars), false);
        }
    }

    fn note(&mut self, kind: DriftKind, detail: String, known: bool) {
        if self.notes.len() < NOTES_MAX {
            let end = self.path.floor_char_boundary(DRIFT_PATH_BYTES_MAX);
            let path = self.path.get(..end).unwrap_or_default().to_owned();
            let message = self.message.to_owned();
            self.notes.insert(DriftNote { message, path, kind, detail, known });
        }
    }
}

/// What is left of a path after one step, when the step is on it.
fn after(rest: &'static str, name: &str) -> Option<&'static str> {
    if rest == "/**" {
        return Some(rest);
    }
    let left = rest.strip_prefix('/')?.strip_prefix(name)?;
    // A name of theirs that holds a slash is none of ours.
    ((left.is_empty() || left.starts_with('/')) && !name.contains('/')).then_some(left)
}
