//! ONEE and the land registry as a gateway meets them.

use axum::http::StatusCode;
use serde_json::Value;
use uuid::Uuid;

use super::super::Secrets;
use super::super::xml::{self, Element};
use super::super::xsd::faults;
use super::world::{World, gateway, sample, schema};

pub(super) fn signed(secrets: &Secrets, name: &str, id: &str) -> String {
    let text = sample(&format!("onee/{name}"), id);
    let (start, end) = (text.find("<wsse:Security").unwrap(), text.find("</wsse:Security>").unwrap());
    let header = super::super::onee::header_for_tests(&secrets.onee);
    format!("{}{header}{}", &text[..start], &text[end + "</wsse:Security>".len()..])
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn onee_takes_a_request_and_tells_its_opinion_by_event() {
    let (base, mut callbacks) = gateway().await;
    let world = World::start(Some(base)).await;
    let id = Uuid::now_v7().to_string();
    world.plan("onee", &id, "unfavourable").await;
    let kind = "application/soap+xml; charset=utf-8; action=\"urn:ma:wasl:onee:service-request:1#Request\"";
    let headers = [("content-type", kind)];
    let create = signed(&world.secrets(), "create-request.xml", &id);
    let (status, taken) = world.post("/onee/ServiceRequest", &headers, create.clone()).await;
    assert_eq!(status, StatusCode::OK);
    let payload = schema("onee/service-request-1.xsd");
    let held =
        |root: &Element, message: &str| root.at(&["Body", message, "Payload"]).unwrap().children[0].clone();
    assert_eq!(faults(&payload, &held(&taken, "ResponseMessage")), Vec::<String>::new());

    let replayed = world.post("/onee/ServiceRequest", &headers, create).await;
    assert_eq!(replayed.0, StatusCode::BAD_REQUEST, "a nonce is good once");
    assert_eq!(world.violations().await.len(), 1);

    world.entry(&id, "consultation-answered").await;
    let mut verbs = Vec::new();
    while verbs.last().is_none_or(|verb| verb != "closed") {
        let event = xml::parse(&callbacks.recv().await.unwrap()).unwrap();
        verbs.push(event.text_at(&["Body", "EventMessage", "Header", "Verb"]).to_owned());
        assert_eq!(faults(&payload, &held(&event, "EventMessage")), Vec::<String>::new());
    }
    assert_eq!(verbs, ["changed", "closed"]);
    world.entry(&id, "callback-acknowledged").await;

    let get = signed(&world.secrets(), "get-request.xml", &id);
    let (_, polled) = world.post("/onee/ServiceRequest", &headers, get).await;
    let status = held(&polled, "ResponseMessage");
    assert_eq!(status.text_at(&["opinion", "outcome"]), "unfavourable");
    assert!(!status.text_at(&["opinion", "reason"]).is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_land_registry_answers_at_once_by_the_schema() {
    let world = World::start(None).await;
    let headers = [
        ("content-type", "text/xml; charset=utf-8"),
        ("soapaction", "\"urn:ma:wasl:land-registry:title-state:1#TitleState\""),
    ];
    let titles = schema("land-registry/title-state-1.xsd");
    for (behaviour, opinion) in [
        ("favourable", "favourable"),
        ("conditions", "favourable-with-conditions"),
        ("unfavourable", "unfavourable"),
        ("no-opinion", "no-opinion"),
    ] {
        let id = Uuid::now_v7().to_string();
        world.plan("land-registry", &id, behaviour).await;
        let question = sample("land-registry/title-state-request.xml", &id);
        let (status, answer) = world.post("/land-registry/TitleState", &headers, question).await;
        assert_eq!(status, StatusCode::OK);
        let body = &answer.child("Body").unwrap().children[0];
        assert_eq!(faults(&titles, body), Vec::<String>::new(), "{behaviour}");
        let entry = world.entry(&id, "consultation-answered").await;
        assert_eq!(entry["detail"]["opinion"], opinion);
    }
    assert_eq!(world.violations().await, Vec::<Value>::new());
}
