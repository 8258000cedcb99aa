//! One core is active, others stand by. Who leads holds a lease and has the highest epoch; each transaction
//! checks the epoch, so that a core that lost the lead (frozen, cut off) writes nothing when it wakes up.

use std::time::Duration;

use sqlx::{Connection, PgConnection, PgTransaction};
use tokio_util::sync::CancellationToken;

use super::{StoreError, connect};
use crate::config::{Database, Flow};

/// The lead, as long as its lease is renewed.
#[derive(Debug)]
pub struct Lead {
    connection: PgConnection,
    /// The number that every transaction of this core carries.
    pub epoch: i64,
}

/// Waits until this process leads: at once when the session of the last leader is gone, after
/// `leader_timeout_ms` when it no longer renews its lease.
///
/// # Errors
/// The database is away. `Ok(None)` when cancelled while standing by.
pub async fn take(
    database: &Database,
    flow: &Flow,
    holder: &str,
    cancel: &CancellationToken,
) -> Result<Option<Lead>, StoreError> {
    let mut connection = PgConnection::connect_with(&connect::options(database)?).await?;
    loop {
        if let Some(epoch) = try_take(&mut connection, flow, holder).await? {
            return Ok(Some(Lead { connection, epoch }));
        }
        tokio::select! {
            () = cancel.cancelled() => return Ok(None),
            () = tokio::time::sleep(Duration::from_millis(flow.leader_renew_ms)) => {}
        }
    }
}

/// Takes a lease that has lapsed and raises the epoch, both or neither. Raising waits for the transactions of
/// the last leader that are under way; what it begins afterwards is fenced off.
async fn try_take(
    connection: &mut PgConnection,
    flow: &Flow,
    holder: &str,
) -> Result<Option<i64>, StoreError> {
    let patience_ms = flow.leader_timeout_ms as f64;
    let mut tx = connection.begin().await?;
    let taken = sqlx::query_scalar!(
        "UPDATE lease SET epoch = lease.epoch + 1, renewed_at = clock_timestamp(), backend_pid = me.pid,
                backend_start = me.backend_start
         FROM pg_stat_activity me
         WHERE me.pid = pg_backend_pid()
           AND (lease.renewed_at < clock_timestamp() - $1 * interval '1 millisecond'
                OR NOT EXISTS (SELECT FROM pg_stat_activity a
                               WHERE a.pid = lease.backend_pid
                                 AND COALESCE(a.backend_start = lease.backend_start, true)))
         RETURNING lease.epoch",
        patience_ms
    )
    .fetch_optional(&mut *tx)
    .await?;
    let Some(epoch) = taken else { return Ok(None) };
    sqlx::query!("UPDATE leader SET epoch = $1, holder = $2, since = now()", epoch, holder)
        .execute(&mut *tx)
        .await?;
    tx.commit().await?;
    Ok(Some(epoch))
}

impl Lead {
    /// Renews the lease. Returns only when the lead is lost: another took over, or the database is away.
    pub async fn lost(&mut self, flow: &Flow) -> StoreError {
        let (renew, limit) =
            (Duration::from_millis(flow.leader_renew_ms), Duration::from_millis(flow.leader_timeout_ms));
        loop {
            tokio::time::sleep(renew).await;
            match tokio::time::timeout(limit, self.renew()).await {
                Ok(Ok(true)) => {}
                Ok(Ok(false)) => return StoreError::Fenced(self.epoch),
                Ok(Err(error)) => return error,
                Err(_) => return StoreError::Unavailable(sqlx::Error::PoolTimedOut),
            }
        }
    }

    async fn renew(&mut self) -> Result<bool, StoreError> {
        let done =
            sqlx::query!("UPDATE lease SET renewed_at = clock_timestamp() WHERE epoch = $1", self.epoch)
                .execute(&mut self.connection)
                .await?;
        Ok(done.rows_affected() == 1)
    }

    /// Gives the lead back, so that a standby takes over at once: the session ends, and the lease with it.
    pub async fn give_back(self) {
        // An error here means that the session is gone already.
        let _ = self.connection.close().await;
    }
}

/// The fence: the first statement of every transaction of the core. The row stays share-locked until the
/// commit, so a new leader's epoch waits for what is under way and stops everything after it. Gives the number of the
/// transaction, as `xmin` shows it in the rows that it writes.
///
/// # Errors
/// [`StoreError::Fenced`] when another core leads.
pub async fn fence(tx: &mut PgTransaction<'_>, epoch: i64) -> Result<i64, StoreError> {
    let row = sqlx::query_scalar!(
        r#"SELECT pg_current_xact_id()::xid::text::bigint AS "id!" FROM leader WHERE epoch = $1 FOR SHARE"#,
        epoch
    )
    .fetch_optional(&mut **tx)
    .await?;
    row.ok_or(StoreError::Fenced(epoch))
}
