//! Documents that a message names must be in the store, where the settings ask for it.

use wasl_core::file::Input;
use wasl_schemas::command::Command;
use wasl_schemas::file::Document;
use wasl_schemas::problem::{Code, Fault};

use super::Core;
use super::decide::{Tally, Work, refuse};
use crate::store::{StoreError, Unit, documents};

/// Refuses messages that name documents which their commune has not put into the store; the others go on.
///
/// # Errors
/// The database's.
pub(super) async fn demand(
    core: &Core,
    unit: &mut Unit,
    works: Vec<Work>,
    tally: &mut Tally,
) -> Result<Vec<Work>, StoreError> {
    if !core.context.settings.documents.must_exist {
        return Ok(works);
    }
    let pairs: Vec<(String, String)> = works.iter().flat_map(named_by).collect();
    if pairs.is_empty() {
        return Ok(works);
    }
    let present = documents::present(unit.tx(), &pairs).await?;
    let mut good = Vec::with_capacity(works.len());
    for work in works {
        let missing = named_by(&work).into_iter().enumerate().filter(|(_, pair)| !present.contains(pair));
        let faults: Vec<Fault> = missing
            .map(|(n, _)| Fault::new(Code::FileDocumentUnknown, format!("/data/documents/{n}/sha256")))
            .collect();
        if faults.is_empty() {
            good.push(work);
        } else {
            refuse(unit, tally, work.refusable, &faults, core.now())?;
        }
    }
    Ok(good)
}

fn named_by(work: &Work) -> Vec<(String, String)> {
    let Input::Message { command, commune, .. } = &work.input else { return Vec::new() };
    let documents: &[Document] = match command {
        Command::FileSubmitted(file) | Command::FileRedeposited(file) => &file.documents,
        Command::FileSupplemented(supplement) => &supplement.documents,
        _ => &[],
    };
    documents.iter().map(|d| (d.sha256.as_str().to_owned(), commune.code.as_str().to_owned())).collect()
}
