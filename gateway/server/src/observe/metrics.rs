//! Metrics in the OpenMetrics text format. Labels are kinds, queues and outcomes: never a file or a person.

use std::sync::{Arc, Mutex, PoisonError};

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::{Registry, Unit};

/// The media type of [`Metrics::encode`].
pub const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// A queue and what became of its messages.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct QueueOutcome {
    /// `intake`, `answers.urgent`, `review.onee`; all queues of communes are `commune`.
    pub queue: String,
    /// `done`, `duplicate`, `refused`, `parked`, `given-back`.
    pub outcome: String,
}

/// A queue, a destination or a loop.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct Named {
    /// Its name.
    pub name: String,
}

/// An exchange and what became of publishes to it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct PublishLabels {
    /// The exchange.
    pub exchange: String,
    /// `confirmed`, `returned`, `nacked`, `unknown`.
    pub outcome: String,
}

/// An agency and what became of calls to it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct AgencyLabels {
    /// Its kind.
    pub agency: String,
    /// `consult`, `query`, `collect` …
    pub request: String,
    /// The outcome's key: `delivered`, `try-later` …
    pub outcome: String,
}

/// A kind of agency.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct Agency {
    /// Its kind.
    pub agency: String,
}

/// A drift of an agency's messages. Bounded: paths and kinds, and so many of them only.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct DriftLabels {
    /// Kind of agency.
    pub agency: String,
    /// Which message.
    pub message: String,
    /// Where in it.
    pub path: String,
    /// `unread`, `null`, `value`, `length`.
    pub kind: &'static str,
}

/// The certificates of one use on the line to an agency.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct CertificateLabels {
    /// Kind of agency.
    pub agency: String,
    /// `client`, `root`, `server`, `signer`.
    pub purpose: &'static str,
}

/// An alarm and what it is about.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct AlarmLabels {
    /// Its name: see [`super::alarm::Name`].
    pub name: &'static str,
    /// Which queue, agency or certificate; empty where there is only one.
    pub subject: String,
}

/// A fault code.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct Code {
    /// `file.parcel.title-invalid` …
    pub code: String,
}

/// Everything that `/metrics` shows; clones share it, and cost nothing.
#[derive(Debug, Clone)]
pub struct Metrics(Arc<Families>);

impl std::ops::Deref for Metrics {
    type Target = Families;

    fn deref(&self) -> &Families {
        &self.0
    }
}

/// The figures by name.
#[derive(Debug)]
pub struct Families {
    registry: Mutex<Registry>,
    /// Messages taken from queues, by what became of them.
    pub messages: Family<QueueOutcome, Counter>,
    /// Messages in a batch (one transaction).
    pub batch_messages: Family<Named, Histogram, fn() -> Histogram>,
    /// Time of a batch from its first delivery to its acknowledgement.
    pub batch_seconds: Family<Named, Histogram, fn() -> Histogram>,
    /// Batches that failed and were done command by command.
    pub batch_retries: Family<Named, Counter>,
    /// States of files that were locked: `memory` or `database`.
    pub file_states: Family<Named, Counter>,
    /// Publishes, by what became of them.
    pub publishes: Family<PublishLabels, Counter>,
    /// Time from a publish to its confirm.
    pub confirm_seconds: Histogram,
    /// Rows of the outbox that wait.
    pub outbox_rows: Gauge,
    /// Age of the oldest row of the outbox, in seconds.
    pub outbox_age_seconds: Gauge,
    /// Calendar days from today to the last day up to which every holiday is confirmed; negative after it.
    pub calendar_confirmed_days: Gauge,
    /// Timers that were worked off, by kind.
    pub timers_fired: Family<Named, Counter>,
    /// Timers that are due and wait.
    pub timers_due: Gauge,
    /// Markers that did not come back in time: queues that are not read.
    pub markers_overdue: Counter,
    /// Rights by silence that wait for what may not have been read.
    pub silence_held: Gauge,
    /// Files on which silence is approval, by how far they have come: eligible, acquired, invoked, attested.
    pub silence_files: Family<Named, Gauge>,
    /// How late timers are worked off, in seconds of their clock.
    pub timer_late_seconds: Histogram,
    /// Calls to agencies.
    pub agency_calls: Family<AgencyLabels, Counter>,
    /// Duration of calls to agencies.
    pub agency_call_seconds: Family<Agency, Histogram, fn() -> Histogram>,
    /// Circuit breakers: 1 open, 0 closed.
    pub agency_breaker_open: Family<Agency, Gauge>,
    /// Where agencies' messages differ from what their readers were written for.
    pub agency_drift: Family<DriftLabels, Counter>,
    /// Seconds until the first certificate of a use ends; negative after it.
    pub agency_certificate_ends_seconds: Family<CertificateLabels, Gauge>,
    /// Requests that may have arrived and wait for an operator.
    pub agency_operator_needed: Family<Agency, Gauge>,
    /// Messages set aside, by fault code.
    pub parked: Family<Code, Counter>,
    /// Messages set aside that nobody has dealt with.
    pub parked_open: Gauge,
    /// 1 while an alarm lasts, 0 after it has ended; those that never began are absent.
    pub alarm: Family<AlarmLabels, Gauge>,
    /// When the active core last judged its alarms, in seconds since 1970; 0 when it stands by.
    pub alarms_looked_seconds: Gauge,
    /// An upper bound for the age of the oldest message of a queue, in seconds; absent for one that is empty.
    pub queue_oldest_seconds: Family<Named, Gauge>,
    /// For how long nothing has come from an agency that owes answers, in seconds.
    pub agency_silent_seconds: Family<Agency, Gauge>,
    /// Epoch of the leader that this process knows; 0 when it stands by.
    pub leader_epoch: Gauge,
    /// Connections to the broker that were built, by purpose.
    pub broker_connects: Family<Named, Counter>,
    /// HTTP requests by route and status.
    pub http_requests: Family<HttpLabels, Counter>,
    /// Duration of HTTP requests by route.
    pub http_request_seconds: Family<Named, Histogram, fn() -> Histogram>,
}

/// A route and how it was answered.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct HttpLabels {
    /// The route's pattern, never the path.
    pub route: String,
    /// Status code.
    pub status: u16,
}

/// 0.5 ms to about 65 s.
fn seconds() -> Histogram {
    Histogram::new(exponential_buckets(0.0005, 2.0, 18))
}

/// 1 to 1024 messages.
fn counts() -> Histogram {
    Histogram::new(exponential_buckets(1.0, 2.0, 11))
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

impl Metrics {
    /// A registry with all families, empty but for the build and the tz database.
    #[must_use]
    pub fn new() -> Self {
        let metrics = Families::unregistered();
        metrics.register();
        Self(Arc::new(metrics))
    }
}

impl Families {
    fn unregistered() -> Self {
        Self {
            registry: Mutex::new(Registry::with_prefix("wasl")),
            messages: Family::default(),
            batch_messages: Family::new_with_constructor(counts),
            batch_seconds: Family::new_with_constructor(seconds),
            batch_retries: Family::default(),
            file_states: Family::default(),
            publishes: Family::default(),
            confirm_seconds: seconds(),
            outbox_rows: Gauge::default(),
            outbox_age_seconds: Gauge::default(),
            calendar_confirmed_days: Gauge::default(),
            timers_fired: Family::default(),
            timers_due: Gauge::default(),
            markers_overdue: Counter::default(),
            silence_held: Gauge::default(),
            silence_files: Family::default(),
            timer_late_seconds: seconds(),
            agency_calls: Family::default(),
            agency_call_seconds: Family::new_with_constructor(seconds),
            agency_breaker_open: Family::default(),
            agency_drift: Family::default(),
            agency_certificate_ends_seconds: Family::default(),
            agency_operator_needed: Family::default(),
            parked: Family::default(),
            parked_open: Gauge::default(),
            alarm: Family::default(),
            alarms_looked_seconds: Gauge::default(),
            queue_oldest_seconds: Family::default(),
            agency_silent_seconds: Family::default(),
            leader_epoch: Gauge::default(),
            broker_connects: Family::default(),
            http_requests: Family::default(),
            http_request_seconds: Family::new_with_constructor(seconds),
        }
    }

    fn register(&self) {
        let mut registry = self.registry.lock().unwrap_or_else(PoisonError::into_inner);
        let r = &mut *registry;
        r.register("messages", "Messages taken from queues", self.messages.clone());
        r.register("batch_messages", "Messages in a batch", self.batch_messages.clone());
        r.register_with_unit("batch", "Time of a batch", Unit::Seconds, self.batch_seconds.clone());
        r.register("batch_retries", "Batches done again command by command", self.batch_retries.clone());
        r.register("file_states", "States of files by where they came from", self.file_states.clone());
        r.register("publishes", "Publishes by outcome", self.publishes.clone());
        r.register_with_unit("confirm", "Time to a confirm", Unit::Seconds, self.confirm_seconds.clone());
        r.register("outbox_rows", "Outbox rows that wait", self.outbox_rows.clone());
        r.register_with_unit(
            "outbox_age",
            "Age of the oldest outbox row",
            Unit::Seconds,
            self.outbox_age_seconds.clone(),
        );
        r.register(
            "calendar_confirmed_days",
            "Days for which every holiday is still confirmed",
            self.calendar_confirmed_days.clone(),
        );
        r.register("timers_fired", "Timers worked off, by kind", self.timers_fired.clone());
        r.register("timers_due", "Timers that are due and wait", self.timers_due.clone());
        r.register(
            "markers_overdue",
            "Markers that did not come back in time: a queue is not read",
            self.markers_overdue.clone(),
        );
        r.register("silence_held", "Rights by silence that wait", self.silence_held.clone());
        r.register(
            "silence_files",
            "Files whose limit passed without a decision where silence is approval, by how far they have come",
            self.silence_files.clone(),
        );
        r.register_with_unit(
            "timer_late",
            "How late timers are worked off",
            Unit::Seconds,
            self.timer_late_seconds.clone(),
        );
        r.register("agency_calls", "Calls to agencies by outcome", self.agency_calls.clone());
        r.register_with_unit(
            "agency_call",
            "Duration of calls to agencies",
            Unit::Seconds,
            self.agency_call_seconds.clone(),
        );
        r.register(
            "agency_breaker_open",
            "1 when the circuit breaker is open",
            self.agency_breaker_open.clone(),
        );
        r.register("agency_drift", "Differences in agencies' messages", self.agency_drift.clone());
        r.register_with_unit(
            "agency_certificate_ends",
            "Time until a certificate ends",
            Unit::Seconds,
            self.agency_certificate_ends_seconds.clone(),
        );
        r.register(
            "agency_operator_needed",
            "Requests in doubt that wait for an operator",
            self.agency_operator_needed.clone(),
        );
        r.register("parked", "Messages set aside, by fault code", self.parked.clone());
        r.register("parked_open", "Messages set aside that wait for somebody", self.parked_open.clone());
        self.register_alarms(r);
        r.register("leader_epoch", "Epoch of the leader here; 0 when standing by", self.leader_epoch.clone());
        r.register(
            "broker_connects",
            "Connections to the broker that were built",
            self.broker_connects.clone(),
        );
        r.register("http_requests", "HTTP requests by route and status", self.http_requests.clone());
        r.register_with_unit(
            "http_request",
            "Duration of HTTP requests",
            Unit::Seconds,
            self.http_request_seconds.clone(),
        );
        let tzdb = wasl_core::time::tzdb_version();
        r.register(
            "build",
            "What runs here",
            Info::new(vec![("version", env!("CARGO_PKG_VERSION")), ("tzdb", tzdb)]),
        );
    }

    fn register_alarms(&self, r: &mut Registry) {
        r.register("alarm", "1 while an alarm lasts, 0 after it has ended", self.alarm.clone());
        r.register_with_unit(
            "alarms_looked",
            "When the active core last judged its alarms, since 1970",
            Unit::Seconds,
            self.alarms_looked_seconds.clone(),
        );
        r.register_with_unit(
            "queue_oldest",
            "Upper bound for the age of the oldest message of a queue",
            Unit::Seconds,
            self.queue_oldest_seconds.clone(),
        );
        r.register_with_unit(
            "agency_silent",
            "For how long nothing has come from an agency that owes answers",
            Unit::Seconds,
            self.agency_silent_seconds.clone(),
        );
    }

    /// All metrics as OpenMetrics text, see [`CONTENT_TYPE`].
    ///
    /// # Errors
    /// Never in practice: writing into a text does not fail.
    pub fn encode(&self) -> Result<String, std::fmt::Error> {
        let mut text = String::new();
        encode(&mut text, &self.registry.lock().unwrap_or_else(PoisonError::into_inner))?;
        Ok(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn families_are_encoded_with_their_units() {
        let metrics = Metrics::new();
        metrics
            .messages
            .get_or_create(&QueueOutcome { queue: "intake".to_owned(), outcome: "done".to_owned() })
            .inc();
        metrics.batch_seconds.get_or_create(&Named { name: "intake".to_owned() }).observe(0.01);
        let text = metrics.encode().unwrap();
        assert!(text.contains("wasl_messages_total{queue=\"intake\",outcome=\"done\"} 1"), "{text}");
        assert!(text.contains("wasl_batch_seconds_count{name=\"intake\"} 1"), "{text}");
        assert!(text.contains("wasl_build_info{"), "{text}");
        assert!(text.ends_with("# EOF\n"));
    }
}
