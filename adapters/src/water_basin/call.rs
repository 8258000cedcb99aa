//! The folder: requests go to `out/`, answers are read from `in/`.

use std::time::Instant;

use async_trait::async_trait;
use sha2::{Digest as _, Sha256};
use wasl_schemas::agency::{AgencyRequest, CollectRequest, CollectedItem, Exchange, Outcome, RequestKind};
use wasl_schemas::id::AgencyKind;

use super::config::Config;
use super::map;
use super::names;
use crate::port::{
    Adapter, Collected, Expected, Handled, Identified, Preview, RawCallback, Received, Reply, Traits,
    Untranslatable,
};
use crate::transport::clock::wall_now;
use crate::transport::drop_folder::{DropFolder, FolderError};
use crate::transport::http::hex;

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
        let folder = DropFolder::local(&config.folder, config.file_bytes_max).map_err(|e| e.to_string())?;
        let kind = AgencyKind::try_new("water-basin").map_err(|e| e.to_string())?;
        Ok(Self { config, folder, kind })
    }

    async fn write(&self, request: &AgencyRequest) -> Handled {
        let now = wall_now();
        let (name, file) = match map::request(request, &self.config, now) {
            Ok(done) => done,
            Err(fault) => {
                let outcome = Outcome::Refused { code: fault.code.to_owned(), reason: fault.reason };
                return Handled { outcome, exchanges: Vec::new() };
            }
        };
        let (bytes, begun) = (file.write(), Instant::now());
        let (sent_bytes, sha256) = (bytes.len() as u64, hex(&Sha256::digest(&bytes)));
        let written = self.folder.put(OUT, &name, bytes).await;
        let exchange = Exchange {
            what: format!("PUT {OUT}/{name}"),
            at: now,
            took_ms: u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX),
            sent_bytes,
            received_bytes: 0,
            status: if written.is_ok() { "written" } else { "not written" }.to_owned(),
            sha256,
        };
        let outcome = match written {
            Ok(()) if request.kind == RequestKind::Cancel => Outcome::Cancelled,
            Ok(()) => Outcome::Delivered { agency_reference: None },
            // The rename is the last step: when it did not happen, nobody saw anything.
            Err(e) => Outcome::TryLater { reason: e.to_string(), retry_after_ms: None },
        };
        Handled { outcome, exchanges: vec![exchange] }
    }

    /// Whether a request waits for the agency, or an answer waits for us. The agency's disappearance of a
    /// request proves nothing, but writing again is harmless.
    async fn look(&self, request: &AgencyRequest) -> Result<Outcome, FolderError> {
        if request.kind == RequestKind::Query {
            return Ok(Outcome::Pending { unknown: None });
        }
        let name = match map::request(request, &self.config, wall_now()) {
            Ok((name, _)) => name,
            Err(fault) => return Ok(Outcome::Refused { code: fault.code.to_owned(), reason: fault.reason }),
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

#[async_trait]
impl Adapter for WaterBasin {
    async fn handle(&self, request: &AgencyRequest) -> Handled {
        match request.kind {
            RequestKind::Query => self.query(request).await,
            _ => self.write(request).await,
        }
    }

    async fn query(&self, request: &AgencyRequest) -> Handled {
        let outcome = self
            .look(request)
            .await
            .unwrap_or_else(|e| Outcome::TryLater { reason: e.to_string(), retry_after_ms: None });
        Handled { outcome, exchanges: Vec::new() }
    }

    async fn collect(&self, request: &CollectRequest) -> Collected {
        self.turn(request).await.unwrap_or_else(|e| Collected {
            next_cursor: request.cursor.clone(),
            failed: Some(e.to_string()),
            ..Collected::default()
        })
    }

    fn identify(&self, _raw: &RawCallback) -> Identified {
        Identified::default()
    }

    /// This agency never calls.
    fn receive(&self, _raw: &RawCallback, _expected: &Expected) -> Received {
        let reply = Reply { status: 404, content_type: "text/plain; charset=utf-8", body: String::new() };
        Received::Ignore { reply, alarm: None }
    }

    /// As it would be written at the time of the receipt, so that a preview is always the same.
    fn preview(&self, request: &AgencyRequest) -> Result<Preview, Untranslatable> {
        let at = request.permit_file.receipt.issued_at;
        let (name, file) = map::request(request, &self.config, at)?;
        let target = format!("PUT {OUT}/{name}");
        Ok(Preview { target, content_type: "application/xml; charset=utf-8".to_owned(), body: file.write() })
    }

    fn understand(&self, bytes: &[u8]) -> Result<Vec<CollectedItem>, Untranslatable> {
        let (item, _) = self.read(bytes, "file").map_err(|(code, reason)| Untranslatable { code, reason })?;
        Ok(vec![item])
    }

    fn traits(&self) -> Traits {
        Traits {
            kind: self.kind.clone(),
            feeds: vec![FEED],
            polled: false,
            // A file of the same name is the same request (README, section 2).
            refuses_duplicates: true,
            drops: map::DROPS,
        }
    }
}
