//! Rows that the broker has are deleted: one statement at a time, and the next takes all that has been confirmed
//! meanwhile.

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use sqlx::PgPool;

use crate::store::StoreError;
use crate::store::outbox;

/// Numbers of rows that the broker has confirmed, and the deletion that is under way.
pub(super) struct Forgetting {
    pool: PgPool,
    confirmed: Vec<i64>,
    under_way: Option<BoxFuture<'static, Result<(), StoreError>>>,
}

impl Forgetting {
    pub(super) const fn new(pool: PgPool) -> Self {
        Self { pool, confirmed: Vec::new(), under_way: None }
    }

    /// The broker has it.
    pub(super) fn confirmed(&mut self, row: i64) {
        self.confirmed.push(row);
    }

    /// Begins to delete, unless a deletion is under way.
    pub(super) fn begin(&mut self) {
        if self.under_way.is_none() && !self.confirmed.is_empty() {
            let (pool, ids) = (self.pool.clone(), std::mem::take(&mut self.confirmed));
            self.under_way = Some(async move { outbox::delete(&pool, &ids).await }.boxed());
        }
    }

    /// Whether nothing is left to delete.
    pub(super) fn is_done(&self) -> bool {
        self.under_way.is_none() && self.confirmed.is_empty()
    }

    /// Waits for the deletion that is under way, for ever where there is none. May be dropped at any time.
    pub(super) async fn deleted(&mut self) -> Result<(), StoreError> {
        let Some(deletion) = &mut self.under_way else { return std::future::pending().await };
        let done = deletion.await;
        self.under_way = None;
        done
    }
}
