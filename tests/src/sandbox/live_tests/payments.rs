//! The bank as a gateway meets it.

use axum::body::Bytes;
use serde_json::Value;
use uuid::Uuid;

use super::super::xml;
use super::world::{World, gateway, sample};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_payer_is_refused_then_pays_and_the_bank_captures_once() {
    let (base, mut callbacks) = gateway().await;
    let world = World::start(Some(base)).await;
    let id = Uuid::now_v7();
    world.plan("barid-bank", &id.to_string(), "refused-then-paid").await;
    let secrets = world.secrets().barid_bank;
    let order = sample("barid-bank/pain013-request-to-pay.xml", "")
        .replace("0193a5c27e4b7a319c553f1d0b6e8a10", &id.simple().to_string());
    let url = format!("{}/barid-bank/iso/pain.013", world.http);
    let ask = |body: String| {
        let request = world.client.post(&url).basic_auth(&secrets.user, Some(&secrets.password));
        request.header("content-type", "application/xml; charset=utf-8").body(body).send()
    };
    let accepted = ask(order.clone()).await.unwrap();
    assert!(accepted.headers()["link"].to_str().unwrap().ends_with("rel=\"payment\""));
    let status = |bytes: Bytes| {
        let root = xml::parse(&bytes).unwrap();
        let path = ["CdtrPmtActvtnReqStsRpt", "OrgnlPmtInfAndSts", "TxInfAndSts", "TxSts"];
        root.text_at(&path).to_owned()
    };
    assert_eq!(status(accepted.bytes().await.unwrap()), "ACCP");
    assert_eq!(status(ask(order).await.unwrap().bytes().await.unwrap()), "RJCT");

    let mut codes = Vec::new();
    for _ in 0..3 {
        let form = callbacks.recv().await.unwrap();
        let fields: Vec<(String, String)> = url::form_urlencoded::parse(&form).into_owned().collect();
        let value = |name: &str| fields.iter().find(|field| field.0 == name).unwrap().1.clone();
        codes.push((value("ProcReturnCode"), value("TransId")));
    }
    assert_eq!([&codes[0].0, &codes[1].0, &codes[2].0], ["51", "00", "00"]);
    assert_eq!(codes[1].1, codes[2].1, "a repeat is the same transaction");
    world.entry(&id.to_string(), "callback-acknowledged").await;
    let captured = world.entry(&id.to_string(), "payment-captured").await;
    assert_eq!(captured["detail"]["amount_centimes"], 625_000);
    assert_eq!(world.violations().await, Vec::<Value>::new());
}
