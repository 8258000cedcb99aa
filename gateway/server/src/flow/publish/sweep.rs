//! What waits in the database and in no hand-over: left by an earlier connection, by a destination that backed off, or
//! by a publisher that was busy.

use tokio::sync::mpsc;
use tokio::time::Instant;

use super::{Desk, destination};
use crate::broker::BrokerError;
use crate::store::outbox::{self, OutboxRow};

impl Desk<'_> {
    /// Publishes all that stands there, page by page. Before each reading nothing is under way: what is read was not
    /// sent.
    pub(super) async fn sweep(
        &mut self,
        fresh: &mut mpsc::Receiver<Vec<OutboxRow>>,
    ) -> Result<(), BrokerError> {
        self.drain().await?;
        self.core.pace.sweeps(true);
        self.backoffs.try_again(Instant::now());
        self.pages(fresh).await?;
        self.backoffs.tried();
        self.core.pace.sweeps(false);
        Ok(())
    }

    async fn pages(&mut self, fresh: &mut mpsc::Receiver<Vec<OutboxRow>>) -> Result<(), BrokerError> {
        let most = i64::try_from(self.flow.outbox_batch_max).unwrap_or(i64::MAX);
        let mut after = 0;
        loop {
            let waiting = self.waiting();
            let mut rows =
                outbox::read(&self.core.pool, after, &waiting, most).await.map_err(BrokerError::work)?;
            let whole = rows.len() as i64 == most;
            let meanwhile = handed_over(fresh);
            let first = after == 0;
            after = rows.last().map_or(after, |r| r.id);
            self.swept.read(&rows);
            // Something did not find room in memory: what came behind it must not overtake it.
            let missed = self.core.take_missed();
            if first && !whole && !missed {
                // One reading had all that was committed until then. What it had not was committed after it.
                let meanwhile = self.sendable(meanwhile).into_iter();
                rows.extend(meanwhile.filter(|row| !waiting.contains(&destination(row))));
                self.send(rows).await?;
                // Whoever is tried again must have answered before the sweep ends.
                return if self.backoffs.is_empty() { Ok(()) } else { self.drain().await };
            }
            // What was handed over meanwhile is in the database too: it goes out here, in its order. Numbers are drawn
            // before the commit, so it may stand before what was just read: from the start again.
            let again = missed || !meanwhile.is_empty();
            if again {
                after = 0;
            }
            if !meanwhile.is_empty() {
                self.swept.has_come(&rows);
            }
            self.send(rows).await?;
            self.drain().await?;
            if !whole && !again {
                return Ok(());
            }
        }
    }

    /// Destinations that are left alone for now: those that take nothing, and agencies that operators have paused.
    fn waiting(&self) -> Vec<String> {
        self.backoffs.waiting(Instant::now()).chain(self.core.held.destinations()).collect()
    }
}

/// What waits for the publisher in memory.
fn handed_over(fresh: &mut mpsc::Receiver<Vec<OutboxRow>>) -> Vec<OutboxRow> {
    let mut all = Vec::new();
    while let Ok(rows) = fresh.try_recv() {
        all.extend(rows);
    }
    all
}
