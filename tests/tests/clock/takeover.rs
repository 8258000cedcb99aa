//! The leader dies or freezes while timers are due: the standby fires them, each once.

use sqlx::{Connection, PgConnection};

use crate::bare::{Bare, FRIDAY, MONDAY, TUESDAY, jumps, stands};
use crate::support::wait::until;

const ALL: [(&str, (&str, &str)); 3] = [("RF-1", FRIDAY), ("RF-2", MONDAY), ("RF-3", TUESDAY)];
const NAMES: [&str; 3] = ["RF-1", "RF-2", "RF-3"];

/// Holds back every transaction of the core at the point where it has taken its timers and writes its first event.
struct Gate(PgConnection);

impl Gate {
    async fn close(bare: &Bare) -> Self {
        let mut connection = PgConnection::connect_with(&bare.gateway.pool.connect_options()).await.unwrap();
        for statement in ["BEGIN", "LOCK TABLE event IN SHARE MODE"] {
            sqlx::raw_sql(statement).execute(&mut connection).await.unwrap();
        }
        Self(connection)
    }

    /// Waits until a core stands before the gate with timers that it has taken; which backend serves it.
    async fn somebody_waits(&self, bare: &Bare) -> i32 {
        let waiting = "SELECT l.pid FROM pg_locks l JOIN pg_stat_activity a USING (pid)
             WHERE NOT l.granted AND l.relation = 'event'::regclass AND a.query LIKE 'INSERT INTO event%'
               AND EXISTS (SELECT FROM pg_locks t WHERE t.pid = l.pid AND t.granted
                           AND t.relation = 'timer'::regclass AND t.mode = 'RowExclusiveLock')";
        until("a core that has taken its timers", async || {
            // Not inside the gate's own transaction: there the sessions are those of its first look.
            sqlx::query_scalar(waiting).fetch_optional(&bare.gateway.pool).await.unwrap()
        })
        .await
    }

    async fn open(mut self) {
        sqlx::raw_sql("ROLLBACK").execute(&mut self.0).await.unwrap();
    }
}

/// Waits until a backend of the database is gone, and whatever it had not committed with it.
async fn gone(bare: &Bare, backend: i32) {
    until("the end of the dead core's session", async || {
        let there: bool = sqlx::query_scalar("SELECT EXISTS (SELECT FROM pg_stat_activity WHERE pid = $1)")
            .bind(backend)
            .fetch_one(&bare.gateway.pool)
            .await
            .unwrap();
        (!there).then_some(())
    })
    .await;
}

/// Files whose limits are all over when a core is next started.
async fn all_due(name: &str) -> Bare {
    let mut bare = Bare::lay(name, stands("2026-11-03T10:00:00Z")).await;
    bare.lead("core").await;
    for (reference, receipt) in ALL {
        bare.submit(reference, receipt).await;
    }
    bare.all_told().await;
    bare.kill("core").await;
    bare.set_clock(stands("2026-11-20T00:00:00Z"));
    bare
}

/// Invariant: the timers are in the database and not in the leader. When it dies before they are due, the standby that
/// takes over fires every one, once.
#[tokio::test(flavor = "multi_thread")]
async fn a_standby_that_takes_over_loses_no_timer() {
    let clock = jumps("2026-11-03T10:00:00Z", 14_000, "2026-11-20T00:00:00Z");
    let mut bare = Bare::lay("clock-takeover", clock).await;
    bare.lead("core").await;
    let epoch = bare.epoch().await;
    bare.gateway.run("core_2");
    for (reference, receipt) in ALL {
        bare.submit(reference, receipt).await;
    }
    bare.kill("core").await;
    bare.led_after(epoch).await;
    for (reference, receipt) in ALL {
        bare.acquired(reference, receipt).await;
    }
    bare.all_told().await;
    bare.once(&NAMES).await;
}

/// Invariant: a timer is gone if and only if what it caused is committed. A core that is killed after it has taken
/// timers and before it commits has taken none: the next core fires them, once.
#[tokio::test(flavor = "multi_thread")]
async fn a_core_killed_between_claim_and_commit_has_fired_nothing() {
    let mut bare = all_due("clock-claim").await;
    let gate = Gate::close(&bare).await;
    bare.lead("core").await;
    let backend = gate.somebody_waits(&bare).await;
    bare.kill("core").await;
    let due =
        "SELECT count(*) FROM timer WHERE legal AND due_at <= '2026-11-20T00:00:00Z' AND key = 'silence'";
    assert_eq!(bare.gateway.count(due).await, 3, "timers that are gone without a commit");
    gate.open().await;
    gone(&bare, backend).await;
    for reference in NAMES {
        bare.not_yet(reference).await;
    }
    bare.lead("core_2").await;
    for (reference, receipt) in ALL {
        bare.acquired(reference, receipt).await;
    }
    bare.all_told().await;
    bare.once(&NAMES).await;
}

/// Invariant: only the core with the highest epoch writes. One that freezes with timers in its hands holds them up for
/// as long as the database bears an idle transaction, no longer; then another leads and fires them; and when the frozen
/// one wakes up, nothing that it had begun or begins is written.
#[tokio::test(flavor = "multi_thread")]
async fn a_frozen_core_that_wakes_up_after_another_leads_writes_nothing() {
    let mut bare = all_due("clock-frozen").await;
    let gate = Gate::close(&bare).await;
    bare.lead("core").await;
    let epoch = bare.epoch().await;
    let backend = gate.somebody_waits(&bare).await;
    bare.gateway.roles["core"].signal("STOP");
    bare.gateway.run("core_2");
    gate.open().await;
    bare.led_after(epoch).await;
    gone(&bare, backend).await;
    for (reference, receipt) in ALL {
        bare.acquired(reference, receipt).await;
    }
    bare.all_told().await;
    bare.once(&NAMES).await;
    let written =
        "SELECT (SELECT count(*) FROM event) + (SELECT count(*) FROM outbox) + (SELECT count(*) FROM inbox)
                   + (SELECT coalesce(max(position), 0) FROM event)";
    let before = bare.gateway.count(written).await;
    let timers = bare.gateway.count("SELECT count(*) FROM timer").await;
    bare.gateway.roles["core"].signal("CONT");
    let log = bare.gateway.layout.log("core");
    until("the frozen core sees that it leads no more", async || {
        let said = std::fs::read_to_string(&log).unwrap();
        let lost = ["stands down", "standing by", "terminating connection", "closed the connection"];
        lost.iter().any(|word| said.contains(word)).then_some(())
    })
    .await;
    // It has work to do at once, if it believed that it led: a file is submitted, and taken by the other one.
    bare.submit("RF-4", TUESDAY).await;
    bare.acquired("RF-4", TUESDAY).await;
    assert!(
        bare.gateway.count(written).await > before
            && bare.gateway.count("SELECT count(*) FROM timer").await >= timers
    );
    bare.once(&["RF-1", "RF-2", "RF-3", "RF-4"]).await;
    assert_eq!(bare.epoch().await, epoch + 1, "the frozen core leads again");
}
