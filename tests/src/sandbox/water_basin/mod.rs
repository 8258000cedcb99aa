//! The water basin agency: files in a drop folder, acknowledgement first, result days later.

mod answer;
mod dav;
mod demand;
mod folder;
mod geometry;
mod inbox;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;

use super::agency::Agency;
use super::desk::Desk;
use super::office::Office;
use super::review::{Review, Stamp, State};
use super::scenario::files;
use super::xsd::Schema;
use folder::Folder;

const XSD: &str = include_str!("../../../../schemas/xsd/water-basin/avis-dph-1.xsd");
/// Steps this close to the last entry of the ledger may have been noted and not written.
const UNSURE_MS: u64 = 2_000;

/// The agency at its desk, with the folder it shares with the gateway.
struct WaterBasin {
    desk: Arc<Desk>,
    folder: Folder,
    schema: Schema,
}

/// Opens the agency: reads `out/`, writes to `in/`; the same folder is served over WebDAV below `/dav/`. Without a
/// folder it stays closed.
///
/// # Errors
/// The folder cannot be made, or the schema of the contract cannot be read.
pub(super) fn open(office: &Arc<Office>) -> anyhow::Result<Router> {
    let Some(root) = office.settings.drop_folder.clone() else { return Ok(Router::new()) };
    let folder = Folder::open(&root)?;
    let (desk, mut due) = Desk::open(Agency::WaterBasin, Arc::clone(office));
    let schema = Schema::read(XSD).map_err(anyhow::Error::msg)?;
    let agency = Arc::new(WaterBasin { desk, folder, schema });
    agency.write_again_what_is_unsure();
    let worker = Arc::clone(&agency);
    office.schedule.run(async move {
        while let Some((reference, step)) = due.recv().await {
            worker.desk.office.present(Agency::WaterBasin).await;
            match worker.desk.step(&reference, step) {
                Ok(Some(review)) => worker.write(&review),
                Ok(None) => {}
                Err(fault) => {
                    tracing::error!(%fault, "a step of the water basin agency could not be noted");
                    worker.desk.again_later(&reference, step);
                }
            }
        }
    });
    office.schedule.run(read_folder(agency));
    let agreed = &office.secrets.water_basin;
    Ok(match agreed.dav_password.as_str() {
        "" => Router::new(),
        password => dav::routes(&root, &agreed.dav_user, password),
    })
}

/// Looks into `out/` some twenty times in a legal day, as such an agency would some times in an hour.
async fn read_folder(agency: Arc<WaterBasin>) {
    let pause_ms = (agency.desk.office.settings.legal_day_ms / 20).clamp(20, 250);
    let mut leftovers = true;
    loop {
        agency.desk.office.present(Agency::WaterBasin).await;
        let reader = Arc::clone(&agency);
        let turn = tokio::task::spawn_blocking(move || inbox::turn(&reader, leftovers)).await;
        match turn {
            Ok(Ok(())) => leftovers = false,
            Ok(Err(fault)) => tracing::warn!(%fault, "out/ could not be read to its end"),
            Err(fault) => tracing::error!(%fault, "the reader of out/ broke"),
        }
        tokio::time::sleep(Duration::from_millis(pause_ms)).await;
    }
}

/// The ledger entry that the last file to the gateway tells of.
fn last_stamp(review: &Review) -> Option<Stamp> {
    match review.state {
        State::Acknowledged | State::Incomplete => review.acknowledgement,
        State::Answered => review.answer,
        State::Refused => review.refusal,
        State::Received | State::Completed | State::Cancelled => None,
    }
}

impl WaterBasin {
    /// Writes the file that tells where a request stands; the same stand is the same file.
    fn write(&self, review: &Review) {
        let Some(stamp) = last_stamp(review) else { return };
        let copies: &[&str] = if review.draw.twice { &["", "-2"] } else { &[""] };
        for copy in copies {
            let (name, text) = answer::file(&self.desk.office, review, stamp, copy);
            self.write_wrong_ones(review, &name, &text);
            if let Err(fault) = self.folder.write(&name, &text) {
                tracing::error!(%fault, name, "a file to the gateway could not be written");
            }
        }
    }

    /// Scenarios: wrong files that come before the true one.
    fn write_wrong_ones(&self, review: &Review, name: &str, text: &str) {
        let faults = self.desk.office.scenarios.of_push(Agency::WaterBasin, &review.reference);
        for (name, bytes) in files(&faults, name, text) {
            if let Err(fault) = self.folder.write(&name, &bytes) {
                tracing::error!(%fault, name, "a wrong file could not be written");
            }
        }
    }

    fn write_again_what_is_unsure(&self) {
        let last_ms = self.desk.office.ledger.last(1).first().map_or(0, |entry| entry.at_ms);
        let unsure =
            |review: &Review| last_stamp(review).is_some_and(|stamp| stamp.at_ms + UNSURE_MS >= last_ms);
        for review in self.desk.select(unsure) {
            self.write(&review);
        }
    }
}
