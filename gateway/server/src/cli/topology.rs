//! `wasl topology export|check|apply`.

use std::collections::BTreeMap;
use std::future::Future;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::{Args, Subcommand};
use wasl_schemas::id::AgencyKind;

use super::{Failure, block_on, output};
use crate::broker::topology::definitions::{Plan, build};
use crate::broker::topology::management::{Management, ManagementError};
use crate::broker::topology::{Definitions, Partners, Passwords, agencies, compare, passwords};
use crate::config::Settings;
use crate::flow::World;

/// Differences that are printed at most.
const DIFFERENCES_MAX: usize = 100;

#[derive(Debug, Subcommand)]
pub(super) enum TopologyCommand {
    /// Write the definitions as JSON, for the broker's own import.
    Export {
        #[command(flatten)]
        scope: Scope,
        /// Where to write them; standard output unless given. They hold hashes of passwords.
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
    /// Compare the broker with the definitions and say what differs.
    Check {
        #[command(flatten)]
        scope: Scope,
    },
    /// Import the definitions into the broker. What is there already stays.
    Apply {
        #[command(flatten)]
        scope: Scope,
    },
}

#[derive(Debug, Args)]
pub(super) struct Scope {
    /// Communes that have joined: `all`, `none`, or codes joined by commas. Their prefectures and provinces
    /// come with them.
    #[arg(long, default_value = "all", value_name = "CODES")]
    communes: String,
    /// Also write the password of every user into this file, as a JSON object, for its owner's eyes only.
    #[arg(long, value_name = "FILE")]
    passwords: Option<PathBuf>,
}

/// How to reach the broker, and where passwords come from.
pub(super) struct Access {
    pub(super) management: Management,
    pub(super) passwords: Passwords,
    /// The passwords are derived from the secret of the settings, so they can be derived again.
    pub(super) derived: bool,
    agencies: Vec<AgencyKind>,
}

impl Access {
    /// With the secret of the settings; without one, with passwords drawn for this once.
    pub(super) fn new(settings: &Settings) -> Result<Self, Failure> {
        super::install_crypto();
        let secret = settings.topology.secret_file.as_deref();
        Ok(Self {
            management: Management::new(&settings.broker)?,
            passwords: secret.map_or_else(|| Ok(Passwords::random()), Passwords::from_file_or_new)?,
            derived: secret.is_some(),
            agencies: agencies(settings),
        })
    }

    pub(super) fn plan<'a>(&'a self, settings: &'a Settings) -> Plan<'a> {
        Plan {
            settings: &settings.topology,
            vhost: &self.management.vhost,
            agencies: &self.agencies,
            passwords: &self.passwords,
        }
    }

    fn definitions(&self, settings: &Settings, scope: &Scope) -> Result<Definitions, Failure> {
        let all = build(self.plan(settings), &partners(settings, &scope.communes)?);
        if let Some(file) = &scope.passwords {
            self.write_passwords(&all, file)?;
        }
        Ok(all)
    }

    fn write_passwords(&self, all: &Definitions, file: &Path) -> Result<(), Failure> {
        let map: BTreeMap<&str, String> =
            all.users.iter().map(|user| (user.name.as_str(), self.passwords.password(&user.name))).collect();
        replace_private(file, &serde_json::to_vec_pretty(&map)?)
    }

    fn require_secret(&self) -> Result<(), Failure> {
        let reason = "topology.secret_file is not set: without it the passwords could not be made again";
        if self.derived { Ok(()) } else { Err(Failure::Usage(reason.to_owned())) }
    }
}

pub(super) fn run(command: &TopologyCommand, settings: &Settings) -> Result<(), Failure> {
    let access = Access::new(settings)?;
    match command {
        TopologyCommand::Export { scope, out } => {
            access.require_secret()?;
            let text = serde_json::to_vec_pretty(&access.definitions(settings, scope)?)?;
            match out {
                Some(file) => replace_private(file, &text),
                None => output::say_bytes(&text),
            }
        }
        TopologyCommand::Check { scope } => check(&access, &access.definitions(settings, scope)?),
        TopologyCommand::Apply { scope } => {
            access.require_secret()?;
            let all = access.definitions(settings, scope)?;
            block_on_broker(apply(&access.management, &all))?;
            output::say(&format!(
                "applied to virtual host {}: {} queues, {} users, {} policies",
                access.management.vhost,
                all.queues.len(),
                all.users.len(),
                all.policies.len()
            ))
        }
    }
}

/// Adds and corrects first, and only then takes away: at no moment is a message without a queue.
async fn apply(management: &Management, all: &Definitions) -> Result<(), ManagementError> {
    management.import(all).await?;
    let there = management.export().await?;
    for binding in compare::bindings_too_many(all, &there) {
        management.unbind(binding).await?;
    }
    Ok(())
}

fn check(access: &Access, expected: &Definitions) -> Result<(), Failure> {
    let actual = block_on_broker(async { access.management.export().await })?;
    let found = compare::differences(expected, &actual, access.derived);
    if found.is_empty() {
        return output::say(if access.derived {
            "the broker is as it should be"
        } else {
            "the broker is as it should be (passwords not compared: topology.secret_file is not set)"
        });
    }
    for difference in found.iter().take(DIFFERENCES_MAX) {
        output::say(&difference.to_string())?;
    }
    if found.len() > DIFFERENCES_MAX {
        output::say(&format!("and {} more", found.len() - DIFFERENCES_MAX))?;
    }
    output::complain(&format!(
        "{} differences; `wasl topology apply` adds what is missing, corrects what differs and takes away bindings that are not meant",
        found.len()
    ));
    Err(Failure::Told)
}

fn partners(settings: &Settings, communes: &str) -> Result<Partners, Failure> {
    let codes: Vec<String> = communes.split(',').map(|code| code.trim().to_owned()).collect();
    let world = World::load(settings)?;
    match communes {
        "all" => Ok(Partners::all(&world.directory)),
        "none" => Ok(Partners::default()),
        _ => Partners::only(&codes, &world.directory)
            .map_err(|error| Failure::Usage(format!("--communes: {error}"))),
    }
}

/// Runs something that speaks to the management API.
pub(super) fn block_on_broker<T>(
    future: impl Future<Output = Result<T, ManagementError>>,
) -> Result<T, Failure> {
    Ok(block_on(future)??)
}

/// Writes a file for its owner's eyes only, in place of one that is there: the old one goes whole.
fn replace_private(file: &Path, content: &[u8]) -> Result<(), Failure> {
    let mut name = file.as_os_str().to_owned();
    name.push(format!(".{}", std::process::id()));
    let new = PathBuf::from(name);
    passwords::write_private(&new, content)
        .and_then(|()| std::fs::rename(&new, file))
        .with_context(|| format!("cannot write {}", file.display()))?;
    Ok(())
}
