//! One connection a purpose: it connects, runs the work, and on the first fault tears all down and builds it
//! again. Nothing is recovered in place, so no half-broken state is ever worked on.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use futures_util::{Stream, StreamExt};
use lapin::tcp::OwnedTLSConfig;
use lapin::uri::AMQPUri;
use lapin::{Channel, Connection, ConnectionProperties, Event};
use tokio_util::sync::CancellationToken;

use super::error::BrokerError;
use super::reconnect::Pauses;
use crate::config::Broker;
use crate::context::Context;
use crate::observe::metrics::Named;
use crate::observe::{Health, Metrics};

/// A connection that stood so long counts as good: the next try begins with the shortest pause.
const STABLE_AFTER: Duration = Duration::from_secs(10);
/// How often the state of the connection is looked at beside its events.
const WATCH_INTERVAL: Duration = Duration::from_secs(5);

/// An open connection, for the work that runs on it. Clones share the connection.
#[derive(Debug, Clone)]
pub struct Session {
    /// The connection.
    pub connection: Arc<Connection>,
    /// Cancelled when the process stops **or** the connection has a fault: end the work then.
    pub cancel: CancellationToken,
    /// Settings of the broker.
    pub settings: Arc<Broker>,
    /// Where publishes and batches are counted.
    pub metrics: Metrics,
}

impl Session {
    /// Opens a connection for one piece of work, without building it again on a fault.
    ///
    /// # Errors
    /// Settings that cannot be used, or no connection within `connect_timeout_ms`.
    pub async fn open(purpose: &str, context: &Context) -> Result<Self, BrokerError> {
        let settings = &context.settings.broker;
        let name = format!("{} {purpose}", context.settings.gateway.instance());
        Ok(Self {
            connection: Arc::new(connect(settings, &name).await?),
            cancel: context.cancel.child_token(),
            settings: Arc::new(settings.clone()),
            metrics: context.metrics.clone(),
        })
    }

    /// Opens a channel.
    ///
    /// # Errors
    /// The connection is gone, or the broker allows no more channels.
    pub async fn channel(&self) -> Result<Channel, BrokerError> {
        Ok(self.connection.create_channel().await?)
    }
}

/// Keeps a connection for `purpose` and runs `work` on it until the process stops or the work says that it is
/// done (`Ok`). On any fault, of the connection or of the work, all is torn down and, after a pause, built
/// again. Readiness is told as the component `broker:<purpose>`.
///
/// `work` must end soon after [`Session::cancel`]; after `teardown_timeout_ms` it is dropped where it stands.
pub async fn run_connection<F, Fut>(purpose: &str, context: &Context, mut work: F)
where
    F: FnMut(Session) -> Fut,
    Fut: Future<Output = Result<(), BrokerError>>,
{
    let component = format!("broker:{purpose}");
    let settings = &context.settings.broker;
    let millis = Duration::from_millis;
    let mut pauses = Pauses::new(millis(settings.reconnect_min_ms), millis(settings.reconnect_max_ms));
    context.health.not_ready(&component, "connecting");
    while !context.cancel.is_cancelled() {
        let begin = tokio::time::Instant::now();
        let ended = tokio::select! {
            biased;
            () = context.cancel.cancelled() => break,
            opened = Session::open(purpose, context) => match opened {
                Ok(session) => run_session(session, &component, context, &mut work).await,
                Err(error) => Err(error),
            },
        };
        let Err(error) = ended else { break };
        if context.cancel.is_cancelled() {
            break;
        }
        context.health.not_ready(&component, error.to_string());
        if begin.elapsed() > STABLE_AFTER {
            pauses.reset();
        }
        if !pauses.pause(&context.cancel).await {
            break;
        }
    }
    context.health.forget(&component);
}

/// Runs the work on one connection until it ends, the connection has a fault, or the process stops.
async fn run_session<F, Fut>(
    session: Session,
    component: &str,
    context: &Context,
    work: &mut F,
) -> Result<(), BrokerError>
where
    F: FnMut(Session) -> Fut,
    Fut: Future<Output = Result<(), BrokerError>>,
{
    let events = session.connection.events_listener();
    let cancel = session.cancel.clone();
    context.metrics.broker_connects.get_or_create(&Named { name: component.to_owned() }).inc();
    context.health.ready(component);
    let running = work(session.clone());
    tokio::pin!(running);
    let fault = tokio::select! {
        ended = &mut running => {
            close(&session.connection).await;
            return ended;
        }
        fault = watch(events, &session.connection, component, &context.health) => Some(fault),
        () = cancel.cancelled() => None,
    };
    cancel.cancel();
    let grace = Duration::from_millis(session.settings.teardown_timeout_ms);
    let ended = tokio::time::timeout(grace, running).await;
    close(&session.connection).await;
    match (fault, ended) {
        // The work knows better what was missing than the connection on which the broker said so.
        (Some(_), Ok(Err(error @ (BrokerError::Topology { .. } | BrokerError::Work(_))))) => Err(error),
        (Some(fault), _) => Err(fault),
        (None, Ok(ended)) => ended,
        (None, Err(_)) => {
            tracing::warn!(component, "the work did not end in time and was dropped");
            Ok(())
        }
    }
}

/// Follows the connection until its first fault. A broker that blocks publishers turns readiness off.
async fn watch(
    events: impl Stream<Item = Event>,
    connection: &Connection,
    component: &str,
    health: &Health,
) -> BrokerError {
    tokio::pin!(events);
    let mut tick = tokio::time::interval(WATCH_INTERVAL);
    loop {
        tokio::select! {
            event = events.next() => match event {
                Some(Event::ConnectionBlocked(reason)) => {
                    health.not_ready(component, format!("the broker takes no messages: {reason}"));
                }
                Some(Event::ConnectionUnblocked) => health.ready(component),
                Some(Event::Error(error)) => return error.into(),
                Some(_) => {}
                None => return BrokerError::Closed,
            },
            _ = tick.tick() => {
                if !connection.status().connected() {
                    return BrokerError::Closed;
                }
            }
        }
    }
}

async fn close(connection: &Connection) {
    if connection.status().connected() {
        let closed = tokio::time::timeout(Duration::from_secs(2), connection.close(200, "OK".into())).await;
        if !matches!(closed, Ok(Ok(()))) {
            tracing::debug!("the connection did not close in order");
        }
    }
}

async fn connect(settings: &Broker, name: &str) -> Result<Connection, BrokerError> {
    let uri = address(settings)?;
    let tls = OwnedTLSConfig { identity: None, cert_chain: read_optional(settings.ca_file.as_deref())? };
    let properties = ConnectionProperties::default().with_connection_name(name.into());
    let runtime = lapin::runtime::default_runtime()?;
    let limit = Duration::from_millis(settings.connect_timeout_ms);
    let connecting = Connection::connect_uri_with_config(uri, properties, tls, runtime);
    tokio::time::timeout(limit, connecting)
        .await
        .map_err(|_| BrokerError::ConnectTimeout(limit))?
        .map_err(Into::into)
}

/// The address with user, password and heartbeat of the settings.
fn address(settings: &Broker) -> Result<AMQPUri, BrokerError> {
    let mut uri: AMQPUri = settings
        .url
        .parse()
        .map_err(|_| BrokerError::Settings("broker.url is not an AMQP address".to_owned()))?;
    if let Some(user) = &settings.user {
        uri.authority.userinfo.username.clone_from(user);
    }
    if let Some(password) = read_optional(settings.password_file.as_deref())? {
        uri.authority.userinfo.password = password.trim_end().to_owned();
    }
    uri.query.heartbeat = Some(settings.heartbeat_s);
    uri.query.connection_timeout = Some(settings.connect_timeout_ms);
    Ok(uri)
}

/// The user of the broker that this process is.
#[must_use]
pub fn user(settings: &Broker) -> Option<String> {
    settings.user.clone().or_else(|| {
        let uri: AMQPUri = settings.url.parse().ok()?;
        Some(uri.authority.userinfo.username)
    })
}

fn read_optional(path: Option<&std::path::Path>) -> Result<Option<String>, BrokerError> {
    path.map(|path| {
        std::fs::read_to_string(path)
            .map_err(|error| BrokerError::Settings(format!("{}: {error}", path.display())))
    })
    .transpose()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn user_and_heartbeat_of_the_settings_win_over_the_address() {
        let mut settings = crate::config::Settings::load_with(&[], []).unwrap().broker;
        settings.url = "amqps://a:b@broker.example/wasl".to_owned();
        settings.user = Some("wasl-core".to_owned());
        settings.heartbeat_s = 7;
        let uri = address(&settings).unwrap();
        assert_eq!(uri.authority.userinfo.username, "wasl-core");
        assert_eq!(uri.authority.userinfo.password, "b");
        assert_eq!((uri.vhost.as_str(), uri.query.heartbeat, uri.authority.port), ("wasl", Some(7), 5671));
    }
}
