//! Each process has the rights of its work and no other: at the broker and in the database.

use lapin::options::{BasicConsumeOptions, BasicPublishOptions, ConfirmSelectOptions};
use lapin::types::FieldTable;
use lapin::{BasicProperties, Connection, ConnectionProperties};
use sqlx::{Connection as _, PgConnection};
use wasl_tests::world::servers::with_user;
use wasl_tests::world::settings::AGENCIES;

use crate::support::servers::database_address;
use crate::support::{Gateway, Options};

/// AMQP 0-9-1: access refused.
const ACCESS_REFUSED: u16 = 403;

async fn channel(gateway: &Gateway, user: &str) -> (Connection, lapin::Channel) {
    let properties = ConnectionProperties::default();
    let connection = Connection::connect(&gateway.amqp_as(user), properties).await.unwrap();
    let channel = connection.create_channel().await.unwrap();
    (connection, channel)
}

fn code<T>(result: Result<T, lapin::Error>) -> Option<u16> {
    match result.err()?.kind() {
        lapin::ErrorKind::ProtocolError(error) => Some(error.get_id()),
        _ => None,
    }
}

async fn read(gateway: &Gateway, user: &str, queue: &str) -> Option<u16> {
    let (_connection, channel) = channel(gateway, user).await;
    let options = BasicConsumeOptions::default();
    code(channel.basic_consume(queue.into(), "".into(), options, FieldTable::default()).await)
}

async fn write(gateway: &Gateway, user: &str, exchange: &str, key: &str) -> Option<u16> {
    let (_connection, channel) = channel(gateway, user).await;
    channel.confirm_select(ConfirmSelectOptions::default()).await.unwrap();
    let options = BasicPublishOptions { mandatory: true, immediate: false };
    let properties = BasicProperties::default();
    match channel.basic_publish(exchange.into(), key.into(), options, b"{}", properties).await {
        Ok(confirm) => code(confirm.await),
        Err(error) => code::<()>(Err(error)),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_adapter_reads_its_own_queue_and_answers_for_itself_alone() {
    let gateway = Gateway::lay("broker-rights", Options::default()).await;
    let user = "wasl-adapter-onee";
    for queue in ["review.onee", "review.onee.feeds"] {
        assert_eq!(read(&gateway, user, queue).await, None, "{queue}");
    }
    for queue in [
        "review.urban-agency",
        "review.urban-agency.feeds",
        "intake",
        "answers",
        "answers.urgent",
        "commune.015110106",
        "dead.intake",
    ] {
        assert_eq!(read(&gateway, user, queue).await, Some(ACCESS_REFUSED), "{queue}");
    }
    assert_eq!(write(&gateway, user, "wasl.answers", "onee.outcome").await, None);
    assert_eq!(write(&gateway, user, "wasl.answers", "urban-agency.outcome").await, Some(ACCESS_REFUSED));
    for exchange in ["wasl.out", "wasl.in", "wasl.review", ""] {
        let refused = write(&gateway, user, exchange, "commune.015110106").await;
        assert_eq!(refused, Some(ACCESS_REFUSED), "{exchange}");
    }
    // A commune reads what is its own, and nothing of another one.
    assert_eq!(read(&gateway, "commune-015110106", "commune.015110106").await, None);
    assert_eq!(read(&gateway, "commune-015110106", "commune.015110105").await, Some(ACCESS_REFUSED));
}

#[tokio::test(flavor = "multi_thread")]
async fn no_adapter_knows_the_database() {
    let gateway = Gateway::start("adapter-settings", Options::default()).await;
    let database = gateway.servers.database.port().unwrap().to_string();
    for kind in AGENCIES {
        let name = format!("adapter-{kind}");
        let settings = std::fs::read_to_string(gateway.layout.config(&name)).unwrap();
        let environment = std::fs::read(format!("/proc/{}/environ", gateway.roles[&name].pid())).unwrap();
        let own = format!("{settings}{}", String::from_utf8_lossy(&environment));
        assert!(
            !own.contains(&database) && !own.contains("postgres://"),
            "{name} is told where the database is"
        );
        let connections =
            connections_to(gateway.roles[&name].pid(), gateway.servers.database.port().unwrap());
        assert_eq!(connections, 0, "{name} speaks to the database");
    }
    let core = gateway.roles["core"].pid();
    assert!(connections_to(core, gateway.servers.database.port().unwrap()) > 0, "the core must be seen");
}

/// Connections of a process to a port of the loopback address (`/proc/net/tcp`, hexadecimal, by socket inode).
fn connections_to(pid: u32, port: u16) -> usize {
    let table = std::fs::read_to_string(format!("/proc/{pid}/net/tcp")).unwrap();
    let remote = format!("0100007F:{port:04X}");
    let inodes: Vec<String> = table
        .lines()
        .map(|line| line.split_whitespace().collect::<Vec<_>>())
        .filter(|fields| fields.get(2) == Some(&remote.as_str()))
        .filter_map(|fields| fields.get(9).map(|inode| format!("socket:[{inode}]")))
        .collect();
    let open = std::fs::read_dir(format!("/proc/{pid}/fd")).unwrap().flatten();
    let links = open.filter_map(|entry| std::fs::read_link(entry.path()).ok());
    links.filter(|link| inodes.iter().any(|inode| link.to_string_lossy() == *inode)).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn one_role_writes_the_files_and_nobody_rewrites_the_events() {
    let gateway = Gateway::lay("database-rights", Options::default()).await;
    let try_as = async |index: usize, statement: &'static str| -> Option<String> {
        let (user, password) = &gateway.logins[index];
        let address = database_address(&gateway.servers, &gateway.name);
        let address = with_user(&address, user, password).unwrap();
        let mut connection = PgConnection::connect(&address).await.unwrap();
        let done = sqlx::query(statement).execute(&mut connection).await;
        done.err().map(|error| error.as_database_error().unwrap().code().unwrap().into_owned())
    };
    let denied = Some("42501".to_owned());
    let (core, api) = (0, 1);
    assert_eq!(try_as(core, "UPDATE file SET status = status").await, None);
    assert_eq!(try_as(core, "DELETE FROM outbox").await, None);
    for statement in ["UPDATE event SET name = name", "DELETE FROM event", "DELETE FROM leader"] {
        assert_eq!(try_as(core, statement).await, denied, "core: {statement}");
    }
    assert_eq!(try_as(api, "SELECT count(*) FROM file").await, None);
    for statement in [
        "UPDATE file SET status = status",
        "DELETE FROM timer",
        "INSERT INTO outbox (lane, exchange, routing_key, message_id, content_type, body)
         VALUES (gen_random_uuid(), 'wasl.out', 'k', 'm', 'c', '')",
        "DELETE FROM event",
        "UPDATE leader SET epoch = epoch + 1",
        "UPDATE capture SET amount_centimes = 0",
    ] {
        assert_eq!(try_as(api, statement).await, denied, "api: {statement}");
    }
}
