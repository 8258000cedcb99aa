//! Secrets of a run: made when it first starts, readable by their owner alone, never in the tree.

use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use anyhow::Context;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::layout::Layout;
use crate::sandbox::Secrets;

/// Random bytes in a secret.
const SECRET_BYTES: usize = 24;

/// A secret in a file: read, or drawn and written.
///
/// # Errors
/// The file cannot be read or written.
pub fn secret(layout: &Layout, name: &str) -> anyhow::Result<String> {
    let path = path(layout, name);
    if let Ok(text) = std::fs::read_to_string(&path) {
        return Ok(text.trim().to_owned());
    }
    let bytes: [u8; SECRET_BYTES] = rand::random();
    let text: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    put(layout, name, &text)?;
    Ok(text)
}

/// Where a secret stands.
#[must_use]
pub fn path(layout: &Layout, name: &str) -> PathBuf {
    layout.secrets().join(name)
}

/// Writes a file for its owner's eyes only.
///
/// # Errors
/// It cannot be written.
pub fn put(layout: &Layout, name: &str, text: &str) -> anyhow::Result<PathBuf> {
    let path = path(layout, name);
    write_private(&path, text)?;
    Ok(path)
}

/// Writes any file for its owner's eyes only, in place of one that is there.
///
/// # Errors
/// It cannot be written.
pub fn write_private(path: &Path, text: &str) -> anyhow::Result<()> {
    _ = std::fs::remove_file(path);
    let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    let mut file = file.with_context(|| format!("cannot write {}", path.display()))?;
    file.write_all(text.as_bytes()).with_context(|| format!("cannot write {}", path.display()))
}

/// What the gateway and the simulated agencies agreed on, and the single secrets in files of their own, as the
/// adapters' settings name them.
///
/// # Errors
/// A file cannot be read or written.
pub fn agreed(layout: &Layout) -> anyhow::Result<Secrets> {
    let agreed = Secrets::load_or_make(&path(layout, "agencies.json"))?;
    for (name, value) in [
        ("urban-agency-client-secret", &agreed.urban_agency.client_secret),
        ("onee-gateway-password", &agreed.onee.gateway_password),
        ("onee-callback-password", &agreed.onee.onee_password),
        ("barid-bank-api-password", &agreed.barid_bank.password),
        ("barid-bank-store-key", &agreed.barid_bank.store_key),
    ] {
        put(layout, name, value)?;
    }
    Ok(agreed)
}

/// A caller of the HTTP interface.
#[derive(Debug, Clone, Copy)]
pub struct Caller<'a> {
    /// Name in the gateway's log.
    pub name: &'a str,
    /// Role.
    pub role: &'a str,
    /// Region, province, commune or agency.
    pub scope: &'a str,
    /// Rights that no role has by itself.
    pub rights: &'a [&'a str],
}

/// Makes the gateway's token file (hashes only) and gives the tokens by caller.
///
/// # Errors
/// A file cannot be written.
pub fn tokens(layout: &Layout, callers: &[Caller<'_>]) -> anyhow::Result<Vec<(String, String)>> {
    let (mut by_hash, mut tokens) = (serde_json::Map::new(), Vec::new());
    for caller in callers {
        let token = secret(layout, &format!("token-{}", caller.name))?;
        let hash: String =
            Sha256::digest(token.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect();
        let entry: Value =
            json!({"name": caller.name, "role": caller.role, "scope": caller.scope, "rights": caller.rights});
        by_hash.insert(hash, entry);
        tokens.push((caller.name.to_owned(), token));
    }
    put(layout, "tokens.json", &Value::Object(by_hash).to_string())?;
    Ok(tokens)
}
