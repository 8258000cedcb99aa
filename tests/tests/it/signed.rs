//! ONEE where everything is signed, replies too: what is rightly signed goes through both ways, what is not is disbelieved
//! and settled by asking again, and the kit for partners finds wasl's side as the contract says.

use serde_json::{Value, json};

use crate::onee_secured::secure;
use crate::support::gateway::{OBLIGING, SOUANI, text};
use crate::support::tools::run;
use crate::support::wait::until;
use crate::support::{Commune, Gateway, Options};

const SIGNED_RIGHT: &str = "PCT-RIGHT";
/// Two of ONEE's replies about this file, and its events before the true ones, bear a signature that is another's.
const SIGNED_WRONG: &str = "PCT-WRONG..onee.wrong-signature";
/// ONEE takes it in and never answers: the kit does.
const OPEN: &str = "PCT-OPEN..onee.never";

async fn opinion_of_onee(commune: &mut Commune, reference: &str) -> Value {
    commune.expect_of(reference, "onee", "consultation.answered").await
}

#[tokio::test(flavor = "multi_thread")]
async fn replies_are_believed_by_their_signature_alone_and_the_kit_finds_the_contract_kept() {
    let profile = OBLIGING.replace("pushed = 0.5", "pushed = 1.0");
    let mut gateway = Gateway::lay("signed", Options { profile, ..Options::default() }).await;
    secure(&gateway, true);
    gateway.run("sandbox");
    let keys = gateway.layout.dir.join("onee-keys/authority.pem");
    until("the keys are made", async || keys.exists().then_some(())).await;
    gateway.go_on().await;
    let mut commune = Commune::connect(&gateway, SOUANI).await;
    for reference in [SIGNED_RIGHT, SIGNED_WRONG, OPEN] {
        commune.submit(reference, "building", &["new-connection"]).await;
    }
    opinion_of_onee(&mut commune, SIGNED_RIGHT).await;

    // In doubt, not done twice: the agency was asked by our reference, and had it.
    let answered = opinion_of_onee(&mut commune, SIGNED_WRONG).await;
    let consultation = text(&answered, "/data/consultation");
    let named = "SELECT count(*) FROM event WHERE data::text LIKE '%agency.signature-invalid%'";
    assert!(gateway.count(named).await > 0, "the fault is not named in the file's history");
    let accepted = format!("agency=onee&reference={consultation}&action=consultation-accepted");
    assert_eq!(gateway.ledger(&accepted).await.len(), 1);
    assert!(gateway.ledger("agency=onee&action=duplicate").await.is_empty());
    // The event that somebody else signed stands aside, beside the true one that was taken.
    let aside = "SELECT count(*) FROM parked WHERE code = 'agency.signature-invalid'";
    until("the event with a wrong signature is kept aside", async || {
        (gateway.count(aside).await > 0).then_some(())
    })
    .await;
    // ONEE checks the signature of what wasl answers to its events.
    let told = format!("reference={consultation}&action=callback-acknowledged&wait_ms=20000");
    assert_eq!(gateway.ledger(&told).await[0]["detail"]["result"], "OK");
    assert_eq!(gateway.ledger("action=violation").await, Vec::<Value>::new());

    the_kit_plays_onee(&gateway, &mut commune).await;
}

async fn the_kit_plays_onee(gateway: &Gateway, commune: &mut Commune) {
    let sent = commune.expect_of(OPEN, "onee", "consultation.sent").await;
    let own = std::fs::read_to_string(gateway.layout.dir.join("config/agencies/onee.toml")).unwrap();
    let key = gateway.layout.dir.join("onee-keys/onee-signing.pem");
    let more = toml::to_string(&json!({"conform": {"signing_identity_file": key}})).unwrap();
    let config = gateway.layout.dir.join("conform-onee.toml");
    std::fs::write(&config, format!("{own}\n{more}")).unwrap();
    let report = gateway.layout.dir.join("conform-signed.json");
    let (config, json) = (config.to_string_lossy(), report.to_string_lossy());
    let callbacks = format!("http://{}", gateway.ports.callbacks);
    let consultation = text(&sent, "/data/consultation");
    let arguments = ["conform", "--agency", "onee", "--config", &config, "--json", &json];
    let against = ["--callbacks", &callbacks, "--reference", consultation];
    let said = run(env!("CARGO_BIN_EXE_wasl-sandbox"), &[&arguments[..], &against[..]].concat(), "").await;
    let report: Vec<Value> = serde_json::from_slice(&std::fs::read(&report).unwrap()).unwrap();
    assert!(said.good && report.iter().all(|case| case["pass"] == true), "{}", said.out);
    let signed = report.iter().filter(|case| case["case"].as_str().unwrap().contains("sign"));
    assert_eq!(signed.count(), 8, "{}", said.out);
}
