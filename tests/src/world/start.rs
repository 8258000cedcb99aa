//! Starts a world, from the servers up.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, ensure};

use super::clock::{DAY_MS, LegalClock};
use super::layout::Layout;
use super::process::Process;
use super::secrets::Caller;
use super::servers::Servers;
use super::settings::{AGENCIES, Common, Ports, READ_BY_CORE};
use super::{broker, database, ready, secrets, settings};

/// All roles must do their work within this time.
const START_TIMEOUT: Duration = Duration::from_secs(60);

/// Servers, database and broker, set up for the gateway; nothing of it runs yet.
#[derive(Debug, Clone)]
pub struct Ground {
    /// Folders.
    pub layout: Layout,
    /// Broker and database.
    pub servers: Servers,
    /// Broker users and their passwords.
    pub passwords: BTreeMap<String, String>,
    /// Database logins of core and api.
    pub logins: Vec<(String, String)>,
}

impl Ground {
    /// Starts the servers, makes the database, imports the topology.
    ///
    /// # Errors
    /// What could not be made, in a sentence.
    pub async fn lay(layout: Layout) -> anyhow::Result<Self> {
        Self::lay_for(layout, "all").await
    }

    /// The same with queues and users of these communes alone: codes, separated by commas.
    ///
    /// # Errors
    /// As [`Ground::lay`].
    pub async fn lay_for(layout: Layout, communes: &str) -> anyhow::Result<Self> {
        let servers = Servers::up(&layout)?;
        let address = database::address(&servers.database);
        secrets::secret(&layout, "topology")?;
        settings::write_admin(&layout, &servers, &address)?;
        let (logins, passwords) = tokio::try_join!(tables(&layout, &servers), queues(&layout, communes))?;
        broker::make_stand_in(&servers, &secrets::secret(&layout, "broker-stand-in")?).await?;
        Ok(Self { layout, servers, passwords, logins })
    }

    /// The address of the broker for a user.
    ///
    /// # Errors
    /// There is no such user.
    pub fn amqp_as(&self, user: &str) -> anyhow::Result<String> {
        let password = self.passwords.get(user).with_context(|| format!("no broker user {user}"))?;
        self.servers.amqp_as(user, password)
    }

    /// The address of the broker for the user that stands in for communes.
    ///
    /// # Errors
    /// Its password cannot be read.
    pub fn stand_in(&self) -> anyhow::Result<String> {
        self.servers.amqp_as(broker::STAND_IN, &secrets::secret(&self.layout, "broker-stand-in")?)
    }
}

/// Database, migrations, logins.
async fn tables(layout: &Layout, servers: &Servers) -> anyhow::Result<Vec<(String, String)>> {
    database::make(&servers.database).await?;
    wasl(layout, &["migrate"]).await?;
    let address = database::address(&servers.database);
    let mut logins = Vec::new();
    for role in ["wasl_core", "wasl_api"] {
        let password = secrets::secret(layout, &format!("database-{role}"))?;
        logins.push((database::login(&address, role, &password).await?, password));
    }
    Ok(logins)
}

/// Exchanges, queues, users and rights, and the passwords in files of their own.
async fn queues(layout: &Layout, communes: &str) -> anyhow::Result<BTreeMap<String, String>> {
    let file = secrets::path(layout, "broker-passwords.json");
    let path = file.to_string_lossy().into_owned();
    wasl(layout, &["topology", "apply", "--communes", communes, "--passwords", &path]).await?;
    let passwords: BTreeMap<String, String> = serde_json::from_value(ready::read_json(&file)?)?;
    for (user, password) in passwords.iter().filter(|(user, _)| user.starts_with("wasl-")) {
        secrets::put(layout, &format!("broker-{user}"), password)?;
    }
    Ok(passwords)
}

/// Runs a command of the gateway's program as its administrator.
async fn wasl(layout: &Layout, arguments: &[&str]) -> anyhow::Result<()> {
    let program = layout.program("wasl")?;
    let mut command = Command::new(program);
    command.args(arguments).arg("--config").arg(layout.config("admin"));
    command.current_dir(&layout.root).stdin(Stdio::null());
    let output = tokio::task::spawn_blocking(move || command.output()).await??;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "wasl {}: {}", arguments.join(" "), said.trim());
    Ok(())
}

/// How the simulated agencies behave.
#[derive(Debug, Clone, Default)]
pub struct Agencies {
    /// Seed of their draws.
    pub seed: u64,
    /// File with shares of behaviours.
    pub profile: Option<PathBuf>,
}

/// A running gateway with its agencies.
#[derive(Debug)]
pub struct World {
    /// What it stands on.
    pub ground: Ground,
    /// Where it listens.
    pub ports: Ports,
    /// Tokens of the HTTP interface by caller.
    pub tokens: Vec<(String, String)>,
    /// Its processes.
    pub processes: Vec<Process>,
}

/// Starts the agencies and every role, and waits until each does its work.
///
/// # Errors
/// What does not start, in a sentence.
pub async fn start(
    ground: Ground,
    clock: Option<&LegalClock>,
    agencies: &Agencies,
    callers: &[Caller<'_>],
) -> anyhow::Result<World> {
    let layout = ground.layout.clone();
    let ports = Ports::free()?;
    let agreed = secrets::agreed(&layout)?;
    secrets::secret(&layout, "document-links")?;
    let tokens = secrets::tokens(&layout, callers)?;
    let clock_file = layout.dir.join("clock.json");
    if let Some(clock) = clock {
        clock.write(&clock_file)?;
    }
    let common = Common { clock: clock.map(|_| clock_file), fast: clock.is_some() };
    settings::write_agencies(&layout, &agreed, ports)?;
    settings::write_roles(&layout, &ground.servers, &ground.logins, ports, &common)?;
    let mut processes = vec![sandbox(&layout, ports, agencies, common.clock.as_deref())?];
    processes.push(role(&layout, "core", "core")?);
    processes.push(role(&layout, "api", "api")?);
    for kind in AGENCIES {
        processes.push(role(&layout, &format!("adapter-{kind}"), &format!("adapter:{kind}"))?);
    }
    ready::wait_for(&format!("http://{}/healthz", ports.sandbox), &mut processes, START_TIMEOUT).await?;
    ready::wait_for(&format!("http://{}/readyz", ports.http), &mut processes, START_TIMEOUT).await?;
    let mut read: Vec<String> = AGENCIES.iter().map(|kind| format!("review.{kind}")).collect();
    read.extend(READ_BY_CORE.map(str::to_owned));
    broker::wait_for_readers(&ground.servers, &read, START_TIMEOUT).await?;
    ready::alive(&mut processes)?;
    Ok(World { ground, ports, tokens, processes })
}

fn role(layout: &Layout, name: &str, role: &str) -> anyhow::Result<Process> {
    let config = layout.config(name);
    let arguments = ["serve", "--role", role, "--config", &config.to_string_lossy()];
    Process::start(layout, name, &layout.program("wasl")?, &arguments)
}

/// Starts the simulated agencies on `ports.sandbox`; they call back at `ports.callbacks`.
pub(crate) fn sandbox(
    layout: &Layout,
    ports: Ports,
    agencies: &Agencies,
    clock: Option<&Path>,
) -> anyhow::Result<Process> {
    let path = |name: &str| layout.dir.join(name).to_string_lossy().into_owned();
    let mut arguments: Vec<String> = ["serve", "--seed"].map(str::to_owned).to_vec();
    arguments.push(agencies.seed.to_string());
    let mut flag = |name: &str, value: String| arguments.extend([format!("--{name}"), value]);
    flag("listen", ports.sandbox.to_string());
    flag("port-file", path("sandbox.json"));
    flag("callbacks", format!("http://{}", ports.callbacks));
    flag("drop-folder", path("water-basin"));
    flag("secrets", secrets::path(layout, "agencies.json").to_string_lossy().into_owned());
    flag("ledger", path("ledger.jsonl"));
    match clock {
        Some(file) => flag("clock-file", file.to_string_lossy().into_owned()),
        None => flag("legal-day-ms", DAY_MS.to_string()),
    }
    if let Some(profile) = &agencies.profile {
        flag("profile", profile.to_string_lossy().into_owned());
    }
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    Process::start(layout, "sandbox", &layout.program("wasl-sandbox")?, &arguments)
}

impl World {
    /// The address of the API and the live page.
    #[must_use]
    pub fn http(&self) -> String {
        format!("http://{}", self.ports.http)
    }

    /// The address of the simulated agencies.
    #[must_use]
    pub fn sandbox(&self) -> String {
        format!("http://{}", self.ports.sandbox)
    }

    /// Stops every process, adapters first, and the agencies last.
    pub async fn stop(mut self) {
        while let Some(process) = self.processes.pop() {
            process.stop().await;
        }
    }

    /// Lets every process live on.
    pub fn detach(mut self) {
        self.processes.drain(..).for_each(Process::detach);
    }
}
