//! Users and what each may do: one queue to read, one exchange to write, nothing to configure.

use wasl_schemas::id::{AgencyKind, CommuneCode, ProvinceCode};
use wasl_schemas::wire;

use super::definitions::{Permission, TopicPermission};
use super::policies::escaped;
use super::{OWN_QUEUES, USER_API, USER_CORE, user_adapter};

/// Matches no name.
const NOTHING: &str = "^$";

/// A user with its rights.
pub(super) struct Right {
    pub(super) user: String,
    write: String,
    read: String,
    /// Exchange and pattern of the routing keys that it may use there.
    topic: Option<(&'static str, String)>,
}

impl Right {
    pub(super) fn permission(&self, vhost: &str) -> Permission {
        Permission {
            user: self.user.clone(),
            vhost: vhost.to_owned(),
            configure: NOTHING.to_owned(),
            write: self.write.clone(),
            read: self.read.clone(),
        }
    }

    pub(super) fn topic_permission(&self, vhost: &str) -> Option<TopicPermission> {
        let (exchange, write) = self.topic.clone()?;
        Some(TopicPermission {
            user: self.user.clone(),
            vhost: vhost.to_owned(),
            exchange: exchange.to_owned(),
            write,
            read: NOTHING.to_owned(),
        })
    }
}

/// The roles of the gateway.
pub(super) fn roles(agencies: &[AgencyKind]) -> Vec<Right> {
    let core = Right {
        user: USER_CORE.to_owned(),
        // What partners and adapters write to, for what operators have sent again.
        write: any_of(&[
            wire::EXCHANGE_OUT,
            wire::EXCHANGE_REVIEW,
            wire::EXCHANGE_MARKER,
            wire::EXCHANGE_IN,
            wire::EXCHANGE_ANSWERS,
        ]),
        read: format!(r"^({}|dead\..+)$", OWN_QUEUES.map(escaped).join("|")),
        topic: None,
    };
    let api = Right {
        user: USER_API.to_owned(),
        write: any_of(&[wire::EXCHANGE_ANSWERS]),
        read: NOTHING.to_owned(),
        topic: None,
    };
    let adapter = |kind: &AgencyKind| Right {
        user: user_adapter(kind),
        write: any_of(&[wire::EXCHANGE_ANSWERS]),
        read: any_of(&wire::queues_of_agency(kind)),
        topic: Some((wire::EXCHANGE_ANSWERS, format!(r"^{}\.", escaped(kind.as_str())))),
    };
    [core, api].into_iter().chain(agencies.iter().map(adapter)).collect()
}

/// A commune: writes `commune.<code>.…`, reads `commune.<code>`.
pub(super) fn commune(code: &CommuneCode) -> Right {
    partner(wire::user_commune(code), &wire::queue_commune(code))
}

/// A prefecture or province: writes `province.<code>.…`, reads `province.<code>`.
pub(super) fn province(code: &ProvinceCode) -> Right {
    partner(wire::user_province(code), &wire::queue_province(code))
}

/// A region: reads `region.<code>`, writes nothing.
pub(super) fn region(code: &str) -> Right {
    Right {
        user: wire::user_region(code),
        write: NOTHING.to_owned(),
        read: any_of(&[&wire::queue_region(code)]),
        topic: None,
    }
}

fn partner(user: String, queue: &str) -> Right {
    Right {
        user,
        write: any_of(&[wire::EXCHANGE_IN]),
        read: any_of(&[queue]),
        topic: Some((wire::EXCHANGE_IN, format!(r"^{}\.", escaped(queue)))),
    }
}

/// A pattern that matches these names and no other.
pub(super) fn any_of<S: AsRef<str>>(names: &[S]) -> String {
    let names: Vec<String> = names.iter().map(|name| escaped(name.as_ref())).collect();
    match names.as_slice() {
        [one] => format!("^{one}$"),
        many => format!("^({})$", many.join("|")),
    }
}
