//! What the agency could not take of the documents (README §7). It is asked when a file is found incomplete, so that
//! the commune hears of everything at once and brings it in one supplement.

use wasl_schemas::agency::{Exchange, Outcome};

use super::call::{UrbanAgency, parse, refused};
use super::{map, shapes, wire};
use crate::transport::drift;
use crate::transport::http::{Call, Trouble};

impl UrbanAgency {
    /// Adds to what is missing the documents that the agency announced as failed. Best effort: where they cannot be
    /// read, what the acknowledgement itself says stands.
    pub(super) async fn with_documents_not_taken(
        &self,
        outcome: Outcome,
        found: &wire::Found,
        journal: &mut Vec<Exchange>,
    ) -> Outcome {
        let file = found.dossier.as_ref().and_then(|dossier| dossier.idDossier.as_deref());
        let (Outcome::Incomplete { mut missing, respond_by }, Some(file)) = (outcome.clone(), file) else {
            return outcome;
        };
        if let Ok(documents) = self.documents(file, journal).await {
            missing.extend(documents.pieces.iter().filter_map(map::back::document_not_taken));
        }
        Outcome::Incomplete { missing, respond_by }
    }

    async fn documents(&self, file: &str, journal: &mut Vec<Exchange>) -> Result<wire::Documents, Trouble> {
        let file: String = url::form_urlencoded::byte_serialize(file.as_bytes()).collect();
        let url = self.url(&format!("dossiers/{file}/pieces"));
        let answer = self.ask(Call::get(url, "GET dossiers/{id}/pieces"), journal).await?;
        if answer.status != 200 {
            return Err(refused(&answer));
        }
        drift::note(journal, shapes::DOCUMENTS.of_json(&answer.body));
        parse(&answer, true)
    }
}
