//! The definitions in the form that RabbitMQ's management API exports and imports.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use wasl_schemas::id::AgencyKind;
use wasl_schemas::wire;

use super::partners::Partners;
use super::passwords::Passwords;
use super::rights::{self, Right};
use super::{dead_queues_of, policies};
use crate::config::Topology;

/// All definitions of one virtual host with its users.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Definitions {
    /// Users of roles and partners.
    pub users: Vec<User>,
    /// The virtual host.
    pub vhosts: Vec<Vhost>,
    /// What users may do.
    pub permissions: Vec<Permission>,
    /// Which routing keys users may write.
    pub topic_permissions: Vec<TopicPermission>,
    /// Limits of queues, dead lettering.
    pub policies: Vec<Policy>,
    /// Queues.
    pub queues: Vec<Queue>,
    /// Exchanges.
    pub exchanges: Vec<Exchange>,
    /// Bindings.
    pub bindings: Vec<Binding>,
}

/// A user.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct User {
    /// Its name.
    pub name: String,
    /// Base64 of salt and hash.
    pub password_hash: String,
    /// Always SHA-256.
    pub hashing_algorithm: String,
    /// Tags give rights in the management API: none has any. A text or a list, by version of the broker.
    pub tags: Value,
}

/// A virtual host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Vhost {
    /// Its name.
    pub name: String,
}

/// What a user may do, by patterns of names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Permission {
    /// Who.
    pub user: String,
    /// Where.
    pub vhost: String,
    /// Names of what it may declare or delete.
    pub configure: String,
    /// Exchanges that it may publish to.
    pub write: String,
    /// Queues that it may consume.
    pub read: String,
}

/// Which routing keys a user may use on a topic exchange.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TopicPermission {
    /// Who.
    pub user: String,
    /// Where.
    pub vhost: String,
    /// On which exchange.
    pub exchange: String,
    /// Routing keys that it may publish.
    pub write: String,
    /// Routing keys that it may bind.
    pub read: String,
}

/// A policy.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Policy {
    /// Where.
    pub vhost: String,
    /// Its name.
    pub name: String,
    /// Which names it holds for.
    pub pattern: String,
    /// `queues` or `exchanges`.
    #[serde(rename = "apply-to")]
    pub apply_to: String,
    /// What it says.
    pub definition: Value,
    /// The highest that matches wins.
    pub priority: i64,
}

/// A queue.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Queue {
    /// Its name.
    pub name: String,
    /// Where.
    pub vhost: String,
    /// Survives a restart.
    pub durable: bool,
    /// Goes away with its last consumer.
    pub auto_delete: bool,
    /// What cannot be a policy.
    pub arguments: Map<String, Value>,
}

/// An exchange.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Exchange {
    /// Its name.
    pub name: String,
    /// Where.
    pub vhost: String,
    /// `topic`, `direct`, `fanout`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Survives a restart.
    pub durable: bool,
    /// Goes away with its last binding.
    pub auto_delete: bool,
    /// Only other exchanges may publish to it.
    pub internal: bool,
    /// None of ours has any.
    pub arguments: Map<String, Value>,
}

/// A binding of a queue.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Binding {
    /// Exchange.
    pub source: String,
    /// Where.
    pub vhost: String,
    /// Queue.
    pub destination: String,
    /// Always `queue`.
    pub destination_type: String,
    /// Binding key.
    pub routing_key: String,
    /// None of ours has any.
    pub arguments: Map<String, Value>,
}

/// What the definitions are made from.
#[derive(Debug, Clone, Copy)]
pub struct Plan<'a> {
    /// Limits.
    pub settings: &'a Topology,
    /// Virtual host.
    pub vhost: &'a str,
    /// Agencies with an adapter.
    pub agencies: &'a [AgencyKind],
    /// Where the passwords come from.
    pub passwords: &'a Passwords,
}

/// The definitions of the gateway and of these partners.
#[must_use]
pub fn build(plan: Plan<'_>, partners: &Partners) -> Definitions {
    let mut all = partners_only(plan, partners);
    all.vhosts.push(Vhost { name: plan.vhost.to_owned() });
    all.policies = policies::all(plan.settings, plan.vhost, plan.agencies);
    all.add_users(plan, rights::roles(plan.agencies));
    all.add_exchanges(plan.vhost);
    all.add_own_queues(plan);
    all
}

/// Users, rights, queues and bindings of these partners, and nothing else: for a commune that joins.
#[must_use]
pub fn partners_only(plan: Plan<'_>, partners: &Partners) -> Definitions {
    let mut all = Definitions::default();
    all.add_users(plan, partners.communes.iter().map(rights::commune));
    all.add_users(plan, partners.provinces.iter().map(rights::province));
    all.add_users(plan, partners.regions.iter().map(|code| rights::region(code)));
    let communes = partners.communes.iter().map(wire::queue_commune);
    let provinces = partners.provinces.iter().map(wire::queue_province);
    let regions = partners.regions.iter().map(|code| wire::queue_region(code));
    for queue in communes.chain(provinces).chain(regions) {
        all.bindings.push(binding(plan.vhost, wire::EXCHANGE_OUT, &queue, &queue));
        all.queues.push(queue_of(plan.vhost, queue, false));
    }
    all
}

impl Definitions {
    fn add_users(&mut self, plan: Plan<'_>, rights: impl IntoIterator<Item = Right>) {
        for right in rights {
            self.permissions.push(right.permission(plan.vhost));
            self.topic_permissions.extend(right.topic_permission(plan.vhost));
            self.users.push(User {
                password_hash: plan.passwords.hash(&right.user),
                name: right.user,
                hashing_algorithm: "rabbit_password_hashing_sha256".to_owned(),
                tags: json!(""),
            });
        }
    }

    fn add_exchanges(&mut self, vhost: &str) {
        let exchanges = [
            (wire::EXCHANGE_IN, "topic"),
            (wire::EXCHANGE_OUT, "topic"),
            (wire::EXCHANGE_ANSWERS, "topic"),
            (wire::EXCHANGE_REVIEW, "direct"),
            (wire::EXCHANGE_UNROUTED, "fanout"),
            (wire::EXCHANGE_DEAD, "direct"),
            (wire::EXCHANGE_MARKER, "fanout"),
        ];
        self.exchanges.extend(exchanges.map(|(name, kind)| Exchange {
            name: name.to_owned(),
            vhost: vhost.to_owned(),
            kind: kind.to_owned(),
            durable: true,
            auto_delete: false,
            internal: false,
            arguments: Map::new(),
        }));
    }

    /// The gateway's own queues: each has one active consumer at a time.
    fn add_own_queues(&mut self, plan: Plan<'_>) {
        let mut add = |exchange: &str, queue: &str, keys: &[&str]| {
            self.bindings.extend(keys.iter().map(|key| binding(plan.vhost, exchange, queue, key)));
            self.queues.push(queue_of(plan.vhost, queue.to_owned(), true));
        };
        let (new, known) = wire::bindings_in();
        for (queue, keys) in [(wire::QUEUE_INTAKE, new), (wire::QUEUE_URGENT, known)] {
            add(wire::EXCHANGE_IN, queue, &keys.iter().map(String::as_str).collect::<Vec<_>>());
        }
        add(wire::EXCHANGE_ANSWERS, wire::QUEUE_ANSWERS, &wire::BINDINGS_ANSWERS);
        add(wire::EXCHANGE_ANSWERS, wire::QUEUE_CALLBACKS, &[wire::BINDING_CALLBACKS]);
        add(wire::EXCHANGE_UNROUTED, wire::QUEUE_UNROUTED, &[""]);
        for kind in plan.agencies {
            for queue in wire::queues_of_agency(kind) {
                add(wire::EXCHANGE_REVIEW, &queue, &[&queue]);
            }
        }
        for queue in dead_queues_of(plan.agencies) {
            add(wire::EXCHANGE_DEAD, &queue, &[&queue]);
        }
        for queue in super::queues_read_by_core(plan.agencies) {
            self.bindings.push(binding(plan.vhost, wire::EXCHANGE_MARKER, &queue, ""));
        }
    }
}

fn queue_of(vhost: &str, name: String, single_active_consumer: bool) -> Queue {
    let mut arguments = Map::from_iter([("x-queue-type".to_owned(), json!("quorum"))]);
    if single_active_consumer {
        arguments.insert("x-single-active-consumer".to_owned(), json!(true));
    }
    Queue { name, vhost: vhost.to_owned(), durable: true, auto_delete: false, arguments }
}

fn binding(vhost: &str, exchange: &str, queue: &str, key: &str) -> Binding {
    Binding {
        source: exchange.to_owned(),
        vhost: vhost.to_owned(),
        destination: queue.to_owned(),
        destination_type: "queue".to_owned(),
        routing_key: key.to_owned(),
        arguments: Map::new(),
    }
}

#[cfg(test)]
mod tests;
