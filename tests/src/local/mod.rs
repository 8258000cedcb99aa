//! The local world: everything runs, nothing is sent. `env.json` says where everything is.

mod env;

use anyhow::Context as _;

use crate::world::layout::Layout;
use crate::world::process::{left_running, stop_left};
use crate::world::ready;
use crate::world::secrets::Caller;
use crate::world::servers::Servers;
use crate::world::settings::AGENCIES;
use crate::world::start::{Agencies, Ground, start};

/// The folder of the local world, and of its servers.
const FOLDER: &str = "target/local";
const SERVERS: &str = "target/local/servers";
/// Communes whose addresses stand in `env.json`: the sample messages are theirs.
const COMMUNES: [&str; 3] = ["015110106", "050910101", "011510615"];
/// Core, api, the agencies' program, and an adapter for each agency.
const PROCESSES: usize = 3 + AGENCIES.len();

/// Starts what does not run, and writes `env.json`. Quick when everything runs.
///
/// # Errors
/// What does not start, in a sentence.
pub async fn up() -> anyhow::Result<()> {
    let layout = Layout::new(FOLDER, SERVERS)?;
    if is_up(&layout).await {
        say(&format!("it runs already; {} says where", env::path(&layout).display()));
        return Ok(());
    }
    stop_left(&layout).await;
    say("starting a private broker and database …");
    let ground = Ground::lay(layout.clone()).await?;
    say("starting core, api, five adapters and the simulated agencies …");
    let names: Vec<String> = COMMUNES.iter().map(|code| format!("commune-{code}")).collect();
    let world = start(ground, None, &Agencies { seed: 1, ..Agencies::default() }, &callers(&names)).await?;
    env::write(&world, &COMMUNES)?;
    say(&format!("the live page: {}/", world.http()));
    say(&format!("where everything is: {}", env::path(&layout).display()));
    world.detach();
    Ok(())
}

/// Stops gateway, agencies and servers; what is stored stays.
///
/// # Errors
/// A server does not stop.
pub async fn down() -> anyhow::Result<()> {
    let layout = Layout::new(FOLDER, SERVERS)?;
    stop_left(&layout).await;
    // Absent when nothing was up.
    _ = std::fs::remove_file(env::path(&layout));
    Servers::down(&layout, false).context("the servers did not stop")?;
    say("everything is stopped");
    Ok(())
}

/// Every process runs and the gateway answers that it is ready.
async fn is_up(layout: &Layout) -> bool {
    let Ok(known) = ready::read_json(&env::path(layout)) else { return false };
    let Some(http) = known["http"].as_str() else { return false };
    let Ok(client) = reqwest::Client::builder().no_proxy().timeout(std::time::Duration::from_secs(3)).build()
    else {
        return false;
    };
    let answer = client.get(format!("{http}/readyz")).send().await;
    left_running(layout).len() == PROCESSES && answer.is_ok_and(|answer| answer.status().is_success())
}

fn callers(names: &[String]) -> Vec<Caller<'_>> {
    let mut all = vec![
        Caller { name: "ministry", role: "ministry", scope: "", rights: &[] },
        Caller { name: "operator", role: "operator", scope: "", rights: &[] },
        Caller { name: "second-operator", role: "operator", scope: "", rights: &["wire-bodies"] },
        Caller { name: "region-01", role: "region", scope: "01", rights: &[] },
        Caller { name: "province-01511", role: "province", scope: "01511", rights: &[] },
        Caller { name: "urban-agency", role: "agency", scope: "urban-agency", rights: &[] },
    ];
    all.extend(names.iter().zip(COMMUNES).map(|(name, code)| Caller {
        name,
        role: "commune",
        scope: code,
        rights: &[],
    }));
    all
}

#[expect(clippy::print_stderr, reason = "a command speaks to the person who called it")]
fn say(text: &str) {
    eprintln!("wasl: {text}");
}
