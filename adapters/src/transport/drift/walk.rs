//! One walk over a message, with the part of the shape that is still open at each step.

use std::collections::BTreeSet;
use std::ops::Range;

use wasl_schemas::line::{DRIFT_PATH_BYTES_MAX, DriftKind, DriftNote};

use super::super::xml::Element;
use super::{Field, NOTES_MAX, Shape, text};

/// Attributes of these namespaces say how to read, not what is said.
const HOW_TO_READ: [&str; 2] =
    ["http://www.w3.org/2001/XMLSchema-instance", "http://www.w3.org/XML/1998/namespace"];

/// A field on whose way we are, and what of its path is left; nothing: it stands here.
type Open = (&'static Field, &'static str);

/// Which of [`Walk::open`] are open at one step.
pub(super) type Level = Range<usize>;

/// Lays an XML element against a shape.
pub(super) fn xml(shape: &Shape, root: &Element) -> Vec<DriftNote> {
    let (mut walk, whole) = Walk::new(shape);
    if let Some(inside) = walk.enter(&root.name, whole) {
        walk.xml(root, inside.open);
    }
    walk.notes()
}

/// A step that was gone down.
pub(super) struct Inside {
    /// What is open there.
    pub(super) open: Level,
    /// Length of the path before it.
    above: usize,
}

/// Where a walk is, and what it has met.
pub(super) struct Walk {
    message: &'static str,
    path: String,
    /// What is open at each step of the way here, one after the other: a step takes its own from the end again.
    open: Vec<Open>,
    notes: BTreeSet<DriftNote>,
}

impl Walk {
    /// A walk that has not begun, with all fields open.
    pub(super) fn new(shape: &Shape) -> (Self, Level) {
        let open: Vec<Open> = shape.fields.iter().map(|field| (field, field.path)).collect();
        let whole = 0..open.len();
        (Self { message: shape.message, path: String::new(), open, notes: BTreeSet::new() }, whole)
    }

    /// What stood out on the way.
    pub(super) fn notes(self) -> Vec<DriftNote> {
        self.notes.into_iter().collect()
    }

    fn at(&self, open: &Level) -> &[Open] {
        self.open.get(open.clone()).unwrap_or_default()
    }

    fn xml(&mut self, element: &Element, open: Level) {
        self.absent(open.clone(), |name| match name.strip_prefix('@') {
            Some(name) => !element.attributes.iter().any(|(_, n, _)| n == name),
            None => !element.children.iter().any(|child| child.name == name),
        });
        let said = element.attributes.iter().filter(|(ns, ..)| !HOW_TO_READ.contains(&ns.as_str()));
        for (_, name, value) in said {
            if let Some(inside) = self.enter(&format!("@{name}"), open.clone()) {
                self.leaf(Some(value), &inside.open);
                self.leave(&inside);
            }
        }
        for child in &element.children {
            if let Some(inside) = self.enter(&child.name, open.clone()) {
                self.xml(child, inside.open.clone());
                self.leave(&inside);
            }
        }
        let stands = self.at(&open).iter().any(|(_, rest)| rest.is_empty());
        if element.children.is_empty() && (stands || !element.trimmed().is_empty()) {
            self.leaf(Some(element.trimmed()), &open);
        }
    }

    /// One step down, to be left again. What no field of the shape is on the way to is not read by anybody: there is no
    /// step then.
    pub(super) fn enter(&mut self, name: &str, open: Level) -> Option<Inside> {
        if self.at(&open).iter().any(|(_, rest)| *rest == "/**") {
            return None;
        }
        let above = self.path.len();
        self.path.push('/');
        self.path.push_str(if name == "*" || name.starts_with('@') { name } else { text::name(name) });
        let first = self.open.len();
        for place in open {
            let next = self.open.get(place).and_then(|(field, rest)| Some((*field, after(rest, name)?)));
            self.open.extend(next);
        }
        let inside = Inside { open: first..self.open.len(), above };
        let left = self.at(&inside.open).iter().any(|(field, rest)| field.unread && rest.is_empty());
        if left || inside.open.is_empty() {
            self.note(DriftKind::Unread, String::new(), left);
            self.leave(&inside);
            return None;
        }
        Some(inside)
    }

    /// Back to where the step began.
    pub(super) fn leave(&mut self, inside: &Inside) {
        self.open.truncate(inside.open.start);
        self.path.truncate(inside.above);
    }

    /// Fields that belong into this object and are not there.
    pub(super) fn absent(&mut self, open: Level, missing: impl Fn(&str) -> bool) {
        for place in open {
            let Some((field, rest)) = self.open.get(place) else { continue };
            if field.may_be_null || field.unread {
                continue;
            }
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

    pub(super) fn leaf(&mut self, said: Option<&str>, open: &Level) {
        let open = self.at(open);
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
            (Some(field), Some(said)) => self.value(field, said),
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
