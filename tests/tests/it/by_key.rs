//! What lies on the way of a file is found by its key. A plan that reads a whole table is the cheaper one while the table
//! is empty, and would be kept when it no longer is: the more files wait, the slower each.

use crate::support::gateway::SOUANI;
use crate::support::wait::until;
use crate::support::{Commune, Gateway, Options};

/// Tables through which every file goes. `file` and `outbox` are read whole by gauges, once in a while.
const TABLES: &str = "'{consultation,inbox,nonce,timer}'";
/// More than a connection plans anew for before it keeps a plan.
const FILES: usize = 20;

/// Invariant: no table on the way of a file is read whole, from the first file on.
#[tokio::test(flavor = "multi_thread")]
async fn no_table_on_the_way_of_a_file_is_read_whole() {
    let options = Options { legal_day_ms: 600_000, ..Options::default() };
    let gateway = Gateway::start("by-key", options).await;
    let mut commune = Commune::connect(&gateway, SOUANI).await;
    // Laying the tables has read them: what is counted by now is told apart by the first file.
    commune.submit("BK-FIRST", "building", &["new-connection"]).await;
    commune.expect("BK-FIRST", "file.reviewed").await;
    counted(&gateway, 1).await;
    let before = whole(&gateway).await;
    for number in 0..FILES {
        commune.submit(&format!("BK-{number}"), "building", &["new-connection"]).await;
    }
    for number in 0..FILES {
        commune.expect(&format!("BK-{number}"), "file.reviewed").await;
    }
    counted(&gateway, FILES + 1).await;
    assert_eq!(whole(&gateway).await, before, "tables that were read whole, and how often");
}

/// Waits until the database's own counts tell of so many files, of the least that each does: it passes them on about
/// once a second.
async fn counted(gateway: &Gateway, files: usize) {
    let told = "SELECT count(*) FROM pg_stat_user_tables
                WHERE (relname = 'inbox' AND n_tup_ins >= 4 * $1) OR (relname = 'nonce' AND n_tup_ins >= $1 / 2)
                   OR (relname = 'outbox' AND n_tup_del >= 6 * $1)";
    let files = i64::try_from(files).unwrap();
    until("the database has counted them", async || {
        let told: i64 = sqlx::query_scalar(told).bind(files).fetch_one(&gateway.pool).await.unwrap();
        (told == 3).then_some(())
    })
    .await;
}

async fn whole(gateway: &Gateway) -> Vec<(String, i64)> {
    let sql = format!(
        "SELECT relname::text, seq_scan FROM pg_stat_user_tables WHERE relname = ANY({TABLES}) ORDER BY relname"
    );
    sqlx::query_as(sqlx::AssertSqlSafe(sql)).fetch_all(&gateway.pool).await.unwrap()
}
