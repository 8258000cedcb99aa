//! Rules and calendar as this process shows them: those in force, which is those that the core counts with.
//!
//! The files are data of an operator. The core says in the database which version of them it counts with
//! (`wasl calendar apply`); a process of the api role then reads its own copy again, so that page, API and
//! command line give one answer. A copy of another version is not taken: the files must be put in place on
//! every machine before they are applied.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use super::app::Shared;
use crate::config::Settings;
use crate::flow::World;
use crate::store::recompute;

/// How often the version in force is looked at.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// The world that answers are made from. Each answer takes it once, so that it never mixes two versions.
#[derive(Debug)]
pub struct InForce(RwLock<Arc<World>>);

impl InForce {
    /// The world as read at start.
    #[must_use]
    pub const fn new(world: Arc<World>) -> Self {
        Self(RwLock::new(world))
    }

    /// The world as it is now.
    #[must_use]
    pub fn get(&self) -> Arc<World> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn put(&self, world: Arc<World>) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = world;
    }
}

/// Follows the version in force until the process stops.
pub async fn follow(app: Shared) {
    let mut looked_for = String::new();
    let mut tick = tokio::time::interval(LOOK_EVERY);
    tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = app.context.cancel.cancelled() => return,
            _ = tick.tick() => {}
        }
        // While the database does not answer, `/readyz` says so, and what is shown stays.
        let Ok(Some(applied)) = recompute::applied(&app.pool).await else { continue };
        let known = applied.version.is_empty() || applied.version == app.world().version;
        if known || applied.version == looked_for {
            continue;
        }
        if let Some(world) = read(app.settings(), &applied.version) {
            tracing::info!(version = world.version, "rules and calendar in force are shown from now on");
            app.in_force.put(world);
        }
        // Said and tried once for each version: the files change only by the hand of an operator.
        looked_for = applied.version;
    }
}

/// The files of this machine, when they are of that version.
fn read(settings: &Settings, version: &str) -> Option<Arc<World>> {
    match World::load(settings) {
        Ok(world) if world.version == version => Some(world),
        Ok(world) => {
            tracing::warn!(
                here = world.version,
                in_force = version,
                "this machine has other rules or calendar"
            );
            None
        }
        Err(error) => {
            tracing::error!(%error, "rules or calendar of this machine cannot be read: those shown stay");
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_another_version_are_not_taken() {
        let settings = Settings::load_with(&[], []).unwrap();
        let present = World::load(&settings).unwrap();
        assert!(read(&settings, &present.version).is_some());
        assert!(read(&settings, "another").is_none());
        let in_force = InForce::new(present.clone());
        in_force.put(present.clone());
        assert_eq!(in_force.get().version, present.version);
    }
}
