//! The folder `in/`: files become items, and go only when the gateway has stored what they said.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use wasl_schemas::agency::{CollectRequest, CollectedItem, RejectedItem};

use super::call::{IN, WaterBasin};
use super::map;
use super::names::{self, IncomingKind};
use super::wire::answer::{Content as Said, Incoming};
use crate::port::Collected;
use crate::transport::drop_folder::{Content, FolderError};
use crate::transport::encoding::parse_declared;
use crate::transport::http::hex;
use crate::transport::xml::{XmlError, XmlLimits};

/// Raw bytes that a rejected item carries, at most.
const RAW_BYTES_MAX: usize = 64 * 1024;

/// A file that the turn before took: gone or rejected once the gateway has stored what it said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Taken {
    name: String,
    sha256: String,
}

/// Why a file is not understood: fault code and reason, for people.
type Why = (&'static str, String);

impl WaterBasin {
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
                    self.folder.reject(IN, &file.name, &format!("{code}\n{reason}\n")).await?;
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

    pub(super) fn read(&self, bytes: &[u8], name: &str) -> Result<(CollectedItem, Said), Why> {
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

    pub(super) async fn turn(&self, request: &CollectRequest) -> Result<Collected, FolderError> {
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
