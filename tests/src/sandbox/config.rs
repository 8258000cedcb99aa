//! How a sandbox is started: flags, a configuration file, and what is fixed here as a limit.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use serde::Deserialize;

use super::agency::Agency;
use super::clock;
use super::legal::LegalClock;
use super::profile::Profile;
use super::scenario::{self, Scenario};

/// One request body at most, whatever the agency.
pub(super) const BODY_BYTES_MAX: usize = 5 * 1024 * 1024;

/// One request body at most, as the agency's contract says.
pub(super) const fn body_bytes_max(agency: Agency) -> usize {
    match agency {
        Agency::UrbanAgency => BODY_BYTES_MAX,
        Agency::Onee | Agency::LandRegistry | Agency::WaterBasin | Agency::BaridBank => 1024 * 1024,
    }
}
/// An access token lives this long in wall time.
pub(super) const TOKEN_LIFE_SECONDS: u64 = 300;
/// A signed message is stale after this long, in wall time.
pub(super) const SIGNED_AGE_SECONDS_MAX: i64 = 300;
/// A signed message may be dated this far ahead, for clocks that differ.
pub(super) const SIGNED_AHEAD_SECONDS_MAX: i64 = 60;
/// A nonce is remembered this long.
pub(super) const NONCE_MEMORY_SECONDS: u64 = 600;
/// One callback may take this long before it counts as failed.
pub(super) const CALLBACK_TIMEOUT_MS: u64 = 10_000;
/// First pause after a failed callback; it doubles up to [`CALLBACK_BACKOFF_MAX_MS`].
pub(super) const CALLBACK_BACKOFF_MIN_MS: u64 = 200;
/// Longest pause between two tries of one callback.
pub(super) const CALLBACK_BACKOFF_MAX_MS: u64 = 5_000;
/// Callbacks under way at the same time.
pub(super) const CALLBACKS_CONCURRENT_MAX: usize = 32;

/// The flags of `wasl-sandbox serve`; each may stand in the file of `--config` instead
/// (same name, `_` for `-`), and a flag wins over the file.
#[derive(Debug, Default, Clone, clap::Args, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ServeArgs {
    /// Configuration file, TOML or JSON by its extension.
    #[arg(long)]
    #[serde(skip)]
    pub config: Option<PathBuf>,
    /// Which agencies are open, with commas: urban-agency, onee, water-basin, land-registry, barid-bank
    /// [default: all five].
    #[arg(long, value_delimiter = ',')]
    pub agency: Vec<Agency>,
    /// Faults that are played, with commas, each with the share of requests that meet it: slow,fault=0.1
    /// [default: none; `wasl-sandbox scenarios` lists them].
    #[arg(long)]
    pub scenario: Option<String>,
    /// How long the scenario `slow` waits, in milliseconds [default: 5000].
    #[arg(long)]
    pub slow_ms: Option<u64>,
    /// Folder for wasl's settings of the open agencies, with the secrets that go with them; made when absent.
    #[arg(long)]
    pub settings: Option<PathBuf>,
    /// Seed of every draw: the same seed and the same files give the same answers [default: 1].
    #[arg(long)]
    pub seed: Option<u64>,
    /// How long a legal day lasts, in wall milliseconds [default: 1000].
    #[arg(long)]
    pub legal_day_ms: Option<u64>,
    /// Segments of the legal clock, the gateway's own `[clock] file`: it then paces all delays.
    #[arg(long)]
    pub clock_file: Option<PathBuf>,
    /// What the legal clock shows at `legal-epoch-ms`, RFC 3339; absent: legal time is wall time.
    #[arg(long)]
    pub legal_start: Option<String>,
    /// Wall time of that moment, milliseconds since 1970 [default: the start of the sandbox].
    #[arg(long)]
    pub legal_epoch_ms: Option<u64>,
    /// Where to listen; loopback addresses only [default: 127.0.0.1:0].
    #[arg(long)]
    pub listen: Option<SocketAddr>,
    /// Written once the sandbox listens: {"http": "http://127.0.0.1:PORT", "pid": N}.
    #[arg(long)]
    pub port_file: Option<PathBuf>,
    /// Base address of the gateway's api role; callbacks go to it.
    #[arg(long)]
    pub callbacks: Option<String>,
    /// Folder of the water basin agency, with `out/` (to it) and `in/` (from it).
    #[arg(long)]
    pub drop_folder: Option<PathBuf>,
    /// Client ids, passwords and keys; made and written here when the file is absent.
    #[arg(long)]
    pub secrets: Option<PathBuf>,
    /// Shares of the behaviours per agency, TOML or JSON.
    #[arg(long)]
    pub profile: Option<PathBuf>,
    /// ONEE is reached by TLS with a client certificate and signs, as does the gateway: authority, certificates and
    /// keys of both sides stand in this folder, made when absent [default: plain HTTP, nothing is signed].
    #[arg(long)]
    pub onee_keys: Option<PathBuf>,
    /// Where ONEE listens with TLS [default: 127.0.0.1:0].
    #[arg(long)]
    pub onee_listen: Option<SocketAddr>,
    /// ONEE signs its replies too, and wants those of the gateway signed; needs --onee-keys.
    #[arg(long)]
    pub onee_replies_signed: bool,
    /// Append-only ledger; a restart takes up what it holds.
    #[arg(long)]
    pub ledger: Option<PathBuf>,
    /// The urban agency downloads each document by its link and checks size and hash.
    #[arg(long)]
    pub fetch_documents: bool,
}

/// A complete, checked configuration.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The open agencies.
    pub agencies: Vec<Agency>,
    /// Faults that are played, with their shares.
    pub scenarios: BTreeMap<Scenario, f64>,
    /// How long `slow` waits.
    pub slow_ms: u64,
    /// Where wasl's settings are written.
    pub hand_out: Option<PathBuf>,
    /// Seed of every draw.
    pub seed: u64,
    /// Wall milliseconds in one legal day, at least 1; a clock file has its own pace.
    pub legal_day_ms: u64,
    /// The legal clock that stands in opinions and acknowledgements.
    pub legal_clock: LegalClock,
    /// Loopback address; port 0 lets the system choose.
    pub listen: SocketAddr,
    /// Where to write the address that was bound.
    pub port_file: Option<PathBuf>,
    /// Base of the gateway's callbacks, without a slash at the end; none: no callback is sent.
    pub callbacks: Option<String>,
    /// Folder of the water basin agency; none: that agency is closed.
    pub drop_folder: Option<PathBuf>,
    /// Where the secrets stand.
    pub secrets: Option<PathBuf>,
    /// Shares of the behaviours.
    pub profile: Profile,
    /// Documents are downloaded and checked.
    pub fetch_documents: bool,
    /// Folder with the keys of TLS and signatures between ONEE and the gateway; none: neither is used.
    pub onee_keys: Option<PathBuf>,
    /// Where ONEE listens with TLS.
    pub onee_listen: SocketAddr,
    /// ONEE signs its replies, and checks the signature of the gateway's.
    pub onee_replies_signed: bool,
    /// Where the ledger stands; none: it is kept in memory only and lost with the process.
    pub ledger: Option<PathBuf>,
}

impl ServeArgs {
    /// Reads the configuration file, lets the flags win, fills in the defaults.
    ///
    /// # Errors
    /// An unreadable file, an unknown key, an address that is not loopback, a day of 0 ms.
    pub fn settings(self) -> anyhow::Result<Settings> {
        let file: Self = match &self.config {
            Some(path) => read_toml_or_json(path)?,
            None => Self::default(),
        };
        let listen = self.listen.or(file.listen).unwrap_or(SocketAddr::from(([127, 0, 0, 1], 0)));
        let onee_listen =
            self.onee_listen.or(file.onee_listen).unwrap_or(SocketAddr::from(([127, 0, 0, 1], 0)));
        if let Some(listen) = [listen, onee_listen].into_iter().find(|address| !address.ip().is_loopback()) {
            bail!("listen: {listen} is not a loopback address; the sandbox must not be reached from outside");
        }
        let legal_day_ms = self.legal_day_ms.or(file.legal_day_ms).unwrap_or(1000);
        if legal_day_ms == 0 {
            bail!("legal_day_ms: a legal day lasts at least 1 ms");
        }
        let epoch_ms = self.legal_epoch_ms.or(file.legal_epoch_ms).unwrap_or_else(clock::now_ms);
        let legal_clock = match (self.clock_file.or(file.clock_file), self.legal_start.or(file.legal_start)) {
            (Some(_), Some(_)) => bail!("clock_file and legal_start both set the legal clock; give one"),
            (Some(path), None) => LegalClock::from_file(&path)?,
            (None, Some(start)) => {
                let start = start.parse().context("legal_start: not an RFC 3339 time")?;
                LegalClock::from_start(start, epoch_ms, legal_day_ms)
            }
            (None, None) => LegalClock::wall(legal_day_ms),
        };
        let profile = match self.profile.or(file.profile) {
            Some(path) => read_toml_or_json(&path)?,
            None => Profile::default(),
        };
        profile.check()?;
        let mut agencies = if self.agency.is_empty() { file.agency } else { self.agency };
        if agencies.is_empty() {
            agencies = Agency::ALL.to_vec();
        }
        agencies.sort_unstable();
        agencies.dedup();
        let asked = self.scenario.or(file.scenario).unwrap_or_default();
        let scenarios = scenario::read_shares(&asked)?;
        scenario::fit(&scenarios, &agencies)?;
        let hand_out = self.settings.or(file.settings);
        let mut drop_folder = self.drop_folder.or(file.drop_folder);
        if drop_folder.is_none() && agencies.contains(&Agency::WaterBasin) {
            drop_folder = hand_out.as_ref().map(|folder| folder.join("water-basin"));
        }
        let callbacks = self.callbacks.or(file.callbacks).map(|base| base.trim_end_matches('/').to_owned());
        let onee_keys = self.onee_keys.or(file.onee_keys);
        let onee_replies_signed = self.onee_replies_signed || file.onee_replies_signed;
        if onee_replies_signed && onee_keys.is_none() {
            bail!("onee_replies_signed needs onee_keys: there is nothing to sign with");
        }
        Ok(Settings {
            seed: self.seed.or(file.seed).unwrap_or(1),
            legal_day_ms,
            legal_clock,
            listen,
            port_file: self.port_file.or(file.port_file),
            callbacks,
            agencies,
            scenarios,
            slow_ms: self.slow_ms.or(file.slow_ms).unwrap_or(5_000),
            hand_out,
            drop_folder,
            secrets: self.secrets.or(file.secrets),
            profile,
            fetch_documents: self.fetch_documents || file.fetch_documents,
            onee_keys,
            onee_listen,
            onee_replies_signed,
            ledger: self.ledger.or(file.ledger),
        })
    }
}

fn read_toml_or_json<T: serde::de::DeserializeOwned>(path: &Path) -> anyhow::Result<T> {
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    let json = path.extension().is_some_and(|extension| extension == "json");
    let parsed = if json {
        serde_json::from_str(&text).map_err(anyhow::Error::from)
    } else {
        toml::from_str(&text).map_err(anyhow::Error::from)
    };
    parsed.with_context(|| format!("{} is not a valid configuration", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_that_others_can_reach_is_refused() {
        let args = ServeArgs { listen: Some(SocketAddr::from(([0, 0, 0, 0], 0))), ..ServeArgs::default() };
        assert!(args.settings().unwrap_err().to_string().contains("loopback"));
    }

    #[test]
    fn a_flag_wins_over_the_file() {
        let path = std::env::temp_dir().join(format!("wasl-sandbox-config-{}.toml", uuid::Uuid::now_v7()));
        std::fs::write(&path, "seed = 5\nlegal_day_ms = 20\n").unwrap();
        let args = ServeArgs { config: Some(path.clone()), seed: Some(9), ..ServeArgs::default() };
        let settings = args.settings().unwrap();
        std::fs::remove_file(path).unwrap();
        assert_eq!((settings.seed, settings.legal_day_ms), (9, 20));
    }
}
