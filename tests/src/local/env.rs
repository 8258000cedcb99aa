//! `env.json`: addresses, users and tokens of the local world, for its owner's eyes only.

use std::path::PathBuf;

use serde_json::{Value, json};

use crate::world::layout::Layout;
use crate::world::secrets::write_private;
use crate::world::start::World;

/// Where it stands.
pub(super) fn path(layout: &Layout) -> PathBuf {
    layout.dir.join("env.json")
}

/// Writes it.
///
/// # Errors
/// A sample commune is no broker user, or the file cannot be written.
pub(super) fn write(world: &World, communes: &[&str]) -> anyhow::Result<()> {
    let (ground, layout) = (&world.ground, &world.ground.layout);
    let token =
        |name: &str| world.tokens.iter().find(|(known, _)| known == name).map(|(_, token)| token.clone());
    let mut users = serde_json::Map::new();
    for code in communes {
        let user = format!("commune-{code}");
        let known = json!({
            "amqp": ground.amqp_as(&user)?,
            "queue": format!("commune.{code}"),
            "exchange": "wasl.in",
            "token": token(&user),
        });
        users.insert((*code).to_owned(), known);
    }
    let province = "01511";
    let env: Value = json!({
        "amqp": ground.servers.amqp.as_str(),
        "amqp_management": ground.servers.amqp_management.as_str(),
        "database": crate::world::database::address(&ground.servers.database).as_str(),
        "http": world.http(),
        "callbacks": format!("http://{}", world.ports.callbacks),
        "sandbox": world.sandbox(),
        "config": layout.config("admin"),
        "logs": layout.dir.join("logs"),
        "communes": users,
        "provinces": { province: { "amqp": ground.amqp_as(&format!("province-{province}"))?,
                                   "queue": format!("province.{province}") } },
        "tokens": world.tokens.iter().map(|(name, token)| (name.clone(), json!(token))).collect::<serde_json::Map<_, _>>(),
        "versions": { "broker": ground.servers.broker_version, "database": ground.servers.postgres_version },
        "fsync": ground.servers.fsync,
        "synchronous_commit": ground.servers.synchronous_commit,
    });
    write_private(&path(layout), &serde_json::to_string_pretty(&env)?)
}
