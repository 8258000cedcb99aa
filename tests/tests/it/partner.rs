//! The kit for partners as a partner uses it: the program itself, from outside. The cases that play an agency are
//! played against wasl here; those that play wasl stand in the library's own tests.

use serde_json::{Value, json};

use crate::support::ask::http;
use crate::support::commune::is;
use crate::support::gateway::{SOUANI, text};
use crate::support::servers::root;
use crate::support::tools::{Said, run};
use crate::support::{Commune, Gateway, Options};

/// ONEE never answers, and the payer waits: whatever is heard comes from the cases.
const SILENT: &str = "
[agencies.onee]
refused = 0.0
incomplete = 0.0
never = 1.0
unfavourable = 0.0
conditions = 0.0
no_opinion = 0.0
[reviewer]
refused = 0.0
incomplete = 0.0
never = 0.0
unfavourable = 0.0
conditions = 0.0
no_opinion = 0.0
delay_days_min = 0.01
delay_days_max = 0.05
[bank]
refused_then_paid = 0.0
failed = 0.0
rejected = 0.0
callback_twice = 0.0
delay_days_min = 5000.0
delay_days_max = 5000.0
";

async fn kit(arguments: &[&str]) -> Said {
    run(env!("CARGO_BIN_EXE_wasl-sandbox"), arguments, "").await
}

/// Plays an agency against wasl's callbacks; the report.
async fn play(gateway: &Gateway, agency: &str, more: &[&str]) -> (Said, Vec<Value>) {
    let config = gateway.layout.dir.join(format!("config/agencies/{agency}.toml"));
    let report = gateway.layout.dir.join(format!("conform-{agency}.json"));
    let callbacks = format!("http://{}", gateway.ports.callbacks);
    let (config, json) = (config.to_string_lossy(), report.to_string_lossy());
    let fixed =
        ["conform", "--agency", agency, "--config", &config, "--callbacks", &callbacks, "--json", &json];
    let said = kit(&[&fixed, more].concat()).await;
    let report = serde_json::from_slice(&std::fs::read(&report).unwrap()).unwrap();
    (said, report)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agency_that_calls_wasl_gets_the_answers_of_the_contract() {
    let options = Options { profile: SILENT.to_owned(), ..Options::default() };
    let gateway = Gateway::start("partner", options).await;
    let mut commune = Commune::connect(&gateway, SOUANI).await;
    let reference = "PCT-KIT-1";
    commune.submit(reference, "building", &["new-connection"]).await;
    let sent = commune
        .expect_that("the request to ONEE", |event| {
            is(event, "consultation.sent") && event["data"]["agency"] == "onee"
        })
        .await;
    commune.assess(reference).await;
    let ordered = commune.expect(reference, "payment.ordered").await;

    let consultation = text(&sent, "/data/consultation");
    let (said, report) = play(&gateway, "onee", &["--reference", consultation]).await;
    assert!(said.good && report.iter().all(|case| case["pass"] == true), "{}", said.out);
    assert!(report.len() >= 13, "{}", said.out);
    let opinion = commune
        .expect_that("the opinion of ONEE", |event| {
            is(event, "consultation.answered") && event["data"]["consultation"] == consultation
        })
        .await;
    assert_eq!(opinion["data"]["opinion"]["kind"], "unfavourable", "{opinion}");

    let order = text(&ordered, "/data/order");
    let (said, report) = play(&gateway, "barid-bank", &["--reference", order, "--amount", "3680.00"]).await;
    assert!(said.good && report.iter().all(|case| case["pass"] == true), "{}", said.out);
    let paid = commune.expect(reference, "payment.confirmed").await;
    assert_eq!(paid["data"]["receipt"]["amount_centimes"], 368_000);
    // Every callback came several times, from several transactions: one receipt, one opinion.
    let booked = "SELECT count(*) FROM capture";
    assert_eq!(gateway.count(booked).await, 1);
    let answered = commune.told(reference, "consultation.answered");
    let by_onee: Vec<_> = answered.iter().filter(|event| event["data"]["agency"] == "onee").collect();
    assert_eq!(by_onee.len(), 1, "{by_onee:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commune_is_played_and_an_agency_that_is_wrong_is_found_out() {
    let gateway = Gateway::start("partner-commune", Options::default()).await;
    let clock = Commune::connect(&gateway, SOUANI).await.clock;
    let address = gateway.amqp_as(&format!("commune-{SOUANI}"));
    let now = clock.now().to_string();
    let said = kit(&[
        "commune",
        "--code",
        SOUANI,
        "--amqp",
        &address,
        "--now",
        &now,
        "--reference",
        "KIT-1..onee.conditions",
        "--submit",
        "file.submitted",
        "--set",
        "conditions=[\"new-connection\"]",
        "--until",
        "file.reviewed",
        "--idle-s",
        "60",
    ])
    .await;
    assert!(said.good, "{}", said.out);
    for name in ["sent      file.submitted", "received  file.registered", "received  file.reviewed"] {
        assert!(said.out.contains(name), "no {name}: {}", said.out);
    }
    // The mark in the reference decides what ONEE says.
    assert!(said.out.contains("\"opinion\":{\"conditions\":[\"Respecter"), "{}", said.out);

    // The program ends with 1 when the agency is wrong, with 2 when the run cannot be made.
    let settings = gateway.layout.dir.join("nobody.toml");
    let nobody = json!({"adapter": {"endpoint": "http://127.0.0.1:1/TitleState"}});
    std::fs::write(&settings, toml::to_string(&nobody).unwrap()).unwrap();
    let settings = settings.to_string_lossy();
    let only = ["conform", "--agency", "land-registry", "--only", "identity.other-client", "--config"];
    let wrong = kit(&[&only[..], &[&*settings]].concat()).await;
    assert!(!wrong.good && wrong.out.contains("no connection"), "{}", wrong.out);
    let missing = kit(&[&only[..], &["no-such-file.toml"]].concat()).await;
    assert!(!missing.good && missing.out.contains("cannot read no-such-file.toml"), "{}", missing.out);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_scenario_is_listed_and_the_page_shows_what_came() {
    let listed = kit(&["scenarios"]).await;
    for name in ["slow", "out-of-order", "half-written", "wrong-signature"] {
        assert!(listed.out.contains(name), "{}", listed.out);
    }
    let folder = root().join("target/test/kit-page");
    _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    let (port, settings) = (folder.join("port.json"), folder.join("settings"));
    let mut serving = tokio::process::Command::new(env!("CARGO_BIN_EXE_wasl-sandbox"))
        .args(["serve", "--agency", "onee", "--scenario", "busy", "--port-file"])
        .arg(&port)
        .arg("--settings")
        .arg(&settings)
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let address: Value = crate::support::wait::until("the agency listens", async || {
        serde_json::from_slice(&std::fs::read(&port).ok()?).ok()
    })
    .await;
    let base = text(&address, "/http").to_owned();
    let busy = http().post(format!("{base}/onee/ServiceRequest")).body("<x/>").send().await.unwrap();
    assert_eq!((busy.status().as_u16(), busy.headers()["retry-after"].to_str().unwrap()), (429, "1"));
    let page = http().get(&base).send().await.unwrap().text().await.unwrap();
    assert!(page.contains("Simulated agencies") && !page.contains("urban-agency"), "{page}");
    let closed = http().get(format!("{base}/urban-agency/v1/healthcheck")).send().await.unwrap();
    assert_eq!(closed.status().as_u16(), 404, "only what was asked for is open");
    assert!(settings.join("onee.toml").exists() && settings.join("conform/onee.toml").exists());
    let ledger: Vec<Value> = http().get(format!("{base}/ledger")).send().await.unwrap().json().await.unwrap();
    assert!(ledger.is_empty(), "what was turned away had no effect: {ledger:?}");
    serving.kill().await.unwrap();
}
