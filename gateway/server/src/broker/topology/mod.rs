//! What must exist on the broker, as definitions that its management API imports.
//!
//! AMQP cannot set policies or rights, so nothing is declared by the roles: they only look whether what they
//! need is there. `wasl topology export|check|apply` writes, compares and imports the definitions.

pub mod compare;
pub mod definitions;
pub mod management;
pub mod partners;
pub mod passwords;
mod policies;
mod rights;
pub(super) mod verify;

pub use definitions::{Definitions, build, partners_only};
pub use partners::Partners;
pub use passwords::Passwords;
pub use verify::{verify_exchanges, verify_queues};

use wasl_schemas::id::AgencyKind;
use wasl_schemas::wire;

use crate::config::Settings;

/// Group of the queues of all communes: their dead letters share one queue.
pub const GROUP_COMMUNE: &str = "commune";
/// Group of the queues of all prefectures and provinces: their dead letters share one queue.
pub const GROUP_PROVINCE: &str = "province";
/// Group of the queues of all regions: their dead letters share one queue.
pub const GROUP_REGION: &str = "region";

/// The user of the role core.
pub const USER_CORE: &str = "wasl-core";
/// The user of the role api.
pub const USER_API: &str = "wasl-api";

/// The user of an adapter.
#[must_use]
pub fn user_adapter(kind: &AgencyKind) -> String {
    format!("wasl-adapter-{kind}")
}

/// The agencies that the settings enable.
#[must_use]
pub fn agencies(settings: &Settings) -> Vec<AgencyKind> {
    // Kinds were checked when the settings were loaded.
    settings.agencies.enabled.iter().filter_map(|kind| AgencyKind::try_new(kind.as_str()).ok()).collect()
}

/// The queues of dead letters, all of which the core reads.
#[must_use]
pub fn dead_queues(settings: &Settings) -> Vec<String> {
    dead_queues_of(&agencies(settings))
}

/// Every queue that the core reads: a marker goes through each.
#[must_use]
pub fn core_queues(settings: &Settings) -> Vec<String> {
    queues_read_by_core(&agencies(settings))
}

/// What the core reads beside the dead letters.
const OWN_QUEUES: [&str; 5] = [
    wire::QUEUE_INTAKE,
    wire::QUEUE_URGENT,
    wire::QUEUE_ANSWERS,
    wire::QUEUE_CALLBACKS,
    wire::QUEUE_UNROUTED,
];

fn queues_read_by_core(agencies: &[AgencyKind]) -> Vec<String> {
    OWN_QUEUES.map(str::to_owned).into_iter().chain(dead_queues_of(agencies)).collect()
}

fn dead_queues_of(agencies: &[AgencyKind]) -> Vec<String> {
    let own = [
        wire::QUEUE_INTAKE,
        wire::QUEUE_ANSWERS,
        wire::QUEUE_UNROUTED,
        GROUP_COMMUNE,
        GROUP_PROVINCE,
        GROUP_REGION,
    ];
    let reviews = agencies.iter().map(wire::queue_review);
    own.into_iter().map(str::to_owned).chain(reviews).map(|queue| wire::queue_dead(&queue)).collect()
}
