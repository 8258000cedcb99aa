//! Flags and settings of a run: the agency's table `[adapter]` as wasl has it, and a table `[conform]`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use serde::Deserialize;
use toml::Table;

use crate::sandbox::Agency;

/// The flags of `wasl-sandbox conform`.
#[derive(Debug, Clone, clap::Args)]
#[command(
    after_help = "FILE has the table [adapter] with the keys of wasl's own config/agencies/<agency>.toml, and may have\n\
    [conform]: commune (a code that the agency serves), answer_within_ms, result_within_ms, signing_identity_file (ONEE,\n\
    with --callbacks: your own key for events), and a table files with what to put behind the\n\
    references of test files so that your agency plays a part: favourable, incomplete, unfavourable …\n\
    `wasl-sandbox serve --settings DIR` writes such files for the simulated agencies: DIR/conform/<agency>.toml.\n\n\
    The report: [{\"case\": \"create.valid\", \"pass\": true, \"reason\": \"\"}, …]. Guide: deploy/partners/README.md"
)]
pub struct ConformArgs {
    /// urban-agency, onee, water-basin, land-registry or barid-bank.
    #[arg(long)]
    pub agency: Agency,
    /// Settings, TOML.
    #[arg(long)]
    pub config: PathBuf,
    /// The agency's address, in the place of the one in the settings.
    #[arg(long)]
    pub url: Option<String>,
    /// The other direction: play the agency against wasl's callbacks at this base address (http://host:port).
    #[arg(long)]
    pub callbacks: Option<String>,
    /// With --callbacks: a consultation (or payment order) that wasl has open at this agency. Without one, the cases
    /// about a known reference are left out.
    #[arg(long, requires = "callbacks")]
    pub reference: Option<String>,
    /// With --reference, for a payment: its amount in dirhams, like 6250.00.
    #[arg(long, requires = "reference")]
    pub amount: Option<String>,
    /// Only cases whose name contains this.
    #[arg(long)]
    pub only: Option<String>,
    /// Where to write the report.
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
    /// Folder of schemas and samples [default: schemas].
    #[arg(long)]
    pub schemas: Option<PathBuf>,
}

/// What the table `[conform]` says.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Wishes {
    /// A commune that the agency serves.
    pub(super) commune: String,
    /// An answer comes within this.
    pub(super) answer_within_ms: u64,
    /// What the agency says later (acknowledgement, opinion) comes within this.
    pub(super) result_within_ms: u64,
    /// ONEE, with --callbacks: certificate and key (PEM) with which the agency signs its events.
    pub(super) signing_identity_file: Option<PathBuf>,
    /// Behind a reference: makes the agency play a part.
    pub(super) files: BTreeMap<String, String>,
}

impl Default for Wishes {
    fn default() -> Self {
        let commune = "015110106".to_owned();
        Self {
            commune,
            answer_within_ms: 15_000,
            result_within_ms: 60_000,
            signing_identity_file: None,
            files: BTreeMap::new(),
        }
    }
}

/// Who is played against whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Direction {
    /// wasl against the agency.
    ToAgency,
    /// The agency against wasl.
    ToWasl,
}

/// A complete, checked configuration.
#[derive(Debug, Clone)]
pub(super) struct Settings {
    pub(super) agency: Agency,
    pub(super) direction: Direction,
    /// Where requests go; the water basin agency has a folder.
    pub(super) base: String,
    /// Texts of `[adapter]`, and what stands in the files that its `*_file` keys name.
    pub(super) agreed: BTreeMap<String, String>,
    pub(super) wishes: Wishes,
    pub(super) reference: Option<String>,
    pub(super) amount: Option<String>,
    pub(super) only: Option<String>,
    pub(super) schemas: PathBuf,
}

impl Settings {
    /// # Errors
    /// A file cannot be read, a key is missing or unknown.
    pub(super) fn read(args: &ConformArgs) -> anyhow::Result<Self> {
        let text = std::fs::read_to_string(&args.config)
            .with_context(|| format!("cannot read {}", args.config.display()))?;
        let all: Table = text.parse().with_context(|| format!("{} is not TOML", args.config.display()))?;
        let wishes = all.get("conform").cloned().map(toml::Value::try_into::<Wishes>).transpose();
        let wishes = wishes.with_context(|| format!("[conform] in {}", args.config.display()))?;
        let empty = Table::new();
        let adapter = all.get("adapter").and_then(toml::Value::as_table).unwrap_or(&empty);
        let wishes = wishes.unwrap_or_default();
        let mut agreed = agreed(adapter)?;
        if let Some(path) = &wishes.signing_identity_file {
            let pem = std::fs::read_to_string(path)
                .with_context(|| format!("signing_identity_file: cannot read {}", path.display()))?;
            agreed.insert("agency_signing_identity".to_owned(), pem);
        }
        let direction = if args.callbacks.is_some() { Direction::ToWasl } else { Direction::ToAgency };
        let own = match args.agency {
            Agency::UrbanAgency | Agency::BaridBank => "base_url",
            Agency::Onee | Agency::LandRegistry => "endpoint",
            Agency::WaterBasin => "folder",
        };
        let base = match &args.callbacks {
            Some(callbacks) => format!("{}/callbacks/{}", callbacks.trim_end_matches('/'), args.agency.key()),
            None => args.url.clone().or_else(|| agreed.get(own).cloned()).with_context(|| {
                format!(
                    "no address of the agency: give --url, or {own} in [adapter] of {}",
                    args.config.display()
                )
            })?,
        };
        let base = base.trim_end_matches('/').to_owned();
        if direction == Direction::ToWasl && !matches!(args.agency, Agency::Onee | Agency::BaridBank) {
            bail!("{} never calls wasl: wasl reads from it, so there is nothing to play", args.agency.key());
        }
        Ok(Self {
            agency: args.agency,
            direction,
            base,
            agreed,
            wishes,
            reference: args.reference.clone(),
            amount: args.amount.clone(),
            only: args.only.clone(),
            schemas: schemas(args.schemas.as_deref())?,
        })
    }

    /// Something of `[adapter]`, or nothing.
    pub(super) fn agreed(&self, key: &str) -> &str {
        self.agreed.get(key).map_or("", String::as_str)
    }
}

fn agreed(adapter: &Table) -> anyhow::Result<BTreeMap<String, String>> {
    let mut agreed = BTreeMap::new();
    // What is off is as if it were not there.
    for (key, value) in adapter.iter().filter(|(_, value)| value.as_bool() != Some(false)) {
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        if let Some(secret) = key.strip_suffix("_file") {
            let content =
                std::fs::read_to_string(&text).with_context(|| format!("{key}: cannot read {text}"))?;
            agreed.insert(secret.to_owned(), content.trim_end_matches(['\n', '\r']).to_owned());
        }
        agreed.insert(key.clone(), text);
    }
    Ok(agreed)
}

/// The folder that was named, that of the working directory, or that of the checkout this was built from.
fn schemas(named: Option<&Path>) -> anyhow::Result<PathBuf> {
    let built = concat!(env!("CARGO_MANIFEST_DIR"), "/../schemas");
    let candidates =
        named.map_or_else(|| vec![PathBuf::from("schemas"), PathBuf::from(built)], |one| vec![one.into()]);
    let found = candidates.iter().find(|folder| folder.join("samples/conformance").is_dir()).cloned();
    found.with_context(|| {
        format!("{} has no samples/conformance: name the folder with --schemas", candidates[0].display())
    })
}
