//! Who calls, and what they may: roles, rights, scopes, static tokens.
//!
//! A token file is JSON: the SHA-256 of each token in hexadecimal, and whose it is. The tokens themselves are
//! nowhere on disk.
//!
//! ```json
//! {"9f86…": {"name": "dgct", "role": "ministry"}, "60303…": {"name": "assilah", "role": "commune", "scope": "015110101"}}
//! ```
//!
//! `"rights": ["wire-bodies"]` beside the role gives what no role has by itself: the bodies of the wire log.

use std::collections::{BTreeSet, HashMap};
use std::path::Path;

use anyhow::Context as _;
use serde::Deserialize;
use sha2::{Digest, Sha256};

use crate::store::read::Scope;

/// What a caller is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Sees the whole country.
    Ministry,
    /// A regional committee: its region.
    Region,
    /// A prefecture or province: its area.
    Province,
    /// A commune: its files.
    Commune,
    /// An agency: its consultations. The scope is `kind`, or `kind/agency-id` for one agency of the kind.
    Agency,
    /// The plumbing; no files.
    Operator,
}

/// What a route asks for. Every route names one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Right {
    /// Anybody: there is nothing to protect (health, version, the contract).
    Open,
    /// Nobody's token counts: what the request itself carries is verified (callbacks, signed links).
    Proven,
    /// The page of the whole country: anybody where `http.public_dashboard` says so, else those whose area is the
    /// whole country. The others ask for the figures of their area.
    Page,
    /// Files, inside the caller's scope.
    Files,
    /// Consultations, inside the caller's scope.
    Consultations,
    /// Counts and sums, inside the caller's scope.
    Figures,
    /// What was paid line by line, inside the caller's scope; balances for the whole country alone.
    Money,
    /// The plumbing.
    Operate,
    /// Put documents, as a commune.
    PutDocuments,
    /// How the lines to agencies are: breakers, certificates, drift. No files.
    Lines,
    /// Why a file waits, inside the caller's scope: no content of it.
    Waiting,
    /// Bytes of parked messages, of whatever file: operators and ministry, where it was given by name.
    ParkedBodies,
    /// Bodies of the wire log, inside the caller's scope: given one by one, see [`Extra`].
    WireBodies,
}

/// What no role has by itself: it is given to a token by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Extra {
    /// [`Right::WireBodies`]; for operators and the ministry [`Right::ParkedBodies`], too.
    WireBodies,
}

impl Right {
    /// Whether a role has it.
    #[must_use]
    pub const fn held_by(self, role: Role) -> bool {
        match self {
            Self::Open | Self::Proven => true,
            Self::Page => matches!(role, Role::Ministry | Role::Operator),
            Self::Files | Self::Consultations => !matches!(role, Role::Operator),
            Self::Figures | Self::Money => !matches!(role, Role::Operator | Role::Agency),
            Self::Operate => matches!(role, Role::Operator),
            Self::PutDocuments => matches!(role, Role::Commune),
            Self::Lines => matches!(role, Role::Ministry | Role::Operator | Role::Agency),
            Self::Waiting => true,
            // By no role: see `Caller::has`.
            Self::WireBodies | Self::ParkedBodies => false,
        }
    }
}

/// Who calls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// Name for the log.
    pub name: String,
    /// Role.
    pub role: Role,
    /// What the caller may see, part of every statement.
    pub scope: Scope,
    /// What was given beside the role.
    pub extras: BTreeSet<Extra>,
}

impl Caller {
    /// Whether the caller has a right, by role or given by name.
    #[must_use]
    pub fn has(&self, right: Right) -> bool {
        match right {
            Right::WireBodies => self.extras.contains(&Extra::WireBodies),
            Right::ParkedBodies => {
                self.extras.contains(&Extra::WireBodies)
                    && matches!(self.role, Role::Operator | Role::Ministry)
            }
            right => right.held_by(self.role),
        }
    }

    /// The commune whose token this is.
    #[must_use]
    pub fn commune(&self) -> Option<&str> {
        match self.role {
            Role::Commune => self.scope.commune.as_deref(),
            _ => None,
        }
    }

    /// Sees only what concerns one agency.
    #[must_use]
    pub const fn is_agency(&self) -> bool {
        matches!(self.role, Role::Agency)
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    name: String,
    role: Role,
    #[serde(default)]
    scope: String,
    #[serde(default)]
    rights: BTreeSet<Extra>,
}

/// The known tokens. Room for another kind (JWT of a configured issuer) is made here: [`Tokens::caller`] is all
/// that the rest sees.
#[derive(Debug, Clone, Default)]
pub struct Tokens {
    by_hash: HashMap<[u8; 32], Caller>,
}

impl Tokens {
    /// Reads a token file; none means that nobody has any right.
    ///
    /// # Errors
    /// One sentence that names the file and what to mend.
    pub fn load(file: Option<&Path>) -> anyhow::Result<Self> {
        let Some(file) = file else { return Ok(Self::default()) };
        let text =
            std::fs::read_to_string(file).with_context(|| format!("auth.tokens_file {}", file.display()))?;
        Self::parse(&text).with_context(|| format!("auth.tokens_file {}", file.display()))
    }

    /// Reads the text of a token file.
    ///
    /// # Errors
    /// One sentence that says what to mend; it never repeats a hash.
    pub fn parse(text: &str) -> anyhow::Result<Self> {
        let entries: HashMap<String, Entry> = serde_json::from_str(text)?;
        let mut by_hash = HashMap::new();
        for (hash, entry) in entries {
            let hash =
                read_hash(&hash).with_context(|| format!("`{}`: the key must be a SHA-256", entry.name))?;
            let scope = scope(entry.role, &entry.scope)
                .with_context(|| format!("`{}`: `{}` is no scope of its role", entry.name, entry.scope))?;
            by_hash.insert(hash, Caller { name: entry.name, role: entry.role, scope, extras: entry.rights });
        }
        Ok(Self { by_hash })
    }

    /// Whose token it is. The look-up is by hash, so its time says nothing about the token.
    #[must_use]
    pub fn caller(&self, token: &str) -> Option<&Caller> {
        let hash: [u8; 32] = Sha256::digest(token.as_bytes()).into();
        self.by_hash.get(&hash)
    }
}

fn read_hash(text: &str) -> Option<[u8; 32]> {
    let mut hash = [0_u8; 32];
    if text.len() != 64 || !text.is_ascii() {
        return None;
    }
    for (index, byte) in hash.iter_mut().enumerate() {
        *byte = u8::from_str_radix(text.get(2 * index..2 * index + 2)?, 16).ok()?;
    }
    Some(hash)
}

/// `None` when the code has not the form that the role asks for: a scope is never wider by mistake.
fn scope(role: Role, code: &str) -> Option<Scope> {
    let digits = |count: usize| {
        (code.len() == count && code.bytes().all(|b| b.is_ascii_digit())).then(|| Some(code.to_owned()))
    };
    let all = Scope::default();
    Some(match role {
        Role::Ministry | Role::Operator if code.is_empty() => all,
        Role::Ministry | Role::Operator => return None,
        Role::Region => Scope { region: digits(2)?, ..all },
        Role::Province => Scope { province: digits(5)?, ..all },
        Role::Commune => Scope { commune: digits(9)?, ..all },
        Role::Agency if code.is_empty() => return None,
        Role::Agency => match code.split_once('/') {
            Some((kind, id)) => {
                Scope { agency: Some(kind.to_owned()), agency_id: Some(id.to_owned()), ..all }
            }
            None => Scope { agency: Some(code.to_owned()), ..all },
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hash(token: &str) -> String {
        Sha256::digest(token.as_bytes()).iter().map(|b| format!("{b:02x}")).collect()
    }

    fn file(role: &str, scope: &str) -> String {
        format!(r#"{{"{}": {{"name": "n", "role": "{role}", "scope": "{scope}"}}}}"#, hash("secret"))
    }

    #[test]
    fn a_token_is_found_by_its_hash_and_brings_its_scope() {
        let tokens = Tokens::parse(&file("province", "01511")).unwrap();
        let caller = tokens.caller("secret").unwrap();
        assert_eq!((caller.role, caller.scope.province.as_deref()), (Role::Province, Some("01511")));
        assert!(tokens.caller("Secret").is_none() && tokens.caller("").is_none());
        let agency = Tokens::parse(&file("agency", "urban-agency/au-tanger")).unwrap();
        assert_eq!(agency.caller("secret").unwrap().scope.agency_id.as_deref(), Some("au-tanger"));
    }

    #[test]
    fn a_scope_that_does_not_fit_its_role_is_refused_not_widened() {
        for (role, scope) in [
            ("region", ""),
            ("region", "1"),
            ("commune", "01511"),
            ("province", "x1511"),
            ("agency", ""),
            ("ministry", "01"),
        ] {
            assert!(Tokens::parse(&file(role, scope)).is_err(), "{role} {scope}");
        }
        assert!(Tokens::parse(r#"{"ab": {"name": "n", "role": "ministry"}}"#).is_err());
        assert!(Tokens::parse(&file("king", "")).is_err());
    }

    #[test]
    fn bodies_of_the_wire_log_are_for_whom_they_were_given_to_by_name() {
        let all = [Role::Ministry, Role::Region, Role::Province, Role::Commune, Role::Agency, Role::Operator];
        assert!(all.iter().all(|role| !Right::WireBodies.held_by(*role)));
        assert!(
            !Tokens::parse(&file("ministry", "")).unwrap().caller("secret").unwrap().has(Right::WireBodies)
        );
        let given = file("ministry", "").replace("\"name\"", "\"rights\": [\"wire-bodies\"], \"name\"");
        assert!(Tokens::parse(&given).unwrap().caller("secret").unwrap().has(Right::WireBodies));
        assert!(Tokens::parse(&given.replace("wire-bodies", "everything")).is_err());
    }

    #[test]
    fn an_operator_sees_the_plumbing_and_no_file() {
        assert!(Right::Operate.held_by(Role::Operator) && !Right::Files.held_by(Role::Operator));
        assert!(!Right::Operate.held_by(Role::Ministry));
        assert!(Right::PutDocuments.held_by(Role::Commune) && !Right::PutDocuments.held_by(Role::Ministry));
        assert!(!Right::Figures.held_by(Role::Agency) && Right::Consultations.held_by(Role::Agency));
    }
}
