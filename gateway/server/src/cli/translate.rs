//! `wasl translate`: the pure mappings of an adapter, for people who look inside.

mod submission;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context as _;
use clap::{Args, ValueEnum};
use serde_json::Value;
use wasl_adapters::port::Adapter;
use wasl_adapters::registry;
use wasl_schemas::agency::{AgencyRequest, ReviewMessage};

use super::{Failure, output, read_input};
use crate::config::{AgencySettings, Settings, agency_settings};
use crate::flow::World;

#[derive(Debug, Args)]
pub(super) struct TranslateArgs {
    /// Kind of agency: `urban-agency`, `onee`, `water-basin`, `land-registry`, `barid-bank`.
    #[arg(long)]
    agency: String,
    /// `out`: FILE is a `file.submitted`, or a request in JSON, shown as it would be sent. `in`: FILE is an answer, a callback or an
    /// answer file of the agency, shown as it is understood.
    #[arg(long, value_enum)]
    direction: Direction,
    /// File to translate, `-` for standard input.
    file: PathBuf,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Direction {
    Out,
    In,
}

pub(super) fn run(args: &TranslateArgs, settings: &Settings) -> Result<(), Failure> {
    super::install_crypto();
    if registry::entry(&args.agency).is_none() {
        let known = registry::kinds().join(", ");
        return Err(Failure::Usage(format!("there is no adapter `{}` (known: {known})", args.agency)));
    }
    let adapter = build(&args.agency, agency_settings(settings, &args.agency)?)?;
    let bytes = read_input(&args.file)?;
    match args.direction {
        Direction::Out => show_sent(adapter.as_ref(), &request(&bytes, &args.agency, settings)?),
        Direction::In => {
            let items = adapter.understand(&bytes)?;
            output::say(&serde_json::to_string_pretty(&items)?)
        }
    }
}

/// Keys of lines and signatures, and what goes with them. They belong to a connection or to its moment; no document
/// and no meaning depends on them, and a partner has other ones.
const KEYS: [&str; 6] = [
    "client_identity_file",
    "signing_identity_file",
    "callback_certificates_file",
    "callback_authorities_file",
    "callback_certificate_name",
    "replies_signed",
];

/// Builds the adapter. Translating needs no server, and so must not need its keys and secrets: keys are left out, and
/// where the file of a secret is missing, a word that is none stands in its place, and this is said.
fn build(kind: &str, found: AgencySettings) -> Result<Arc<dyn Adapter>, Failure> {
    let AgencySettings { place, mut table } = found;
    table.retain(|key, _| !KEYS.contains(&key));
    let placeholder = std::env::temp_dir().join(format!("wasl-no-secret-{}", std::process::id()));
    let mut missing = Vec::new();
    for (key, value) in table.iter_mut().filter(|(key, _)| key.ends_with("_file")) {
        if value.as_str().is_some_and(|path| !Path::new(path).exists()) {
            missing.push(key.clone());
            *value = placeholder.display().to_string().into();
        }
    }
    if missing.is_empty() {
        return Ok(registry::build(kind, &place, &table)?);
    }
    output::remark(&format!(
        "no file for {}: signatures and digests are made and checked with a placeholder",
        missing.join(", ")
    ));
    std::fs::write(&placeholder, "placeholder-that-is-no-secret-and-32-bytes-long")?;
    let built = registry::build(kind, &place, &table);
    std::fs::remove_file(&placeholder)?;
    Ok(built?)
}

/// The target on standard error, the exact bytes on standard output.
fn show_sent(adapter: &dyn Adapter, request: &AgencyRequest) -> Result<(), Failure> {
    let preview = adapter.preview(request)?;
    output::remark(&format!("{} ({})", preview.target, preview.content_type));
    output::say_bytes(&preview.body)
}

/// A request alone, or as it stands in a message on the adapter's queue, or what the core would make of a
/// submitted permit file.
fn request(bytes: &[u8], agency: &str, settings: &Settings) -> Result<AgencyRequest, Failure> {
    let value: Value = serde_json::from_slice(bytes).context("this is not JSON")?;
    if value.get("message").is_some() {
        return match serde_json::from_value(value).context("this is not a message on an adapter's queue")? {
            ReviewMessage::Request(request) => Ok(*request),
            ReviewMessage::Collect(_) => Err(anyhow::anyhow!("reading a feed sends no document").into()),
        };
    }
    if value.get("consultation").is_some() {
        return Ok(serde_json::from_value(value).context("this is not a request to an agency")?);
    }
    submission::request(&value, agency, World::load(settings)?.as_ref())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_adapter_translates_where_none_of_its_keys_and_secrets_can_be_read() {
        let table = "
            endpoint = 'https://onee.example/ServiceRequest'
            roots_file = '/nowhere/roots.pem'
            client_identity_file = '/nowhere/client.pem'
            username = 'wasl'
            password_file = '/nowhere/password'
            signing_identity_file = '/nowhere/signing.pem'
            callback_authorities_file = '/nowhere/authorities.pem'
            callback_certificate_name = 'signature.onee.example'
            replies_signed = true
        ";
        let table: toml::Table = table.parse().unwrap();
        let found = AgencySettings { place: "onee.toml".to_owned(), table };
        let adapter = build("onee", found).unwrap_or_else(|_| panic!("it needs a key"));
        let sample = include_bytes!("../../../../schemas/samples/agencies/onee/event-closed.xml");
        assert_eq!(adapter.understand(sample).unwrap().len(), 1);
    }
}
