//! The folder: requests go to `out/`, answers are read from `in/`.

use std::time::Instant;

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use wasl_schemas::agency::{
    AgencyRequest, CollectRequest, CollectedItem, Exchange, Outcome, RejectedItem, RequestKind,
};
use wasl_schemas::id::AgencyKind;

use super::config::Config;
use super::map;
use super::names::{self, IncomingKind};
use super::wire::{Content as Said, Incoming};
use crate::port::{
    Adapter, Collected, Expected, Handled, Identified, Preview, RawCallback, Received, Reply, Traits,
    Untranslatable,
};
use crate::transport::drop_folder::{Content, DropFolder, FolderError};
use crate::transport::encoding::parse_declared;
use crate::transport::http::hex;
use crate::transport::xml::{XmlError, XmlLimits};

const OUT: &str = "out";
const IN: &str = "in";
/// The one feed.
const FEED: &str = "in";
/// Raw bytes that a rejected item carries, at most.
const RAW_BYTES_MAX: usize = 64 * 1024;

/// The adapter.
pub(super) struct WaterBasin {
    config: Config,
    folder: DropFolder,
    kind: AgencyKind,
}

/// A file that the turn before took: gone or rejected once the gateway has stored what it said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Taken {
    name: String,
    sha256: String,
}

/// Why a file is not understood: fault code and reason, for people.
type Why = (&'static str, String);

impl WaterBasin {
    pub(super) fn new(config: Config) -> Result<Self, String> {
        let folder = DropFolder::local(&config.folder, config.file_bytes_max).map_err(|e| e.to_string())?;
        let kind = AgencyKind::try_new("water-basin").map_err(|e| e.to_string())?;
        Ok(Self { config, folder, kind })
    }

    async fn write(&self, request: &AgencyRequest) -> Handled {
        let now = Timestamp::now();
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
        let name = match map::request(request, &self.config, Timestamp::now()) {
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

    /// Removes (or rejects) what the committed cursor names. A file that changed since is left: it is new.
    async fn archive(&self, cursor: &str) -> Result<(), FolderError> {
        let taken: Vec<Taken> = serde_json::from_str(cursor).unwrap_or_default();
        for file in taken {
            let why = match self.folder.read(IN, &file.name).await? {
                Content::Gone => continue,
                Content::TooBig(bytes) if file.sha256 == too_big_mark(bytes) => Some(too_big(bytes)),
                Content::TooBig(_) => continue,
                Content::Bytes(bytes) if hex(&Sha256::digest(&bytes)) != file.sha256 => continue,
                Content::Bytes(bytes) => self.take(&file.name, &bytes).err(),
            };
            match why {
                None => self.folder.remove(IN, &file.name).await?,
                Some((code, reason)) => {
                    self.folder.reject(IN, &file.name, &format!("{code}\n{reason}\n")).await?
                }
            }
        }
        Ok(())
    }

    /// A file from `in/`: its name must agree with its content.
    fn take(&self, name: &str, bytes: &[u8]) -> Result<CollectedItem, Why> {
        let claimed = names::incoming(name).ok_or_else(|| {
            ("water-basin.file.name", "le nom du fichier n'est pas celui du contrat".to_owned())
        })?;
        let (item, said) = self.read(bytes, name)?;
        let agrees = matches!(
            (claimed.kind, &said),
            (IncomingKind::Acquittement, Said::Acquittement { .. })
                | (IncomingKind::Resultat, Said::Resultat(_))
        );
        if !agrees || claimed.consultation != item.consultation {
            let why = "le nom du fichier ne correspond pas à son contenu";
            return Err(("water-basin.file.reference-mismatch", why.to_owned()));
        }
        Ok(item)
    }

    fn read(&self, bytes: &[u8], name: &str) -> Result<(CollectedItem, Said), Why> {
        let limits = XmlLimits {
            body_bytes_max: usize::try_from(self.config.file_bytes_max).unwrap_or(usize::MAX),
            ..XmlLimits::default()
        };
        let root = parse_declared(bytes, limits).map_err(|e| unreadable(&e))?;
        let incoming = Incoming::read(&root)?;
        if incoming.receiver != self.config.sender_code {
            return Err((
                "water-basin.file.addressee",
                "le destinataire du fichier n'est pas la passerelle".to_owned(),
            ));
        }
        let (consultation, outcome) = map::answer(&incoming)?;
        let event_id = format!("{name}:{}", hex(&Sha256::digest(bytes)));
        Ok((CollectedItem { event_id, consultation, outcome }, incoming.content))
    }

    async fn turn(&self, request: &CollectRequest) -> Result<Collected, FolderError> {
        self.archive(&request.cursor).await?;
        let names = self.folder.list(IN).await?;
        let most = usize::try_from(self.config.files_per_turn_max).unwrap_or(usize::MAX);
        let mut collected = Collected { more: names.len() > most, ..Collected::default() };
        let mut taken = Vec::new();
        for name in names.into_iter().take(most) {
            let sha256 = match self.folder.read(IN, &name).await? {
                Content::Gone => continue,
                Content::TooBig(bytes) => {
                    let mark = too_big_mark(bytes);
                    collected.rejected.push(rejected(&name, &mark, too_big(bytes), &[]));
                    mark
                }
                Content::Bytes(bytes) => {
                    let sha256 = hex(&Sha256::digest(&bytes));
                    match self.take(&name, &bytes) {
                        Ok(item) => collected.items.push(item),
                        Err(why) => collected.rejected.push(rejected(&name, &sha256, why, &bytes)),
                    }
                    sha256
                }
            };
            taken.push(Taken { name, sha256 });
        }
        collected.next_cursor = match taken.is_empty() {
            true => request.cursor.clone(),
            false => serde_json::to_string(&taken).unwrap_or_default(),
        };
        Ok(collected)
    }
}

/// Stands for the hash of a file that is too big to be read.
fn too_big_mark(bytes: u64) -> String {
    format!("{bytes} bytes")
}

fn too_big(bytes: u64) -> Why {
    ("water-basin.file.too-big", format!("le fichier a {bytes} octets, plus que la limite"))
}

fn unreadable(error: &XmlError) -> Why {
    let code = match error {
        XmlError::TooBig { .. } => "water-basin.file.too-big",
        XmlError::Encoding(_) | XmlError::UnknownEncoding => "water-basin.file.encoding",
        XmlError::Dtd { .. } => "water-basin.file.dtd",
        XmlError::Malformed { .. } | XmlError::TooComplex { .. } => "water-basin.file.unreadable",
    };
    (code, format!("fichier illisible : {error}"))
}

fn rejected(name: &str, sha256: &str, (code, reason): Why, bytes: &[u8]) -> RejectedItem {
    RejectedItem {
        event_id: format!("{name}:{sha256}"),
        code: code.to_owned(),
        reason,
        raw_base64: STANDARD.encode(&bytes[..bytes.len().min(RAW_BYTES_MAX)]),
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
