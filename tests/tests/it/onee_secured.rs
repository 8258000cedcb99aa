//! ONEE as it is reached in earnest: mutual TLS, and every message signed, both ways, with real servers.

use serde_json::{Value, json};
use toml::{Table, Value as Toml};
use wasl_tests::world::secrets::write_private;

use crate::support::gateway::SOUANI;
use crate::support::{Commune, Gateway, Options};

/// Turns TLS and signatures on, on both sides (replies too, when asked): keys are made by the agencies when they first
/// start.
pub(crate) fn secure(gateway: &Gateway, replies_signed: bool) {
    let keys = gateway.layout.dir.join("onee-keys");
    let free = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap();
    let sandbox = json!({
        "onee_keys": keys, "onee_listen": free.to_string(), "onee_replies_signed": replies_signed,
    });
    std::fs::write(gateway.layout.dir.join("sandbox.json"), sandbox.to_string()).unwrap();
    let path = gateway.layout.dir.join("config/agencies/onee.toml");
    let mut table: Table = std::fs::read_to_string(&path).unwrap().parse().unwrap();
    let adapter = table["adapter"].as_table_mut().unwrap();
    adapter.insert("replies_signed".to_owned(), Toml::Boolean(replies_signed));
    let mut put = |key: &str, value: String| adapter.insert(key.to_owned(), Toml::String(value));
    put("endpoint", format!("https://{free}/onee/ServiceRequest"));
    for (key, file) in [
        ("roots_file", "authority.pem"),
        ("client_identity_file", "gateway-client.pem"),
        ("signing_identity_file", "gateway-signing.pem"),
        ("callback_certificates_file", "onee-signing-certificate.pem"),
    ] {
        put(key, keys.join(file).display().to_string());
    }
    write_private(&path, &toml::to_string(&table).unwrap()).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_consultation_travels_by_mutual_tls_and_signed_messages_in_both_directions() {
    // Answers come as signed events; a poll alone would show only half.
    let profile = crate::support::gateway::OBLIGING.replace("pushed = 0.5", "pushed = 1.0");
    let mut gateway = Gateway::lay("onee-secured", Options { profile, ..Options::default() }).await;
    secure(&gateway, false);
    gateway.run("sandbox");
    let keys = gateway.layout.dir.join("onee-keys/authority.pem");
    crate::support::wait::until("the keys are made", async || keys.exists().then_some(())).await;
    gateway.go_on().await;
    let mut commune = Commune::connect(&gateway, SOUANI).await;
    let reference = "PCT-2026-000042";
    commune.submit(reference, "building", &["new-connection"]).await;
    let opinion = commune
        .expect_that("the opinion of ONEE", |event| {
            event["subject"] == reference
                && event["data"]["agency"] == "onee"
                && event["type"] == "ma.wasl.consultation.answered.v1"
        })
        .await;
    let consultation = opinion["data"]["consultation"].as_str().unwrap();
    let told =
        gateway.ledger(&format!("reference={consultation}&action=callback-acknowledged&wait_ms=20000")).await;
    assert_eq!(told[0]["detail"]["result"], "OK", "{told:?}");
    assert_eq!(gateway.ledger("action=violation").await, Vec::<Value>::new());
    // Nobody without a certificate of the authority is let in.
    let stranger =
        reqwest::Client::builder().no_proxy().tls_danger_accept_invalid_certs(true).build().unwrap();
    let settings: Table = std::fs::read_to_string(gateway.layout.dir.join("config/agencies/onee.toml"))
        .unwrap()
        .parse()
        .unwrap();
    let endpoint = settings["adapter"]["endpoint"].as_str().unwrap();
    assert!(stranger.post(endpoint).body("x").send().await.is_err());
}
