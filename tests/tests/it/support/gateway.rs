//! A gateway with its agencies, for one test.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde_json::Value;
use sqlx::PgPool;
use sqlx::postgres::PgPoolOptions;
use toml::{Table, Value as Toml};
use wasl_tests::world::clock::{DAY_MS, LegalClock, Segment, wall_ms};
use wasl_tests::world::layout::Layout;
use wasl_tests::world::ready::read_json;
use wasl_tests::world::secrets::{self, Caller};
use wasl_tests::world::servers::Servers;
use wasl_tests::world::settings::{self, AGENCIES, Common, Ports};

use super::ask::http;
use super::role::Role;
use super::servers::{Base, database_address, layout, root, wasl};
use super::wait::until;

/// The arrondissement that most tests speak for, and its prefecture.
pub(crate) const SOUANI: &str = "015110106";
/// Another one of the same prefecture.
pub(crate) const OTHER: &str = "015110105";
/// Their prefecture.
pub(crate) const PREFECTURE: &str = "01511";
/// The first moment of every test, a Monday morning.
pub(crate) const MONDAY: &str = "2026-11-02T08:30:00Z";

/// Agencies that answer everything soon and favourably, and a payer who pays.
pub(crate) const OBLIGING: &str = "
[reviewer]
refused = 0.0
incomplete = 0.0
never = 0.0
unfavourable = 0.0
conditions = 0.0
no_opinion = 0.0
delay_days_min = 0.01
delay_days_max = 0.05
pushed = 0.5
[bank]
refused_then_paid = 0.0
failed = 0.0
rejected = 0.0
counter = 0.0
callback_twice = 0.0
delay_days_min = 0.01
delay_days_max = 0.05
";

/// How a test wants its gateway.
pub(crate) struct Options {
    /// Wall milliseconds of a legal day.
    pub(crate) legal_day_ms: i64,
    /// The clock runs with the wall for so long first.
    pub(crate) slow_ms: i64,
    /// Shares of the agencies' behaviours.
    pub(crate) profile: String,
    /// Folder of the servers below `target/test`.
    pub(crate) servers: String,
    /// Settings of all roles besides those of the world: `flow.watchdog_ms`.
    pub(crate) settings: Vec<(&'static str, i64)>,
    /// Seed of the agencies.
    pub(crate) seed: u64,
}

impl Default for Options {
    fn default() -> Self {
        let (profile, servers) = (OBLIGING.to_owned(), "servers".to_owned());
        Self { legal_day_ms: 20_000, slow_ms: 0, profile, servers, settings: Vec::new(), seed: 1 }
    }
}

/// A running gateway.
pub(crate) struct Gateway {
    pub(crate) layout: Layout,
    pub(crate) servers: Servers,
    pub(crate) ports: Ports,
    pub(crate) clock: LegalClock,
    /// Tokens of the HTTP interface by caller.
    pub(crate) tokens: BTreeMap<String, String>,
    /// Passwords of the broker's users.
    pub(crate) passwords: BTreeMap<String, String>,
    /// The database, as its superuser.
    pub(crate) pool: PgPool,
    /// Logins of core and api.
    pub(crate) logins: Vec<(String, String)>,
    /// Name of virtual host and database.
    pub(crate) name: String,
    /// The program of every role.
    pub(crate) program: PathBuf,
    /// Processes by name: `core`, `api`, `adapter-onee`, `sandbox`.
    pub(crate) roles: BTreeMap<String, Role>,
}

impl Gateway {
    /// Lays everything and starts every role.
    pub(crate) async fn start(name: &str, options: Options) -> Self {
        let mut gateway = Self::lay(name, options).await;
        gateway.go().await;
        gateway
    }

    /// Starts every role and waits until each does its work.
    pub(crate) async fn go(&mut self) {
        self.run("sandbox");
        self.go_on().await;
    }

    /// The same where the agencies run already.
    pub(crate) async fn go_on(&mut self) {
        for role in roles() {
            self.run(&role);
        }
        self.ready().await;
    }

    /// Everything but the processes.
    pub(crate) async fn lay(name: &str, options: Options) -> Self {
        let layout = layout(name, &options.servers);
        let vhost = format!("it-{name}");
        let Base { servers, logins } = Base::lay(&layout, &vhost).await;
        let address = database_address(&servers, &vhost);
        settings::write_admin(&layout, &servers, &address).unwrap();
        let passwords = topology(&layout).await;
        let ports = Ports::free().unwrap();
        let clock = clock(&options);
        let file = layout.dir.join("clock.json");
        clock.write(&file).unwrap();
        let agreed = secrets::agreed(&layout).unwrap();
        secrets::secret(&layout, "document-links").unwrap();
        let tokens = tokens(&layout);
        settings::write_agencies(&layout, &agreed, ports).unwrap();
        let common = Common { clock: Some(file), fast: true };
        settings::write_roles(&layout, &servers, &logins, ports, &common).unwrap();
        std::fs::write(layout.dir.join("profile.toml"), &options.profile).unwrap();
        std::fs::write(layout.dir.join("seed"), options.seed.to_string()).unwrap();
        let pool = PgPoolOptions::new().max_connections(3).connect_lazy(address.as_str()).unwrap();
        let name = vhost;
        let roles = BTreeMap::new();
        let program = wasl();
        let gateway =
            Self { layout, servers, ports, clock, tokens, passwords, pool, logins, name, program, roles };
        gateway.settle(&options.settings);
        gateway
    }

    /// Gives every role the test's database and settings.
    fn settle(&self, more: &[(&'static str, i64)]) {
        for role in roles() {
            // The clock is fast: a message is on its way for many legal minutes.
            self.set(&role, "flow.future_tolerance_ms", Toml::Integer(12 * 3_600_000));
            for (key, value) in more {
                self.set(&role, key, Toml::Integer(*value));
            }
        }
        for (role, (user, password)) in ["core", "api"].into_iter().zip(&self.logins) {
            let address = database_address(&self.servers, &self.name);
            let url = wasl_tests::world::servers::with_user(&address, user, password).unwrap();
            self.set(role, "database.url", Toml::String(url));
        }
    }

    /// Changes a setting of a role that does not run yet.
    pub(crate) fn set(&self, role: &str, key: &str, value: Toml) {
        let path = self.layout.config(role);
        let mut table: Table = std::fs::read_to_string(&path).unwrap().parse().unwrap();
        let (section, name) = key.split_once('.').unwrap();
        let section = table.entry(section).or_insert_with(|| Toml::Table(Table::new()));
        section.as_table_mut().unwrap().insert(name.to_owned(), value);
        secrets::write_private(&path, &toml::to_string(&table).unwrap()).unwrap();
    }

    /// Starts a role, or the agencies (`sandbox`).
    pub(crate) fn run(&mut self, name: &str) {
        let role = if name == "sandbox" { self.sandbox() } else { self.role(name, name) };
        self.roles.insert(name.to_owned(), role);
    }

    /// Starts a role with the settings of this name.
    pub(crate) fn role(&self, name: &str, log: &str) -> Role {
        let config = self.layout.config(name).to_string_lossy().into_owned();
        let base = name.split_once('_').map_or(name, |(base, _)| base);
        let role = base.replacen("adapter-", "adapter:", 1);
        let arguments = ["serve", "--role", &role, "--config", &config];
        Role::start(&self.layout, log, &self.program, &arguments)
    }

    fn sandbox(&self) -> Role {
        let path = |name: &str| self.layout.dir.join(name).to_string_lossy().into_owned();
        let seed = std::fs::read_to_string(path("seed")).unwrap();
        let (listen, callbacks) =
            (self.ports.sandbox.to_string(), format!("http://{}", self.ports.callbacks));
        let secrets = secrets::path(&self.layout, "agencies.json").to_string_lossy().into_owned();
        let (drop, ledger) = (path("water-basin"), path("ledger.jsonl"));
        let (clock, profile) = (path("clock.json"), path("profile.toml"));
        let arguments = [
            "serve",
            "--seed",
            &seed,
            "--listen",
            &listen,
            "--callbacks",
            &callbacks,
            "--drop-folder",
            &drop,
            "--secrets",
            &secrets,
            "--ledger",
            &ledger,
            "--clock-file",
            &clock,
            "--profile",
            &profile,
        ];
        let mut arguments = arguments.to_vec();
        // What one test wants besides.
        let more = path("sandbox.json");
        if std::path::Path::new(&more).exists() {
            arguments.extend(["--config", &more]);
        }
        let program = std::path::Path::new(env!("CARGO_BIN_EXE_wasl-sandbox"));
        Role::start(&self.layout, "sandbox", program, &arguments)
    }

    /// Waits until the agencies answer.
    pub(crate) async fn answering(&self) {
        let healthz = format!("http://{}/healthz", self.ports.sandbox);
        until("the agencies answer", async || http().get(&healthz).send().await.ok()).await;
    }

    /// Waits until every role does its work: the api says so, the agencies answer, every queue is read.
    pub(crate) async fn ready(&mut self) {
        self.answering().await;
        until("the api is ready", async || self.readyz().await.filter(|(status, _)| status.is_success()))
            .await;
        let sessions = "SELECT count(*) FROM leader WHERE epoch > 0";
        until("a core leads", async || (self.count(sessions).await > 0).then_some(())).await;
        for (name, role) in &mut self.roles {
            assert!(!role.has_ended(), "{name} has ended; see {}", self.layout.log(name).display());
        }
    }

    /// The address of the broker for a user of the topology.
    pub(crate) fn amqp_as(&self, user: &str) -> String {
        self.servers.amqp_as(user, &self.passwords[user]).unwrap()
    }

    /// Runs `wasl` as the administrator; whether it succeeded, and what it said.
    pub(crate) async fn wasl(&self, arguments: &[&str]) -> (bool, String) {
        let mut command = tokio::process::Command::new(&self.program);
        command.args(arguments).arg("--config").arg(self.layout.config("admin")).current_dir(root());
        let output = command.output().await.unwrap();
        let said = [output.stdout, output.stderr].concat();
        (output.status.success(), String::from_utf8(said).unwrap())
    }
}

/// From Monday morning on: with the wall for a while, then fast.
fn clock(options: &Options) -> LegalClock {
    let speed = DAY_MS as f64 / options.legal_day_ms as f64;
    let (start, legal) = (wall_ms(), MONDAY.parse().unwrap());
    let slow = LegalClock::new(vec![Segment { wall_ms: start, legal, speed: 1.0 }]);
    let turn = start + options.slow_ms;
    let fast = Segment { wall_ms: turn, legal: slow.at(turn), speed };
    LegalClock::new(if options.slow_ms > 0 { vec![slow.segments()[0], fast] } else { vec![fast] })
}

/// The roles of the gateway, by the names of their processes.
pub(crate) fn roles() -> Vec<String> {
    let adapters = AGENCIES.iter().map(|kind| format!("adapter-{kind}"));
    ["core".to_owned(), "api".to_owned()].into_iter().chain(adapters).collect()
}

async fn topology(layout: &Layout) -> BTreeMap<String, String> {
    let file = secrets::path(layout, "broker-passwords.json");
    let mut command = tokio::process::Command::new(wasl());
    let communes = [SOUANI, OTHER].join(",");
    command.args(["topology", "apply", "--communes", &communes, "--passwords"]).arg(&file);
    command.arg("--config").arg(layout.config("admin")).current_dir(root());
    let output = command.output().await.unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let passwords: BTreeMap<String, String> =
        serde_json::from_value::<BTreeMap<String, String>>(read_json(&file).unwrap()).unwrap();
    for (user, password) in passwords.iter().filter(|(user, _)| user.starts_with("wasl-")) {
        secrets::put(layout, &format!("broker-{user}"), password).unwrap();
    }
    passwords
}

fn tokens(layout: &Layout) -> BTreeMap<String, String> {
    let callers = [
        Caller { name: "ministry", role: "ministry", scope: "", rights: &[] },
        Caller { name: "auditor", role: "ministry", scope: "", rights: &["wire-bodies"] },
        Caller { name: "operator", role: "operator", scope: "", rights: &[] },
        Caller { name: "second", role: "operator", scope: "", rights: &[] },
        Caller { name: "supervisor", role: "operator", scope: "", rights: &["wire-bodies"] },
        Caller { name: "souani", role: "commune", scope: SOUANI, rights: &[] },
        Caller { name: "other", role: "commune", scope: OTHER, rights: &[] },
    ];
    secrets::tokens(layout, &callers).unwrap().into_iter().collect()
}

/// What a JSON answer says at a pointer, as text.
pub(crate) fn text<'v>(value: &'v Value, pointer: &str) -> &'v str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_else(|| panic!("no text at {pointer}: {value}"))
}
