//! Drift: in what an agency's message differs from what its reader was written for, noticed before it breaks.
//!
//! An adapter writes, beside the types of a message, a [`Shape`]: the fields that it reads. Every message that
//! comes in is laid against its shape. What stands out is a [`DriftNote`]: places, codes and lengths, never a
//! person's data. Notes are no faults: what the message means is decided by the reader alone.
//!
//! What is known: a shape is shipped with the adapter and covers the samples of `schemas/samples/agencies/`. What
//! differs is counted from the first time, told once as news, and is "usual" when it was met `drift_usual_count`
//! times (the core remembers, so that a restart forgets nothing).

mod json;
mod shape;
mod text;
mod walk;

#[cfg(test)]
mod tests;

use serde_json::Value;
use wasl_schemas::agency::Exchange;
use wasl_schemas::line::DriftNote;

use super::xml::Element;

pub use shape::{Field, Shape, field};

/// Most notes of one message: a message that differs everywhere is one change, not a thousand.
pub const NOTES_MAX: usize = 64;

impl Shape {
    /// Lays JSON bytes against the shape. What is no JSON is its reader's to refuse: no notes.
    #[must_use]
    pub fn of_json(&self, bytes: &[u8]) -> Vec<DriftNote> {
        json::bytes(self, bytes).unwrap_or_default()
    }

    /// Lays a JSON value against the shape.
    #[must_use]
    pub fn of_value(&self, value: &Value) -> Vec<DriftNote> {
        json::read(self, value).unwrap_or_default()
    }

    /// Lays an XML document (or a part of one) against the shape; the paths begin with the element's own name.
    #[must_use]
    pub fn of_xml(&self, root: &Element) -> Vec<DriftNote> {
        walk::xml(self, root)
    }
}

/// Puts notes to the last exchange of a journal: the one in which the message came.
pub fn note(journal: &mut [Exchange], notes: Vec<DriftNote>) {
    if let Some(exchange) = journal.last_mut() {
        exchange.drift.extend(notes);
    }
}
