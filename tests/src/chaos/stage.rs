//! Servers, proxies and processes of a run.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitStatus;
use std::time::Duration;

use anyhow::Context;
use toml::{Table, Value};
use url::Url;

use super::schedule::{Line, roles};
use crate::proxy::{Counts, Mode, Proxy};
use crate::world::clock::LegalClock;
use crate::world::layout::Layout;
use crate::world::process::Process;
use crate::world::secrets::{self, Caller};
use crate::world::servers::Servers;
use crate::world::settings::{self, Common, Ports};
use crate::world::start::{Agencies, Ground, sandbox};

/// Requests to the simulated agencies end after this time, so that a black hole is over soon.
const REQUEST_TIMEOUT_MS: i64 = 4_000;

/// The proxies.
#[derive(Debug)]
pub struct Proxies(BTreeMap<Line, Proxy>);

impl Proxies {
    /// The proxy of a line.
    ///
    /// # Errors
    /// There is none.
    pub fn of(&self, line: Line) -> anyhow::Result<&Proxy> {
        self.0.get(&line).with_context(|| format!("no proxy in front of {}", line.key()))
    }

    /// Everything passes again.
    pub fn pass(&self) {
        self.0.values().for_each(|proxy| proxy.set(Mode::Pass));
    }

    /// What they have done.
    #[must_use]
    pub fn counts(&self) -> BTreeMap<&'static str, Counts> {
        self.0.iter().map(|(line, proxy)| (line.key(), proxy.counts())).collect()
    }
}

/// What a run wants besides.
#[derive(Debug, Clone, Default)]
pub struct Wishes {
    /// The program of every role; none: `wasl`.
    pub program: Option<&'static str>,
    /// A mistake that is planted in every role.
    pub plant: Option<String>,
    /// Settings of all roles.
    pub settings: Vec<(&'static str, i64)>,
    /// Shares of the agencies' behaviours, as TOML.
    pub profile: Option<&'static str>,
    /// Seed of the agencies.
    pub seed: u64,
}

/// The setting with the longest time between two polls about one request.
pub const POLLS: &str = "flow.poll_interval_max_ms";

impl Wishes {
    /// Longest time between two polls, where it was chosen; else it is short.
    #[must_use]
    pub fn polls_ms(&self) -> i64 {
        self.settings.iter().find(|(name, _)| *name == POLLS).map_or(0, |(_, ms)| *ms)
    }
}

/// Everything that runs.
#[derive(Debug)]
pub struct Stage {
    /// What it stands on: servers without proxies.
    pub ground: Ground,
    /// Where it listens.
    pub ports: Ports,
    /// In front of broker, database, agencies and callbacks.
    pub proxies: Proxies,
    program: PathBuf,
    plant: Option<String>,
    processes: BTreeMap<String, Process>,
    _agencies: Process,
}

impl Stage {
    /// Starts everything.
    ///
    /// # Errors
    /// What does not start, in a sentence.
    pub async fn set(ground: Ground, clock: &LegalClock, wishes: Wishes) -> anyhow::Result<Self> {
        let layout = ground.layout.clone();
        let ports = Ports::free()?;
        let proxies = proxies(&ground.servers, ports).await?;
        write(&ground, ports, &proxies, clock, &wishes)?;
        let profile = match wishes.profile {
            Some(text) => {
                let path = layout.dir.join("profile.toml");
                std::fs::write(&path, text)?;
                Some(path)
            }
            None => None,
        };
        let called = Ports { callbacks: proxies.of(Line::Callbacks)?.address(), ..ports };
        let clock_file = layout.dir.join("clock.json");
        let agencies = Agencies { seed: wishes.seed, profile };
        let agencies = sandbox(&layout, called, &agencies, Some(&clock_file))?;
        let program = layout.program(wishes.program.unwrap_or("wasl"))?;
        let processes = BTreeMap::new();
        let plant = wishes.plant;
        let mut stage = Self { ground, ports, proxies, program, plant, processes, _agencies: agencies };
        for role in roles() {
            _ = std::fs::remove_file(stage.layout().log(&role));
            stage.start(&role, None)?;
        }
        Ok(stage)
    }

    /// Folders.
    #[must_use]
    pub fn layout(&self) -> &Layout {
        &self.ground.layout
    }

    /// Address of the simulated agencies, without a proxy.
    #[must_use]
    pub fn sandbox(&self) -> String {
        format!("http://{}", self.ports.sandbox)
    }

    /// Starts a role; with a crash point, it will kill itself there.
    ///
    /// # Errors
    /// It cannot be started.
    pub fn start(&mut self, role: &str, crash_at: Option<&str>) -> anyhow::Result<()> {
        let process = self.starter(role).start(crash_at)?;
        self.processes.insert(role.to_owned(), process);
        Ok(())
    }

    /// Starts a role from elsewhere.
    #[must_use]
    pub fn starter(&self, role: &str) -> Starter {
        Starter {
            layout: self.layout().clone(),
            program: self.program.clone(),
            plant: self.plant.clone(),
            role: role.to_owned(),
        }
    }

    /// Takes a role's process out, to kill it by dropping it.
    pub fn take(&mut self, role: &str) -> Option<Process> {
        self.processes.remove(role)
    }

    /// Gives a role's process back.
    pub fn put(&mut self, process: Process) {
        self.processes.insert(process.name.clone(), process);
    }

    /// Roles that have ended by themselves.
    pub fn ended(&mut self) -> Vec<String> {
        let ended =
            self.processes.iter_mut().filter_map(|(name, process)| process.has_ended().then(|| name.clone()));
        ended.collect()
    }

    /// Stops every process in order.
    pub async fn stop(mut self) {
        while let Some((_, process)) = self.processes.pop_first() {
            process.stop().await;
        }
    }
}

/// All that is needed to start a role.
#[derive(Debug, Clone)]
pub struct Starter {
    layout: Layout,
    program: PathBuf,
    plant: Option<String>,
    role: String,
}

impl Starter {
    /// Starts it.
    ///
    /// # Errors
    /// It cannot be started.
    pub fn start(&self, crash_at: Option<&str>) -> anyhow::Result<Process> {
        let config = self.layout.config(&self.role).to_string_lossy().into_owned();
        let role = self.role.replacen("adapter-", "adapter:", 1);
        let arguments = ["serve", "--role", &role, "--config", &config];
        let mut variables = Vec::new();
        variables.extend(crash_at.map(|at| ("WASL_CRASH_AT", at)));
        variables.extend(self.plant.as_deref().map(|plant| ("WASL_PLANT", plant)));
        Process::start_again(&self.layout, &self.role, &self.program, &arguments, &variables)
    }
}

/// It was killed by SIGKILL.
#[must_use]
pub fn was_killed(status: ExitStatus) -> bool {
    use std::os::unix::process::ExitStatusExt;
    status.signal() == Some(9)
}

async fn proxies(servers: &Servers, ports: Ports) -> anyhow::Result<Proxies> {
    let at = |url: &Url| -> anyhow::Result<String> {
        let (host, port) = (url.host_str().context("no host")?, url.port().context("no port")?);
        Ok(format!("{host}:{port}"))
    };
    let upstreams = [
        (Line::Broker, at(&servers.amqp)?),
        (Line::Database, at(&servers.database)?),
        (Line::Agencies, ports.sandbox.to_string()),
        (Line::Callbacks, ports.callbacks.to_string()),
    ];
    let mut all = BTreeMap::new();
    for (line, upstream) in upstreams {
        all.insert(line, Proxy::start(upstream).await.context("no free port")?);
    }
    Ok(Proxies(all))
}

/// Settings of every role: broker, database and agencies are reached through their proxies.
fn write(
    ground: &Ground,
    ports: Ports,
    proxies: &Proxies,
    clock: &LegalClock,
    wishes: &Wishes,
) -> anyhow::Result<()> {
    let layout = &ground.layout;
    let agreed = secrets::agreed(layout)?;
    secrets::secret(layout, "document-links")?;
    secrets::tokens(layout, &[Caller { name: "operator", role: "operator", scope: "", rights: &[] }])?;
    let clock_file = layout.dir.join("clock.json");
    clock.write(&clock_file)?;
    let mut servers = ground.servers.clone();
    through(&mut servers.amqp, proxies.of(Line::Broker)?)?;
    through(&mut servers.database, proxies.of(Line::Database)?)?;
    let reached = Ports { sandbox: proxies.of(Line::Agencies)?.address(), ..ports };
    settings::write_agencies(layout, &agreed, reached)?;
    let common = Common { clock: Some(clock_file), fast: true };
    settings::write_roles(layout, &servers, &ground.logins, ports, &common)?;
    for role in roles() {
        for (key, value) in &wishes.settings {
            change(&layout.config(&role), key, Value::Integer(*value))?;
        }
        if let Some(kind) = role.strip_prefix("adapter-").filter(|kind| *kind != "water-basin") {
            let path = layout.dir.join("config/agencies").join(format!("{kind}.toml"));
            change(&path, "adapter.request_timeout_ms", Value::Integer(REQUEST_TIMEOUT_MS))?;
        }
    }
    Ok(())
}

fn through(url: &mut Url, proxy: &Proxy) -> anyhow::Result<()> {
    let address = proxy.address();
    let set =
        url.set_host(Some(&address.ip().to_string())).is_ok() && url.set_port(Some(address.port())).is_ok();
    anyhow::ensure!(set, "an address without a host");
    Ok(())
}

fn change(path: &std::path::Path, key: &str, value: Value) -> anyhow::Result<()> {
    let mut table: Table = std::fs::read_to_string(path)?.parse()?;
    let (section, name) = key.split_once('.').context("a key without a section")?;
    let section = table.entry(section).or_insert_with(|| Value::Table(Table::new()));
    if let Value::Table(section) = section {
        section.insert(name.to_owned(), value);
    }
    secrets::write_private(path, &toml::to_string(&table)?)
}

/// Waits for a process that is to kill itself.
pub async fn death(process: &mut Process, timeout: Duration) -> Option<ExitStatus> {
    process.end(timeout).await
}
