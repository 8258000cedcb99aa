//! What a file leaves behind: rows and messages, recorded once from wasl and counted on both sides.

use futures_util::StreamExt;
use lapin::options::{BasicAckOptions, BasicConsumeOptions, QueueBindOptions, QueueDeclareOptions};
use lapin::types::FieldTable;
use lapin::{Channel, Connection, ConnectionProperties};
use serde_json::Value;
use sqlx::AssertSqlSafe;
use wasl_schemas::wire;

use crate::shape::Shape;
use crate::support::Gateway;
use crate::support::gateway::text;
use crate::support::servers::manage_json;
use crate::worker::Plan;

/// Tables whose rows belong to files.
const TABLES: [&str; 10] = [
    "file",
    "consultation",
    "event",
    "timer",
    "exchange",
    "exchange_body",
    "inbox",
    "outbox",
    "nonce",
    "feed",
];
/// Those of them that are copied from one file to all, and the order of their rows.
const COPIED: [(&str, &str); 5] = [
    ("file", "t.id"),
    ("consultation", "t.agency"),
    ("event", "t.sequence"),
    ("timer", "t.key"),
    ("exchange", "t.agency, t.at, t.id"),
];

/// Hears everything that is said between the roles, and to the commune.
pub(crate) struct Tap {
    _connection: Connection,
    channel: Channel,
}

const TAP: &str = "bench.tap";

impl Tap {
    pub(crate) async fn open(gateway: &Gateway) -> Self {
        let address = gateway.servers.amqp.as_str();
        let connection = Connection::connect(address, ConnectionProperties::default()).await.unwrap();
        let channel = connection.create_channel().await.unwrap();
        let (options, none) =
            (QueueDeclareOptions { exclusive: true, ..Default::default() }, FieldTable::default());
        channel.queue_declare(TAP.into(), options, none.clone()).await.unwrap();
        let keys = [
            ("wasl.in", "#"),
            ("wasl.answers", "#"),
            ("wasl.out", "#"),
            ("wasl.review", "review.onee"),
            ("wasl.review", "review.urban-agency"),
            ("wasl.review", "review.urban-agency.feeds"),
        ];
        for (exchange, key) in keys {
            let (exchange, key) = (exchange.into(), key.into());
            channel
                .queue_bind(TAP.into(), exchange, key, QueueBindOptions::default(), none.clone())
                .await
                .unwrap();
        }
        Self { _connection: connection, channel }
    }

    /// What was said about the file, and the rows that it left.
    pub(crate) async fn plan(self, gateway: &Gateway, reference: &str) -> Plan {
        let mut plan = Plan::default();
        for (table, order) in COPIED {
            let column = if table == "file" { "t.id" } else { "t.file_id" };
            let sql = format!(
                "SELECT COALESCE(json_agg(t ORDER BY {order}), '[]') FROM {table} t JOIN file f ON f.id = {column} WHERE f.reference = $1"
            );
            plan.rows.insert(table.to_owned(), one(gateway, sql, reference).await);
        }
        let bodies = "SELECT json_agg(b ORDER BY t.agency, t.at, t.id) FROM exchange_body b
                      JOIN exchange t ON t.body_id = b.id JOIN file f ON f.id = t.file_id WHERE f.reference = $1";
        plan.rows.insert("exchange_body".to_owned(), one(gateway, bodies.to_owned(), reference).await);
        plan.file = text(&plan.rows["file"], "/0/id").to_owned();
        plan.reference = reference.to_owned();
        let ids = plan.rows["consultation"].as_array().unwrap().iter();
        plan.consultations = ids.map(|row| text(row, "/id").to_owned()).collect();
        let mut heard = self
            .channel
            .basic_consume(TAP.into(), "".into(), BasicConsumeOptions::default(), FieldTable::default())
            .await
            .unwrap();
        // All of it is in the queue; readings of feeds go on for ever.
        let end = tokio::time::Instant::now() + std::time::Duration::from_secs(2);
        while let Ok(Some(Ok(delivery))) = tokio::time::timeout_at(end, heard.next()).await {
            let body = String::from_utf8(delivery.data.clone()).unwrap();
            delivery.ack(BasicAckOptions::default()).await.unwrap();
            let about =
                body.contains(&plan.file) || plan.consultations.iter().any(|id| body.contains(id.as_str()));
            if about {
                plan.said.push((delivery.exchange.to_string(), delivery.routing_key.to_string(), body));
            }
        }
        plan
    }
}

async fn one(gateway: &Gateway, sql: String, reference: &str) -> Value {
    sqlx::query_scalar(AssertSqlSafe(sql)).bind(reference).fetch_one(&gateway.pool).await.unwrap()
}

/// Makes the tables from which the floor copies what no program would have to compute.
pub(crate) async fn templates(gateway: &Gateway, plan: &Plan) {
    for (table, rows) in &plan.rows {
        let sql = format!(
            "CREATE TABLE t_{table} AS SELECT t.*, row_number() OVER () AS place FROM jsonb_populate_recordset(NULL::{table}, $1) t"
        );
        sqlx::query(AssertSqlSafe(sql)).bind(rows).execute(&gateway.pool).await.unwrap();
    }
}

/// Rows that were written and messages that were published, for each file that there is.
pub(crate) async fn shape(gateway: &Gateway) -> Shape {
    let files = gateway.count("SELECT count(*) FROM file").await.max(1) as f64;
    // The statistics of a session that goes on are seen a second later.
    tokio::time::sleep(std::time::Duration::from_secs(2)).await;
    let rows: Vec<(String, i64, i64, i64)> = sqlx::query_as(
        "SELECT relname::text, n_tup_ins, n_tup_upd, n_tup_del FROM pg_stat_user_tables WHERE relname = ANY($1)",
    )
    .bind(TABLES.map(str::to_owned).to_vec())
    .fetch_all(&gateway.pool)
    .await
    .unwrap();
    let mut shape = Shape::new();
    for (table, inserted, updated, deleted) in rows {
        for (what, count) in [("inserted", inserted), ("updated", updated), ("deleted", deleted)] {
            shape.insert(format!("{table} {what}"), count as f64 / files);
        }
    }
    let queues = manage_json(&gateway.servers, &format!("api/queues/{}", gateway.name)).await;
    for queue in queues.as_array().unwrap() {
        let published = queue["message_stats"]["publish"].as_f64().unwrap_or(0.0);
        if published > 0.0 {
            // The floor has what agencies say in one queue, the least that there can be.
            let name = match queue["name"].as_str().unwrap() {
                wire::QUEUE_CALLBACKS => wire::QUEUE_ANSWERS,
                name => name,
            };
            *shape.entry(format!("published to {name}")).or_default() += published / files;
        }
    }
    shape
}
