//! Labels of nomenclature values (README §7), to name an unknown number in a report; never to guess what it means.

use std::collections::HashMap;
use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::Instant;
use wasl_schemas::agency::Exchange;

use super::call::{UrbanAgency, parse, refused};
use super::{shapes, wire};
use crate::transport::drift;
use crate::transport::http::{Call, Trouble};

/// What was read of each nomenclature, and until when it holds. One that could not be read is empty, for a short time.
#[derive(Default)]
pub(super) struct Labels(Mutex<HashMap<&'static str, (Instant, wire::Nomenclature)>>);

impl UrbanAgency {
    /// Gives an unknown number the label of the agency's nomenclature. Best effort: a report, not a decision.
    pub(super) async fn label(&self, nom: &mut wire::Nom, code: &'static str, journal: &mut Vec<Exchange>) {
        let (Some(id), None) = (nom.id, &nom.label) else { return };
        let mut kept = self.labels.0.lock().await;
        if kept.get(code).is_none_or(|(until, _)| *until <= Instant::now()) {
            let (keep_ms, read) = match self.nomenclature(code, journal).await {
                Ok(read) => (self.config.nomenclature_keep_ms, read),
                Err(_) => (self.config.nomenclature_retry_ms, wire::Nomenclature::default()),
            };
            kept.insert(code, (Instant::now() + Duration::from_millis(keep_ms), read));
        }
        let values =
            kept.get(code).map(|(_, nomenclature)| nomenclature.valeurs.as_slice()).unwrap_or_default();
        nom.label = values.iter().find(|value| value.id == Some(id)).and_then(|value| value.label.clone());
    }

    async fn nomenclature(
        &self,
        code: &str,
        journal: &mut Vec<Exchange>,
    ) -> Result<wire::Nomenclature, Trouble> {
        let call = Call::get(self.url(&format!("nomenclatures/{code}")), "GET nomenclatures/{code}");
        let answer = self.ask(call, journal).await?;
        if answer.status != 200 {
            return Err(refused(&answer));
        }
        drift::note(journal, shapes::NOMENCLATURE.of_json(&answer.body));
        parse(&answer, true)
    }
}
