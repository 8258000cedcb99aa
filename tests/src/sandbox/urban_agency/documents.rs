//! Documents by link: the agency downloads at leisure and checks size and hash. Switched on by
//! `fetch_documents`, since a run may announce documents that nobody has stored.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::super::action::Action;
use super::super::desk::Desk;
use super::super::review::Review;

/// A link that fails is tried again so often before the document counts as out of reach.
const TRIES_MAX: u32 = 3;
/// First pause between two tries, in wall time; it doubles.
const PAUSE_MS: u64 = 500;

/// Downloads the pieces of a request, one after the other, and notes what came of each.
pub(super) fn fetch(desk: &Arc<Desk>, review: &Review, pieces: &Value) {
    if !desk.office.settings.fetch_documents {
        return;
    }
    let pieces = pieces.as_array().cloned().unwrap_or_default();
    let (desk, review) = (Arc::clone(desk), review.clone());
    desk.clone().office.schedule.run(async move {
        for piece in pieces.iter().filter(|piece| piece["txUrl"].is_string()) {
            let sha256 = piece["cdEmpreinteSha256"].as_str().unwrap_or_default();
            let failed = one(&desk, piece, sha256).await.err();
            let action = if failed.is_some() { Action::DocumentFailed } else { Action::DocumentReceived };
            let detail = json!({"sha256": sha256, "code": failed});
            if let Err(fault) = desk.record(action, &review.reference, review.file.as_deref(), detail) {
                tracing::error!(%fault, "a document could not be noted");
            }
        }
    });
}

/// The contract's code when a piece is not what was announced.
async fn one(desk: &Desk, piece: &Value, sha256: &str) -> Result<(), &'static str> {
    let url = piece["txUrl"].as_str().unwrap_or_default();
    let size = piece["nbOctets"].as_u64().unwrap_or(0);
    let mut pause_ms = PAUSE_MS;
    for _ in 0..TRIES_MAX {
        match desk.office.callbacks.get(url, size).await {
            Ok(Some(bytes)) if u64::try_from(bytes.len()) != Ok(size) => return Err("PIECE-TAILLE"),
            Ok(Some(bytes)) => {
                let found: String = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
                return if found == sha256 { Ok(()) } else { Err("PIECE-EMPREINTE") };
            }
            Ok(None) => return Err("PIECE-TAILLE"),
            Err(fault) => tracing::debug!(%fault, "a document could not be fetched, will try again"),
        }
        tokio::time::sleep(Duration::from_millis(pause_ms)).await;
        pause_ms *= 2;
    }
    Err("PIECE-INACCESSIBLE")
}
