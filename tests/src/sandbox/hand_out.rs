//! What a partner needs to reach the open agencies: wasl's own settings files, with the secrets beside them.

use std::fmt::Write as _;
use std::fs::OpenOptions;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use anyhow::Context;
use toml::{Table, Value};

use super::agency::Agency;
use super::config::Settings;
use super::secrets::Secrets;

/// One line of a settings file: a value, something that is on, or a secret that stands in a file of its own.
enum Line {
    Plain(&'static str, String),
    Flag(&'static str),
    Secret(&'static str, &'static str, String),
}

fn lines(agency: Agency, http: &str, settings: &Settings, secrets: &Secrets) -> Vec<Line> {
    use Line::{Plain, Secret};
    let at = |path: &str| format!("{http}/{}{path}", agency.key());
    match agency {
        Agency::UrbanAgency => vec![
            Plain("base_url", at("/v1")),
            Plain("token_url", at("/oauth2/token")),
            Plain("client_id", secrets.urban_agency.client_id.clone()),
            Secret(
                "client_secret_file",
                "urban-agency-client-secret",
                secrets.urban_agency.client_secret.clone(),
            ),
            Plain("caller_id", secrets.urban_agency.id_acteur_appelant.clone()),
        ],
        Agency::Onee => vec![
            Plain("endpoint", at("/ServiceRequest")),
            Plain("username", secrets.onee.gateway_username.clone()),
            Secret("password_file", "onee-gateway-password", secrets.onee.gateway_password.clone()),
            Plain("callback_username", secrets.onee.onee_username.clone()),
            Secret("callback_password_file", "onee-callback-password", secrets.onee.onee_password.clone()),
        ]
        .into_iter()
        .chain(onee_keys(settings))
        .collect(),
        Agency::WaterBasin => {
            let folder = settings.drop_folder.clone().unwrap_or_default();
            let folder = std::path::absolute(&folder).unwrap_or(folder);
            vec![Plain("folder", folder.display().to_string())]
        }
        Agency::LandRegistry => {
            vec![Plain("endpoint", at("/TitleState")), Plain("parcel_endpoint", at("/wfs"))]
        }
        Agency::BaridBank => vec![
            Plain("base_url", at("")),
            Plain("api_user", secrets.barid_bank.user.clone()),
            Secret("api_password_file", "barid-bank-api-password", secrets.barid_bank.password.clone()),
            Plain("merchant_id", secrets.barid_bank.merchant_number.clone()),
            Secret("store_key_file", "barid-bank-store-key", secrets.barid_bank.store_key.clone()),
        ],
    }
}

/// The water basin agency's folder by WebDAV, in the place of the local one; none where it is not served.
fn webdav(agency: Agency, http: &str, secrets: &Secrets) -> Option<Vec<Line>> {
    use Line::{Plain, Secret};
    let login = &secrets.water_basin;
    (agency == Agency::WaterBasin && !login.dav_password.is_empty()).then(|| {
        let password = login.dav_password.clone();
        vec![
            Plain("webdav_url", format!("{http}/{}/dav", agency.key())),
            Plain("webdav_user", login.dav_user.clone()),
            Secret("webdav_password_file", "water-basin-webdav-password", password),
        ]
    })
}

/// The gateway's side of TLS and signatures, where ONEE wants them.
fn onee_keys(settings: &Settings) -> Vec<Line> {
    let Some(folder) = &settings.onee_keys else { return Vec::new() };
    let folder = std::path::absolute(folder).unwrap_or_else(|_| folder.clone());
    let files = [
        ("roots_file", "authority.pem"),
        ("client_identity_file", "gateway-client.pem"),
        ("signing_identity_file", "gateway-signing.pem"),
        ("callback_certificates_file", "onee-signing-certificate.pem"),
    ];
    let lines = files.map(|(key, file)| Line::Plain(key, folder.join(file).display().to_string()));
    lines.into_iter().chain(settings.onee_replies_signed.then_some(Line::Flag("replies_signed"))).collect()
}

/// The settings of an agency as the table `[adapter]`; secrets are named by the files that hold them.
fn table_of(lines: &[Line], folder: &Path) -> String {
    let mut adapter = Table::new();
    for line in lines {
        let secret = |file: &str| folder.join("secrets").join(file).display().to_string();
        let (key, value) = match line {
            Line::Plain(key, value) => (key, Value::String(value.clone())),
            Line::Flag(key) => (key, Value::Boolean(true)),
            Line::Secret(key, file, _) => (key, Value::String(secret(file))),
        };
        adapter.insert((*key).to_owned(), value);
    }
    let mut all = Table::new();
    all.insert("adapter".to_owned(), Value::Table(adapter));
    all.to_string()
}

/// Writes the settings where it was asked for, and says on one screen where everything is.
///
/// # Errors
/// A file cannot be written.
pub(super) fn hand_out(
    settings: &Settings,
    secrets: &Secrets,
    http: &str,
    onee: &str,
) -> anyhow::Result<String> {
    let folder = settings.hand_out.as_deref().map(std::path::absolute).transpose()?;
    let shown = folder.clone().unwrap_or_else(|| PathBuf::from("DIR"));
    let mut text = format!(
        "wasl-sandbox: simulated agencies on {http} (seed {})\n  what they got   {http}/          a page\n                  \
         {http}/ledger    the same as JSON\n  faults          wasl-sandbox scenarios\n",
        settings.seed
    );
    for (scenario, share) in &settings.scenarios {
        _ = writeln!(text, "  played          {} in {share} of the cases", scenario.key());
    }
    for agency in &settings.agencies {
        let door = if *agency == Agency::Onee { onee } else { http };
        let lines = lines(*agency, door, settings, secrets);
        let table = table_of(&lines, &shown);
        _ = write!(text, "\nconfig/agencies/{}.toml of wasl:\n", agency.key());
        for line in table.lines() {
            _ = writeln!(text, "  {line}");
        }
        if *agency == Agency::WaterBasin && settings.drop_folder.is_none() {
            text.push_str("  (closed: it needs --drop-folder or --settings)\n");
        }
        let webdav = webdav(*agency, http, secrets).filter(|_| settings.drop_folder.is_some());
        let webdav = webdav.map(|lines| (table_of(&lines, &shown), lines));
        if let Some((table, _)) = &webdav {
            text.push_str("or, by WebDAV:\n");
            for line in table.lines() {
                _ = writeln!(text, "  {line}");
            }
        }
        if let Some(folder) = &folder {
            write_all(folder, settings, *agency, &table, &lines)?;
            if let Some((table, lines)) = &webdav {
                write_webdav(folder, *agency, table, lines)?;
            }
        }
    }
    match folder {
        Some(folder) => _ = writeln!(text, "\nwritten to {} with their secrets", folder.display()),
        None => text.push_str("\n--settings DIR writes these files and their secrets\n"),
    }
    Ok(text)
}

/// How `wasl-sandbox conform` makes these agencies play each part.
const CONFORM: &str = "\
[conform.files]
favourable = \"..favourable..soon\"
conditions = \"..conditions..soon\"
unfavourable = \"..unfavourable..soon\"
no-opinion = \"..no-opinion..soon\"
incomplete = \"..incomplete..soon\"
refused = \"..refused..soon\"
unanswered = \"..never\"
counter = \"..counter..soon\"
unpaid = \"..failed..late\"
pending = \"..pending..late\"
rejected = \"..rejected\"
";

fn write_all(
    folder: &Path,
    settings: &Settings,
    agency: Agency,
    table: &str,
    lines: &[Line],
) -> anyhow::Result<()> {
    let secrets = folder.join("secrets");
    std::fs::create_dir_all(&secrets).with_context(|| format!("cannot make {}", secrets.display()))?;
    write_private(&folder.join(format!("{}.toml", agency.key())), table)?;
    write_secrets(&secrets, lines)?;
    let conform = folder.join("conform");
    std::fs::create_dir_all(&conform).with_context(|| format!("cannot make {}", conform.display()))?;
    let signs = signs_events(settings);
    write_private(&conform.join(format!("{}.toml", agency.key())), &format!("{table}\n{signs}{CONFORM}"))
}

/// The key with which the kit plays ONEE against wasl's callbacks.
fn signs_events(settings: &Settings) -> String {
    let Some(folder) = &settings.onee_keys else { return String::new() };
    let key = std::path::absolute(folder).unwrap_or_else(|_| folder.clone()).join("onee-signing.pem");
    let mut conform = Table::new();
    conform.insert("signing_identity_file".to_owned(), Value::String(key.display().to_string()));
    format!("[conform]\n{conform}\n")
}

/// The same agency reached by WebDAV: another settings file of the same name, in a folder of its own.
fn write_webdav(folder: &Path, agency: Agency, table: &str, lines: &[Line]) -> anyhow::Result<()> {
    let beside = folder.join("webdav");
    std::fs::create_dir_all(&beside).with_context(|| format!("cannot make {}", beside.display()))?;
    write_secrets(&folder.join("secrets"), lines)?;
    write_private(&beside.join(format!("{}.toml", agency.key())), table)
}

fn write_secrets(folder: &Path, lines: &[Line]) -> anyhow::Result<()> {
    for line in lines {
        if let Line::Secret(_, file, value) = line {
            write_private(&folder.join(file), value)?;
        }
    }
    Ok(())
}

/// For the owner's eyes only, in the place of what is there.
fn write_private(path: &Path, text: &str) -> anyhow::Result<()> {
    _ = std::fs::remove_file(path);
    let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    let mut file = file.with_context(|| format!("cannot write {}", path.display()))?;
    file.write_all(text.as_bytes()).with_context(|| format!("cannot write {}", path.display()))
}
