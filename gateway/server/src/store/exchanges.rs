//! The wire log: what was said with agencies, when, how long, what came of it, its hash. The bodies stand in a table of
//! their own. Both are written by columns: the bodies are the greater part of all that is written about a file.

use sqlx::PgTransaction;
use uuid::Uuid;
use wasl_schemas::agency::{Exchange, OutcomeMessage};
use wasl_schemas::id::FileId;
use wasl_schemas::line::{BodyForm, WireBody};

use super::StoreError;

/// Writes the exchanges of a unit.
pub(super) async fn write(
    tx: &mut PgTransaction<'_>,
    all: Vec<(FileId, OutcomeMessage)>,
) -> Result<(), StoreError> {
    let (mut lines, mut bodies) = (Lines::default(), Bodies::default());
    for (file, message) in all {
        let OutcomeMessage { agency, consultation, request, attempt, exchanges, .. } = message;
        for mut exchange in exchanges {
            lines.files.push(file.0);
            lines.consultations.push(consultation.0);
            lines.agencies.push(agency.to_string());
            lines.requests.push(request.as_str());
            lines.attempts.push(i32::try_from(attempt).unwrap_or(i32::MAX));
            lines.bodies.push(bodies.push(exchange.sent.take(), exchange.received.take()));
            lines.push(exchange);
        }
    }
    lines.write(tx).await?;
    bodies.write(tx).await
}

/// What was said, without the bodies.
#[derive(Default)]
struct Lines {
    files: Vec<Uuid>,
    consultations: Vec<Uuid>,
    agencies: Vec<String>,
    requests: Vec<&'static str>,
    attempts: Vec<i32>,
    bodies: Vec<Option<Uuid>>,
    what: Vec<String>,
    at: Vec<String>,
    took_ms: Vec<i64>,
    sent_bytes: Vec<i64>,
    received_bytes: Vec<i64>,
    status: Vec<String>,
    sha256: Vec<String>,
}

impl Lines {
    fn push(&mut self, exchange: Exchange) {
        let whole = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
        self.what.push(exchange.what);
        self.at.push(exchange.at.to_string());
        self.took_ms.push(whole(exchange.took_ms));
        self.sent_bytes.push(whole(exchange.sent_bytes));
        self.received_bytes.push(whole(exchange.received_bytes));
        self.status.push(exchange.status);
        self.sha256.push(exchange.sha256);
    }

    async fn write(&self, tx: &mut PgTransaction<'_>) -> Result<(), StoreError> {
        if self.files.is_empty() {
            return Ok(());
        }
        sqlx::query!(
            "INSERT INTO exchange (consultation_id, file_id, agency, request, attempt, what, at, took_ms, sent_bytes,
                 received_bytes, status, sha256, body_id)
             SELECT c, f, a, r, n, w, t::timestamptz, m, s, e, u, h, b
             FROM UNNEST($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::int[], $6::text[], $7::text[],
                 $8::bigint[], $9::bigint[], $10::bigint[], $11::text[], $12::text[], $13::uuid[])
                 WITH ORDINALITY AS l (c, f, a, r, n, w, t, m, s, e, u, h, b, place) ORDER BY place",
            &self.consultations,
            &self.files,
            &self.agencies,
            &self.requests as &[&str],
            &self.attempts,
            &self.what,
            &self.at,
            &self.took_ms,
            &self.sent_bytes,
            &self.received_bytes,
            &self.status,
            &self.sha256,
            &self.bodies as &[Option<Uuid>]
        )
        .execute(&mut **tx)
        .await?;
        Ok(())
    }
}

/// Bodies of both directions.
#[derive(Default)]
struct Bodies {
    ids: Vec<Uuid>,
    sent: Side,
    received: Side,
}

/// Bodies of one direction.
#[derive(Default)]
struct Side {
    contents: Vec<Option<String>>,
    forms: Vec<Option<&'static str>>,
    cut: Vec<bool>,
}

impl Side {
    fn push(&mut self, body: Option<WireBody>) {
        self.cut.push(body.as_ref().is_some_and(|body| body.cut));
        self.forms.push(body.as_ref().map(|body| match body.form {
            BodyForm::Utf8 => "utf8",
            BodyForm::Base64 => "base64",
        }));
        self.contents.push(body.map(|body| body.content));
    }
}

impl Bodies {
    /// The id of what is kept; none when there is nothing to keep.
    fn push(&mut self, sent: Option<WireBody>, received: Option<WireBody>) -> Option<Uuid> {
        if sent.is_none() && received.is_none() {
            return None;
        }
        let id = Uuid::now_v7();
        self.ids.push(id);
        self.sent.push(sent);
        self.received.push(received);
        Some(id)
    }

    async fn write(&self, tx: &mut PgTransaction<'_>) -> Result<(), StoreError> {
        if self.ids.is_empty() {
            return Ok(());
        }
        sqlx::query!(
            "INSERT INTO exchange_body (id, sent, sent_form, sent_cut, received, received_form, received_cut)
             SELECT * FROM UNNEST($1::uuid[], $2::text[], $3::text[], $4::bool[], $5::text[], $6::text[], $7::bool[])",
            &self.ids,
            &self.sent.contents as &[Option<String>],
            &self.sent.forms as &[Option<&str>],
            &self.sent.cut,
            &self.received.contents as &[Option<String>],
            &self.received.forms as &[Option<&str>],
            &self.received.cut
        )
        .execute(&mut **tx)
        .await?;
        Ok(())
    }
}
