//! Statements with one thing wrong each, as data: what this kit finds in them, and what wasl makes of them.

use std::path::Path;

use anyhow::Context;
use serde::Deserialize;

use super::book::Edit;
use super::edit::{self, Form};
use super::values::Values;

/// One statement, and what is said of it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StatementCase {
    /// Its name: `statement.v08`.
    pub case: String,
    /// What must be true, in a sentence.
    pub what: String,
    sample: String,
    #[serde(default)]
    edits: Vec<Edit>,
    /// The rules that this kit finds broken, in the order of their names.
    #[serde(default)]
    pub kit: Vec<String>,
    /// The codes of wasl's faults, in the order of their names.
    #[serde(default)]
    pub wasl: Vec<String>,
    /// How many entries wasl reads.
    #[serde(default)]
    pub entries: usize,
    /// How many of them name an order of ours.
    #[serde(default)]
    pub orders: usize,
    /// The document.
    #[serde(skip)]
    pub bytes: Vec<u8>,
}

/// All of them, each with its document.
///
/// # Errors
/// The file of the cases or a sample is absent or wrong.
pub fn statement_cases(schemas: &Path) -> anyhow::Result<Vec<StatementCase>> {
    let path = schemas.join("samples/conformance/barid-bank.statements.json");
    let text = std::fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let mut cases: Vec<StatementCase> =
        serde_json::from_str(&text).with_context(|| format!("{} is wrong", path.display()))?;
    for case in &mut cases {
        let path = schemas.join("samples/agencies/barid-bank").join(&case.sample);
        let sample =
            std::fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
        let changed = edit::apply(Form::Xml, &sample, &case.edits, &Values::none())
            .with_context(|| format!("case {}", case.case))?;
        case.bytes = edit::finish(&changed, &case.edits);
    }
    Ok(cases)
}
