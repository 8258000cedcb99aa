//! The urban agency as a gateway meets it.

use axum::http::StatusCode;
use serde_json::{Value, json};
use uuid::Uuid;

use super::world::{World, sample};

fn urban_request(id: &str) -> Value {
    let mut request: Value =
        serde_json::from_str(&sample("urban-agency/consultation-request.json", id)).unwrap();
    request["consultation"]["noConsultationExterne"] = json!(id);
    request
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_urban_agency_answers_through_its_feed_and_remembers_over_a_restart() {
    let mut world = World::start(None).await;
    let id = Uuid::now_v7().to_string();
    world.plan("urban-agency", &id, "conditions").await;
    let token = world.token().await;
    let (status, created) = world.urban(&token, "consultations", Some(urban_request(&id))).await;
    assert_eq!((status, created["noVersion"].as_u64()), (StatusCode::CREATED, Some(1)));
    let (status, again) = world.urban(&token, "consultations", Some(urban_request(&id))).await;
    assert_eq!(status, StatusCode::CONFLICT);
    assert_eq!(again["idConsultation"], created["idConsultation"]);

    let answered = world.entry(&id, "consultation-answered").await;
    assert_eq!(answered["detail"]["opinion"], "favourable-with-conditions");
    let (_, feed) = world.urban(&token, "notifications?offset=0", None).await;
    let kinds: Vec<_> = feed["notifications"].as_array().unwrap().iter().collect();
    assert_eq!(kinds.len(), 2);
    assert_eq!(kinds[1]["nomTypeEvenement"]["idNom"], 2);
    let opinion = format!("avis/{}", kinds[1]["idElementConcerne"].as_str().unwrap());
    let (_, before) = world.urban(&token, &opinion, None).await;
    assert_eq!(before["nomNatureAvisRendu"]["idNom"], 2);

    world.close().await;
    world.open().await;
    let (status, _) = world.urban(&token, "notifications?offset=0", None).await;
    assert_eq!(status, StatusCode::UNAUTHORIZED, "tokens do not outlive the agency's process");
    let token = world.token().await;
    assert_eq!(world.urban(&token, "notifications?offset=0", None).await.1, feed);
    assert_eq!(world.urban(&token, &opinion, None).await.1, before);
    assert_eq!(world.violations().await, Vec::<Value>::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_malformed_consultation_is_refused_and_stands_in_the_ledger() {
    let world = World::start(None).await;
    let token = world.token().await;
    let mut request = urban_request("a-1");
    request["dossier"]["cdCommune"] = json!("Tanger");
    let (status, fault) = world.urban(&token, "consultations", Some(request)).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert_eq!(fault["erreurs"][0]["txChemin"], "/dossier/cdCommune");
    let violations = world.violations().await;
    assert_eq!(violations[0]["detail"]["reasons"], json!(["CHAMP-INVALIDE /dossier/cdCommune"]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_outage_says_503_and_ends() {
    let world = World::start(None).await;
    let set = async |on: bool| {
        let body = json!({"agency": "urban-agency", "on": on});
        world.client.post(format!("{}/control/outage", world.http)).json(&body).send().await.unwrap();
    };
    let health = async || {
        let url = format!("{}/urban-agency/v1/healthcheck", world.http);
        world.client.get(url).send().await.unwrap().status()
    };
    set(true).await;
    assert_eq!(health().await, StatusCode::SERVICE_UNAVAILABLE);
    let other = format!("{}/healthz", world.http);
    assert_eq!(world.client.get(other).send().await.unwrap().status(), StatusCode::OK);
    set(false).await;
    assert_eq!(health().await, StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_document_that_is_another_than_announced_comes_back_in_the_feed() {
    let mut world = World::start(None).await;
    world.fetch_documents = true;
    world.close().await;
    world.open().await;
    let (id, token) = (Uuid::now_v7().to_string(), world.token().await);
    world.plan("urban-agency", &id, "never").await;
    let mut request = urban_request(&id);
    // Something that is surely served, and its true size; the hash is the sample's.
    request["dossier"]["pieces"][0]["txUrl"] = json!(format!("{}/healthz", world.http));
    request["dossier"]["pieces"][0]["nbOctets"] = json!(2);
    world.urban(&token, "consultations", Some(request)).await;
    let failed = world.entry(&id, "document-failed").await;
    assert_eq!(failed["detail"]["code"], "PIECE-EMPREINTE");
    let after = failed["seq"].as_u64().unwrap() - 1;
    let (_, feed) = world.urban(&token, &format!("notifications?offset={after}"), None).await;
    assert_eq!(feed["notifications"][0]["nomTypeEvenement"]["idNom"], 3);
    assert_eq!(feed["notifications"][0]["idElementConcerne"], failed["detail"]["sha256"]);
}
