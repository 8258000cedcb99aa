//! How many messages wait in a queue.

use lapin::Channel;
use lapin::options::QueueDeclareOptions;
use lapin::types::FieldTable;

use super::connection::Session;
use super::error::BrokerError;
use super::headers::short;
use crate::context::Context;

/// Counts messages on a connection of its own: to ask about a queue that does not exist is a fault of the channel, and
/// no other work may suffer from it.
#[derive(Debug)]
pub struct Counter {
    session: Session,
    channel: Channel,
}

impl Counter {
    /// Connects.
    ///
    /// # Errors
    /// The broker is away.
    pub async fn open(context: &Context) -> Result<Self, BrokerError> {
        let session = Session::open("count", context).await?;
        let channel = session.channel().await?;
        Ok(Self { session, channel })
    }

    /// Messages that wait in a queue and are with no consumer; none where there is no such queue.
    ///
    /// # Errors
    /// The connection is gone: open another.
    pub async fn messages(&mut self, queue: &str) -> Result<Option<u32>, BrokerError> {
        let passive = QueueDeclareOptions { passive: true, ..QueueDeclareOptions::default() };
        match self.channel.queue_declare(short(queue)?, passive, FieldTable::default()).await {
            Ok(found) => Ok(Some(found.message_count())),
            Err(error) if error.is_amqp_soft_error() => {
                self.channel = self.session.channel().await?;
                Ok(None)
            }
            Err(error) => Err(error.into()),
        }
    }
}
