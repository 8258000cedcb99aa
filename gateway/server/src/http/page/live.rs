//! Keeps the page fresh: one reading per interval for all viewers, drawn once per language, sent as ready HTML.
//!
//! Nobody looks: nothing is read. A reading that takes long makes the interval longer, so that the page never
//! takes more than a fifth of the time of the database's connections.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use axum::extract::State;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::StreamExt as _;
use serde::Deserialize;
use tokio::sync::{Mutex, Semaphore, watch};
use tokio::time::Instant;
use tokio_stream::wrappers::WatchStream;
use wasl_schemas::problem::Code;

use super::figures;
use super::pulse::Pulse;
use super::snapshot::Snapshot;
use crate::http::app::{App, Shared};
use crate::http::lang::Lang;
use crate::http::problem::Problem;
use crate::http::query::Asked;
use crate::store::StoreError;

/// A reading may take one part in so many of the interval.
const REST_FACTOR: u32 = 4;
/// A comment goes out when nothing changed for so long, so that proxies keep the connection.
const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// How soon a browser comes back after a fault.
const RETRY: Duration = Duration::from_secs(2);

/// A part of the page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fragment {
    /// Id of the element that it fills.
    pub id: &'static str,
    /// Its content.
    pub html: String,
}

/// One reading, drawn when it is first asked for in a language.
#[derive(Debug)]
pub struct Frame {
    snapshot: Arc<Snapshot>,
    /// The database did not answer since.
    stale: bool,
    read_at: Instant,
    /// How long this frame counts as fresh.
    fresh_for: Duration,
    drawn: [OnceLock<Arc<[Fragment]>>; 3],
}

impl Frame {
    fn new(snapshot: Arc<Snapshot>, stale: bool, fresh_for: Duration) -> Arc<Self> {
        Arc::new(Self { snapshot, stale, read_at: Instant::now(), fresh_for, drawn: Default::default() })
    }

    /// The fragments in one language.
    #[must_use]
    pub fn fragments(&self, lang: Lang) -> Arc<[Fragment]> {
        let drawn = self.drawn[lang.index()]
            .get_or_init(|| figures::fragments(&self.snapshot, self.stale, lang).into());
        drawn.clone()
    }
}

/// The newest frame, and who looks at it.
#[derive(Debug)]
pub struct Live {
    newest: watch::Sender<Option<Arc<Frame>>>,
    reading: Mutex<()>,
    places: Arc<Semaphore>,
}

impl Live {
    /// No frame yet, and room for so many viewers.
    #[must_use]
    pub fn new(viewers_max: usize) -> Self {
        let places = Arc::new(Semaphore::new(viewers_max.min(Semaphore::MAX_PERMITS)));
        Self { newest: watch::Sender::new(None), reading: Mutex::new(()), places }
    }

    /// The newest frame when it is fresh; else a new one, read once however many ask. When the database is
    /// away, the last frame, marked as stale.
    ///
    /// # Errors
    /// "Unavailable" when there never was one.
    pub async fn fresh(&self, app: &App) -> Result<Arc<Frame>, Problem> {
        if let Some(frame) = self.newest_fresh() {
            return Ok(frame);
        }
        let _one_at_a_time = self.reading.lock().await;
        if let Some(frame) = self.newest_fresh() {
            return Ok(frame);
        }
        let last = self.newest.borrow().clone();
        let frame = match self.read(app, last.as_deref()).await {
            Ok(frame) => frame,
            Err(error) => match last {
                Some(last) => {
                    tracing::warn!(%error, "the live page shows its last numbers");
                    Frame::new(last.snapshot.clone(), true, interval(app))
                }
                None => return Err(error.into()),
            },
        };
        self.newest.send_replace(Some(frame.clone()));
        Ok(frame)
    }

    fn newest_fresh(&self) -> Option<Arc<Frame>> {
        self.newest.borrow().clone().filter(|frame| frame.read_at.elapsed() < frame.fresh_for)
    }

    async fn read(&self, app: &App, last: Option<&Frame>) -> Result<Arc<Frame>, StoreError> {
        let begin = Instant::now();
        let pulse = last.map_or_else(Pulse::default, |frame| frame.snapshot.pulse.clone());
        let snapshot = Snapshot::read(app, pulse).await?;
        let fresh_for = interval(app).max(begin.elapsed() * REST_FACTOR);
        Ok(Frame::new(Arc::new(snapshot), false, fresh_for))
    }

    fn is_watched(&self) -> bool {
        self.newest.receiver_count() > 0
    }
}

fn interval(app: &App) -> Duration {
    Duration::from_millis(app.settings().http.live_interval_ms.max(100))
}

/// Reads on while somebody looks, until the process stops.
pub async fn run(app: Shared) {
    let mut tick = tokio::time::interval(interval(&app));
    tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = app.context.cancel.cancelled() => return,
            _ = tick.tick() => {}
        }
        if app.live.is_watched()
            && let Err(problem) = app.live.fresh(&app).await
        {
            tracing::debug!(code = problem.code.as_str(), "the live page has no numbers yet");
        }
    }
}

/// The query of `/live`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LiveQuery {
    lang: Option<String>,
}

/// `/live?lang=`: server-sent events (WHATWG HTML, 9.2). The data of each is a JSON object of the fragments that
/// changed, by id; the first one has them all.
pub async fn stream(State(app): State<Shared>, Asked(query): Asked<LiveQuery>) -> Result<Response, Problem> {
    let lang = match query.lang.as_deref() {
        None => Lang::Fr,
        Some(tag) => Lang::parse(tag).ok_or_else(|| Problem::query("lang"))?,
    };
    let place = app.live.places.clone().try_acquire_owned().map_err(|_| Problem::new(Code::RateLimited))?;
    let frames = WatchStream::new(app.live.newest.subscribe());
    let mut sent: BTreeMap<&'static str, String> = BTreeMap::new();
    let events = frames.filter_map(move |frame| {
        // The place is given back when the stream is dropped.
        let _place = &place;
        let event = frame.and_then(|frame| changed(&frame.fragments(lang), &mut sent));
        async move { event.map(Ok::<_, Infallible>) }
    });
    let events = events.take_until(app.context.cancel.clone().cancelled_owned());
    Ok(Sse::new(events).keep_alive(KeepAlive::new().interval(KEEP_ALIVE)).into_response())
}

/// The event with the fragments that differ from what this viewer has; none when nothing changed.
fn changed(fragments: &[Fragment], sent: &mut BTreeMap<&'static str, String>) -> Option<Event> {
    let news: BTreeMap<&str, &str> = fragments
        .iter()
        .filter(|fragment| sent.get(fragment.id) != Some(&fragment.html))
        .map(|fragment| (fragment.id, fragment.html.as_str()))
        .collect();
    if news.is_empty() {
        return None;
    }
    let event = Event::default().retry(RETRY).json_data(&news).ok()?;
    sent.extend(fragments.iter().map(|fragment| (fragment.id, fragment.html.clone())));
    Some(event)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_changed_is_sent_again() {
        let fragment = |id, html: &str| Fragment { id, html: html.to_owned() };
        let mut sent = BTreeMap::new();
        assert!(changed(&[fragment("flow", "1"), fragment("head", "a")], &mut sent).is_some());
        assert!(changed(&[fragment("flow", "1"), fragment("head", "a")], &mut sent).is_none());
        let event = changed(&[fragment("flow", "2"), fragment("head", "a")], &mut sent);
        let text = format!("{:?}", event.unwrap());
        assert!(text.contains("flow") && !text.contains("head"), "{text}");
        assert_eq!(sent["flow"], "2");
    }
}
