//! The rows of the floor: one statement for each table of a batch.

use std::collections::BTreeSet;

use sqlx::{AssertSqlSafe, PgTransaction};
use uuid::Uuid;

use super::broker::Message;
use super::template::Template;
use super::{CALLS, Pass, Plan};

/// An answer to write down.
pub(crate) struct Told {
    pub(crate) pass: Pass,
    pub(crate) stage: usize,
    /// Number of its event, and of that of the review which it ends.
    pub(crate) event: Option<i64>,
    pub(crate) last: Option<i64>,
    pub(crate) id: String,
}

/// What stands in the rows, besides ids.
pub(crate) struct Content {
    state: Template,
    registered: Template,
    answers: [Template; 3],
    reviewed: Template,
    /// Bodies by [`Pass::place`].
    sent: Vec<Option<Template>>,
    received: Vec<Option<Template>>,
    file: String,
    consultation: String,
    timer: String,
}

/// Timers of a file, and of each of its consultations, at its registration.
const OF_CONSULTATION: [&str; 3] = ["watchdog", "reviewer-due", "reviewer-grace"];
const HASH: [u8; 32] = [7; 32];

impl Content {
    pub(crate) fn of(plan: &Plan) -> Self {
        let text = |value: &serde_json::Value| match value {
            serde_json::Value::String(text) => Template::of(text, plan),
            other => Template::of(&other.to_string(), plan),
        };
        let events = plan.rows["event"].as_array().unwrap();
        let event = |name: &str| text(&events.iter().find(|event| event["name"] == name).unwrap()["data"]);
        let bodies = plan.rows["exchange_body"].as_array().unwrap();
        let body = |name: &str| -> Vec<Option<Template>> {
            bodies.iter().map(|body| body[name].as_str().map(|text| Template::of(text, plan))).collect()
        };
        Self {
            state: text(&plan.rows["file"][0]["state"]),
            registered: event("registered"),
            answers: ["consultation-sent", "consultation-acknowledged", "consultation-answered"].map(event),
            reviewed: event("reviewed"),
            sent: body("sent"),
            received: body("received"),
            file: copied(
                plan,
                "file",
                &[
                    ("id", "u.id"),
                    ("reference", "u.reference"),
                    ("state", "u.state::jsonb"),
                    ("registration", "u.reference"),
                ],
            ),
            consultation: copied(plan, "consultation", &[("id", "u.id"), ("file_id", "u.file_id")]),
            timer: copied(plan, "timer", &[("file_id", "u.id")]),
        }
    }
}

/// `columns) SELECT values`, all from the template but those that are given.
fn copied(plan: &Plan, table: &str, given: &[(&str, &str)]) -> String {
    let columns: Vec<&String> = plan.rows[table][0].as_object().unwrap().keys().collect();
    let value = |column: &&String| match given.iter().find(|(name, _)| name == column) {
        Some((_, value)) => (*value).to_owned(),
        None => format!("t.{column}"),
    };
    let values: Vec<String> = columns.iter().map(value).collect();
    let names: Vec<&str> = columns.iter().map(|column| column.as_str()).collect();
    format!("INSERT INTO {table} ({}) SELECT {}", names.join(", "), values.join(", "))
}

/// Everything of new files.
pub(crate) async fn register(tx: &mut PgTransaction<'_>, files: &[Pass], content: &Content) {
    inbox(tx, files.iter().map(|pass| pass.reference.clone()).collect()).await;
    let ids: Vec<Uuid> = files.iter().map(|pass| pass.file).collect();
    let references: Vec<&str> = files.iter().map(|pass| pass.reference.as_str()).collect();
    let states: Vec<String> = files.iter().map(|pass| content.state.fill(pass)).collect();
    let sql = format!(
        "{} FROM UNNEST($1::uuid[], $2::text[], $3::text[]) u (id, reference, state), t_file t",
        content.file
    );
    sqlx::query(AssertSqlSafe(sql))
        .bind(&ids)
        .bind(&references)
        .bind(&states)
        .execute(&mut **tx)
        .await
        .unwrap();
    let (mut owners, mut consultations, mut places) = (Vec::new(), Vec::new(), Vec::new());
    for pass in files {
        for which in 0..2 {
            owners.push(pass.file);
            consultations.push(pass.consultation(which));
            places.push(which as i64 + 1);
        }
    }
    let sql = format!(
        "{} FROM UNNEST($1::uuid[], $2::uuid[], $3::bigint[]) u (id, file_id, place) JOIN t_consultation t ON t.place = u.place",
        content.consultation
    );
    sqlx::query(AssertSqlSafe(sql))
        .bind(&consultations)
        .bind(&owners)
        .bind(&places)
        .execute(&mut **tx)
        .await
        .unwrap();
    let events =
        files.iter().map(|pass| (pass.file, 1, "registered", content.registered.fill(pass))).collect();
    append(tx, events).await;
    let sql = format!("{} FROM UNNEST($1::uuid[]) u (id), t_timer t", content.timer);
    sqlx::query(AssertSqlSafe(sql)).bind(&ids).execute(&mut **tx).await.unwrap();
    let keys = files.iter().flat_map(|pass| {
        (0..2).flat_map(move |which| {
            OF_CONSULTATION.map(|kind| (pass.file, key(kind, pass.consultation(which))))
        })
    });
    set_timers(tx, keys.collect()).await;
}

fn key(kind: &str, consultation: Uuid) -> String {
    format!("{kind}:{consultation}")
}

/// Everything of a batch of answers.
pub(crate) async fn answer(tx: &mut PgTransaction<'_>, all: &[Told], content: &Content) {
    inbox(tx, all.iter().map(|told| told.id.clone()).collect()).await;
    let ids: Vec<Uuid> = all.iter().map(|told| told.pass.file).collect::<BTreeSet<_>>().into_iter().collect();
    // Whoever decides must have read what it decides on.
    let states: Vec<(Uuid, i64, String)> = sqlx::query_as(
        "SELECT id, sequence, state::text FROM file WHERE id = ANY($1) ORDER BY id FOR UPDATE",
    )
    .bind(&ids)
    .fetch_all(&mut **tx)
    .await
    .unwrap();
    let changed: BTreeSet<Uuid> = all.iter().filter(|t| t.event.is_some()).map(|t| t.pass.file).collect();
    let reviewed: Vec<Uuid> = all.iter().filter(|t| t.last.is_some()).map(|t| t.pass.file).collect();
    let changed = states.into_iter().filter(|(id, ..)| changed.contains(id));
    let (ids, texts): (Vec<Uuid>, Vec<String>) = changed.map(|(id, _, state)| (id, state)).unzip();
    sqlx::query(
        "UPDATE file SET state = u.state::jsonb, sequence = file.sequence + 1, hash = $4,
             reviewed_at = CASE WHEN file.id = ANY($3) THEN now() ELSE file.reviewed_at END
         FROM UNNEST($1::uuid[], $2::text[]) u (id, state) WHERE file.id = u.id",
    )
    .bind(&ids)
    .bind(&texts)
    .bind(&reviewed)
    .bind(HASH.as_slice())
    .execute(&mut **tx)
    .await
    .unwrap();
    consultations(tx, all).await;
    let mut events = Vec::with_capacity(all.len() + reviewed.len());
    for told in all {
        let name =
            ["consultation-sent", "consultation-acknowledged", "consultation-answered"][told.stage - 1];
        let data = &content.answers[told.stage - 1];
        events.extend(told.event.map(|sequence| (told.pass.file, sequence, name, data.fill(&told.pass))));
        let reviewed = told.last.map(|sequence| (told.pass.file, sequence, "reviewed"));
        events.extend(
            reviewed.map(|(file, number, name)| (file, number, name, content.reviewed.fill(&told.pass))),
        );
    }
    append(tx, events).await;
    let over: BTreeSet<(Uuid, String)> = all.iter().flat_map(ended).collect();
    // What is pushed is asked for once in a while all the same; what is polled has its feed.
    let asked = |told: &&Told| told.event.is_some() && told.stage < 3 && told.pass.which == CALLS;
    let set: BTreeSet<(Uuid, String)> =
        all.iter().filter(asked).map(|told| (told.pass.file, key("poll", consultation(told)))).collect();
    set_timers(tx, set.difference(&over).cloned().collect()).await;
    clear_timers(tx, over.into_iter().collect()).await;
    exchanges(tx, all, content).await;
}

/// Timers that an answer ends.
fn ended(told: &Told) -> impl Iterator<Item = (Uuid, String)> {
    let kinds: &[&str] = match told.stage {
        1 => &["watchdog"],
        2 => &[],
        _ => &["poll", "reviewer-due", "reviewer-grace"],
    };
    kinds.iter().map(|kind| (told.pass.file, key(kind, consultation(told))))
}

fn consultation(told: &Told) -> Uuid {
    told.pass.consultation(told.pass.which)
}

async fn consultations(tx: &mut PgTransaction<'_>, all: &[Told]) {
    let mut latest: std::collections::BTreeMap<Uuid, usize> = std::collections::BTreeMap::new();
    for told in all.iter().filter(|told| told.event.is_some()) {
        let stage = latest.entry(consultation(told)).or_default();
        *stage = told.stage.max(*stage);
    }
    let ids: Vec<Uuid> = latest.keys().copied().collect();
    let status: Vec<&str> =
        latest.values().map(|stage| ["sent", "acknowledged", "answered"][stage - 1]).collect();
    sqlx::query(
        "UPDATE consultation SET status = u.status, sent_at = COALESCE(sent_at, now()),
             answered_at = CASE u.status WHEN 'answered' THEN now() END, waiting = false
         FROM UNNEST($1::uuid[], $2::text[]) u (id, status) WHERE consultation.id = u.id",
    )
    .bind(&ids)
    .bind(&status)
    .execute(&mut **tx)
    .await
    .unwrap();
}

async fn inbox(tx: &mut PgTransaction<'_>, ids: Vec<String>) {
    sqlx::query("INSERT INTO inbox (source, id, body_hash) SELECT 'floor', id, $2 FROM UNNEST($1::text[]) id ON CONFLICT DO NOTHING")
        .bind(&ids)
        .bind(HASH.as_slice())
        .execute(&mut **tx)
        .await
        .unwrap();
}

async fn append(tx: &mut PgTransaction<'_>, events: Vec<(Uuid, i64, &str, String)>) {
    let (mut files, mut sequences, mut names, mut data) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for (file, sequence, name, text) in events {
        files.push(file);
        sequences.push(sequence);
        names.push(name);
        data.push(text);
    }
    sqlx::query(
        "INSERT INTO event (file_id, sequence, name, cause, data, hash, legal_at)
         SELECT f, s, n, 'floor', d::json, $5, now() FROM UNNEST($1::uuid[], $2::bigint[], $3::text[], $4::text[]) e (f, s, n, d)",
    )
    .bind(&files)
    .bind(&sequences)
    .bind(&names)
    .bind(&data)
    .bind(HASH.as_slice())
    .execute(&mut **tx)
    .await
    .unwrap();
}

async fn set_timers(tx: &mut PgTransaction<'_>, keys: Vec<(Uuid, String)>) {
    let (files, keys): (Vec<Uuid>, Vec<String>) = keys.into_iter().unzip();
    sqlx::query(
        "INSERT INTO timer (file_id, key, legal, due_at) SELECT f, k, false, now() + interval '1 day'
         FROM UNNEST($1::uuid[], $2::text[]) t (f, k) ON CONFLICT (file_id, key) DO UPDATE SET due_at = excluded.due_at",
    )
    .bind(&files)
    .bind(&keys)
    .execute(&mut **tx)
    .await
    .unwrap();
}

async fn clear_timers(tx: &mut PgTransaction<'_>, keys: Vec<(Uuid, String)>) {
    let (files, keys): (Vec<Uuid>, Vec<String>) = keys.into_iter().unzip();
    sqlx::query("DELETE FROM timer t USING UNNEST($1::uuid[], $2::text[]) k (f, k) WHERE t.file_id = k.f AND t.key = k.k")
        .bind(&files)
        .bind(&keys)
        .execute(&mut **tx)
        .await
        .unwrap();
}

async fn exchanges(tx: &mut PgTransaction<'_>, all: &[Told], content: &Content) {
    let bodies: Vec<Uuid> = all.iter().map(|_| Uuid::now_v7()).collect();
    let files: Vec<Uuid> = all.iter().map(|told| told.pass.file).collect();
    let about: Vec<Uuid> = all.iter().map(consultation).collect();
    let places: Vec<i64> = all.iter().map(|told| told.pass.place(told.stage) as i64 + 1).collect();
    sqlx::query(
        "INSERT INTO exchange (consultation_id, file_id, agency, request, attempt, what, at, took_ms, sent_bytes,
             received_bytes, status, sha256, body_id)
         SELECT u.c, u.f, t.agency, t.request, t.attempt, t.what, now(), t.took_ms, t.sent_bytes, t.received_bytes,
             t.status, t.sha256, u.b
         FROM UNNEST($1::uuid[], $2::uuid[], $3::uuid[], $4::bigint[]) u (c, f, b, p)
             JOIN t_exchange t ON t.place = u.p",
    )
    .bind(&about)
    .bind(&files)
    .bind(&bodies)
    .bind(&places)
    .execute(&mut **tx)
    .await
    .unwrap();
    let filled = |of: &[Option<Template>]| -> Vec<Option<String>> {
        let body = |told: &Told| of[told.pass.place(told.stage)].as_ref().map(|body| body.fill(&told.pass));
        all.iter().map(body).collect()
    };
    let (sent, received) = (filled(&content.sent), filled(&content.received));
    sqlx::query(
        "INSERT INTO exchange_body (id, sent, sent_form, sent_cut, received, received_form, received_cut)
         SELECT i, s, 'utf8', false, r, 'utf8', false FROM UNNEST($1::uuid[], $2::text[], $3::text[]) u (i, s, r)",
    )
    .bind(&bodies)
    .bind(&sent)
    .bind(&received)
    .execute(&mut **tx)
    .await
    .unwrap();
}

/// What must be said once the commit stands; the rows' ids.
pub(crate) async fn outbox(tx: &mut PgTransaction<'_>, messages: &[Message]) -> Vec<i64> {
    let lanes: Vec<Uuid> = messages.iter().map(|_| Uuid::nil()).collect();
    let exchanges: Vec<&str> = messages.iter().map(|m| m.exchange).collect();
    let keys: Vec<&str> = messages.iter().map(|m| m.routing_key.as_str()).collect();
    let ids: Vec<&str> = messages.iter().map(|m| m.message_id.as_str()).collect();
    let bodies: Vec<&[u8]> = messages.iter().map(|m| m.body.as_slice()).collect();
    sqlx::query_scalar(
        "INSERT INTO outbox (lane, exchange, routing_key, message_id, content_type, body)
         SELECT l, e, k, i, 'application/json', b FROM UNNEST($1::uuid[], $2::text[], $3::text[], $4::text[], $5::bytea[]) u (l, e, k, i, b)
         RETURNING id",
    )
    .bind(&lanes)
    .bind(&exchanges)
    .bind(&keys)
    .bind(&ids)
    .bind(&bodies)
    .fetch_all(&mut **tx)
    .await
    .unwrap()
}

/// The feed is asked.
pub(crate) async fn feed_asked(tx: &mut PgTransaction<'_>) {
    sqlx::query("UPDATE feed SET asked_at = now(), next_at = now() + interval '1 minute'")
        .execute(&mut **tx)
        .await
        .unwrap();
}

/// The feed is read up to here.
pub(crate) async fn feed_moved(tx: &mut PgTransaction<'_>, next: usize) {
    sqlx::query("UPDATE feed SET cursor = $1, version = version + 1, next_at = now()")
        .bind(next.to_string())
        .execute(&mut **tx)
        .await
        .unwrap();
}
