//! `/callbacks/{agency}`: what an agency calls us with.
//!
//! 1. the raw body is read under a cap, and the adapter says whose it is;
//! 2. what is expected (the consultation, the order and its amount, the nonce) is looked up;
//! 3. the adapter verifies and translates the raw bytes;
//! 4. a capture is committed, the outcome published with a confirm, and only then the agency is answered.
//!    When we cannot know, the answer is 503: the agency tries again, and repeats fall away by their id.

mod answers;
mod reject;
mod spoken;
mod together;

use axum::body::{Body, to_bytes};
use axum::extract::{Path, Request, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use wasl_adapters::crash_point;
use wasl_adapters::port::{Adapter, Expected, RawCallback, Received, Reply};
use wasl_core::file::event::BANK;
use wasl_schemas::agency::{Outcome, OutcomeMessage, RequestKind, Via};
use wasl_schemas::id::{AgencyKind, ConsultationId};
use wasl_schemas::money::Centimes;
use wasl_schemas::problem::Code;

pub use self::answers::{Answers, run_answers};
use super::app::{App, Shared};
use super::problem::Problem;
use crate::clock::wall_now;
use crate::store::read::callbacks::{self, Known, Nonce, Question};

/// What callbacks ask of the database, and leave there: many with one statement.
#[derive(Debug, Default)]
pub struct Together {
    questions: together::Together<Question, Known>,
    nonces: together::Together<Nonce, ()>,
}

/// The path's parameters; what stands below the agency is in the URI.
#[derive(Debug, Deserialize)]
pub struct CallbackPath {
    agency: String,
}

/// Takes one callback.
pub async fn receive(
    State(app): State<Shared>,
    Path(path): Path<CallbackPath>,
    request: Request,
) -> Result<Response, Problem> {
    let kind = AgencyKind::try_new(path.agency).map_err(|_| Problem::not_found())?;
    let adapter = app.agencies.get(&kind).cloned().ok_or_else(Problem::not_found)?;
    let uri = request.uri();
    let below = uri.path().strip_prefix(&format!("/callbacks/{kind}")).unwrap_or_default();
    let path = uri.query().map_or_else(|| below.to_owned(), |query| format!("{below}?{query}"));
    let raw = raw(&app, request, path).await?;
    crash_point!("callback.received");
    let identified = adapter.identify(&raw);
    let expected = expected(&app, &kind, identified.consultation, identified.nonce.as_deref()).await?;
    let callback = Callback { app: &app, kind: &kind, raw: &raw, consultation: identified.consultation };
    let reply = callback.settle(adapter.as_ref(), &expected).await?;
    crash_point!("callback.published");
    if let Some(nonce) = identified.nonce.filter(|_| reply.accepted) {
        // Kept only now: an agency that has to repeat itself after a 503 must not look like a replay.
        let nonce = Nonce { agency: kind.to_string(), nonce };
        app.callbacks.nonces.ask(nonce, |all| callbacks::keep_nonces(&app.pool, all)).await?;
    }
    crash_point!("callback.kept");
    spoken::drift(&app, &kind, adapter.drift(&raw)).await;
    Ok(respond(&reply.reply))
}

async fn raw(app: &App, request: Request, path: String) -> Result<RawCallback, Problem> {
    let (parts, body) = request.into_parts();
    let body = read(body, app.settings().http.body_bytes_max).await?;
    let headers = parts.headers.iter();
    let headers =
        headers.map(|(name, v)| (name.to_string(), String::from_utf8_lossy(v.as_bytes()).into_owned()));
    Ok(RawCallback::new(parts.method.to_string(), path, headers.collect(), body, wall_now()))
}

async fn read(body: Body, most: usize) -> Result<Vec<u8>, Problem> {
    to_bytes(body, most).await.map(Into::into).map_err(|_| Problem::new(Code::BodyTooLarge))
}

async fn expected(
    app: &App,
    kind: &AgencyKind,
    consultation: Option<ConsultationId>,
    nonce: Option<&str>,
) -> Result<Expected, Problem> {
    let question = Question {
        agency: kind.to_string(),
        bank: kind.as_str() == BANK,
        id: consultation.map(|id| id.0),
        nonce: nonce.map(str::to_owned),
    };
    let known = app.callbacks.questions.ask(question, |all| callbacks::known(&app.pool, all)).await?;
    Ok(Expected {
        known: known.known,
        nonce_replayed: known.nonce_seen,
        amount_centimes: known.amount_centimes.map(Centimes),
        captured_transaction: known.captured,
    })
}

/// How a callback ended.
struct Settled {
    reply: Reply,
    /// Its outcome is safe with the broker.
    accepted: bool,
}

struct Callback<'a> {
    app: &'a App,
    kind: &'a AgencyKind,
    raw: &'a RawCallback,
    consultation: Option<ConsultationId>,
}

impl Callback<'_> {
    async fn settle(&self, adapter: &dyn Adapter, expected: &Expected) -> Result<Settled, Problem> {
        match adapter.receive(self.raw, expected) {
            Received::Accept { event_id, outcome, reply } => {
                self.publish(&event_id, outcome, &reply).await?;
                Ok(Settled { reply, accepted: true })
            }
            Received::Capture { transaction, amount_centimes, outcome, reply, conflict } => {
                let order = self.consultation.ok_or_else(Problem::not_found)?;
                let held =
                    callbacks::capture(&self.app.pool, order.0, &transaction, amount_centimes.0).await?;
                crash_point!("callback.captured");
                if held != transaction {
                    self.alarm(Code::PaymentSecondCapture.as_str());
                    return Ok(Settled { reply: conflict, accepted: false });
                }
                self.publish(&transaction, outcome, &reply).await?;
                Ok(Settled { reply, accepted: true })
            }
            Received::Ignore { reply, alarm } => {
                if let Some(code) = alarm {
                    self.alarm(code);
                }
                Ok(Settled { reply, accepted: false })
            }
            Received::Reject { reply, code, reason } => {
                self.alarm(code);
                reject::park(self.app, self.kind, self.raw, self.consultation, (code, &reason)).await?;
                Ok(Settled { reply, accepted: false })
            }
        }
    }

    /// Publishes what the callback says; no confirm in time is 503.
    async fn publish(&self, event_id: &str, outcome: Outcome, reply: &Reply) -> Result<(), Problem> {
        let consultation = self.consultation.ok_or_else(Problem::not_found)?;
        let message = OutcomeMessage {
            id: OutcomeMessage::id_of_event(self.kind, event_id),
            agency: self.kind.clone(),
            consultation,
            request: RequestKind::Query,
            attempt: 0,
            via: Via::Callback,
            outcome,
            exchanges: vec![spoken::exchange(self.raw, reply)],
        };
        self.app.answers.publish(message).await
    }

    fn alarm(&self, code: &str) {
        let consultation = self.consultation.map(|id| id.to_string()).unwrap_or_default();
        tracing::warn!(agency = %self.kind, code, consultation, "a callback was not taken");
        let labels = crate::observe::metrics::Code { code: code.to_owned() };
        self.app.context.metrics.parked.get_or_create(&labels).inc();
    }
}

fn respond(reply: &Reply) -> Response {
    let status = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = (status, reply.body.clone()).into_response();
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(reply.content_type));
    response
}
