//! The agencies over real sockets and a real folder, as a gateway would use them.

use std::path::PathBuf;
use std::sync::Arc;

use axum::body::Bytes;
use axum::http::StatusCode;
use axum::routing::post;
use reqwest::Client;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::xml::{self, Element};
use super::xsd::{Schema, faults};
use super::{Secrets, ServeArgs, serve_and_tell};

const SAMPLES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../schemas/samples/agencies");
const XSD: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../schemas/xsd");
const SAMPLE_ID: &str = "0199c1a2-7b3c-7d4e-8f50-1a2b3c4d5e6f";

fn sample(name: &str, id: &str) -> String {
    std::fs::read_to_string(format!("{SAMPLES}/{name}")).unwrap().replace(SAMPLE_ID, id)
}

/// A sandbox of its own, with a folder that goes with it.
struct World {
    folder: PathBuf,
    callbacks: Option<String>,
    http: String,
    stop: CancellationToken,
    task: Option<JoinHandle<()>>,
    client: Client,
}

impl World {
    async fn start(callbacks: Option<String>) -> Self {
        let folder = std::env::temp_dir().join(format!("wasl-sandbox-{}", Uuid::now_v7()));
        std::fs::create_dir_all(&folder).unwrap();
        _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let client = Client::builder().no_proxy().build().unwrap();
        let stop = CancellationToken::new();
        let mut world = Self { folder, callbacks, http: String::new(), stop, task: None, client };
        world.open().await;
        world
    }

    async fn open(&mut self) {
        let args = ServeArgs {
            legal_day_ms: Some(40),
            callbacks: self.callbacks.clone(),
            drop_folder: Some(self.folder.join("drop")),
            secrets: Some(self.folder.join("secrets.json")),
            ledger: Some(self.folder.join("ledger.jsonl")),
            ..ServeArgs::default()
        };
        self.stop = CancellationToken::new();
        let stop = self.stop.clone();
        let (ready, address) = oneshot::channel();
        self.task = Some(tokio::spawn(async move {
            let tell = |http: &str| ready.send(http.to_owned()).unwrap();
            serve_and_tell(args.settings().unwrap(), stop, tell).await.unwrap();
        }));
        self.http = address.await.unwrap();
    }

    async fn close(&mut self) {
        self.stop.cancel();
        self.task.take().unwrap().await.unwrap();
    }

    fn secrets(&self) -> Secrets {
        Secrets::load_or_make(&self.folder.join("secrets.json")).unwrap()
    }

    async fn plan(&self, agency: &str, reference: &str, behaviour: &str) {
        let plan = json!({
            "agency": agency, "reference": reference, "behaviour": behaviour, "delay_days": 1.0,
            "pushed": true, "twice": true, "at_once": false, "then": "unfavourable",
        });
        let answer =
            self.client.post(format!("{}/control/plan", self.http)).json(&plan).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::NO_CONTENT);
    }

    /// Waits for an entry of the ledger.
    async fn entry(&self, reference: &str, action: &str) -> Value {
        let url = format!("{}/ledger?reference={reference}&action={action}&wait_ms=20000", self.http);
        let entries: Value = self.client.get(url).send().await.unwrap().json().await.unwrap();
        assert!(!entries[0].is_null(), "no {action} of {reference}");
        entries[0].clone()
    }

    async fn violations(&self) -> Vec<Value> {
        let url = format!("{}/ledger?action=violation", self.http);
        self.client.get(url).send().await.unwrap().json().await.unwrap()
    }

    async fn post(&self, path: &str, headers: &[(&str, &str)], body: String) -> (StatusCode, Element) {
        let mut request = self.client.post(format!("{}{path}", self.http)).body(body);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let answer = request.send().await.unwrap();
        (answer.status(), xml::parse(&answer.bytes().await.unwrap()).unwrap())
    }

    async fn token(&self) -> String {
        let agreed = self.secrets().urban_agency;
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", &agreed.client_id),
            ("client_secret", &agreed.client_secret),
            ("scope", "consultations"),
        ];
        let url = format!("{}/urban-agency/oauth2/token", self.http);
        let answer: Value = self.client.post(url).form(&form).send().await.unwrap().json().await.unwrap();
        answer["access_token"].as_str().unwrap().to_owned()
    }

    async fn urban(&self, token: &str, path: &str, body: Option<Value>) -> (StatusCode, Value) {
        let url = format!("{}/urban-agency/v1/{path}", self.http);
        let request = match &body {
            Some(body) => self.client.post(url).json(body),
            None => self.client.get(url),
        };
        let actor = self.secrets().urban_agency.id_acteur_appelant;
        let request = request.bearer_auth(token).header("Id-Acteur-Appelant", actor);
        let answer = request.send().await.unwrap();
        (answer.status(), answer.json().await.unwrap())
    }
}

impl Drop for World {
    fn drop(&mut self) {
        self.stop.cancel();
        _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// A gateway that notes each callback and answers as the contract says.
async fn gateway() -> (String, mpsc::UnboundedReceiver<Bytes>) {
    let (seen, callbacks) = mpsc::unbounded_channel();
    let (for_onee, for_bank) = (seen.clone(), seen);
    let onee = post(async move |body: Bytes| {
        let event = xml::parse(&body).unwrap();
        let id = event.text_at(&["Body", "EventMessage", "Header", "MessageID"]).to_owned();
        for_onee.send(body).unwrap();
        sample("onee/event-reply-ok.xml", "").replace("7e1f0a52-9d0c-4c53-9a3e-3f6f8f2b1c44", &id)
    });
    let bank = post(async move |body: Bytes| {
        let approved = String::from_utf8_lossy(&body).contains("ProcReturnCode=00");
        for_bank.send(body).unwrap();
        if approved { "ACTION=POSTAUTH" } else { "APPROVED" }
    });
    let router = axum::Router::new().route("/callbacks/onee", onee).route("/callbacks/barid-bank", bank);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    (base, callbacks)
}

fn schema(path: &str) -> Arc<Schema> {
    Arc::new(Schema::read(&std::fs::read_to_string(format!("{XSD}/{path}")).unwrap()).unwrap())
}

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

fn signed(secrets: &Secrets, name: &str, id: &str) -> String {
    let text = sample(&format!("onee/{name}"), id);
    let (start, end) = (text.find("<wsse:Security").unwrap(), text.find("</wsse:Security>").unwrap());
    let header = super::onee::header_for_tests(&secrets.onee);
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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_water_basin_agency_acknowledges_and_answers_by_file() {
    let world = World::start(None).await;
    let id = Uuid::now_v7().to_string();
    world.plan("water-basin", &id, "conditions").await;
    let (to_agency, from_agency) = (world.folder.join("drop/out"), world.folder.join("drop/in"));
    let name = format!("DEM_{id}_V1-0.xml");
    let text = sample(&format!("water-basin/DEM_{SAMPLE_ID}_V1-0.xml"), &id);
    std::fs::write(to_agency.join(format!("{name}.part")), &text).unwrap();
    std::fs::rename(to_agency.join(format!("{name}.part")), to_agency.join(&name)).unwrap();
    world.entry(&id, "consultation-answered").await;
    // The next request is taken only after the result of the first has been written.
    let other = Uuid::now_v7().to_string();
    let text = text.replace(&id, &other);
    world.plan("water-basin", &other, "refused").await;
    std::fs::write(to_agency.join(format!("DEM_{other}_V1-0.xml")), text).unwrap();
    world.entry(&other, "consultation-refused").await;
    world.entry(&other, "consultation-accepted").await;

    let form = schema("water-basin/avis-dph-1.xsd");
    let mut senses = Vec::new();
    for file in std::fs::read_dir(from_agency).unwrap() {
        let path = file.unwrap().path();
        if !path.to_string_lossy().contains(&id) {
            continue;
        }
        let root = xml::parse(&std::fs::read(path).unwrap()).unwrap();
        assert_eq!(faults(&form, &root), Vec::<String>::new());
        senses.push(root.text_at(&["Accuse", "Statut"]).to_owned() + root.text_at(&["Avis", "SensAvis"]));
    }
    senses.sort();
    // `twice`: each file comes under two serials.
    assert_eq!(senses, ["ACCEPTE", "ACCEPTE", "FAVORABLE_AVEC_RESERVES", "FAVORABLE_AVEC_RESERVES"]);
    assert!(!to_agency.join(&name).exists());
    assert_eq!(world.violations().await, Vec::<Value>::new());
}

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
