//! Passwords of the broker's users, derived from one secret so that the definitions can be made again.

use std::io::Write;
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

/// The secret has this many bytes (in hexadecimal on disk).
const SECRET_BYTES: usize = 32;
/// A password is so many bytes of the derived key, in hexadecimal.
const PASSWORD_BYTES: usize = 20;
/// RabbitMQ salts with four bytes.
const SALT_BYTES: usize = 4;

/// Where the passwords of all users come from.
#[derive(Clone)]
pub struct Passwords {
    secret: Vec<u8>,
}

impl std::fmt::Debug for Passwords {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Passwords(…)")
    }
}

/// Why there are no passwords.
#[derive(Debug, thiserror::Error)]
pub enum PasswordsError {
    /// The file cannot be read or written.
    #[error("{file}: {reason}")]
    File {
        /// The file.
        file: String,
        /// Why.
        reason: String,
    },
}

impl Passwords {
    /// From a secret drawn now: what is derived cannot be derived again.
    #[must_use]
    pub fn random() -> Self {
        Self { secret: rand::random::<[u8; SECRET_BYTES]>().to_vec() }
    }

    /// From the secret in the file; when there is none, draws one and writes it, for its owner's eyes only.
    ///
    /// # Errors
    /// The file cannot be read or written, or is shorter than 32 characters.
    pub fn from_file_or_new(path: &Path) -> Result<Self, PasswordsError> {
        match Self::from_file(path)? {
            Some(passwords) => Ok(passwords),
            None => Self::new_file(path),
        }
    }

    /// From the secret in the file; none when there is no such file.
    ///
    /// # Errors
    /// The file cannot be read, or is shorter than 32 characters.
    pub fn from_file(path: &Path) -> Result<Option<Self>, PasswordsError> {
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(fault(path, error.to_string())),
        };
        let secret = text.trim().as_bytes().to_vec();
        if secret.len() < SECRET_BYTES {
            return Err(fault(path, "a secret has at least 32 characters".to_owned()));
        }
        Ok(Some(Self { secret }))
    }

    fn new_file(path: &Path) -> Result<Self, PasswordsError> {
        let text = hex(&rand::random::<[u8; SECRET_BYTES]>());
        write_private(path, text.as_bytes()).map_err(|error| fault(path, error.to_string()))?;
        Ok(Self { secret: text.into_bytes() })
    }

    /// The password of a user: 40 hexadecimal digits.
    #[must_use]
    pub fn password(&self, user: &str) -> String {
        hex(&self.derive("password", user)[..PASSWORD_BYTES])
    }

    /// What RabbitMQ keeps of the password: Base64 of salt ‖ SHA-256(salt ‖ password). The salt is derived as
    /// well, so that the same secret makes the same definitions.
    #[must_use]
    pub fn hash(&self, user: &str) -> String {
        let salt = &self.derive("salt", user)[..SALT_BYTES];
        let digest = Sha256::new().chain_update(salt).chain_update(self.password(user)).finalize();
        STANDARD.encode([salt, digest.as_slice()].concat())
    }

    fn derive(&self, purpose: &str, user: &str) -> [u8; SECRET_BYTES] {
        // HMAC takes a key of any length, so there is no fault to tell of.
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&self.secret) else { return [0; SECRET_BYTES] };
        mac.update(purpose.as_bytes());
        mac.update(b"|");
        mac.update(user.as_bytes());
        mac.finalize().into_bytes().into()
    }
}

/// Writes a file that only its owner may read; it must not exist yet.
pub(crate) fn write_private(path: &Path, content: &[u8]) -> std::io::Result<()> {
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder)?;
    }
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)?.write_all(content)
}

fn fault(path: &Path, reason: String) -> PasswordsError {
    PasswordsError::File { file: path.display().to_string(), reason }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_the_one_that_the_broker_computes() {
        let passwords = Passwords { secret: vec![7; 32] };
        let raw = STANDARD.decode(passwords.hash("wasl-core")).unwrap();
        let (salt, digest) = raw.split_at(SALT_BYTES);
        let mut hasher = Sha256::new();
        hasher.update(salt);
        hasher.update(passwords.password("wasl-core").as_bytes());
        assert_eq!(digest, hasher.finalize().as_slice());
    }

    #[test]
    fn the_same_secret_makes_the_same_passwords_and_users_differ() {
        let path = std::env::temp_dir().join(format!("wasl-secret-{}", uuid::Uuid::now_v7()));
        assert!(Passwords::from_file(&path).unwrap().is_none());
        let first = Passwords::from_file_or_new(&path).unwrap();
        let second = Passwords::from_file_or_new(&path).unwrap();
        std::fs::remove_file(&path).unwrap();
        assert_eq!(first.password("a"), second.password("a"));
        assert_ne!(first.password("a"), first.password("b"));
        assert_eq!(first.password("a").len(), 40);
        assert_ne!(Passwords::random().password("a"), first.password("a"));
    }
}
