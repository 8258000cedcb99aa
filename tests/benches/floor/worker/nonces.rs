//! Nonces of callbacks: one row each, many of them in a transaction.

use sqlx::PgPool;
use tokio::sync::{mpsc, oneshot};

/// A nonce, and who waits until it is kept.
type Kept = (String, oneshot::Sender<()>);

/// Takes nonces to be kept.
#[derive(Clone)]
pub(super) struct Nonces(mpsc::Sender<Kept>);

impl Nonces {
    pub(super) fn begin(pool: PgPool) -> Self {
        let (sender, receiver) = mpsc::channel(1_024);
        tokio::spawn(write(pool, receiver));
        Self(sender)
    }

    pub(super) async fn keep(&self, nonce: String) {
        let (done, kept) = oneshot::channel();
        self.0.send((nonce, done)).await.unwrap();
        kept.await.unwrap();
    }
}

async fn write(pool: PgPool, mut waiting: mpsc::Receiver<Kept>) {
    let mut all = Vec::new();
    while waiting.recv_many(&mut all, 256).await > 0 {
        let (nonces, done): (Vec<String>, Vec<oneshot::Sender<()>>) = all.drain(..).unzip();
        sqlx::query("INSERT INTO nonce (agency, nonce) SELECT 'onee', n FROM UNNEST($1::text[]) n")
            .bind(&nonces)
            .execute(&pool)
            .await
            .unwrap();
        done.into_iter().for_each(|one| one.send(()).unwrap());
    }
}
