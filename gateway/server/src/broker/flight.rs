//! Publishes that are on their way: handed over in their order, and landed in that order, each with what became of it.

use std::collections::{BTreeMap, VecDeque};

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use lapin::Confirmation;
use tokio::time::Instant;
use wasl_adapters::{crash_point, planted};

use super::publish::{Outgoing, PublishOutcome, Publisher, read};
use crate::observe::metrics::PublishLabels;

/// Publishes of one publisher whose outcomes nobody has taken yet, each with what it is for the caller.
#[derive(Debug)]
pub struct Flight<'p, T> {
    publisher: &'p Publisher,
    waiting: VecDeque<Waiting<T>>,
}

#[derive(Debug)]
struct Waiting<T> {
    tag: T,
    exchange: String,
    sent: Instant,
    state: State,
}

enum State {
    /// In the hands of the client, or of the broker.
    Under(BoxFuture<'static, lapin::Result<Confirmation>>),
    Landed(PublishOutcome),
}

impl std::fmt::Debug for State {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Under(_) => f.write_str("Under"),
            Self::Landed(outcome) => f.debug_tuple("Landed").field(outcome).finish(),
        }
    }
}

impl<'p, T> Flight<'p, T> {
    /// Nothing is under way.
    #[must_use]
    pub const fn new(publisher: &'p Publisher) -> Self {
        Self { publisher, waiting: VecDeque::new() }
    }

    /// Whether nothing is under way.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// How many more may go before `confirm_window_count` are unconfirmed.
    #[must_use]
    pub fn room(&self) -> usize {
        self.publisher.window.saturating_sub(self.waiting.len())
    }

    /// Hands a message over. Call it only where there is [`Flight::room`]. After the broker fell silent or the channel
    /// broke, the message is not even tried: [`PublishOutcome::Unknown`].
    pub fn start(&mut self, tag: T, message: Outgoing) {
        let (exchange, sent) = (message.exchange.clone(), Instant::now());
        let state = if self.publisher.is_silent() {
            State::Landed(PublishOutcome::Unknown)
        } else {
            match self.publisher.send(message) {
                // The frames are handed over by the first poll, so in this order. Nobody waits until each is written:
                // the client's thread would be woken for every single one.
                Ok(mut confirm) => match (&mut confirm).now_or_never() {
                    None => State::Under(confirm),
                    Some(done) => State::Landed(read(done)),
                },
                Err(reason) => State::Landed(PublishOutcome::Unsendable(reason.to_string())),
            }
        };
        self.waiting.push_back(Waiting { tag, exchange, sent, state });
    }

    /// Waits for the oldest, and takes those after it that have landed too; empty only where nothing is under way.
    /// Takes at most `confirm_timeout_ms` when the broker falls silent; a broker that says that it takes no messages
    /// (`connection.blocked`: memory or disk) is not silent: it is waited for. May be dropped at any time: nothing is
    /// taken then.
    pub async fn landed(&mut self) -> Vec<(T, PublishOutcome)> {
        crash_point!("broker.sent");
        if planted!("confirm-ignored") {
            for waiting in &mut self.waiting {
                waiting.state = State::Landed(PublishOutcome::Confirmed);
            }
        }
        if let Some(oldest) = self.waiting.front_mut()
            && let State::Under(confirm) = &mut oldest.state
        {
            let confirmed = match self.publisher.in_time(oldest.sent, &mut *confirm).await {
                Some(confirmed) => Some(confirmed),
                // Time is up; what arrived in the same moment still counts.
                None => confirm.now_or_never(),
            };
            self.publisher.waited(oldest.sent, confirmed.is_none());
            oldest.state = State::Landed(confirmed.map_or(PublishOutcome::Unknown, read));
        }
        self.take()
    }

    /// What has landed without a gap.
    fn take(&mut self) -> Vec<(T, PublishOutcome)> {
        let mut landed = Vec::new();
        let mut counts: BTreeMap<(String, &'static str), u64> = BTreeMap::new();
        while let Some(mut oldest) = self.waiting.pop_front() {
            let outcome = match oldest.state {
                State::Landed(outcome) => outcome,
                State::Under(mut confirm) => match (&mut confirm).now_or_never() {
                    Some(done) => {
                        self.publisher.waited(oldest.sent, false);
                        read(done)
                    }
                    None => {
                        oldest.state = State::Under(confirm);
                        self.waiting.push_front(oldest);
                        break;
                    }
                },
            };
            *counts.entry((oldest.exchange, outcome.key())).or_default() += 1;
            landed.push((oldest.tag, outcome));
        }
        for ((exchange, outcome), count) in counts {
            let labels = PublishLabels { exchange, outcome: outcome.to_owned() };
            self.publisher.metrics.publishes.get_or_create(&labels).inc_by(count);
        }
        landed
    }
}
