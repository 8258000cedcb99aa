//! The connection on which verified callbacks are published. While it is away, agencies are told to come back.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;
use wasl_adapters::planted;
use wasl_schemas::agency::{AnswerMessage, OutcomeMessage};
use wasl_schemas::line::LineReport;
use wasl_schemas::problem::Code;
use wasl_schemas::wire;

use crate::broker::{BrokerError, Outgoing, PublishOutcome, Publisher, Session, run_connection};
use crate::context::Context;
use crate::http::problem::Problem;

/// The open channel, and how to say that it is broken.
#[derive(Debug, Clone)]
struct Line {
    publisher: Arc<Publisher>,
    broken: CancellationToken,
}

/// Publishes to `wasl.answers`. Clones share the connection.
#[derive(Debug, Clone)]
pub struct Answers {
    line: watch::Sender<Option<Line>>,
    confirm_timeout: Duration,
}

impl Answers {
    /// Not connected yet; [`run_answers`] connects.
    #[must_use]
    pub fn new(confirm_timeout: Duration) -> Self {
        Self { line: watch::Sender::new(None), confirm_timeout }
    }

    /// Publishes with a confirm.
    ///
    /// # Errors
    /// "Unavailable" unless the broker has it safely within the time limit.
    pub async fn publish(&self, message: OutcomeMessage) -> Result<(), Problem> {
        let Some(line) = self.line.borrow().clone() else { return Err(Problem::unavailable()) };
        let (id, agency) = (message.id, message.agency.clone());
        let body = serde_json::to_vec(&AnswerMessage::Outcome(Box::new(message)));
        let body = body.map_err(|_| Problem::new(Code::Internal))?;
        if planted!("callback-before-confirm") {
            let message = outgoing(id.to_string(), wire::key_callback(&agency), body);
            tokio::spawn(async move { line.publisher.publish(message).await });
            return Ok(());
        }
        let publish = line.publisher.publish(outgoing(id.to_string(), wire::key_callback(&agency), body));
        match tokio::time::timeout(self.confirm_timeout, publish).await {
            Ok(PublishOutcome::Confirmed) => Ok(()),
            other => {
                let outcome = other.map_or("timeout", |outcome| outcome.key());
                tracing::warn!(%agency, outcome, "a callback's outcome was not confirmed");
                if line.publisher.ensure_usable().is_err() {
                    line.broken.cancel();
                }
                Err(Problem::unavailable())
            }
        }
    }

    /// Tells what is known of a line; whether the broker has it.
    pub async fn report(&self, report: &LineReport) -> bool {
        let Some(line) = self.line.borrow().clone() else { return false };
        let Ok(body) = serde_json::to_vec(&AnswerMessage::Line(Box::new(report.clone()))) else {
            return false;
        };
        let message = outgoing(Uuid::now_v7().to_string(), wire::key_line(&report.agency), body);
        let publish = line.publisher.publish(message);
        let done = tokio::time::timeout(self.confirm_timeout, publish).await;
        matches!(done, Ok(PublishOutcome::Confirmed))
    }
}

fn outgoing(message_id: String, routing_key: String, body: Vec<u8>) -> Outgoing {
    Outgoing {
        exchange: wire::EXCHANGE_ANSWERS.to_owned(),
        routing_key,
        message_id,
        content_type: "application/json".to_owned(),
        correlation_id: None,
        user_id: None,
        priority: None,
        headers: Vec::new(),
        body: Bytes::from(body),
    }
}

/// Keeps the connection until the process stops.
pub async fn run_answers(context: Context, answers: Answers) {
    run_connection("callbacks", &context, |session| hold(session, answers.clone())).await;
}

/// Offers a channel until the connection ends or somebody found it broken.
async fn hold(session: Session, answers: Answers) -> Result<(), BrokerError> {
    let publisher = Arc::new(Publisher::open(&session).await?);
    let broken = CancellationToken::new();
    answers.line.send_replace(Some(Line { publisher, broken: broken.clone() }));
    let ended = tokio::select! {
        () = session.cancel.cancelled() => Ok(()),
        () = broken.cancelled() => Err(BrokerError::Closed),
    };
    answers.line.send_replace(None);
    ended
}
