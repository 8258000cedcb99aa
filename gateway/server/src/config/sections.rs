//! The sections of the settings. What each key means stands once, in `config/wasl.toml`.
#![expect(missing_docs, reason = "every field is documented beside its default in config/wasl.toml")]

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Deserializer};

use crate::clock::Segment;

/// An empty text means "not set".
fn optional<'de, D: Deserializer<'de>, T: From<String>>(deserializer: D) -> Result<Option<T>, D::Error> {
    let text = String::deserialize(deserializer)?;
    Ok((!text.is_empty()).then(|| T::from(text)))
}

/// An empty text means "not set"; anything else must be an address with its port.
fn optional_address<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<SocketAddr>, D::Error> {
    let text = String::deserialize(deserializer)?;
    if text.is_empty() {
        return Ok(None);
    }
    text.parse().map(Some).map_err(|_| serde::de::Error::custom("must be an address with its port, or empty"))
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Gateway {
    #[serde(deserialize_with = "optional")]
    pub config_dir: Option<PathBuf>,
    #[serde(deserialize_with = "optional")]
    pub instance_name: Option<String>,
    pub stop_timeout_ms: u64,
}

impl Gateway {
    /// The name of this process, made from its id when none is given.
    #[must_use]
    pub fn instance(&self) -> String {
        self.instance_name.clone().unwrap_or_else(|| format!("wasl-{}", std::process::id()))
    }
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Broker {
    pub url: String,
    #[serde(deserialize_with = "optional")]
    pub user: Option<String>,
    #[serde(deserialize_with = "optional")]
    pub password_file: Option<PathBuf>,
    #[serde(deserialize_with = "optional")]
    pub ca_file: Option<PathBuf>,
    pub heartbeat_s: u16,
    pub connect_timeout_ms: u64,
    pub reconnect_min_ms: u64,
    pub reconnect_max_ms: u64,
    pub teardown_timeout_ms: u64,
    pub prefetch_count: u16,
    pub batch_messages_max: usize,
    pub batch_linger_ms: u64,
    pub confirm_window_count: usize,
    pub confirm_timeout_ms: u64,
    pub message_bytes_max: usize,
    pub management_url: String,
    pub management_timeout_ms: u64,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Topology {
    pub delivery_limit_count: u32,
    pub intake_length_count: u32,
    pub review_length_count: u32,
    pub commune_length_count: u32,
    pub dead_length_count: u32,
    #[serde(deserialize_with = "optional")]
    pub secret_file: Option<PathBuf>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Database {
    pub url: String,
    #[serde(deserialize_with = "optional")]
    pub password_file: Option<PathBuf>,
    pub connections_max: u32,
    pub connect_timeout_ms: u64,
    pub statement_timeout_ms: u64,
    pub lock_timeout_ms: u64,
    pub idle_in_transaction_timeout_ms: u64,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Clock {
    #[serde(deserialize_with = "optional")]
    pub file: Option<PathBuf>,
    pub segments: Vec<Segment>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Http {
    pub listen: SocketAddr,
    pub callbacks_listen: SocketAddr,
    pub public_url: String,
    pub callbacks_public_url: String,
    #[serde(deserialize_with = "optional")]
    pub port_file: Option<PathBuf>,
    pub threads_count: usize,
    pub body_bytes_max: usize,
    pub request_timeout_ms: u64,
    pub callback_confirm_timeout_ms: u64,
    pub live_interval_ms: u64,
    pub live_clients_max: usize,
    pub page_rows_max: usize,
    pub public_dashboard: bool,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Flow {
    pub retry_initial_ms: u64,
    pub retry_factor: u32,
    pub retry_max_ms: u64,
    pub retry_attempts_max: u32,
    pub watchdog_ms: u64,
    pub unanswered_grace_days: u16,
    pub silence_look_initial_ms: u64,
    pub silence_look_max_ms: u64,
    pub silence_wait_max_ms: u64,
    pub marker_again_ms: u64,
    pub marker_alarm_ms: u64,
    pub payable_days: u16,
    pub statement_grace_days: u16,
    pub future_tolerance_ms: u64,
    pub title_pattern: String,
    pub poll_interval_ms: u64,
    pub poll_interval_max_ms: u64,
    pub feed_interval_ms: u64,
    pub timer_tick_ms: u64,
    pub timer_batch_max: usize,
    pub outbox_batch_max: usize,
    pub states_kept_count: usize,
    pub outbox_sweep_interval_ms: u64,
    pub outbox_backoff_initial_ms: u64,
    pub outbox_backoff_max_ms: u64,
    pub replay_per_second_max: u32,
    pub replay_messages_max: u32,
    pub leader_renew_ms: u64,
    pub leader_timeout_ms: u64,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Adapter {
    pub concurrency_max: usize,
    pub breaker_failures_max: u32,
    pub breaker_open_ms: u64,
    pub request_timeout_ms: u64,
    pub report_interval_ms: u64,
    pub drift_usual_count: u32,
    pub wire_bodies_bytes_max: usize,
    pub wire_body_keep_days: u32,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Agencies {
    #[serde(deserialize_with = "optional")]
    pub directory: Option<PathBuf>,
    pub enabled: Vec<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Documents {
    pub directory: PathBuf,
    pub document_bytes_max: u64,
    pub must_exist: bool,
    #[serde(deserialize_with = "optional")]
    pub link_secret_file: Option<PathBuf>,
    pub link_ttl_s: u64,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Auth {
    #[serde(deserialize_with = "optional")]
    pub tokens_file: Option<PathBuf>,
    #[serde(deserialize_with = "optional")]
    pub operator_token_file: Option<PathBuf>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Observe {
    #[serde(deserialize_with = "optional_address")]
    pub listen: Option<SocketAddr>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Alarm {
    pub look_interval_ms: u64,
    pub begin_after_ms: u64,
    pub end_after_ms: u64,
    pub marker_interval_ms: u64,
    pub queue_interval_ms: u64,
    pub core_queue_age_s: u32,
    pub agency_queue_age_s: u32,
    pub partner_queue_age_s: u32,
    pub outbox_age_s: u32,
    pub parked_count: u32,
    pub agency_unreachable_s: u32,
    pub agency_silent_s: u32,
    pub certificate_days: u32,
    pub calendar_days: u32,
    pub right_held_s: u32,
    pub operator_needed_count: u32,
    pub keep_days: u32,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Log {
    pub format: LogFormat,
    pub filter: String,
}

/// How log lines are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line, for collectors.
    Json,
}

impl Broker {
    /// [`Broker::confirm_timeout_ms`] as a duration.
    #[must_use]
    pub const fn confirm_timeout(&self) -> Duration {
        Duration::from_millis(self.confirm_timeout_ms)
    }

    /// [`Broker::batch_linger_ms`] as a duration.
    #[must_use]
    pub const fn batch_linger(&self) -> Duration {
        Duration::from_millis(self.batch_linger_ms)
    }
}
