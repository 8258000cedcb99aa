//! The contracts, tried with software that was not written here.

use serde_json::Value;

use crate::support::gateway::SOUANI;
use crate::support::servers::root;
use crate::support::tools::{asyncapi, python, run, script};
use crate::support::{Commune, Gateway, Options};

fn file(path: &str) -> String {
    root().join(path).to_string_lossy().into_owned()
}

/// A file of our own with one thing wrong, in a folder that goes with it.
fn planted(path: &str, from: &str, to: &str) -> String {
    let text = std::fs::read_to_string(root().join(path)).unwrap();
    assert!(text.contains(from), "{path} has no `{from}`");
    let beside = root().join("target/test/planted").join(path);
    std::fs::create_dir_all(beside.parent().unwrap()).unwrap();
    std::fs::write(&beside, text.replacen(from, to, 1)).unwrap();
    beside.to_string_lossy().into_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_documents_are_valid_by_their_own_validators() {
    let messages = asyncapi(&file("schemas/asyncapi.yaml")).await;
    assert!(messages.good && messages.out.contains("valid: 3.0.0"), "{}", messages.out);
    let resolved = asyncapi(&file("schemas/asyncapi.json")).await;
    assert!(resolved.good && resolved.out.contains("valid: 3.0.0"), "{}", resolved.out);
    let wrong = asyncapi(&planted("schemas/asyncapi.json", "\"channels\"", "\"chanels\"")).await;
    assert!(!wrong.good, "a document without channels is taken: {}", wrong.out);

    let (checker, http) = (script("openapi.py"), file("schemas/openapi.json"));
    let interface = python(&[&checker, &http]).await;
    assert!(interface.good && interface.out.contains("valid: 3.1.0"), "{}", interface.out);
    let wrong = planted("schemas/openapi.json", "\"responses\"", "\"responces\"");
    let wrong = python(&[&checker, &wrong]).await;
    assert!(!wrong.good, "an operation with a wrong member is taken: {}", wrong.out);
}

#[tokio::test(flavor = "multi_thread")]
async fn pika_and_amqp_tools_speak_from_the_contract_alone() {
    let gateway = Gateway::start("outside-amqp", Options::default()).await;
    let address = gateway.amqp_as(&format!("commune-{SOUANI}"));
    let (publish, contract) = (script("publish.py"), file("schemas/asyncapi.yaml"));
    let now = Commune::connect(&gateway, SOUANI).await.clock.now().to_string();
    let told = python(&[&publish, &contract, &address, SOUANI, &now]).await;
    assert!(told.good, "{}", told.out);
    for name in ["file.registered", "consultation.answered", "file.reviewed"] {
        assert!(told.out.contains(&format!("ma.wasl.{name}.v1")), "no {name}: {}", told.out);
    }

    // amqp-publish sets neither user_id nor message_id: the broker takes the message, and the gateway says by code
    // what the contract asks for. amqp-consume reads it.
    let shown = python(&[&publish, &contract, "--show", SOUANI, &now]).await;
    let letter: Value = serde_json::from_str(&shown.out).unwrap();
    let text = |name: &str| letter[name].as_str().unwrap();
    let (exchange, key, kind) = (text("exchange"), text("key"), text("content_type"));
    let arguments = ["-u", &address, "-e", exchange, "-r", key, "-C", kind, "-p"];
    let sent = run("amqp-publish", &arguments, &letter["event"].to_string()).await;
    assert!(sent.good, "{}", sent.out);
    let arguments = ["-u", &address, "-q", text("queue"), "-c", "1", "cat"];
    let subject = letter["event"]["subject"].as_str().unwrap();
    let refused = loop {
        let heard = run("amqp-consume", &arguments, "").await;
        assert!(heard.good, "{}", heard.out);
        let event: Value = serde_json::from_str(&heard.out).unwrap();
        if event["subject"] == subject {
            break event;
        }
    };
    assert_eq!(refused["type"], "ma.wasl.file.refused.v1", "{refused}");
    assert_eq!(refused["data"]["faults"][0]["code"], "envelope.user-id-missing", "{refused}");
}

#[tokio::test(flavor = "multi_thread")]
async fn zeep_reads_what_is_answered_over_soap() {
    let gateway = Gateway::start("outside-soap", Options::default()).await;
    let secret = |name: &str| {
        let path = gateway.layout.secrets().join(name);
        std::fs::read_to_string(path).unwrap().trim().to_owned()
    };
    let (soap, reference) = (script("soap.py"), uuid::Uuid::now_v7().to_string());
    let read = async |arguments: &[&str]| -> Value {
        let said = python(&[&[soap.as_str()], arguments].concat()).await;
        assert!(said.good, "{}", said.out);
        serde_json::from_str(&said.out).unwrap_or_else(|_| panic!("{}", said.out))
    };
    // As wasl does: the simulated agencies are asked by software that knows the WSDL alone.
    let (onee, titles) =
        (file("schemas/xsd/onee/service-request.wsdl"), file("schemas/xsd/land-registry/title-state.wsdl"));
    let agencies = format!("http://{}", gateway.ports.sandbox);
    let endpoint = format!("{agencies}/onee/ServiceRequest");
    let password = secret("onee-gateway-password");
    let taken = read(&["onee", &onee, &endpoint, "wasl", &password, &reference]).await;
    assert_eq!(taken["Header"]["CorrelationID"], taken["asked"], "{taken}");
    assert_eq!(taken["Payload"]["_value_1"]["consultationReference"], reference, "{taken}");
    let endpoint = format!("{agencies}/land-registry/TitleState");
    let state = read(&["land-registry", &titles, &endpoint, &reference]).await;
    assert_eq!(state["control"]["consultationReference"], reference, "{state}");

    // As ONEE does: our answers to its events.
    let endpoint = format!("http://{}/callbacks/onee", gateway.ports.callbacks);
    let password = secret("onee-callback-password");
    let unknown = read(&["event", &onee, &endpoint, "onee", &password, &reference]).await;
    assert_eq!(unknown["Header"]["CorrelationID"], unknown["asked"], "{unknown}");
    assert_eq!(unknown["Reply"]["Result"], "FAILED", "{unknown}");
    assert_eq!(unknown["Reply"]["Error"][0]["code"], "WA-UNKNOWN", "{unknown}");
}
