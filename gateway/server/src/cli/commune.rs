//! `wasl commune add`: a commune joins.

use clap::Subcommand;
use url::Url;
use wasl_schemas::wire;

use super::topology::{Access, block_on_broker};
use super::{Failure, output};
use crate::broker::topology::{Partners, definitions};
use crate::config::Settings;
use crate::flow::World;

#[derive(Debug, Subcommand)]
pub(super) enum CommuneCommand {
    /// Make the broker's user, queue and rights of a commune (and of its prefecture or province), and print
    /// the address with which its software connects. It is printed this once.
    Add {
        /// The 9-digit code of the commune or arrondissement.
        code: String,
    },
}

pub(super) fn run(command: &CommuneCommand, settings: &Settings) -> Result<(), Failure> {
    let CommuneCommand::Add { code } = command;
    let partners = Partners::only(std::slice::from_ref(code), &World::load(settings)?.directory)
        .map_err(|error| Failure::Usage(error.to_string()))?;
    let access = Access::new(settings)?;
    let mut joining = definitions::partners_only(access.plan(settings), &partners);
    if !access.derived {
        // Without a secret the province's password would change under it with every commune that joins.
        let keep = |name: &str| name.starts_with("commune-") || name.starts_with("commune.");
        joining.users.retain(|item| keep(&item.name));
        joining.permissions.retain(|item| keep(&item.user));
        joining.topic_permissions.retain(|item| keep(&item.user));
        joining.queues.retain(|item| keep(&item.name));
        joining.bindings.retain(|item| keep(&item.destination));
    }
    block_on_broker(async { access.management.import(&joining).await })?;
    for commune in &partners.communes {
        let user = wire::user_commune(commune);
        output::remark(&format!(
            "{user} reads the queue {} and writes to {}",
            wire::queue_commune(commune),
            wire::EXCHANGE_IN
        ));
        output::say(&address(&settings.broker.url, &user, &access.passwords.password(&user))?)?;
    }
    Ok(())
}

/// The broker's address for this user.
fn address(broker: &str, user: &str, password: &str) -> Result<String, Failure> {
    let mut url = Url::parse(broker)?;
    let set = url.set_username(user).is_ok() && url.set_password(Some(password)).is_ok();
    if set { Ok(url.to_string()) } else { Err(Failure::Usage("broker.url has no host".to_owned())) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_is_the_brokers_with_the_communes_user() {
        let address = address("amqp://admin:secret@10.0.0.1:5672/%2f", "commune-015110105", "abc").unwrap();
        assert_eq!(address, "amqp://commune-015110105:abc@10.0.0.1:5672/%2f");
    }
}
