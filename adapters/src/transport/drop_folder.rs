//! A folder shared with an agency, local or over WebDAV, through opendal: write beside and rename, read under a
//! cap, never delete what is not safely published.

mod webdav;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use jiff::Timestamp;
use opendal::{ErrorKind, Operator, services};
use wasl_schemas::line::CertificateNote;

pub use webdav::WebDav;

use super::http::HttpClient;
use super::xml_out::token;

/// Ending of a file that is still being written.
const PART: &str = ".part";
/// Names tried in `rejected/` before giving up.
const REJECTED_TRIES_MAX: u32 = 1000;
/// Longest text kept of a storage's fault.
const WHY_CHARS_MAX: usize = 300;

/// Why the folder did not do it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FolderError {
    /// The storage failed: try again later.
    #[error("{what}: {why}")]
    Storage {
        /// What was tried, with the file's name.
        what: String,
        /// The storage's words.
        why: String,
    },
    /// A file was written and its last step has no answer: it may be there. Look before writing again.
    #[error("{0} may be there: its last step has no answer")]
    Unsure(String),
    /// The settings do not name a usable folder.
    #[error("{0}")]
    Settings(String),
}

/// A file that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// Its bytes, and when the storage says that they were written.
    Bytes(Vec<u8>, Option<Timestamp>),
    /// Larger than the cap: only its size is known.
    TooBig(u64),
    /// It is not there (any more).
    Gone,
}

/// The root that is shared with the agency.
#[derive(Clone)]
pub struct DropFolder {
    root: Operator,
    client: Option<Arc<HttpClient>>,
    file_bytes_max: u64,
}

impl DropFolder {
    /// Opens a local folder (or a mounted one).
    ///
    /// # Errors
    /// [`FolderError::Settings`] when the path cannot be a root.
    pub fn local(root: &str, file_bytes_max: u64) -> Result<Self, FolderError> {
        let root = Operator::new(services::Fs::default().root(root))
            .map_err(|e| FolderError::Settings(format!("the folder `{root}` cannot be used: {e}")))?;
        Ok(Self { root, client: None, file_bytes_max })
    }

    /// Opens a folder that is served over WebDAV. Nothing is asked of the server yet.
    ///
    /// # Errors
    /// [`FolderError::Settings`] when the address or the client's settings cannot be used.
    pub fn webdav(at: &WebDav, file_bytes_max: u64) -> Result<Self, FolderError> {
        let (root, client) = at.open()?;
        Ok(Self { root, client: Some(client), file_bytes_max })
    }

    /// Writes a file whole: `name.part`, then renamed over whatever has the name. Doing it twice leaves one.
    ///
    /// # Errors
    /// [`FolderError::Storage`]; then no reader has seen anything under the name. [`FolderError::Unsure`] when the
    /// answer to the renaming was lost, and looking did not tell either.
    pub async fn put(&self, folder: &str, name: &str, bytes: Vec<u8>) -> Result<(), FolderError> {
        let path = format!("{folder}/{name}");
        let part = format!("{path}{PART}");
        self.root.write(&part, bytes).await.map_err(|e| fault("write", &part, &e))?;
        crate::crash_point!("folder.part-written");
        match self.root.rename(&part, &path).await {
            Ok(()) => {
                crate::crash_point!("folder.renamed");
                Ok(())
            }
            Err(e) => {
                self.renamed_after_all(&part, &path).await.unwrap_or_else(|| Err(fault("rename", &part, &e)))
            }
        }
    }

    /// What the storage shows after a renaming that failed or was not answered: a part that still lies there
    /// was surely not renamed (`None`: the fault stands).
    async fn renamed_after_all(&self, part: &str, path: &str) -> Option<Result<(), FolderError>> {
        match (self.root.exists(part).await, self.root.exists(path).await) {
            (Ok(true), _) => None,
            (Ok(false), Ok(true)) => Some(Ok(())),
            // Not there either: the agency may have taken it already.
            _ => Some(Err(FolderError::Unsure(path.to_owned()))),
        }
    }

    /// The certificates of the line, where there is one.
    #[must_use]
    pub fn certificates(&self) -> Vec<CertificateNote> {
        self.client.as_ref().map(|client| client.certificates()).unwrap_or_default()
    }

    /// Names of the whole files in a folder, sorted; half-written ones and subfolders are not listed. A folder
    /// that is not there yet is empty.
    ///
    /// # Errors
    /// [`FolderError::Storage`]
    pub async fn list(&self, folder: &str) -> Result<Vec<String>, FolderError> {
        let prefix = format!("{folder}/");
        let entries = match self.root.list(&prefix).await {
            Ok(entries) => entries,
            Err(e) if e.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            Err(e) => return Err(fault("list", &prefix, &e)),
        };
        let files = entries.iter().filter(|e| e.metadata().is_file() && !e.name().ends_with(PART));
        let mut names: Vec<String> = files.map(|e| e.name().to_owned()).collect();
        names.sort();
        Ok(names)
    }

    /// Reads a file, if it is not larger than the cap.
    ///
    /// # Errors
    /// [`FolderError::Storage`]
    pub async fn read(&self, folder: &str, name: &str) -> Result<Content, FolderError> {
        let path = format!("{folder}/{name}");
        let (found, at) = match self.root.stat(&path).await {
            Ok(found) => (found.content_length(), found.last_modified().map(Timestamp::from)),
            Err(e) if e.kind() == ErrorKind::NotFound => return Ok(Content::Gone),
            Err(e) => return Err(fault("look at", &path, &e)),
        };
        match found {
            0 => Ok(Content::Bytes(Vec::new(), at)),
            bytes if bytes > self.file_bytes_max => Ok(Content::TooBig(bytes)),
            // No more than was found, so that a file that grows meanwhile is capped all the same.
            bytes => match self.root.read_with(&path).range(0..bytes).await {
                Ok(content) => Ok(Content::Bytes(content.to_vec(), at)),
                Err(e) if e.kind() == ErrorKind::NotFound => Ok(Content::Gone),
                Err(e) => Err(fault("read", &path, &e)),
            },
        }
    }

    /// Whether a whole file with this name is there.
    ///
    /// # Errors
    /// [`FolderError::Storage`]
    pub async fn has(&self, folder: &str, name: &str) -> Result<bool, FolderError> {
        let path = format!("{folder}/{name}");
        self.root.exists(&path).await.map_err(|e| fault("look for", &path, &e))
    }

    /// Removes a file whose content is safely published. Harmless when it is gone already.
    ///
    /// # Errors
    /// [`FolderError::Storage`]
    pub async fn remove(&self, folder: &str, name: &str) -> Result<(), FolderError> {
        let path = format!("{folder}/{name}");
        self.root.delete(&path).await.map_err(|e| fault("remove", &path, &e))?;
        crate::crash_point!("folder.removed");
        Ok(())
    }

    /// Moves a file to `rejected/` beside a text that says why. Its raw bytes are parked elsewhere already.
    ///
    /// # Errors
    /// [`FolderError::Storage`]
    pub async fn reject(&self, folder: &str, name: &str, why: &str) -> Result<(), FolderError> {
        let free = self.free_rejected_name(name).await?;
        let text = format!("rejected/{free}.txt");
        self.root.write(&text, why.to_owned().into_bytes()).await.map_err(|e| fault("write", &text, &e))?;
        let from = format!("{folder}/{name}");
        match self.root.rename(&from, &format!("rejected/{free}")).await {
            Err(e) if e.kind() != ErrorKind::NotFound => Err(fault("move", &from, &e)),
            _ => Ok(()),
        }
    }

    /// The name itself, or with `~2`, `~3` … before its ending, so that no rejected file hides another.
    async fn free_rejected_name(&self, name: &str) -> Result<String, FolderError> {
        for n in 1..=REJECTED_TRIES_MAX {
            let free = match (n, name.rsplit_once('.')) {
                (1, _) => name.to_owned(),
                (n, Some((stem, ending))) => format!("{stem}~{n}.{ending}"),
                (n, None) => format!("{name}~{n}"),
            };
            if !self.has("rejected", &free).await? {
                return Ok(free);
            }
        }
        Err(FolderError::Storage {
            what: format!("reject {name}"),
            why: "too many files of this name".to_owned(),
        })
    }
}

/// The storage's words in one line of bounded length; a local path in them is the operator's own.
fn fault(what: &str, path: &str, error: &opendal::Error) -> FolderError {
    let words = match error.message() {
        "" => error.kind().to_string(),
        message => format!("{}: {message}", error.kind()),
    };
    FolderError::Storage { what: format!("{what} {path}"), why: token(&words, WHY_CHARS_MAX) }
}
