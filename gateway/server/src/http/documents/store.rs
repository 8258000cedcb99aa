//! Documents on disk, under their hash: `<directory>/<first two digits>/<sha256>`. What is half written stands in
//! `<directory>/incoming` and is never seen.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use bytes::Bytes;
use futures_util::{Stream, StreamExt};
use sha2::{Digest, Sha256};
use tokio::fs::{self, File};
use tokio::io::AsyncWriteExt;
use uuid::Uuid;
use wasl_schemas::id::Sha256Hex;

use super::media::{self, HEAD_BYTES};
use crate::config::Documents;

/// Half-written files of a process that died are removed at the next start once they are so old.
const LEFTOVER_AGE: Duration = Duration::from_secs(24 * 3600);

/// The store.
#[derive(Debug, Clone)]
pub struct DocumentStore {
    directory: PathBuf,
    bytes_max: u64,
}

/// Why a document was not taken. Nothing of it is left on disk.
#[derive(Debug, thiserror::Error)]
pub enum PutError {
    /// Over `documents.document_bytes_max`.
    #[error("too large")]
    TooLarge,
    /// Its bytes have another hash than its address.
    #[error("the hash differs")]
    HashDiffers,
    /// It does not begin like a document of its declared type.
    #[error("the type differs")]
    TypeDiffers,
    /// The sender stopped in the middle.
    #[error("the body ended early")]
    Body,
    /// The disk.
    #[error(transparent)]
    Disk(#[from] io::Error),
}

impl DocumentStore {
    /// Makes the folders and removes what earlier processes left half written.
    ///
    /// # Errors
    /// The folder cannot be made.
    pub fn open(settings: &Documents) -> anyhow::Result<Self> {
        use anyhow::Context as _;
        let store = Self { directory: settings.directory.clone(), bytes_max: settings.document_bytes_max };
        let incoming = store.incoming();
        std::fs::create_dir_all(&incoming)
            .with_context(|| format!("documents.directory {}", incoming.display()))?;
        for entry in std::fs::read_dir(&incoming)?.flatten() {
            let old = entry.metadata().and_then(|m| m.modified()).ok().and_then(|at| at.elapsed().ok());
            if old.is_some_and(|age| age > LEFTOVER_AGE) {
                // Another process may have removed it in the same moment.
                let _ = std::fs::remove_file(entry.path());
            }
        }
        Ok(store)
    }

    /// Writes a document while it streams in, and gives back its size. `idle` bounds the wait for each piece.
    ///
    /// # Errors
    /// [`PutError`] says why it was not taken.
    pub async fn put<E>(
        &self,
        sha256: &Sha256Hex,
        media_type: &str,
        body: impl Stream<Item = Result<Bytes, E>> + Unpin,
        idle: Duration,
    ) -> Result<u64, PutError> {
        let draft = Draft(self.incoming().join(format!("{}.part", Uuid::now_v7())));
        let (size, digest, head) = self.write(&draft.0, body, idle).await?;
        if digest != sha256.as_str() {
            return Err(PutError::HashDiffers);
        }
        if !media::begins_like(media_type, &head) {
            return Err(PutError::TypeDiffers);
        }
        let place = self.place(sha256);
        let folder = place.parent().unwrap_or(&self.directory);
        fs::create_dir_all(folder).await?;
        fs::rename(&draft.0, &place).await?;
        sync_folder(folder).await?;
        sync_folder(&self.directory).await?;
        Ok(size)
    }

    /// Opens a document.
    ///
    /// # Errors
    /// It is not there.
    pub async fn read(&self, sha256: &Sha256Hex) -> io::Result<File> {
        File::open(self.place(sha256)).await
    }

    async fn write<E>(
        &self,
        draft: &Path,
        mut body: impl Stream<Item = Result<Bytes, E>> + Unpin,
        idle: Duration,
    ) -> Result<(u64, String, Vec<u8>), PutError> {
        let mut file = File::create_new(draft).await?;
        let (mut size, mut hasher, mut head) = (0_u64, Sha256::new(), Vec::with_capacity(HEAD_BYTES));
        loop {
            let piece = match tokio::time::timeout(idle, body.next()).await {
                Ok(Some(Ok(piece))) => piece,
                Ok(None) => break,
                Ok(Some(Err(_))) | Err(_) => return Err(PutError::Body),
            };
            size = size.saturating_add(u64::try_from(piece.len()).unwrap_or(u64::MAX));
            if size > self.bytes_max {
                return Err(PutError::TooLarge);
            }
            let wanted = HEAD_BYTES.saturating_sub(head.len()).min(piece.len());
            head.extend_from_slice(&piece[..wanted]);
            hasher.update(&piece);
            file.write_all(&piece).await?;
        }
        file.flush().await?;
        file.sync_all().await?;
        let digest = hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        Ok((size, digest, head))
    }

    fn incoming(&self) -> PathBuf {
        self.directory.join("incoming")
    }

    fn place(&self, sha256: &Sha256Hex) -> PathBuf {
        let text = sha256.as_str();
        self.directory.join(text.get(..2).unwrap_or_default()).join(text)
    }
}

/// A rename is safe only once its folder is on disk.
async fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder).await?.sync_all().await
}

/// A half-written file: removed when it goes out of use, unless it was renamed.
struct Draft(PathBuf);

impl Drop for Draft {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::stream;
    use tokio::io::AsyncReadExt;

    const IDLE: Duration = Duration::from_millis(200);

    /// A store in a fresh folder that is removed at the end.
    struct Folder(PathBuf, DocumentStore);

    impl Folder {
        fn new() -> Self {
            let directory = std::env::temp_dir().join(format!("wasl-documents-{}", Uuid::now_v7()));
            let mut settings = crate::config::Settings::load_with(&[], []).unwrap().documents;
            settings.directory.clone_from(&directory);
            settings.document_bytes_max = 64;
            let store = DocumentStore::open(&settings).unwrap();
            Self(directory, store)
        }

        fn drafts(&self) -> usize {
            std::fs::read_dir(self.1.incoming()).unwrap().count()
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            std::fs::remove_dir_all(&self.0).unwrap();
        }
    }

    fn sha(bytes: &[u8]) -> Sha256Hex {
        let text: String = Sha256::digest(bytes).iter().map(|b| format!("{b:02x}")).collect();
        Sha256Hex::try_new(text).unwrap()
    }

    fn body(pieces: &[&'static [u8]]) -> impl Stream<Item = Result<Bytes, ()>> + Unpin + use<> {
        stream::iter(pieces.iter().map(|piece| Ok(Bytes::from_static(piece))).collect::<Vec<_>>())
    }

    #[tokio::test]
    async fn a_document_is_read_back_as_it_was_put_and_may_be_put_again() {
        let folder = Folder::new();
        let id = sha(b"%PDF-1.7 plan");
        for _ in 0..2 {
            let size = folder
                .1
                .put(&id, "application/pdf", body(&[b"%PD", b"F-1.7", b" plan"]), IDLE)
                .await
                .unwrap();
            assert_eq!((size, folder.drafts()), (13, 0));
        }
        let mut text = String::new();
        folder.1.read(&id).await.unwrap().read_to_string(&mut text).await.unwrap();
        assert_eq!(text, "%PDF-1.7 plan");
    }

    #[tokio::test]
    async fn what_is_refused_leaves_nothing_behind() {
        let folder = Folder::new();
        let store = &folder.1;
        let id = sha(b"<html>");
        let kind = "application/pdf";
        assert!(matches!(store.put(&id, kind, body(&[b"%PDF-"]), IDLE).await, Err(PutError::HashDiffers)));
        assert!(matches!(store.put(&id, kind, body(&[b"<html>"]), IDLE).await, Err(PutError::TypeDiffers)));
        let big: &[&'static [u8]] = &[b"%PDF-", &[0; 64]];
        assert!(matches!(store.put(&id, kind, body(big), IDLE).await, Err(PutError::TooLarge)));
        let broken = stream::iter([Ok(Bytes::from_static(b"%PDF-")), Err(())]);
        assert!(matches!(store.put(&id, kind, broken, IDLE).await, Err(PutError::Body)));
        let stuck = stream::pending::<Result<Bytes, ()>>();
        assert!(matches!(store.put(&id, kind, stuck, IDLE).await, Err(PutError::Body)));
        assert_eq!(folder.drafts(), 0);
        assert!(store.read(&id).await.is_err());
    }
}
