//! The folder `in/`: files become items, and go only when the gateway has stored what they said.

use std::time::Instant;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use wasl_schemas::agency::{CollectRequest, CollectedItem, Exchange, RejectedItem, Said};

use super::call::{IN, WaterBasin, exchange};
use super::take::{self, Why};
use crate::port::Collected;
use crate::transport::clock::wall_now;
use crate::transport::drop_folder::{Content, FolderError};
use crate::transport::http::hex;
use crate::transport::wire_body::kept;

/// A file that was made long before it came.
const LATE: &str = "water-basin.file.late";
/// A file whose very content came under another name in the same reading.
const DUPLICATE: &str = "water-basin.file.duplicate";

/// Raw bytes that a rejected item carries, at most.
const RAW_BYTES_MAX: usize = 64 * 1024;
/// Raw bytes that all rejected items of a reading carry, at most: a reading is one message.
const RAW_BYTES_OF_READING_MAX: usize = 1024 * 1024;
/// Bytes of names that a cursor carries, at most. A name may need six bytes for one, and the hash comes beside it.
const CURSOR_NAME_BYTES_MAX: usize = 7 * 1024;

/// A file that the turn before took: gone or rejected once the gateway has stored what it said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Taken {
    name: String,
    sha256: String,
}

/// What one turn gathers.
#[derive(Default)]
struct Reading {
    collected: Collected,
    taken: Vec<Taken>,
    name_bytes: usize,
    raw_bytes: usize,
}

impl WaterBasin {
    /// Removes (or rejects) what the committed cursor names. A file that changed since is left: it is new.
    async fn archive(&self, cursor: &str) -> Result<(), FolderError> {
        let taken: Vec<Taken> = serde_json::from_str(cursor).unwrap_or_default();
        for file in taken {
            let why = match self.folder.read(IN, &file.name).await? {
                Content::Gone => continue,
                Content::TooBig(bytes) if file.sha256 == too_big_mark(bytes) => Some(take::too_big(bytes)),
                Content::TooBig(_) => continue,
                Content::Bytes(bytes, _) if hex(&Sha256::digest(&bytes)) != file.sha256 => continue,
                Content::Bytes(bytes, _) => self.take(&file.name, &bytes).err(),
            };
            match why {
                None => self.folder.remove(IN, &file.name).await?,
                Some((code, reason)) => {
                    self.folder.reject(IN, &file.name, &format!("{code}\n{reason}\n")).await?;
                }
            }
        }
        Ok(())
    }

    /// One turn: what the cursor names goes, what is there is read.
    pub(super) async fn turn(&self, request: &CollectRequest) -> Result<Collected, FolderError> {
        self.archive(&request.cursor).await?;
        let most = usize::try_from(self.config.files_per_turn_max).unwrap_or(usize::MAX);
        let mut reading = Reading::default();
        for name in self.folder.list(IN).await? {
            if reading.taken.len() >= most || reading.is_full() {
                reading.collected.more = true;
                break;
            }
            self.read_one(name, &mut reading).await?;
        }
        let Reading { mut collected, taken, .. } = reading;
        collected.next_cursor = match taken.is_empty() {
            true => request.cursor.clone(),
            false => serde_json::to_string(&taken).unwrap_or_default(),
        };
        Ok(collected)
    }

    async fn read_one(&self, name: String, reading: &mut Reading) -> Result<(), FolderError> {
        let (at, begun) = (wall_now(), Instant::now());
        match self.folder.read(IN, &name).await? {
            Content::Gone => {}
            Content::TooBig(bytes) => reading.reject(name, too_big_mark(bytes), take::too_big(bytes), &[]),
            Content::Bytes(bytes, written_at) => {
                let sha256 = hex(&Sha256::digest(&bytes));
                match self.take(&name, &bytes) {
                    Ok(taken) => {
                        let status = if self.is_late(taken.created) { LATE } else { "read" };
                        let line = exchange(format!("GET {IN}/{name}"), at, begun, status, sha256);
                        let received = kept(&bytes, self.config.wire_body_bytes_max);
                        let received_bytes = bytes.len() as u64;
                        let line = Exchange { received_bytes, received, drift: taken.drift, ..line };
                        reading.accept(name, taken.item, line);
                    }
                    Err((take::HALF_WRITTEN, _)) if self.may_grow(written_at) => {
                        tracing::info!(name, code = take::HALF_WRITTEN, "a file is still being written");
                    }
                    Err(why) => reading.reject(name, sha256, why, &bytes),
                }
            }
        }
        Ok(())
    }

    /// Whether a file that ends in its middle was touched so lately that its writer may still be at it. Where the
    /// storage does not say when, nobody can know: it is taken as it is.
    fn may_grow(&self, written_at: Option<Timestamp>) -> bool {
        let wait_s = i64::try_from(self.config.half_written_wait_s).unwrap_or(i64::MAX);
        written_at.is_some_and(|at| wall_now().as_second().saturating_sub(at.as_second()) < wait_s)
    }

    /// A file that lay somewhere on its way for long: what it says holds, and people should know.
    fn is_late(&self, created: Option<Timestamp>) -> bool {
        let Some(created) = created.filter(|_| self.config.late_after_h > 0) else { return false };
        let hours = wall_now().as_second().saturating_sub(created.as_second()) / 3600;
        u64::try_from(hours).is_ok_and(|hours| hours >= self.config.late_after_h)
    }
}

impl Reading {
    /// So much was read that it would be too much for one message.
    fn is_full(&self) -> bool {
        self.raw_bytes >= RAW_BYTES_OF_READING_MAX || self.name_bytes >= CURSOR_NAME_BYTES_MAX
    }

    /// The same content under another name says nothing new; both files go together.
    fn accept(&mut self, name: String, item: CollectedItem, mut exchange: Exchange) {
        let sha256 = exchange.sha256.clone();
        let consultation = item.consultation;
        if self.collected.items.iter().any(|known| known.event_id == item.event_id) {
            DUPLICATE.clone_into(&mut exchange.status);
        } else {
            self.collected.items.push(item);
        }
        self.collected.said.push(Said { consultation, exchange });
        self.note(name, sha256);
    }

    fn reject(&mut self, name: String, sha256: String, (code, reason): Why, bytes: &[u8]) {
        let raw = &bytes[..bytes.len().min(RAW_BYTES_MAX)];
        self.raw_bytes += raw.len();
        self.collected.rejected.push(RejectedItem {
            event_id: format!("{name}:{sha256}"),
            code: code.to_owned(),
            reason,
            raw_base64: STANDARD.encode(raw),
        });
        self.note(name, sha256);
    }

    fn note(&mut self, name: String, sha256: String) {
        self.name_bytes += name.len();
        self.taken.push(Taken { name, sha256 });
    }
}

/// Stands for the hash of a file that is too big to be read.
fn too_big_mark(bytes: u64) -> String {
    format!("{bytes} bytes")
}
