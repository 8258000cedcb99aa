//! `wasl topology check`: silent about a broker that is as it should be, and exact about one that is not.

use reqwest::Method;

use crate::support::gateway::{OTHER, SOUANI};
use crate::support::servers::manage;
use crate::support::{Gateway, Options};

#[tokio::test(flavor = "multi_thread")]
async fn check_is_clean_after_apply_and_names_what_differs() {
    let gateway = Gateway::lay("topology", Options::default()).await;
    let communes = [SOUANI, OTHER].join(",");
    let check = ["topology", "check", "--communes", &communes];
    let (clean, said) = gateway.wasl(&check).await;
    assert!(clean, "{said}");

    let policy = format!("api/policies/{}/wasl-intake", gateway.name);
    assert!(manage(&gateway.servers, Method::DELETE, &policy, None).await.is_success());
    let (clean, said) = gateway.wasl(&check).await;
    assert!(!clean && said.contains("missing: policy wasl-intake"), "{said}");
    assert_eq!(said.lines().filter(|line| line.starts_with("missing")).count(), 1, "{said}");

    // As an earlier release had it: everything of communes in one queue.
    let path = format!("api/bindings/{}/e/wasl.in/q/intake", gateway.name);
    let old = serde_json::json!({"routing_key": "commune.#", "arguments": {}});
    assert!(manage(&gateway.servers, Method::POST, &path, Some(old)).await.is_success());
    let (_, said) = gateway.wasl(&check).await;
    assert!(said.contains("binding of intake to wasl.in by `commune.#`"), "{said}");

    let (applied, said) = gateway.wasl(&["topology", "apply", "--communes", &communes]).await;
    assert!(applied, "{said}");
    let (clean, said) = gateway.wasl(&check).await;
    assert!(clean, "{said}");
}
