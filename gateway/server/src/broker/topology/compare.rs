//! Compares what a broker has with what it should have.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use super::definitions::{Binding, Definitions};

/// One difference, as a sentence for the operator.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Difference {
    /// It should be there.
    Missing(String),
    /// It is there, with other values.
    Changed {
        /// What.
        what: String,
        /// The fields that differ.
        fields: Vec<String>,
    },
    /// It is there and should not be: it could change how messages flow, or who may do what.
    Unexpected(String),
}

impl std::fmt::Display for Difference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Missing(what) => write!(f, "missing: {what}"),
            Self::Changed { what, fields } => write!(f, "differs: {what} ({})", fields.join(", ")),
            Self::Unexpected(what) => write!(f, "unexpected: {what}"),
        }
    }
}

/// Everything in which `actual` differs from `expected`. Passwords are compared only when `with_passwords`.
/// Users, queues and exchanges that are not ours are nobody's business; policies, bindings and rights that
/// touch ours are.
#[must_use]
pub fn differences(expected: &Definitions, actual: &Definitions, with_passwords: bool) -> Vec<Difference> {
    let expected_by_name = by_name(expected, with_passwords);
    let actual_by_name = by_name(actual, with_passwords);
    let mut found = Vec::new();
    for (name, wanted) in &expected_by_name {
        match actual_by_name.get(name) {
            None => found.push(Difference::Missing(name.clone())),
            Some(there) => found.extend(changed(name, wanted, there)),
        }
    }
    let ours = |name: &str| touches_ours(name, &expected_by_name);
    let unexpected = actual_by_name.keys().filter(|name| !expected_by_name.contains_key(*name) && ours(name));
    found.extend(unexpected.cloned().map(Difference::Unexpected));
    found.sort();
    found
}

/// Bindings from our exchanges to our queues that are not meant: of an earlier release, or made by hand.
pub fn bindings_too_many<'a>(
    expected: &'a Definitions,
    actual: &'a Definitions,
) -> impl Iterator<Item = &'a Binding> {
    let exchange = |name: &str| expected.exchanges.iter().any(|item| item.name == name);
    let queue = |name: &str| expected.queues.iter().any(|item| item.name == name);
    let meant = |binding: &Binding| {
        let same = |other: &Binding| {
            (&other.source, &other.destination, &other.routing_key)
                == (&binding.source, &binding.destination, &binding.routing_key)
        };
        expected.bindings.iter().any(same)
    };
    let ours = move |binding: &&Binding| exchange(&binding.source) && queue(&binding.destination);
    actual.bindings.iter().filter(ours).filter(move |binding| !meant(binding))
}

/// A policy (it may overrule ours), a right of one of our users, a binding to one of our queues.
fn touches_ours(name: &str, expected: &BTreeMap<String, Value>) -> bool {
    let after = |prefix: &str| name.strip_prefix(prefix).and_then(|rest| rest.split(' ').next());
    let known =
        |kind: &str, name: Option<&str>| name.is_some_and(|n| expected.contains_key(&format!("{kind} {n}")));
    name.starts_with("policy ")
        || known("user", after("rights of "))
        || known("user", after("topic rights of "))
        || known("queue", after("binding of "))
}

fn changed(name: &str, wanted: &Value, there: &Value) -> Option<Difference> {
    let mut fields = Vec::new();
    differing("", wanted, there, &mut fields);
    (!fields.is_empty()).then(|| Difference::Changed { what: name.to_owned(), fields })
}

/// Paths of the values that differ, going into objects.
fn differing(path: &str, wanted: &Value, there: &Value, fields: &mut Vec<String>) {
    let join = |key: &str| if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") };
    match (wanted, there) {
        (Value::Object(wanted), Value::Object(there)) => {
            for (key, value) in wanted {
                differing(&join(key), value, there.get(key).unwrap_or(&Value::Null), fields);
            }
            fields.extend(there.keys().filter(|key| !wanted.contains_key(*key)).map(|key| join(key)));
        }
        (wanted, there) if wanted == there => {}
        _ => fields.push(path.to_owned()),
    }
}

fn by_name(all: &Definitions, with_passwords: bool) -> BTreeMap<String, Value> {
    let mut map = BTreeMap::new();
    for user in &all.users {
        let mut user = user.clone();
        user.tags = normal_tags(&user.tags);
        if !with_passwords {
            user.password_hash.clear();
        }
        insert(&mut map, format!("user {}", user.name), &user);
    }
    for item in &all.vhosts {
        insert(&mut map, format!("vhost {}", item.name), item);
    }
    for item in &all.permissions {
        insert(&mut map, format!("rights of {}", item.user), item);
    }
    for item in &all.topic_permissions {
        insert(&mut map, format!("topic rights of {} on {}", item.user, item.exchange), item);
    }
    for item in &all.policies {
        insert(&mut map, format!("policy {}", item.name), item);
    }
    for item in &all.queues {
        insert(&mut map, format!("queue {}", item.name), item);
    }
    for item in &all.exchanges {
        insert(&mut map, format!("exchange {}", item.name), item);
    }
    for item in &all.bindings {
        let name = format!("binding of {} to {} by `{}`", item.destination, item.source, item.routing_key);
        insert(&mut map, name, item);
    }
    map
}

/// Tags are a text with commas or a list, by version of the broker.
fn normal_tags(tags: &Value) -> Value {
    match tags {
        Value::String(text) => text.split(',').map(str::trim).filter(|tag| !tag.is_empty()).collect(),
        other => other.clone(),
    }
}

fn insert(map: &mut BTreeMap<String, Value>, name: String, item: &impl Serialize) {
    map.insert(name, serde_json::to_value(item).unwrap_or(Value::Null));
}

#[cfg(test)]
mod tests {
    use super::super::definitions::{Binding, Permission, Policy, User};
    use super::*;
    use serde_json::json;

    fn user(tags: Value) -> User {
        User {
            name: "wasl-core".into(),
            password_hash: "x".into(),
            hashing_algorithm: "rabbit_password_hashing_sha256".into(),
            tags,
        }
    }

    fn policy(definition: Value) -> Policy {
        Policy {
            vhost: "/".into(),
            name: "wasl-intake".into(),
            pattern: "^intake$".into(),
            apply_to: "queues".into(),
            definition,
            priority: 10,
        }
    }

    #[test]
    fn the_form_of_tags_does_not_matter_but_a_tag_does() {
        let expected = Definitions { users: vec![user(json!(""))], ..Definitions::default() };
        let same = Definitions { users: vec![user(json!([]))], ..Definitions::default() };
        assert_eq!(differences(&expected, &same, true), []);
        let more = Definitions { users: vec![user(json!(["administrator"]))], ..Definitions::default() };
        assert_eq!(differences(&expected, &more, true)[0].to_string(), "differs: user wasl-core (tags)");
    }

    #[test]
    fn a_changed_limit_is_named_by_its_path() {
        let with = |limit: u32| Definitions {
            policies: vec![policy(json!({ "delivery-limit": limit, "overflow": "reject-publish" }))],
            ..Definitions::default()
        };
        let found = differences(&with(50), &with(5), false);
        assert_eq!(found[0].to_string(), "differs: policy wasl-intake (definition.delivery-limit)");
        assert_eq!(
            differences(&with(50), &Definitions::default(), false)[0].to_string(),
            "missing: policy wasl-intake"
        );
    }

    #[test]
    fn foreign_rights_policies_and_bindings_are_told_only_when_they_touch_ours() {
        let expected = Definitions { users: vec![user(json!(""))], ..Definitions::default() };
        let right = |user: &str| Permission {
            user: user.into(),
            vhost: "/".into(),
            configure: ".*".into(),
            write: ".*".into(),
            read: ".*".into(),
        };
        let actual = Definitions {
            users: vec![user(json!("")), User { name: "other".into(), ..user(json!("")) }],
            permissions: vec![right("wasl-core"), right("other")],
            bindings: vec![Binding {
                source: "x".into(),
                vhost: "/".into(),
                destination: "theirs".into(),
                destination_type: "queue".into(),
                routing_key: String::new(),
                arguments: serde_json::Map::new(),
            }],
            policies: vec![policy(json!({}))],
            ..Definitions::default()
        };
        let found: Vec<String> =
            differences(&expected, &actual, false).iter().map(ToString::to_string).collect();
        assert_eq!(found, ["unexpected: policy wasl-intake", "unexpected: rights of wasl-core"]);
    }
}
