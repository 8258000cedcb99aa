//! All communes at work: deposits at their times, reactions to what comes, wrong messages in between.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::day::Day;
use super::desk::{Desk, Letter, Todo};
use super::journal::{Intent, Journal, Received, Sent};
use super::line::{Addresses, Delivery, Lines, read};
use super::mischief::{Prank, Raw};
use super::wire::Sender;
use crate::world::clock::{LegalClock, wall_ms};

/// Deliveries that wait for the one task that takes them.
const DELIVERIES_WAITING_MAX: usize = 4_096;
/// An exact duplicate follows its message after this many wall milliseconds.
const REPEAT_AFTER_MS: u64 = 400;

/// The communes of a run. Clones share everything.
#[derive(Clone)]
pub struct Country {
    clock: LegalClock,
    journal: Journal,
    lines: Lines,
    desks: Arc<HashMap<(String, String), Place>>,
    seen: Arc<Mutex<HashSet<(String, String)>>>,
    tasks: TaskTracker,
    stop: CancellationToken,
    submitted: Arc<AtomicUsize>,
    again: Arc<AtomicUsize>,
    failures: Arc<Mutex<Vec<String>>>,
}

/// A desk, and the turn of what it sends: a commune sends one message about a file after another.
struct Place {
    desk: Mutex<Desk>,
    turn: tokio::sync::Mutex<()>,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Country {
    /// Opens lines and queues, and starts to listen.
    ///
    /// # Errors
    /// The broker cannot be reached or refuses something.
    pub async fn open(
        day: &Day,
        addresses: &Addresses,
        clock: LegalClock,
        stop: CancellationToken,
    ) -> anyhow::Result<Self> {
        let desks = day.files.iter().map(|file| {
            let key = (file.place.code.clone(), file.reference.clone());
            (
                key,
                Place {
                    desk: Mutex::new(Desk::new(file.clone(), day.chance)),
                    turn: tokio::sync::Mutex::default(),
                },
            )
        });
        let country = Self {
            clock,
            journal: Journal::default(),
            lines: Lines::open(addresses).await?,
            desks: Arc::new(desks.collect()),
            seen: Arc::default(),
            tasks: TaskTracker::new(),
            stop: stop.clone(),
            submitted: Arc::default(),
            again: Arc::default(),
            failures: Arc::default(),
        };
        let communes: BTreeSet<&str> = day.files.iter().map(|file| file.place.code.as_str()).collect();
        let queues: Vec<String> =
            communes.into_iter().map(|code| Sender::Commune(code.to_owned()).queue()).collect();
        let (into, deliveries) = mpsc::channel(DELIVERIES_WAITING_MAX);
        read(addresses, &queues, into, stop, &country.tasks).await?;
        country.tasks.spawn(country.clone().listen(deliveries));
        Ok(country)
    }

    /// Plays the day: every deposit and every wrong message at its time.
    pub fn play(&self, day: &Day, pranks: &[Prank]) {
        for file in &day.files {
            let (country, key) = (self.clone(), (file.place.code.clone(), file.reference.clone()));
            let (at, repeated) = (file.submit_at, file.repeated);
            self.at(at, async move {
                let Some(place) = country.desks.get(&key) else { return };
                let _turn = place.turn.lock().await;
                let letter = locked(&place.desk).submission(at);
                let again = repeated.then(|| letter.clone());
                country.send(letter).await;
                country.submitted.fetch_add(1, Ordering::Relaxed);
                if let Some(again) = again {
                    tokio::time::sleep(Duration::from_millis(REPEAT_AFTER_MS)).await;
                    country.send(Letter { intent: Intent::Repeat, ..again }).await;
                }
            });
        }
        for prank in pranks {
            let (country, prank) = (self.clone(), prank.clone());
            self.at(prank.at, async move { country.send_prank(prank).await });
        }
    }

    /// How many files were deposited.
    #[must_use]
    pub fn submitted(&self) -> usize {
        self.submitted.load(Ordering::Relaxed)
    }

    /// How many deliveries the broker, or the gateway, said may have come before.
    #[must_use]
    pub fn again(&self) -> usize {
        self.again.load(Ordering::Relaxed)
    }

    /// What was sent and received.
    #[must_use]
    pub const fn journal(&self) -> &Journal {
        &self.journal
    }

    /// Faults of the communes' own lines.
    #[must_use]
    pub fn failures(&self) -> Vec<String> {
        locked(&self.failures).clone()
    }

    /// Waits until nothing is under way any more, after the stop.
    pub async fn ended(&self) {
        self.tasks.close();
        self.tasks.wait().await;
    }

    /// Runs `job` when the legal clock reads `legal`, unless the run stops before.
    fn at(&self, legal: Timestamp, job: impl Future<Output = ()> + Send + 'static) {
        // Two milliseconds more, so that the clock of whoever reads the message has reached the instant too.
        let wait_ms = u64::try_from(self.clock.wall_of(legal) + 2 - wall_ms()).unwrap_or(0);
        let stop = self.stop.clone();
        self.tasks.spawn(async move {
            tokio::select! {
                () = stop.cancelled() => {}
                () = async { tokio::time::sleep(Duration::from_millis(wait_ms)).await; job.await } => {}
            }
        });
    }

    async fn listen(self, mut deliveries: mpsc::Receiver<Delivery>) {
        while let Some(delivery) = deliveries.recv().await {
            self.again.fetch_add(usize::from(delivery.again), Ordering::Relaxed);
            match serde_json::from_slice(&delivery.body) {
                Ok(envelope) => self.take(&delivery.queue, envelope),
                Err(fault) => self.fail(format!("{}: a message is not JSON: {fault}", delivery.queue)),
            }
        }
    }

    fn take(&self, queue: &str, envelope: serde_json::Value) {
        let commune = queue.rsplit('.').next().unwrap_or_default().to_owned();
        let id = envelope["id"].as_str().unwrap_or_default().to_owned();
        let repeated = !locked(&self.seen).insert((commune.clone(), id));
        let wall_ms = wall_ms();
        let event = Received { wall_ms, legal: self.clock.at(wall_ms), commune, repeated, envelope };
        let key = (event.commune.clone(), event.reference().to_owned());
        if !repeated && let Some(place) = self.desks.get(&key) {
            let todos = locked(&place.desk).react(&event);
            self.plan(&key, todos);
        }
        self.journal.received(event);
    }

    fn plan(&self, key: &(String, String), todos: Vec<Todo>) {
        for todo in todos {
            let (country, key) = (self.clone(), key.clone());
            self.at(todo.at, async move {
                let Some(place) = country.desks.get(&key) else { return };
                let _turn = place.turn.lock().await;
                let (letter, more) = locked(&place.desk).perform(&todo.step, todo.at);
                country.plan(&key, more);
                if let Some(letter) = letter {
                    country.send(letter).await;
                }
            });
        }
    }

    async fn send(&self, letter: Letter) {
        let raw = Raw::of(&letter.message);
        let id = Some(letter.message.id.clone());
        self.publish(&raw, letter.message.sender.source(), id, letter).await;
    }

    async fn send_prank(&self, prank: Prank) {
        let source = prank.message.sender.source();
        let id = Some(prank.message.id.clone());
        let letter = Letter { message: prank.message, intent: prank.intent };
        self.publish(&prank.raw, source, id, letter).await;
    }

    async fn publish(&self, raw: &Raw, source: String, id: Option<String>, letter: Letter) {
        let begun_ms = Some(wall_ms());
        let outcome = self.lines.publish(raw).await;
        if let Err(fault) = &outcome {
            self.fail(format!("{fault:#}"));
        }
        let wall_ms = wall_ms();
        let Letter { message, intent } = letter;
        self.journal.sent(Sent {
            wall_ms,
            begun_ms,
            legal: self.clock.at(wall_ms),
            source,
            id,
            name: message.name,
            reference: message.reference,
            data: message.data,
            intent,
            confirmed: outcome.is_ok(),
        });
    }

    fn fail(&self, fault: String) {
        tracing::error!(fault, "a commune's line");
        locked(&self.failures).push(fault);
    }
}
