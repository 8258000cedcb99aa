//! The definitions keep what the design promises.

use std::collections::BTreeSet;

use wasl_schemas::directory::Directory;

use super::*;
use crate::config::Settings;

fn built() -> Definitions {
    let settings = Settings::load_with(&[], []).unwrap();
    let agencies = ["onee", "barid-bank"].map(|kind| AgencyKind::try_new(kind).unwrap());
    let passwords = Passwords::random();
    let plan = Plan { settings: &settings.topology, vhost: "/", agencies: &agencies, passwords: &passwords };
    build(plan, &Partners::only(&["015110105".to_owned()], &Directory::compiled_in().unwrap()).unwrap())
}

fn matches(pattern: &str, name: &str) -> bool {
    regex::Regex::new(pattern).unwrap().is_match(name)
}

#[test]
fn every_queue_is_a_quorum_queue_under_exactly_one_policy_with_a_delivery_limit() {
    let all = built();
    let names: BTreeSet<&str> = all.queues.iter().map(|queue| queue.name.as_str()).collect();
    assert_eq!(names.len(), all.queues.len());
    for queue in &all.queues {
        assert_eq!(queue.arguments["x-queue-type"], "quorum", "{}", queue.name);
        let of_queue: Vec<&Policy> = all
            .policies
            .iter()
            .filter(|p| p.apply_to == "queues" && matches(&p.pattern, &queue.name))
            .collect();
        let [policy] = of_queue.as_slice() else { panic!("{}: {of_queue:?}", queue.name) };
        assert!(policy.definition["delivery-limit"].is_u64(), "{}", queue.name);
        assert_eq!(policy.definition["overflow"], "reject-publish", "{}", queue.name);
    }
}

#[test]
fn every_dead_letter_falls_into_a_queue() {
    let all = built();
    for policy in all.policies.iter().filter(|policy| policy.definition.get("dead-letter-exchange").is_some())
    {
        let key = &policy.definition["dead-letter-routing-key"];
        assert_eq!(policy.definition["dead-letter-strategy"], "at-least-once");
        assert!(
            all.bindings.iter().any(|b| b.source == wire::EXCHANGE_DEAD && &json!(b.routing_key) == key),
            "{} has no queue for {key}",
            policy.name
        );
    }
}

#[test]
fn a_commune_reads_its_queue_and_writes_its_keys_and_nothing_else() {
    let all = built();
    let of = |user: &str| all.permissions.iter().find(|p| p.user == user).unwrap();
    let commune = of("commune-015110105");
    assert!(matches(&commune.read, "commune.015110105"));
    assert!(!matches(&commune.read, "commune.015110106") && !matches(&commune.read, "intake"));
    assert!(matches(&commune.write, "wasl.in") && !matches(&commune.write, "waslxin"));
    // The default exchange is named so in rights.
    assert!(!matches(&commune.write, "amq.default"));
    for name in ["commune.015110105", "intake", "anything"] {
        assert!(all.permissions.iter().all(|p| !matches(&p.configure, name)), "{name}");
    }
    let topic = all.topic_permissions.iter().find(|p| p.user == "commune-015110105").unwrap();
    assert!(matches(&topic.write, "commune.015110105.file.submitted"));
    assert!(!matches(&topic.write, "commune.015110106.file.submitted"));
    assert!(!matches(&topic.write, "province.01511.silence.attested"));
}

#[test]
fn a_region_reads_its_queue_and_writes_nothing() {
    let all = built();
    let region = all.permissions.iter().find(|p| p.user == "region-01").unwrap();
    assert!(matches(&region.read, "region.01") && !matches(&region.read, "region.02"));
    for exchange in ["wasl.in", "wasl.out", "wasl.answers", "amq.default"] {
        assert!(!matches(&region.write, exchange), "{exchange}");
    }
    let bound = all.bindings.iter().find(|b| b.destination == "region.01").unwrap();
    assert_eq!((bound.source.as_str(), bound.routing_key.as_str()), ("wasl.out", "region.01"));
}

#[test]
fn an_adapter_speaks_for_its_own_agency_only() {
    let all = built();
    let topic = all.topic_permissions.iter().find(|p| p.user == "wasl-adapter-onee").unwrap();
    assert!(matches(&topic.write, "onee.outcome") && !matches(&topic.write, "barid-bank.outcome"));
    let rights = all.permissions.iter().find(|p| p.user == "wasl-adapter-onee").unwrap();
    assert!(matches(&rights.read, "review.onee") && !matches(&rights.read, "review.barid-bank"));
    assert!(matches(&rights.read, "review.onee.feeds") && !matches(&rights.read, "review.barid-bank.feeds"));
}

#[test]
fn what_an_agency_says_falls_into_one_queue_and_what_it_calls_with_is_not_among_outcomes() {
    let all = built();
    let kind = AgencyKind::try_new("onee").unwrap();
    let queues = |key: String| -> Vec<String> {
        let word = key.split_once('.').unwrap().1.to_owned();
        let takes = |b: &&Binding| b.source == wire::EXCHANGE_ANSWERS && b.routing_key == format!("*.{word}");
        all.bindings.iter().filter(takes).map(|b| b.destination.clone()).collect()
    };
    assert_eq!(queues(wire::key_callback(&kind)), ["answers.urgent"]);
    for key in [wire::key_outcome(&kind), wire::key_collected(&kind), wire::key_line(&kind)] {
        assert_eq!(queues(key.clone()), ["answers"], "{key}");
    }
}

#[test]
fn only_what_partners_send_has_an_alternate_exchange() {
    let all = built();
    let with: Vec<&Policy> =
        all.policies.iter().filter(|policy| policy.definition.get("alternate-exchange").is_some()).collect();
    let [policy] = with.as_slice() else { panic!("{with:?}") };
    let caught: Vec<&str> =
        all.exchanges.iter().map(|e| e.name.as_str()).filter(|name| matches(&policy.pattern, name)).collect();
    assert_eq!(caught, ["wasl.in"]);
}

#[test]
fn single_active_consumers_are_the_gateways_own_queues() {
    for queue in built().queues {
        let partner = ["commune.", "province.", "region."].iter().any(|kind| queue.name.starts_with(kind));
        assert_eq!(queue.arguments.contains_key("x-single-active-consumer"), !partner, "{}", queue.name);
    }
}
