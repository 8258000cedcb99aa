//! Policies: everything about queues that may change without declaring them anew.

use serde_json::{Value, json};
use wasl_schemas::id::AgencyKind;
use wasl_schemas::wire;

use super::definitions::Policy;
use super::rights::any_of;
use super::{GROUP_COMMUNE, GROUP_PROVINCE, GROUP_REGION};
use crate::config::Topology;

/// A dead letter has nowhere to go: it is never given up.
const DEAD_DELIVERY_LIMIT: u32 = 1_000_000;

/// All policies of the virtual host.
pub(super) fn all(settings: &Topology, vhost: &str, agencies: &[AgencyKind]) -> Vec<Policy> {
    let named = |name: String, pattern: String, apply_to: &str, definition: Value| Policy {
        vhost: vhost.to_owned(),
        name,
        pattern,
        apply_to: apply_to.to_owned(),
        definition,
        priority: 10,
    };
    let queue = |group: &str, pattern: String, length: u32| {
        let name = format!("wasl-{}", group.replace('.', "-"));
        named(name, pattern, "queues", limits(settings, &wire::queue_dead(group), length))
    };
    let mut policies = vec![
        // What is urgent ends in the same queue as its neighbours when it cannot be read.
        queue(
            wire::QUEUE_INTAKE,
            any_of(&[wire::QUEUE_INTAKE, wire::QUEUE_URGENT]),
            settings.intake_length_count,
        ),
        queue(
            wire::QUEUE_ANSWERS,
            any_of(&[wire::QUEUE_ANSWERS, wire::QUEUE_CALLBACKS]),
            settings.intake_length_count,
        ),
        queue(wire::QUEUE_UNROUTED, any_of(&[wire::QUEUE_UNROUTED]), settings.dead_length_count),
        queue(GROUP_COMMUNE, r"^commune\.[0-9]{9}$".to_owned(), settings.commune_length_count),
        queue(GROUP_PROVINCE, r"^province\.[0-9]{5}$".to_owned(), settings.commune_length_count),
        queue(GROUP_REGION, r"^region\.[0-9]{2}$".to_owned(), settings.commune_length_count),
        named("wasl-dead".to_owned(), r"^dead\.".to_owned(), "queues", dead(settings)),
        named(
            "wasl-in".to_owned(),
            format!("^{}$", escaped(wire::EXCHANGE_IN)),
            "exchanges",
            json!({ "alternate-exchange": wire::EXCHANGE_UNROUTED }),
        ),
    ];
    // Requests and feeds of an agency end in the same queue when they cannot be read.
    policies.extend(agencies.iter().map(|kind| {
        let both = any_of(&wire::queues_of_agency(kind));
        queue(&wire::queue_review(kind), both, settings.review_length_count)
    }));
    policies
}

/// At-least-once dead lettering needs `reject-publish`: past the length the publisher is told.
fn limits(settings: &Topology, dead_queue: &str, length: u32) -> Value {
    json!({
        "delivery-limit": settings.delivery_limit_count,
        "dead-letter-exchange": wire::EXCHANGE_DEAD,
        "dead-letter-routing-key": dead_queue,
        "dead-letter-strategy": "at-least-once",
        "overflow": "reject-publish",
        "max-length": length,
    })
}

fn dead(settings: &Topology) -> Value {
    json!({
        "delivery-limit": DEAD_DELIVERY_LIMIT,
        "overflow": "reject-publish",
        "max-length": settings.dead_length_count,
    })
}

/// A name inside a pattern: only its dots mean something else there.
pub(super) fn escaped(name: &str) -> String {
    name.replace('.', r"\.")
}
