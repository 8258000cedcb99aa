//! What types cannot say: ranges, addresses, files that must be there.

use url::Url;
use wasl_schemas::id::AgencyKind;

use super::{ConfigError, Settings, layers};
use crate::clock::{LegalClock, Segment};

/// Checks values against each other.
pub(super) fn check(settings: &Settings) -> Result<(), ConfigError> {
    let broker = &settings.broker;
    address("broker.url", &broker.url, &["amqp", "amqps"])?;
    address("broker.management_url", &broker.management_url, &["http", "https"])?;
    address("database.url", &settings.database.url, &["postgres", "postgresql"])?;
    address("http.public_url", &settings.http.public_url, &["http", "https"])?;
    address("http.callbacks_public_url", &settings.http.callbacks_public_url, &["http", "https"])?;
    for (key, value) in positive(settings) {
        if value == 0 {
            return Err(ConfigError::value(key, "must be at least 1"));
        }
    }
    if usize::from(broker.prefetch_count) < broker.batch_messages_max {
        let reason = format!("must be at least broker.batch_messages_max ({})", broker.batch_messages_max);
        return Err(ConfigError::value("broker.prefetch_count", reason));
    }
    if broker.reconnect_max_ms < broker.reconnect_min_ms {
        return Err(ConfigError::value(
            "broker.reconnect_max_ms",
            "must not be below broker.reconnect_min_ms",
        ));
    }
    if !(1..=100).contains(&settings.flow.retry_factor) {
        return Err(ConfigError::value("flow.retry_factor", "must be between 1 and 100"));
    }
    if settings.flow.leader_timeout_ms <= settings.flow.leader_renew_ms {
        return Err(ConfigError::value("flow.leader_timeout_ms", "must be above flow.leader_renew_ms"));
    }
    for kind in &settings.agencies.enabled {
        served(kind)?;
    }
    LegalClock::from_segments(settings.clock.segments.clone())
        .map_err(|error| ConfigError::value("clock.segments", error.to_string()))?;
    Ok(())
}

/// A kind that is misspelt would be served by nobody, and its files would wait for ever.
fn served(kind: &str) -> Result<(), ConfigError> {
    let key = "agencies.enabled";
    AgencyKind::try_new(kind).map_err(|error| ConfigError::value(key, error.to_string()))?;
    if wasl_adapters::registry::entry(kind).is_some() {
        return Ok(());
    }
    let near = layers::nearest(kind, wasl_adapters::registry::kinds().into_iter());
    let near = near.map_or_else(String::new, |near| format!("; the nearest is `{near}`"));
    Err(ConfigError::value(key, format!("there is no adapter `{kind}`{near}")))
}

/// Keys whose value 0 would stop the program from working.
fn positive(settings: &Settings) -> [(&'static str, u64); 27] {
    let Settings { broker, database, http, flow, adapter, alarm, .. } = settings;
    let count = |value: usize| u64::try_from(value).unwrap_or(u64::MAX);
    [
        ("broker.connect_timeout_ms", broker.connect_timeout_ms),
        ("broker.reconnect_min_ms", broker.reconnect_min_ms),
        ("broker.batch_messages_max", count(broker.batch_messages_max)),
        ("broker.confirm_window_count", count(broker.confirm_window_count)),
        ("broker.confirm_timeout_ms", broker.confirm_timeout_ms),
        ("broker.message_bytes_max", count(broker.message_bytes_max)),
        ("broker.management_timeout_ms", broker.management_timeout_ms),
        ("topology.delivery_limit_count", u64::from(settings.topology.delivery_limit_count)),
        ("database.connections_max", u64::from(database.connections_max)),
        ("database.connect_timeout_ms", database.connect_timeout_ms),
        ("http.body_bytes_max", count(http.body_bytes_max)),
        ("http.request_timeout_ms", http.request_timeout_ms),
        ("http.live_interval_ms", http.live_interval_ms),
        ("flow.timer_tick_ms", flow.timer_tick_ms),
        ("flow.timer_batch_max", count(flow.timer_batch_max)),
        ("flow.outbox_batch_max", count(flow.outbox_batch_max)),
        ("flow.replay_per_second_max", flow.replay_per_second_max.into()),
        ("flow.replay_messages_max", flow.replay_messages_max.into()),
        ("adapter.concurrency_max", count(adapter.concurrency_max)),
        ("adapter.request_timeout_ms", adapter.request_timeout_ms),
        ("alarm.look_interval_ms", alarm.look_interval_ms),
        ("alarm.queue_interval_ms", alarm.queue_interval_ms),
        ("alarm.core_queue_age_s", alarm.core_queue_age_s.into()),
        ("alarm.agency_queue_age_s", alarm.agency_queue_age_s.into()),
        ("alarm.partner_queue_age_s", alarm.partner_queue_age_s.into()),
        ("alarm.outbox_age_s", alarm.outbox_age_s.into()),
        ("alarm.parked_count", alarm.parked_count.into()),
    ]
}

fn address(key: &str, text: &str, schemes: &[&str]) -> Result<(), ConfigError> {
    let fine = Url::parse(text).is_ok_and(|url| schemes.contains(&url.scheme()) && url.has_host());
    // The value is not repeated: it may hold a password.
    if fine {
        Ok(())
    } else {
        Err(ConfigError::value(key, format!("must be an address that begins with {}://", schemes[0])))
    }
}

impl super::Clock {
    /// Takes the segments from the file, when one is named.
    pub(super) fn read_file(&mut self) -> Result<(), ConfigError> {
        let Some(path) = &self.file else { return Ok(()) };
        let text = std::fs::read(path).map_err(|error| ConfigError::unreadable(path, error.to_string()))?;
        self.segments = serde_json::from_slice::<Vec<Segment>>(&text)
            .map_err(|error| ConfigError::unreadable(path, error.to_string()))?;
        Ok(())
    }

    /// The legal clock of these settings.
    ///
    /// # Errors
    /// Never for settings that were loaded: their segments were checked.
    pub fn legal(&self) -> Result<LegalClock, ConfigError> {
        LegalClock::from_segments(self.segments.clone())
            .map_err(|error| ConfigError::value("clock.segments", error.to_string()))
    }
}
