//! The settings of every process of the gateway, as files: each role has only what it needs.

use std::net::SocketAddr;
use std::path::Path;

use anyhow::Context;
use toml::{Table, Value};
use url::Url;

use super::layout::Layout;
use super::secrets;
use super::servers::{Servers, with_user, without_user};
use crate::sandbox::Secrets;

/// The agencies that are served, in the order of the design.
pub const AGENCIES: [&str; 5] = ["urban-agency", "onee", "water-basin", "land-registry", "barid-bank"];

/// The queues whose readers show that the core works.
pub const READ_BY_CORE: [&str; 4] = ["intake", "intake.urgent", "answers", "answers.urgent"];

/// Addresses that were chosen before anything starts.
#[derive(Debug, Clone, Copy)]
pub struct Ports {
    /// API and live page.
    pub http: SocketAddr,
    /// Callbacks and document links.
    pub callbacks: SocketAddr,
    /// The simulated agencies.
    pub sandbox: SocketAddr,
}

impl Ports {
    /// Three free ports of the loopback address. Whoever takes one of them in the next second makes the start
    /// fail with a plain word.
    ///
    /// # Errors
    /// No port is free.
    pub fn free() -> anyhow::Result<Self> {
        let any = || std::net::TcpListener::bind(("127.0.0.1", 0)).context("no free port");
        let listeners = [any()?, any()?, any()?];
        let [http, callbacks, sandbox] = &listeners;
        Ok(Self {
            http: http.local_addr()?,
            callbacks: callbacks.local_addr()?,
            sandbox: sandbox.local_addr()?,
        })
    }
}

/// Writes a settings file from dotted keys.
///
/// # Errors
/// The file cannot be written.
pub fn write(path: &Path, keys: &[(&str, Value)]) -> anyhow::Result<()> {
    let mut all = Table::new();
    for (key, value) in keys {
        let (section, name) = key.split_once('.').context("a key without a section")?;
        let section = all.entry(section).or_insert_with(|| Value::Table(Table::new()));
        if let Value::Table(section) = section {
            section.insert(name.to_owned(), value.clone());
        }
    }
    secrets::write_private(path, &toml::to_string(&all)?)
}

/// A text.
#[expect(clippy::needless_pass_by_value, reason = "callers hand over addresses and paths made on the spot")]
pub fn text(value: impl ToString) -> Value {
    Value::String(value.to_string())
}

fn file(layout: &Layout, secret: &str) -> Value {
    text(secrets::path(layout, secret).display())
}

/// The administrator's settings: for `migrate` and `topology apply`.
///
/// # Errors
/// The file cannot be written.
pub fn write_admin(layout: &Layout, servers: &Servers, database: &Url) -> anyhow::Result<()> {
    let keys = [
        ("broker.url", text(&servers.amqp)),
        ("broker.management_url", text(&servers.amqp_management)),
        ("database.url", text(database)),
        ("topology.secret_file", file(layout, "topology")),
        ("agencies.directory", text(layout.dir.join("config/agencies").display())),
    ];
    write(&layout.config("admin"), &keys)
}

/// What all roles share.
#[derive(Debug, Clone)]
pub struct Common {
    /// File of the legal clock; none: the wall clock.
    pub clock: Option<std::path::PathBuf>,
    /// Intervals for a clock that runs fast.
    pub fast: bool,
}

/// Writes the settings of core, api and adapters.
///
/// # Errors
/// A file cannot be written.
pub fn write_roles(
    layout: &Layout,
    servers: &Servers,
    logins: &[(String, String)],
    ports: Ports,
    common: &Common,
) -> anyhow::Result<()> {
    let base = |user: &str| {
        let mut keys = vec![
            ("broker.url", text(without_user(&servers.amqp))),
            ("broker.management_url", text(without_user(&servers.amqp_management))),
            ("broker.user", text(user)),
            ("broker.password_file", file(layout, &format!("broker-{user}"))),
            ("agencies.directory", text(layout.dir.join("config/agencies").display())),
        ];
        keys.extend(common.clock.as_ref().map(|path| ("clock.file", text(path.display()))));
        if common.fast {
            keys.extend(FAST.iter().map(|(key, value)| (*key, Value::Integer(*value))));
        }
        keys
    };
    let database = |(user, password): &(String, String)| -> anyhow::Result<(&str, Value)> {
        let address = super::database::address(&servers.database);
        Ok(("database.url", text(with_user(&address, user, password)?)))
    };
    let mut core = base("wasl-core");
    core.push(("gateway.instance_name", text("core")));
    core.push(database(&logins[0])?);
    write(&layout.config("core"), &core)?;
    let mut api = base("wasl-api");
    api.push(database(&logins[1])?);
    api.extend([
        ("gateway.instance_name", text("api")),
        ("http.listen", text(ports.http)),
        ("http.callbacks_listen", text(ports.callbacks)),
        ("http.public_url", text(format!("http://{}", ports.http))),
        ("http.callbacks_public_url", text(format!("http://{}", ports.callbacks))),
        ("documents.directory", text(layout.dir.join("documents").display())),
        ("documents.link_secret_file", file(layout, "document-links")),
        ("auth.tokens_file", file(layout, "tokens.json")),
    ]);
    write(&layout.config("api"), &api)?;
    for kind in AGENCIES {
        let mut keys = base(&format!("wasl-adapter-{kind}"));
        keys.push(("gateway.instance_name", text(format!("adapter-{kind}"))));
        write(&layout.config(&format!("adapter-{kind}")), &keys)?;
    }
    Ok(())
}

/// With a legal day in a second, what is measured in wall time must be short as well.
const FAST: [(&str, i64); 8] = [
    ("flow.retry_initial_ms", 300),
    ("flow.watchdog_ms", 20_000),
    ("flow.poll_interval_ms", 900),
    ("flow.poll_interval_max_ms", 3_600),
    ("flow.feed_interval_ms", 400),
    ("flow.timer_tick_ms", 100),
    ("flow.outbox_sweep_interval_ms", 1_000),
    ("http.live_interval_ms", 1_000),
];

/// Writes the adapters' own settings: where each simulated agency listens.
///
/// # Errors
/// A file cannot be written.
pub fn write_agencies(layout: &Layout, agreed: &Secrets, ports: Ports) -> anyhow::Result<()> {
    let at = |path: &str| text(format!("http://{}{path}", ports.sandbox));
    let links = [
        ("adapter.documents_url", text(format!("http://{}/documents", ports.callbacks))),
        ("adapter.documents_link_secret_file", file(layout, "document-links")),
    ];
    let mut urban = vec![
        ("adapter.base_url", at("/urban-agency/v1")),
        ("adapter.token_url", at("/urban-agency/oauth2/token")),
        ("adapter.client_id", text(&agreed.urban_agency.client_id)),
        ("adapter.client_secret_file", file(layout, "urban-agency-client-secret")),
        ("adapter.caller_id", text(&agreed.urban_agency.id_acteur_appelant)),
        ("adapter.page_items_max", Value::Integer(100)),
    ];
    urban.extend(links.clone());
    let mut onee = vec![
        ("adapter.endpoint", at("/onee/ServiceRequest")),
        ("adapter.username", text(&agreed.onee.gateway_username)),
        ("adapter.password_file", file(layout, "onee-gateway-password")),
        ("adapter.callback_username", text(&agreed.onee.onee_username)),
        ("adapter.callback_password_file", file(layout, "onee-callback-password")),
    ];
    onee.extend(links.clone());
    // Files are dated by the legal clock, which is not the wall's.
    let mut water = vec![
        ("adapter.folder", text(layout.dir.join("water-basin").display())),
        ("adapter.late_after_h", Value::Integer(0)),
    ];
    water.extend(links);
    let registry = vec![
        ("adapter.endpoint", at("/land-registry/TitleState")),
        ("adapter.parcel_endpoint", at("/land-registry/wfs")),
    ];
    let bank = vec![
        ("adapter.base_url", at("/barid-bank")),
        ("adapter.api_user", text(&agreed.barid_bank.user)),
        ("adapter.api_password_file", file(layout, "barid-bank-api-password")),
        ("adapter.merchant_id", text(&agreed.barid_bank.merchant_number)),
        ("adapter.store_key_file", file(layout, "barid-bank-store-key")),
    ];
    for (kind, mut keys) in AGENCIES.into_iter().zip([urban, onee, water, registry, bank]) {
        // Years of files in minutes: the simulated agencies are called faster than any real one would be.
        keys.push(("adapter.requests_per_s_max", Value::Integer(10_000)));
        write(&layout.dir.join("config/agencies").join(format!("{kind}.toml")), &keys)?;
    }
    Ok(())
}
