//! Signed links: whoever holds one may fetch one document until it expires. Adapters put them into requests, so
//! agencies need no token of ours.

use std::fs;
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use anyhow::Context as _;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use wasl_schemas::id::Sha256Hex;

use crate::config::Documents;

/// Shortest secret that is taken, in bytes.
const SECRET_BYTES_MIN: usize = 32;
const SECRET_FILE: &str = "link-secret";

/// Makes and checks links.
#[derive(Clone)]
pub struct Links {
    secret: Vec<u8>,
}

impl Links {
    /// Reads the secret; makes one inside the documents' folder when none is configured and none is there.
    ///
    /// # Errors
    /// The file cannot be read or written, or is too short.
    pub fn load(settings: &Documents) -> anyhow::Result<Self> {
        let own = settings.directory.join(SECRET_FILE);
        let file = settings.link_secret_file.as_ref().unwrap_or(&own);
        if settings.link_secret_file.is_none() && !file.exists() {
            make_secret(&settings.directory, file)
                .with_context(|| format!("{} cannot be written", file.display()))?;
        }
        let secret =
            fs::read(file).with_context(|| format!("documents.link_secret_file {}", file.display()))?;
        Self::new(secret.trim_ascii())
            .with_context(|| format!("documents.link_secret_file {}", file.display()))
    }

    /// Links under a secret.
    ///
    /// # Errors
    /// The secret has less than 32 bytes.
    pub fn new(secret: &[u8]) -> anyhow::Result<Self> {
        anyhow::ensure!(
            secret.len() >= SECRET_BYTES_MIN,
            "the secret must have at least {SECRET_BYTES_MIN} bytes"
        );
        Ok(Self { secret: secret.to_vec() })
    }

    /// The address of a document below `base_url`, good until `expires_s` (seconds since 1970).
    #[must_use]
    pub fn link(&self, base_url: &str, sha256: &Sha256Hex, expires_s: i64) -> String {
        let signature = self.signature(sha256, expires_s);
        let base = base_url.trim_end_matches('/');
        format!("{base}/documents/{sha256}?expires={expires_s}&signature={signature}")
    }

    /// Whether a link is ours and has not expired. Compared in constant time.
    #[must_use]
    pub fn verify(&self, sha256: &Sha256Hex, expires_s: i64, signature: &str, now_s: i64) -> bool {
        use subtle::ConstantTimeEq as _;
        let ours = self.signature(sha256, expires_s);
        bool::from(ours.as_bytes().ct_eq(signature.as_bytes())) && now_s < expires_s
    }

    fn signature(&self, sha256: &Sha256Hex, expires_s: i64) -> String {
        // HMAC takes keys of any length, so this never falls back.
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&self.secret) else { return String::new() };
        mac.update(format!("GET /documents/{sha256}\n{expires_s}").as_bytes());
        mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

/// Writes a fresh secret. Of two processes that start at once one wins, and both read the winner's.
fn make_secret(directory: &Path, file: &Path) -> io::Result<()> {
    let mut bytes = [0_u8; SECRET_BYTES_MIN];
    rand::fill(&mut bytes);
    let text: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let draft = directory.join(format!("{SECRET_FILE}.{}", std::process::id()));
    let mut written =
        fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&draft)?;
    written.write_all(text.as_bytes())?;
    written.sync_all()?;
    let linked = fs::hard_link(&draft, file);
    fs::remove_file(&draft)?;
    match linked {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sha(digit: &str) -> Sha256Hex {
        Sha256Hex::try_new(digit.repeat(64)).unwrap()
    }

    #[test]
    fn a_link_opens_its_own_document_until_it_expires() {
        let links = Links::new(&[7; 32]).unwrap();
        let link = links.link("http://127.0.0.1:8081/", &sha("a"), 1_000);
        let signature = link.rsplit_once("signature=").unwrap().1;
        assert!(
            link.starts_with(&format!("http://127.0.0.1:8081/documents/{}?expires=1000&", sha("a"))),
            "{link}"
        );
        assert!(links.verify(&sha("a"), 1_000, signature, 999));
        assert!(!links.verify(&sha("a"), 1_000, signature, 1_000), "expired");
        assert!(!links.verify(&sha("b"), 1_000, signature, 999), "another document");
        assert!(!links.verify(&sha("a"), 2_000, signature, 999), "another time");
        assert!(!Links::new(&[8; 32]).unwrap().verify(&sha("a"), 1_000, signature, 999), "another secret");
        assert!(Links::new(b"short").is_err());
    }
}
