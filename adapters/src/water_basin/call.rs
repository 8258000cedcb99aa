//! The folder: requests go to `out/`, answers are read from `in/`.

use std::time::Instant;

use async_trait::async_trait;
use jiff::Timestamp;
use sha2::{Digest as _, Sha256};
use wasl_schemas::agency::{AgencyRequest, CollectRequest, CollectedItem, Exchange, Outcome, RequestKind};
use wasl_schemas::id::AgencyKind;
use wasl_schemas::line::CertificateNote;

use super::config::{Config, Root};
use super::map;
use super::names;
use crate::port::{Adapter, Collected, Handled, Preview, Traits, Untranslatable};
use crate::transport::clock::wall_now;
use crate::transport::drop_folder::{DropFolder, FolderError};
use crate::transport::http::hex;
use crate::transport::wire_body::kept;

const OUT: &str = "out";
pub(super) const IN: &str = "in";
/// The one feed.
const FEED: &str = "in";

/// The adapter.
pub(super) struct WaterBasin {
    pub(super) config: Config,
    pub(super) folder: DropFolder,
    kind: AgencyKind,
}

impl WaterBasin {
    pub(super) fn new(config: Config) -> Result<Self, String> {
        let folder = match &config.root {
            Root::Local(path) => DropFolder::local(path, config.file_bytes_max),
            Root::WebDav(at) => DropFolder::webdav(at, config.file_bytes_max),
        };
        let folder = folder.map_err(|e| e.to_string())?;
        let kind = AgencyKind::try_new("water-basin").map_err(|e| e.to_string())?;
        Ok(Self { config, folder, kind })
    }

    /// Before a second writing the folders are asked. What they do not show may be written again all the same:
    /// a file of the same name is the same request (README, section 2).
    async fn write(&self, request: &AgencyRequest) -> Handled {
        let mut exchanges = Vec::new();
        if request.attempt > 1 {
            let asked = self.ask(request).await;
            if asked.outcome != Outcome::NotKnown {
                return asked;
            }
            exchanges = asked.exchanges;
        }
        let now = wall_now();
        let (name, file) = match map::request(request, &self.config, now) {
            Ok(done) => done,
            Err(fault) => return Handled { outcome: refused(fault), exchanges },
        };
        let (bytes, begun) = (file.write(), Instant::now());
        let (sha256, sent) = (hex(&Sha256::digest(&bytes)), kept(&bytes, self.config.wire_body_bytes_max));
        let sent_bytes = bytes.len() as u64;
        let written = self.folder.put(OUT, &name, bytes).await;
        let status = match &written {
            Ok(()) => "written",
            Err(FolderError::Unsure(_)) => "answer lost",
            Err(_) => "not written",
        };
        let line = exchange(format!("PUT {OUT}/{name}"), now, begun, status, sha256);
        exchanges.push(Exchange { sent_bytes, sent, ..line });
        let outcome = match written {
            Ok(()) if request.kind == RequestKind::Cancel => Outcome::Cancelled,
            Ok(()) => Outcome::Delivered { agency_reference: None },
            Err(fault @ FolderError::Unsure(_)) => Outcome::InDoubt { reason: fault.to_string() },
            // The rename is the last step: when it did not happen, nobody saw anything.
            Err(fault) => Outcome::TryLater { reason: fault.to_string(), retry_after_ms: None },
        };
        Handled { outcome, exchanges }
    }

    /// Looks into both folders, and notes it.
    async fn ask(&self, request: &AgencyRequest) -> Handled {
        let (now, begun) = (wall_now(), Instant::now());
        let outcome = self
            .look(request)
            .await
            .unwrap_or_else(|e| Outcome::TryLater { reason: e.to_string(), retry_after_ms: None });
        let what = format!("LOOK {OUT}/ {IN}/ for {}", request.consultation);
        let exchanges = vec![exchange(what, now, begun, outcome.key(), hex(&Sha256::digest(b"")))];
        Handled { outcome, exchanges }
    }

    /// Whether a request waits for the agency, or an answer waits for us. The agency's disappearance of a
    /// request proves nothing, but writing again is harmless.
    async fn look(&self, request: &AgencyRequest) -> Result<Outcome, FolderError> {
        if request.kind == RequestKind::Query {
            return Ok(Outcome::Pending { unknown: None });
        }
        let name = match map::request(request, &self.config, wall_now()) {
            Ok((name, _)) => name,
            Err(fault) => return Ok(refused(fault)),
        };
        if self.folder.has(OUT, &name).await? {
            return Ok(match request.kind {
                RequestKind::Cancel => Outcome::Cancelled,
                _ => Outcome::Delivered { agency_reference: None },
            });
        }
        let answers = self.folder.list(IN).await?;
        let ours =
            |name: &String| names::incoming(name).is_some_and(|n| n.consultation == request.consultation);
        match request.kind {
            RequestKind::Consult if answers.iter().any(ours) => {
                Ok(Outcome::Delivered { agency_reference: None })
            }
            _ => Ok(Outcome::NotKnown),
        }
    }
}

fn refused(fault: Untranslatable) -> Outcome {
    Outcome::Refused { code: fault.code.to_owned(), reason: fault.reason }
}

/// One line of the journal, its bodies left out.
pub(super) fn exchange(
    what: String,
    at: Timestamp,
    begun: Instant,
    status: &str,
    sha256: String,
) -> Exchange {
    Exchange {
        what,
        at,
        took_ms: u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX),
        sent_bytes: 0,
        received_bytes: 0,
        status: status.to_owned(),
        sha256,
        sent: None,
        received: None,
        drift: Vec::new(),
    }
}

#[async_trait]
impl Adapter for WaterBasin {
    async fn handle(&self, request: &AgencyRequest) -> Handled {
        match request.kind {
            RequestKind::Query => self.query(request).await,
            _ => self.write(request).await,
        }
    }

    async fn query(&self, request: &AgencyRequest) -> Handled {
        self.ask(request).await
    }

    async fn collect(&self, request: &CollectRequest) -> Collected {
        self.turn(request).await.unwrap_or_else(|e| Collected {
            next_cursor: request.cursor.clone(),
            failed: Some(e.to_string()),
            ..Collected::default()
        })
    }

    /// As it would be written at the time of the receipt, so that a preview is always the same.
    fn preview(&self, request: &AgencyRequest) -> Result<Preview, Untranslatable> {
        let at = request.permit_file.receipt.issued_at;
        let (name, file) = map::request(request, &self.config, at)?;
        let target = format!("PUT {OUT}/{name}");
        Ok(Preview { target, content_type: "application/xml; charset=utf-8".to_owned(), body: file.write() })
    }

    fn understand(&self, bytes: &[u8]) -> Result<Vec<CollectedItem>, Untranslatable> {
        let taken = self.understood(bytes).map_err(|(code, reason)| Untranslatable { code, reason })?;
        Ok(vec![taken.item])
    }

    fn certificates(&self) -> Vec<CertificateNote> {
        self.folder.certificates()
    }

    fn traits(&self) -> Traits {
        Traits {
            kind: self.kind.clone(),
            feeds: vec![FEED],
            polled: false,
            // A file of the same name is the same request (README, section 2).
            refuses_duplicates: true,
            can_be_asked: true,
            drops: map::DROPS,
        }
    }
}
