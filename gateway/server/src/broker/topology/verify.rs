//! Looks whether what a role needs is on the broker, without making anything.

use lapin::ExchangeKind;
use lapin::options::{ExchangeDeclareOptions, QueueDeclareOptions};
use lapin::types::FieldTable;

use super::super::connection::Session;
use super::super::error::BrokerError;
use super::super::headers::short;

/// Checks that the queues exist.
///
/// # Errors
/// [`BrokerError::Topology`] names the first that is missing.
pub async fn verify_queues<'a>(
    session: &Session,
    queues: impl IntoIterator<Item = &'a str>,
) -> Result<(), BrokerError> {
    let channel = session.channel().await?;
    let passive = QueueDeclareOptions { passive: true, ..QueueDeclareOptions::default() };
    for queue in queues {
        let found = channel.queue_declare(short(queue)?, passive, FieldTable::default()).await;
        found.map_err(|error| missing("queue", queue, &error))?;
    }
    Ok(channel.close(200, "OK".into()).await?)
}

/// Checks that the exchanges exist.
///
/// # Errors
/// [`BrokerError::Topology`] names the first that is missing.
pub async fn verify_exchanges<'a>(
    session: &Session,
    exchanges: impl IntoIterator<Item = &'a str>,
) -> Result<(), BrokerError> {
    let channel = session.channel().await?;
    let passive = ExchangeDeclareOptions { passive: true, ..ExchangeDeclareOptions::default() };
    for exchange in exchanges {
        let found = channel
            .exchange_declare(short(exchange)?, ExchangeKind::Topic, passive, FieldTable::default())
            .await;
        found.map_err(|error| missing("exchange", exchange, &error))?;
    }
    Ok(channel.close(200, "OK".into()).await?)
}

/// What a refusal of something by its name means: it is not there, or not ours.
pub(in crate::broker) fn missing(kind: &str, name: &str, error: &lapin::Error) -> BrokerError {
    if error.is_amqp_soft_error() {
        BrokerError::Topology { what: format!("{kind} `{name}`"), reason: error.to_string() }
    } else {
        error.clone().into()
    }
}
