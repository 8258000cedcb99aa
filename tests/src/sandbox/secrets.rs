//! Client ids, passwords and keys: read from a file, or made at run time and written there.

use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use anyhow::Context;
use rand::RngExt;
use rand::distr::Alphanumeric;
use serde::{Deserialize, Serialize};

/// Everything that the gateway and the agencies agreed on beforehand.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Secrets {
    /// OAuth2 client of the gateway at the urban agency.
    pub urban_agency: UrbanAgencySecrets,
    /// The two pairs of credentials with ONEE.
    pub onee: OneeSecrets,
    /// API user, merchant and store key at the bank.
    pub barid_bank: BankSecrets,
    /// Identities at the land registry; no secret, agreed by default.
    #[serde(default)]
    pub land_registry: LandRegistryNames,
    /// Codes of both sides in the water basin agency's files, and the login of its WebDAV server.
    #[serde(default)]
    pub water_basin: WaterBasinNames,
}

/// Urban agency: client credentials and the caller's id.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct UrbanAgencySecrets {
    /// OAuth2 client id.
    pub client_id: String,
    /// OAuth2 client secret.
    pub client_secret: String,
    /// Value of `Id-Acteur-Appelant`.
    pub id_acteur_appelant: String,
}

/// ONEE: who signs requests, who signs events.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct OneeSecrets {
    /// The gateway's user at ONEE.
    pub gateway_username: String,
    /// Its password.
    pub gateway_password: String,
    /// ONEE's user at the gateway.
    pub onee_username: String,
    /// Its password.
    pub onee_password: String,
}

/// Al Barid Bank.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct BankSecrets {
    /// API user (HTTP Basic and CC5 `Name`).
    pub user: String,
    /// Its password.
    pub password: String,
    /// Merchant number (`clientid`).
    pub merchant_number: String,
    /// Store key of the hash, version 3.
    pub store_key: String,
}

/// Land registry: `instance/class/member/subsystem` and the service.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct LandRegistryNames {
    /// The gateway.
    pub client: String,
    /// The service, with its code and version.
    pub service: String,
}

impl Default for LandRegistryNames {
    fn default() -> Self {
        Self {
            client: "MA/GOV/DGCT/wasl".to_owned(),
            service: "MA/GOV/ANCFCC/registry/TitleState/v1".to_owned(),
        }
    }
}

/// Water basin agency: codes in Emetteur and Destinataire.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct WaterBasinNames {
    /// The gateway's code.
    pub gateway_code: String,
    /// The agency's code; empty: whatever the request names is answered for.
    pub agency_code: String,
    /// Who the gateway is on the folder's WebDAV server.
    #[serde(default)]
    pub dav_user: String,
    /// Its password; empty: the folder is not served.
    #[serde(default)]
    pub dav_password: String,
}

impl Default for WaterBasinNames {
    fn default() -> Self {
        let (gateway_code, dav_user) = ("wasl".to_owned(), "wasl".to_owned());
        Self { gateway_code, agency_code: String::new(), dav_user, dav_password: String::new() }
    }
}

impl Secrets {
    /// New random secrets.
    #[must_use]
    pub fn generate() -> Self {
        Self {
            urban_agency: UrbanAgencySecrets {
                client_id: "wasl".to_owned(),
                client_secret: random_text(40),
                id_acteur_appelant: "GTW-WASL-01".to_owned(),
            },
            onee: OneeSecrets {
                gateway_username: "wasl".to_owned(),
                gateway_password: random_text(32),
                onee_username: "onee".to_owned(),
                onee_password: random_text(32),
            },
            barid_bank: BankSecrets {
                user: "wasl-api".to_owned(),
                password: random_text(32),
                merchant_number: "600004417".to_owned(),
                // Both characters that the hash must escape stand in every key.
                store_key: format!("{}|{}\\{}", random_text(12), random_text(12), random_text(12)),
            },
            land_registry: LandRegistryNames::default(),
            water_basin: WaterBasinNames { dav_password: random_text(32), ..WaterBasinNames::default() },
        }
    }

    /// Reads the file; makes it (readable by its owner alone) when it is absent.
    ///
    /// # Errors
    /// The file cannot be read, is not of this form, or cannot be written.
    pub fn load_or_make(path: &Path) -> anyhow::Result<Self> {
        if path.exists() {
            let text =
                std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
            return serde_json::from_str(&text).with_context(|| format!("secrets in {}", path.display()));
        }
        let secrets = Self::generate();
        let mut file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(path)
            .with_context(|| format!("cannot write {}", path.display()))?;
        file.write_all(&serde_json::to_vec_pretty(&secrets)?)?;
        Ok(secrets)
    }
}

/// Random letters and digits.
pub(super) fn random_text(length: usize) -> String {
    rand::rng().sample_iter(Alphanumeric).take(length).map(char::from).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secrets_file_is_made_once_and_read_again() {
        let path = std::env::temp_dir().join(format!("wasl-sandbox-secrets-{}", uuid::Uuid::now_v7()));
        let made = Secrets::load_or_make(&path).unwrap();
        let read = Secrets::load_or_make(&path).unwrap();
        std::fs::remove_file(&path).unwrap();
        assert_eq!(made.barid_bank.store_key, read.barid_bank.store_key);
        assert_ne!(made.barid_bank.store_key, Secrets::generate().barid_bank.store_key);
    }
}
