//! Conformance: plays wasl against an agency's own endpoint, or an agency against wasl's callbacks, case by case, and
//! judges what is answered. The cases are data (`schemas/samples/conformance/`); those that follow from a schema are
//! generated from it.

mod book;
mod camt;
mod edit;
mod exchange;
mod expect;
mod folder;
mod generate;
mod report;
mod run;
mod settings;
mod signing;
mod statements;
mod values;
mod walk;
mod xml_edit;

#[cfg(test)]
mod tests;

pub use camt::{Fault as StatementFault, faults as statement_faults};
pub use report::{Outcome, Report};
pub use settings::ConformArgs;
pub use statements::{StatementCase, statement_cases};

use std::io::Write;

use anyhow::Context;

/// Runs all cases, prints the table, writes the report. True when every case passes.
///
/// # Errors
/// The run could not be made: settings, cases or the report's file are at fault, not the agency.
pub async fn run(args: &ConformArgs) -> anyhow::Result<bool> {
    let report = judge(args).await?;
    std::io::stdout().lock().write_all(report.table().as_bytes()).context("nobody reads the table")?;
    if let Some(path) = &args.json {
        std::fs::write(path, report.json()).with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(report.good())
}

/// The same without a word.
///
/// # Errors
/// As [`run`].
pub async fn judge(args: &ConformArgs) -> anyhow::Result<Report> {
    let settings = settings::Settings::read(args)?;
    let book = book::Book::open(&settings)?;
    run::all(&settings, &book).await
}
