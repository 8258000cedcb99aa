//! The database fails over, loses the answer to a commit, or is full.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::Value;
use toml::Value as Toml;
use wasl_tests::world::layout::Layout;
use wasl_tests::world::servers::Servers;

use crate::queues::{is_well, observed, says};
use crate::relay::{Relay, Trick};
use crate::support::gateway::{SOUANI, text};
use crate::support::servers::{database_address, manage_json};
use crate::support::wait::{PATIENCE, until};
use crate::support::{Commune, Gateway, Options, books};

const FILES: usize = 6;
/// After a failover the gateway takes messages in again within this time. Measured from the cut, with the way of one
/// message through everything, on a machine where two cores run all servers and other tests.
const BACK_WITHIN: Duration = Duration::from_secs(5);

async fn submit(commune: &mut Commune, prefix: &str) -> BTreeSet<String> {
    let references: BTreeSet<String> = (0..FILES).map(|number| format!("{prefix}-{number}")).collect();
    for reference in &references {
        commune.submit(reference, "building", &["new-connection"]).await;
    }
    references
}

/// Carries files to their end, from what was heard of them so far and let pass.
pub(crate) async fn carry(commune: &mut Commune, references: &BTreeSet<String>) {
    for event in commune.heard.clone() {
        commune.react(&event).await;
    }
    let left = commune.carry(references, PATIENCE).await;
    assert!(left.is_empty(), "{left:?}");
}

/// What the commune was told of a file came in the order in which it happened, without a gap.
fn in_order(commune: &Commune) {
    let mut last: BTreeMap<String, String> = BTreeMap::new();
    for event in commune.heard.iter().filter(|event| event["sequence"].is_string()) {
        let (subject, sequence) = (text(event, "/subject").to_owned(), text(event, "/sequence").to_owned());
        let before = last.insert(subject.clone(), sequence.clone());
        assert!(before.as_ref().is_none_or(|b| *b <= sequence), "{subject}: {sequence} after {before:?}");
    }
}

/// Every event of a file carries the hash of the one before it, and their numbers have no gap.
async fn chains_are_whole(gateway: &Gateway) {
    let gaps =
        "SELECT count(*) FROM (SELECT count(*) AS n, max(sequence) AS last FROM event GROUP BY file_id) f
                WHERE n <> last";
    assert_eq!(gateway.count(gaps).await, 0, "a history with a gap");
}

/// Invariant: a database that ends every session at once (as in a failover) interrupts the gateway and nothing else: it
/// begins anew by itself, each message has one effect, and what a commune is told keeps its order.
#[tokio::test(flavor = "multi_thread")]
async fn a_failover_of_the_database_interrupts_and_nothing_is_lost_or_done_twice() {
    let gateway = Gateway::start("failover", Options { legal_day_ms: 60_000, ..Options::default() }).await;
    let mut commune = Commune::connect(&gateway, SOUANI).await;
    let mut references = BTreeSet::new();
    let mut slowest = Duration::ZERO;
    for round in 0..4 {
        references.extend(submit(&mut commune, &format!("F{round}")).await);
        let ended: i64 = sqlx::query_scalar(
            "SELECT count(*) FROM (SELECT pg_terminate_backend(pid) FROM pg_stat_activity
             WHERE datname = current_database() AND pid <> pg_backend_pid()
               AND usename <> current_user) t",
        )
        .fetch_one(&gateway.pool)
        .await
        .unwrap();
        assert!(ended >= 2, "only {ended} sessions were there to end");
        let begin = Instant::now();
        let probe = format!("F{round}-AFTER");
        commune.submit(&probe, "repair", &[]).await;
        commune.expect(&probe, "file.registered").await;
        slowest = slowest.max(begin.elapsed());
    }
    eprintln!("after a failover a new file is registered within {slowest:?}");
    assert!(slowest < BACK_WITHIN, "{slowest:?}");
    carry(&mut commune, &references).await;
    in_order(&commune);
    chains_are_whole(&gateway).await;
    books::balance(&gateway, &commune).await;
}

/// Invariant: a commit whose answer is lost is neither repeated nor forgotten: the message that comes again is known,
/// and what the commit left to be said is said, before what came after it about the same file.
#[tokio::test(flavor = "multi_thread")]
async fn a_commit_whose_answer_is_lost_counts_once_and_what_it_left_to_say_is_said_in_order() {
    let gateway = Gateway::lay("commits", Options { legal_day_ms: 60_000, ..Options::default() }).await;
    let relay = through(&gateway, "core").await;
    let mut gateway = gateway;
    gateway.go().await;
    let mut commune = Commune::connect(&gateway, SOUANI).await;
    let mut references = BTreeSet::new();
    for round in 1..=12 {
        relay.play(1);
        let reference = format!("C-{round}");
        commune.submit(&reference, "building", &["new-connection"]).await;
        relay.played(round).await;
        references.insert(reference);
    }
    carry(&mut commune, &references).await;
    in_order(&commune);
    chains_are_whole(&gateway).await;
    until("the outbox is empty", async || {
        (gateway.count("SELECT count(*) FROM outbox").await == 0).then_some(())
    })
    .await;
    books::balance(&gateway, &commune).await;
    let registered = "SELECT count(*) FROM event WHERE name = 'registered'";
    assert_eq!(gateway.count(registered).await, i64::try_from(references.len()).unwrap());
}

/// Puts a relay between a role and the database.
async fn through(gateway: &Gateway, role: &str) -> Relay {
    let address = &gateway.servers.database;
    let to = format!("{}:{}", address.host_str().unwrap(), address.port().unwrap());
    let relay = Relay::start(to, Trick::LoseCommits).await;
    let (user, password) = gateway.logins.first().unwrap();
    let mut url = database_address(&gateway.servers, &gateway.name);
    url.set_port(Some(relay.address.port())).unwrap();
    let url = wasl_tests::world::servers::with_user(&url, user, password).unwrap();
    gateway.set(role, "database.url", Toml::String(url));
    relay
}

/// Invariant: while the disk of the database is full, nothing is acknowledged, nothing is set aside and nothing is
/// refused, however long it lasts and however often it is tried; the gateway says why it waits; and when there is room
/// again everything goes on by itself.
#[tokio::test(flavor = "multi_thread")]
async fn while_the_disk_of_the_database_is_full_messages_wait_and_none_is_taken_for_poison() {
    let _own = crate::OWN.lock().await;
    let options = Options {
        servers: crate::OWN_SERVERS.to_owned(),
        legal_day_ms: 60_000,
        // So that it is tried more often than a message may be delivered (`topology.delivery_limit_count`, 50).
        settings: vec![("broker.reconnect_min_ms", 10), ("broker.reconnect_max_ms", 30)],
        ..Options::default()
    };
    let mut gateway = Gateway::lay("full", options).await;
    let core = observed(&gateway, "core");
    gateway.go().await;
    let mut commune = Commune::connect(&gateway, SOUANI).await;
    let mut references = submit(&mut commune, "BEFORE").await;
    for reference in &references {
        commune.expect(reference, "file.reviewed").await;
    }
    let disk = Disk::fill(&gateway).await;
    eprintln!("the disk is full: {}", disk.how());
    references.extend(submit(&mut commune, "FULL").await);
    let reason = says(&core, "the full disk is told", |name, _| name.starts_with("database")).await;
    assert!(reason.contains("No space left") || reason.contains("could not extend"), "{reason}");
    // Long enough for a hundred tries.
    let begin = Instant::now();
    while begin.elapsed() < Duration::from_secs(6) {
        for queue in dead(&gateway).await {
            assert_eq!(queue.1, 0, "{} is taken for poison: the database was full, that is all", queue.0);
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    disk.free(&gateway).await;
    is_well(&core).await;
    carry(&mut commune, &references).await;
    books::balance(&gateway, &commune).await;
    disk.remove(&gateway).await;
}

/// The queues of dead letters, and what lies in them.
async fn dead(gateway: &Gateway) -> Vec<(String, u64)> {
    let queues = manage_json(&gateway.servers, &format!("api/queues/{}", gateway.name)).await;
    let queues = queues.as_array().unwrap().iter();
    let named = |queue: &Value| {
        let name = queue["name"].as_str().unwrap().to_owned();
        (name, queue["messages"].as_u64().unwrap_or(0))
    };
    queues.map(named).filter(|(name, _)| name.starts_with("dead.")).collect()
}

/// A disk that is full: in earnest where this machine lets us mount one, else as the database would say it.
enum Disk {
    /// The history stands on a small disk of its own, filled to the last page. With the servers that write to it.
    Mounted(PathBuf, Layout),
    /// A trigger says what PostgreSQL says then (SQLSTATE 53100).
    Said,
}

impl Disk {
    async fn fill(gateway: &Gateway) -> Self {
        let folder = std::env::temp_dir().join(format!("wasl-full-{}", std::process::id()));
        match Self::mount(&folder) {
            true => {
                let space = format!("full_{}", std::process::id());
                for statement in [
                    format!("CREATE TABLESPACE {space} LOCATION '{}'", folder.display()),
                    format!("ALTER TABLE event SET TABLESPACE {space}"),
                    format!("CREATE TABLE ballast (bytes text) TABLESPACE {space}"),
                    "ALTER TABLE ballast ALTER COLUMN bytes SET STORAGE PLAIN".to_owned(),
                ] {
                    run(gateway, &statement).await.unwrap();
                }
                let fill = "INSERT INTO ballast SELECT repeat('x', 2000) FROM generate_series(1, 400)";
                let full = loop {
                    if let Err(error) = run(gateway, fill).await {
                        break error;
                    }
                };
                let code = full.as_database_error().and_then(|e| e.code().map(|c| c.into_owned()));
                assert_eq!(code.as_deref(), Some("53100"), "{full}");
                // The last pages, one by one.
                while run(gateway, "INSERT INTO ballast VALUES (repeat('x', 7000))").await.is_ok() {}
                Self::Mounted(folder, gateway.layout.clone())
            }
            false => {
                run(
                    gateway,
                    "CREATE FUNCTION disk_full() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                       RAISE EXCEPTION 'could not extend file \"base/1/1\": No space left on device'
                       USING ERRCODE = '53100'; END $$;
                     CREATE TRIGGER disk_full BEFORE INSERT ON event
                       FOR EACH STATEMENT EXECUTE FUNCTION disk_full()",
                )
                .await
                .unwrap();
                Self::Said
            }
        }
    }

    /// A small disk that the database may write to.
    fn mount(folder: &PathBuf) -> bool {
        let done = |program: &str, arguments: &[&str]| {
            Command::new(program).args(arguments).output().is_ok_and(|output| output.status.success())
        };
        let path = folder.to_string_lossy().into_owned();
        std::fs::create_dir_all(folder).is_ok()
            && done("mount", &["-t", "tmpfs", "-o", "size=12m", "none", &path])
            && done("chown", &["postgres:", &path])
    }

    fn how(&self) -> String {
        match self {
            Self::Mounted(folder, _) => format!("{} is a disk of its own, filled up", folder.display()),
            Self::Said => "no disk can be mounted here: a trigger says 53100".to_owned(),
        }
    }

    async fn free(&self, gateway: &Gateway) {
        match self {
            Self::Mounted(folder, _) => {
                let path = folder.to_string_lossy().into_owned();
                let grown = Command::new("mount").args(["-o", "remount,size=256m", &path]).output().unwrap();
                assert!(grown.status.success(), "{}", String::from_utf8_lossy(&grown.stderr));
            }
            Self::Said => run(gateway, "DROP TRIGGER disk_full ON event").await.unwrap(),
        }
    }

    /// Puts the history back where it was.
    async fn remove(self, gateway: &Gateway) {
        if matches!(self, Self::Mounted(..)) {
            let space = format!("full_{}", std::process::id());
            run(gateway, "ALTER TABLE event SET TABLESPACE pg_default").await.unwrap();
            run(gateway, "DROP TABLE ballast").await.unwrap();
            run(gateway, &format!("DROP TABLESPACE {space}")).await.unwrap();
        }
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        if let Self::Mounted(folder, layout) = self {
            if std::thread::panicking() {
                // A database whose disk is taken away can write nothing more.
                _ = Servers::down(layout, true);
            }
            // Left behind it would outlive the tests.
            _ = Command::new("umount").arg("-l").arg(&*folder).output();
            _ = std::fs::remove_dir(folder);
        }
    }
}

async fn run(gateway: &Gateway, statement: &str) -> Result<(), sqlx::Error> {
    sqlx::raw_sql(sqlx::AssertSqlSafe(statement.to_owned())).execute(&gateway.pool).await.map(|_| ())
}
