//! The two sides: wasl, and the floor beneath it. Each has its own virtual host and database on the same servers.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use toml::Value as Toml;
use wasl_tests::world::ready::read_json;
use wasl_tests::world::secrets;
use wasl_tests::world::servers::Servers;

use crate::commune::{self, AT_ONCE, CONDITIONS, DAY_MS, shipped, submission};
use crate::cpu::Groups;
use crate::rows;
use crate::support::gateway::SOUANI;
use crate::support::role::Role;
use crate::support::servers::database_address;
use crate::support::wait::until;
use crate::support::{Commune, Gateway, Options};
use crate::worker::{AGENCIES, Plan};

/// The commune's user of the broker.
pub(crate) const USER: &str = "commune-015110106";
/// How often the agency that is polled is asked, by either side: an opinion waits for it.
pub(crate) const FEED_INTERVAL_MS: i64 = 50;
/// What is said with the agencies about one file: a request and two answers with each.
const CALLS_OF_FILE: i64 = 6;

/// What is measured.
pub(crate) trait Side: Sync {
    fn name(&self) -> &'static str;
    /// Processes by what they are; this side's own under its own name.
    fn groups(&self) -> Groups;
    /// This side's own processes.
    fn own(&self) -> Vec<u32>;
    fn gateway(&self) -> &Gateway;

    fn address(&self) -> String {
        self.gateway().amqp_as(USER)
    }
    fn routing_key(&self) -> String {
        format!("commune.{SOUANI}.file.submitted")
    }
    /// A file as the commune submits it.
    fn submission(&self, reference: &str) -> Vec<u8> {
        submission(self.gateway(), reference)
    }
}

/// The gateway itself, in its release build.
pub(crate) struct Wasl {
    gateway: Gateway,
    pub(crate) plan: Plan,
}

impl Wasl {
    pub(crate) async fn start() -> Self {
        let mut gateway = lay("floor-wasl").await;
        gateway.program = shipped();
        go(&mut gateway).await;
        let tap = rows::Tap::open(&gateway).await;
        let mut commune = Commune::connect(&gateway, SOUANI).await;
        commune.submit("PCT-PLAN", "building", &CONDITIONS).await;
        commune.expect("PCT-PLAN", "file.reviewed").await;
        // Also those that an opinion has overtaken.
        let calls = "SELECT count(*) FROM exchange";
        until("every call is noted", async || (gateway.count(calls).await == CALLS_OF_FILE).then_some(()))
            .await;
        until("nothing is left to say", async || {
            (gateway.count("SELECT count(*) FROM outbox").await == 0).then_some(())
        })
        .await;
        let plan = tap.plan(&gateway, "PCT-PLAN").await;
        Self { gateway, plan }
    }

    pub(crate) fn servers(&self) -> &Servers {
        &self.gateway.servers
    }

    pub(crate) async fn end(self) {
        commune::end(self.gateway).await;
    }
}

/// Starts the agencies that a file here is shown to, and no others: what their adapters do while nobody asks them is no
/// part of a file.
async fn go(gateway: &mut Gateway) {
    let agencies = AGENCIES.map(|agency| Toml::String(agency.to_owned())).to_vec();
    for role in ["core", "api"] {
        gateway.set(role, "agencies.enabled", Toml::Array(agencies.clone()));
    }
    for (role, key, value) in tried() {
        gateway.set(&role, &key, Toml::Integer(value));
    }
    gateway.run("sandbox");
    for role in ["core", "api"].into_iter().map(str::to_owned).chain(AGENCIES.map(|a| format!("adapter-{a}")))
    {
        gateway.run(&role);
    }
    gateway.ready().await;
}

/// Settings to be tried: `WASL_BENCH_SET=core:broker.batch_linger_ms=0,adapter-onee:adapter.concurrency_max=32`.
fn tried() -> Vec<(String, String, i64)> {
    let all = std::env::var("WASL_BENCH_SET").unwrap_or_default();
    let one = |text: &str| {
        let (role, rest) = text.split_once(':').unwrap();
        let (key, value) = rest.split_once('=').unwrap();
        (role.to_owned(), key.to_owned(), value.parse().unwrap())
    };
    all.split(',').filter(|text| !text.is_empty()).map(one).collect()
}

async fn lay(name: &str) -> Gateway {
    let (servers, profile) = ("servers-bench".to_owned(), AT_ONCE.to_owned());
    let settings = vec![
        ("flow.feed_interval_ms", FEED_INTERVAL_MS),
        ("flow.timer_tick_ms", FEED_INTERVAL_MS),
        // Nothing is lost here: what is slow is waited for.
        ("flow.poll_interval_ms", 600_000),
        ("flow.watchdog_ms", 600_000),
    ];
    Gateway::lay(name, Options { legal_day_ms: DAY_MS, servers, profile, settings, ..Options::default() })
        .await
}

impl Side for Wasl {
    fn name(&self) -> &'static str {
        "wasl"
    }
    fn groups(&self) -> Groups {
        let sandbox = vec![self.gateway.roles["sandbox"].pid()];
        servers(&self.gateway, [("wasl", self.own()), ("sandbox", sandbox)])
    }
    fn own(&self) -> Vec<u32> {
        self.gateway.roles.iter().filter(|(name, _)| *name != "sandbox").map(|(_, role)| role.pid()).collect()
    }
    fn gateway(&self) -> &Gateway {
        &self.gateway
    }
}

/// The least that the job costs.
pub(crate) struct Floor {
    gateway: Gateway,
    worker: Role,
}

impl Floor {
    pub(crate) async fn start(wasl: &Wasl) -> Self {
        let mut gateway = lay("floor-floor").await;
        rows::templates(&gateway, &wasl.plan).await;
        gateway.run("sandbox");
        gateway.answering().await;
        let mut plan = wasl.plan.clone();
        plan.amqp = gateway.servers.amqp.to_string();
        plan.database = database_address(&gateway.servers, &gateway.name).to_string();
        plan.worker = gateway.ports.callbacks.to_string();
        plan.sandbox = gateway.ports.sandbox.to_string();
        plan.secrets = secrets::path(&gateway.layout, "agencies.json").to_string_lossy().into_owned();
        plan.alone = std::env::var_os("WASL_BENCH_FLOOR_ALONE").is_some();
        plan.feed_interval_ms = FEED_INTERVAL_MS.unsigned_abs();
        let path = gateway.layout.dir.join("plan.json");
        std::fs::write(&path, json!(plan).to_string()).unwrap();
        let path = path.to_string_lossy().into_owned();
        let program = std::env::current_exe().unwrap();
        let worker = Role::start(&gateway.layout, "floor-worker", &program, &["floor-worker", &path]);
        let health = format!("http://{}/healthz", gateway.ports.callbacks);
        until("the floor stands", async || crate::support::ask::http().get(&health).send().await.ok()).await;
        Self { gateway, worker }
    }
}

impl Side for Floor {
    fn name(&self) -> &'static str {
        "floor"
    }
    fn groups(&self) -> Groups {
        servers(
            &self.gateway,
            [("floor", self.own()), ("sandbox", vec![self.gateway.roles["sandbox"].pid()])],
        )
    }
    fn own(&self) -> Vec<u32> {
        vec![self.worker.pid()]
    }
    fn gateway(&self) -> &Gateway {
        &self.gateway
    }
}

fn servers<const N: usize>(gateway: &Gateway, own: [(&'static str, Vec<u32>); N]) -> Groups {
    let known: Value = read_json(&gateway.layout.servers.join("servers.json")).unwrap();
    let pid = |name: &str| vec![u32::try_from(known["pids"][name].as_u64().unwrap()).unwrap()];
    let mut groups: BTreeMap<&'static str, Vec<u32>> = own.into_iter().collect();
    groups.insert("broker", pid("broker"));
    groups.insert("database", pid("database"));
    groups
}
