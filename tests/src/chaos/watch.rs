//! Whether a part of the gateway serves, seen from outside: its queue has a reader, its address answers.

use std::time::{Duration, Instant};

use lapin::options::QueueDeclareOptions;
use lapin::types::FieldTable;
use lapin::{Channel, Connection, ConnectionProperties};

use super::schedule::roles;
use crate::world::settings::READ_BY_CORE;

/// How often something is looked at.
const LOOK_INTERVAL: Duration = Duration::from_millis(15);
/// So many messages may wait in all queues together when the gateway has caught up.
const BACKLOG_MAX: u32 = 60;
/// A look that takes longer counts as no.
const LOOK_TIMEOUT: Duration = Duration::from_millis(1_000);

/// Looks at the gateway; the broker is asked without a proxy.
pub struct Watch {
    amqp: String,
    readyz: String,
    http: reqwest::Client,
    line: Option<(Connection, Channel)>,
}

impl Watch {
    /// A watch on the broker at this address and the api at that one.
    ///
    /// # Errors
    /// The HTTP client cannot be made.
    pub fn new(amqp: &str, http: &str) -> anyhow::Result<Self> {
        let client = reqwest::Client::builder().no_proxy().timeout(LOOK_TIMEOUT).build()?;
        Ok(Self { amqp: amqp.to_owned(), readyz: format!("{http}/readyz"), http: client, line: None })
    }

    /// Whether a role serves now.
    pub async fn serves(&mut self, role: &str) -> bool {
        match role {
            "core" => {
                for queue in READ_BY_CORE {
                    if !self.is_read(queue).await {
                        return false;
                    }
                }
                true
            }
            "api" => {
                self.http.get(&self.readyz).send().await.is_ok_and(|answer| answer.status().is_success())
            }
            adapter => self.is_read(&adapter.replacen("adapter-", "review.", 1)).await,
        }
    }

    /// Waits until a role serves, or does not; how long it took, none when it was too long.
    pub async fn until(&mut self, role: &str, serves: bool, longest: Duration) -> Option<Duration> {
        let begin = Instant::now();
        while begin.elapsed() < longest {
            if self.serves(role).await == serves {
                return Some(begin.elapsed());
            }
            tokio::time::sleep(LOOK_INTERVAL).await;
        }
        None
    }

    /// Waits until every role serves.
    pub async fn until_all(&mut self, longest: Duration) -> Option<Duration> {
        let begin = Instant::now();
        for role in roles() {
            self.until(&role, true, longest.saturating_sub(begin.elapsed())).await?;
        }
        Some(begin.elapsed())
    }

    /// Waits until the queues of the gateway hold little, at most so long.
    pub async fn caught_up(&mut self, longest: Duration) {
        let begin = Instant::now();
        while begin.elapsed() < longest {
            let mut waiting = 0;
            let reviews = roles()
                .into_iter()
                .filter_map(|role| Some(format!("review.{}", role.strip_prefix("adapter-")?)));
            for queue in READ_BY_CORE.map(str::to_owned).into_iter().chain(reviews) {
                waiting += self.state(&queue).await.map_or(u32::MAX / 16, |state| state.1);
            }
            if waiting <= BACKLOG_MAX {
                return;
            }
            tokio::time::sleep(LOOK_INTERVAL).await;
        }
    }

    async fn is_read(&mut self, queue: &str) -> bool {
        self.state(queue).await.is_some_and(|(readers, _)| readers > 0)
    }

    /// Readers of a queue, and messages that wait in it; none when the broker does not say.
    async fn state(&mut self, queue: &str) -> Option<(u32, u32)> {
        match tokio::time::timeout(LOOK_TIMEOUT, self.ask(queue)).await {
            Ok(Ok(state)) => Some(state),
            _ => {
                self.line = None;
                None
            }
        }
    }

    async fn ask(&mut self, queue: &str) -> Result<(u32, u32), lapin::Error> {
        if !self.line.as_ref().is_some_and(|(_, channel)| channel.status().connected()) {
            let properties = ConnectionProperties::default().with_connection_name("chaos (watch)".into());
            let connection = Connection::connect(&self.amqp, properties).await?;
            let channel = connection.create_channel().await?;
            self.line = Some((connection, channel));
        }
        let Some((_, channel)) = &self.line else { return Ok((0, 0)) };
        let passive = QueueDeclareOptions { passive: true, ..QueueDeclareOptions::default() };
        let state = channel.queue_declare(queue.into(), passive, FieldTable::default()).await?;
        Ok((state.consumer_count(), state.message_count()))
    }
}
