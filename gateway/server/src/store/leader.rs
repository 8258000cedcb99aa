//! One core is active, others stand by. Who leads holds an advisory lock on a connection of its own and has
//! the highest epoch; each transaction checks the epoch, so that a core that lost the lead writes nothing.

use std::time::Duration;

use sqlx::{Connection, PgConnection, PgTransaction};
use tokio_util::sync::CancellationToken;

use super::{StoreError, connect};
use crate::config::{Database, Flow};

/// Key of the advisory lock: `wasl` in ASCII.
const LOCK_KEY: i64 = 0x7761_736c;

/// The lead, as long as its connection lives.
#[derive(Debug)]
pub struct Lead {
    connection: PgConnection,
    /// The number that every transaction of this core carries.
    pub epoch: i64,
}

/// Waits until this process leads.
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
        let got = sqlx::query_scalar!("SELECT pg_try_advisory_lock($1)", LOCK_KEY).fetch_one(&mut connection).await?;
        if got == Some(true) {
            break;
        }
        tokio::select! {
            () = cancel.cancelled() => return Ok(None),
            () = tokio::time::sleep(Duration::from_millis(flow.leader_renew_ms)) => {}
        }
    }
    let epoch = sqlx::query_scalar!(
        "UPDATE leader SET epoch = epoch + 1, holder = $1, since = now() RETURNING epoch",
        holder
    )
    .fetch_one(&mut connection)
    .await?;
    Ok(Some(Lead { connection, epoch }))
}

impl Lead {
    /// Returns only when the lead is lost: the connection that holds the lock no longer answers.
    pub async fn lost(&mut self, flow: &Flow) -> StoreError {
        let (renew, limit) = (Duration::from_millis(flow.leader_renew_ms), Duration::from_millis(flow.leader_timeout_ms));
        loop {
            tokio::time::sleep(renew).await;
            match tokio::time::timeout(limit, self.connection.ping()).await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => return error.into(),
                Err(_) => return StoreError::Unavailable(sqlx::Error::PoolTimedOut),
            }
        }
    }

    /// Gives the lead back, so that a standby takes over at once.
    pub async fn give_back(self) {
        // The lock goes with the connection; an error here means that it is gone already.
        let _ = self.connection.close().await;
    }
}

/// The fence: the first statement of every transaction of the core. The row stays share-locked until the
/// commit, so a new leader's epoch waits for what is under way and stops everything after it.
///
/// # Errors
/// [`StoreError::Fenced`] when another core leads.
pub async fn fence(tx: &mut PgTransaction<'_>, epoch: i64) -> Result<(), StoreError> {
    let row = sqlx::query_scalar!("SELECT epoch FROM leader WHERE epoch = $1 FOR SHARE", epoch)
        .fetch_optional(&mut **tx)
        .await?;
    if row.is_some() { Ok(()) } else { Err(StoreError::Fenced(epoch)) }
}
