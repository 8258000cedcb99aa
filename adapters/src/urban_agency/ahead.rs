//! Reading on: while the gateway writes down what a reading of the feed says, the next page is read. A feed gives the
//! same items again for the same offset (README §5), so nothing depends on whether that reading is ever asked for.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::Instant;

use super::call::UrbanAgency;
use super::feed;
use crate::port::Collected;

/// What was read ahead is handed on for so long: the answers beside the page are of the time at which they were read.
const KEPT_FOR: Duration = Duration::from_secs(10);

/// The reading after the last one, if one is under way or done.
#[derive(Default)]
pub(super) struct Ahead(Mutex<Option<Reading>>);

struct Reading {
    cursor: String,
    until: Instant,
    /// Ends with this.
    task: JoinSet<Collected>,
}

impl Ahead {
    /// What was read from this cursor. Whatever was read from another is forgotten; what failed is read again.
    async fn take(&self, cursor: &str) -> Option<Collected> {
        let reading = self.replace(None);
        let mut reading = reading.filter(|r| r.cursor == cursor && r.until > Instant::now())?;
        let read = reading.task.join_next().await?.ok()?;
        read.failed.is_none().then_some(read)
    }

    fn replace(&self, by: Option<Reading>) -> Option<Reading> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::replace(&mut *kept, by)
    }
}

/// Reads from a cursor, and goes on behind it where more waits.
pub(super) async fn collect(agency: &UrbanAgency, cursor: &str) -> Collected {
    let read = match agency.ahead.take(cursor).await {
        Some(read) => read,
        None => feed::read(agency, cursor).await,
    };
    if read.more
        && let Some(agency) = agency.itself.upgrade()
    {
        let (cursor, mut task) = (read.next_cursor.clone(), JoinSet::new());
        let (reader, from) = (agency.clone(), cursor.clone());
        task.spawn(async move { feed::read(&reader, &from).await });
        agency.ahead.replace(Some(Reading { cursor, until: Instant::now() + KEPT_FOR, task }));
    }
    read
}
