//! What the run asks of the broker besides what the gateway's own `topology apply` makes: the user that stands in
//! for the communes, and whether every role reads its queue.

use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use lapin::options::QueueDeclareOptions;
use lapin::types::FieldTable;
use lapin::{Connection, ConnectionProperties};
use serde_json::json;

use super::servers::{Servers, without_user};

/// The user that stands in for communes and provinces.
pub const STAND_IN: &str = "wasl-communes";
/// How often queues are looked at while the roles start.
const LOOK_INTERVAL: Duration = Duration::from_millis(100);

/// Makes the user that may publish in the name of every partner (tag `impersonator`) and read their queues.
///
/// # Errors
/// The management API refuses.
pub async fn make_stand_in(servers: &Servers, password: &str) -> anyhow::Result<()> {
    let client = reqwest::Client::builder().no_proxy().build()?;
    let base = without_user(&servers.amqp_management);
    let put = async |path: &str, body: serde_json::Value| -> anyhow::Result<()> {
        let request = client.put(format!("{}{path}", with_slash(&base))).json(&body);
        let admin = &servers.amqp_management;
        let answer = request.basic_auth(admin.username(), admin.password()).send().await?;
        ensure!(answer.status().is_success(), "the broker refuses {path}: {}", answer.status());
        Ok(())
    };
    put(&format!("api/users/{STAND_IN}"), json!({"password": password, "tags": "impersonator"})).await?;
    let rights = json!({"configure": "^$", "write": r"^wasl\.in$", "read": r"^(commune|province)\..+$"});
    put(&format!("api/permissions/%2f/{STAND_IN}"), rights).await
}

fn with_slash(base: &str) -> String {
    format!("{}/", base.trim_end_matches('/'))
}

/// Waits until each of the queues has a reader.
///
/// # Errors
/// One of them has none in time.
pub async fn wait_for_readers(servers: &Servers, queues: &[String], timeout: Duration) -> anyhow::Result<()> {
    let properties = ConnectionProperties::default().with_connection_name("world".into());
    let connection = Connection::connect(servers.amqp.as_str(), properties).await.context("no broker")?;
    let channel = connection.create_channel().await?;
    let begin = Instant::now();
    for queue in queues {
        loop {
            let options = QueueDeclareOptions { passive: true, ..QueueDeclareOptions::default() };
            let state = channel.queue_declare(queue.as_str().into(), options, FieldTable::default()).await;
            let state = state.with_context(|| format!("no queue {queue}"))?;
            if state.consumer_count() > 0 {
                break;
            }
            if begin.elapsed() > timeout {
                bail!("nobody reads {queue} after {} s", timeout.as_secs());
            }
            tokio::time::sleep(LOOK_INTERVAL).await;
        }
    }
    connection.close(200, "done".into()).await.ok();
    Ok(())
}
