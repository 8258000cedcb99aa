//! Title and drawing together, against a server that answers both.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha512};
use wasl_schemas::agency::{Outcome, RequestKind};
use wasl_schemas::opinion::{Opinion, OpinionKind};

use super::{ask, text};
use crate::land_registry::call::LandRegistry;
use crate::land_registry::config::Config;
use crate::port::{Adapter, Handled};
use crate::transport::testing::{Say, Seen, TestServer};

/// How the cadastre answers.
#[derive(Clone)]
struct Cadastre {
    status: u16,
    body: String,
    /// A header that it says wrongly or leaves out.
    wrong: Option<(&'static str, Option<&'static str>)>,
}

impl Cadastre {
    fn says(status: u16, sample: &str) -> Self {
        Self { status, body: text(sample), wrong: None }
    }

    fn answer(&self, seen: &Seen) -> Say {
        let query = seen.line.split_once('?').unwrap().1;
        let hash = STANDARD.encode(Sha512::digest(query));
        let mut say = Say::new(self.status, self.body.clone());
        for name in ["x-road-client", "x-road-service", "x-road-userid", "x-road-id", "x-road-request-hash"] {
            let value = match seen.headers.get(name) {
                Some(value) => value.to_str().unwrap().to_owned(),
                None => hash.clone(),
            };
            match self.wrong {
                Some((wrong, other)) if wrong == name => {
                    if let Some(other) = other {
                        say = say.header(name, other);
                    }
                }
                _ => say = say.header(name, value),
            }
        }
        say
    }
}

async fn server(title: String, cadastre: Cadastre) -> TestServer {
    TestServer::start(move |seen, _| match seen.line.starts_with("POST") {
        true => Say::new(200, title.clone()),
        false => cadastre.answer(seen),
    })
    .await
}

fn registry(server: &TestServer, more: &str) -> LandRegistry {
    let at = &server.address;
    let table = format!("endpoint = '{at}/r'\nparcel_endpoint = '{at}/wfs'\n{more}").parse().unwrap();
    LandRegistry::new(Config::read(&table).unwrap()).unwrap()
}

async fn handled(title: String, cadastre: Cadastre) -> Handled {
    let server = server(title, cadastre).await;
    let handled = registry(&server, "").handle(&ask(RequestKind::Consult)).await;
    assert!(server.seen().iter().filter(|s| s.line.starts_with("GET")).count() <= 1);
    handled
}

fn opinion(handled: &Handled) -> &Opinion {
    match &handled.outcome {
        Outcome::Answered { opinion } => opinion,
        other => panic!("{other:?}"),
    }
}

fn fact<'a>(opinion: &'a Opinion, name: &str) -> Option<&'a str> {
    let name = format!("parcel-1.{name}");
    opinion.facts.iter().find(|f| f.name == name).map(|f| f.value.as_str())
}

#[tokio::test]
async fn the_drawing_is_asked_by_title_under_our_identity_and_told_as_facts() {
    let server = server(text("title-state-registered.xml"), Cadastre::says(200, "parcel-lambert.xml")).await;
    let handled = registry(&server, "").handle(&ask(RequestKind::Consult)).await;
    let said = opinion(&handled);
    assert_eq!(said.kind, OpinionKind::Favourable);
    assert_eq!(fact(said, "state"), Some("registered"));
    assert_eq!(fact(said, "drawing"), Some("1 parcel(s)"));
    assert_eq!(fact(said, "area-cadastre-m2"), Some("409.00"));
    assert_eq!(fact(said, "area-drawn-m2"), Some("409.6"));
    assert_eq!(fact(said, "centre-distance-m"), Some("0"));
    let asked = &server.seen()[1];
    assert!(
        asked
            .line
            .starts_with("GET /wfs?service=WFS&version=2.0.0&request=GetFeature&storedquery_id=urn%3Ama%3A")
            && asked.line.ends_with("&title=11595%2F33"),
        "{}",
        asked.line
    );
    assert_eq!(asked.headers["x-road-client"], "MA/GOV/DGCT/wasl");
    assert_eq!(asked.headers["x-road-service"], "MA/GOV/ANCFCC/registry/Parcel/v1");
    assert!(asked.headers["x-road-id"].to_str().unwrap().ends_with(".consult.1.parcel-1"));
    let lines: Vec<&str> = handled.exchanges.iter().map(|e| e.what.as_str()).collect();
    assert_eq!(lines, ["SOAP TitleState", "WFS GetFeature parcel 1"], "no title in the journal");
}

#[tokio::test]
async fn a_drawing_that_is_not_the_answer_to_our_query_is_not_believed() {
    let good = text("title-state-registered.xml");
    let wrong = [
        ("x-road-id", Some("other")),
        ("x-road-client", Some("MA/GOV/AUTRE/x")),
        ("x-road-service", None),
        ("x-road-userid", Some("MA000000000")),
        ("x-road-request-hash", Some("AAAA")),
        ("x-road-request-hash", None),
    ];
    for wrong in wrong {
        let cadastre = Cadastre { wrong: Some(wrong), ..Cadastre::says(200, "parcel-lambert.xml") };
        let outcome = handled(good.clone(), cadastre).await.outcome;
        assert!(matches!(outcome, Outcome::TryLater { .. }), "{wrong:?}: {outcome:?}");
    }
    // A plain WFS knows nothing of identities, and is told none.
    let plain =
        Cadastre { wrong: Some(("x-road-request-hash", None)), ..Cadastre::says(200, "parcel-lambert.xml") };
    let server = server(good, plain).await;
    let registry = registry(&server, "parcel_identity = false");
    assert_eq!(opinion(&registry.handle(&ask(RequestKind::Consult)).await).kind, OpinionKind::Favourable);
    assert!(!server.seen()[1].headers.contains_key("x-road-id"));
}

#[tokio::test]
async fn an_exception_in_a_200_is_told_and_one_that_says_not_now_is_waited_for() {
    let good = text("title-state-registered.xml");
    for status in [200, 400] {
        let done = handled(good.clone(), Cadastre::says(status, "parcel-exception.xml")).await;
        let said = fact(opinion(&done), "drawing").unwrap().to_owned();
        assert_eq!(said, "land-registry.parcel.exception: InvalidParameterValue: Titre mal formé");
    }
    let busy = text("parcel-exception.xml").replace("InvalidParameterValue", "OperationProcessingFailed");
    for status in [200, 500] {
        let cadastre = Cadastre { status, body: busy.clone(), wrong: None };
        let outcome = handled(good.clone(), cadastre).await.outcome;
        assert!(matches!(outcome, Outcome::TryLater { .. }), "{outcome:?}");
    }
}

#[tokio::test]
async fn an_opinion_does_not_wait_for_ever_for_a_drawing() {
    let request = ask(RequestKind::Consult);
    let server = server(text("title-state-registered.xml"), Cadastre::says(503, "parcel-none.xml")).await;
    let outcome = registry(&server, "").handle(&request).await.outcome;
    assert!(matches!(outcome, Outcome::TryLater { .. }), "{outcome:?}");
    let done = registry(&server, "parcel_attempts_max = 1").handle(&request).await;
    assert_eq!(opinion(&done).kind, OpinionKind::Favourable);
    let said = fact(opinion(&done), "drawing").unwrap();
    assert!(said.starts_with("land-registry.parcel.unavailable: HTTP 503"), "{said}");
}

#[tokio::test]
async fn where_the_title_states_no_area_that_of_the_cadastre_is_compared() {
    let silent = text("title-state-registered.xml");
    let (before, rest) = silent.split_once("<lr:registeredArea").unwrap();
    let silent = format!("{before}{}", rest.split_once("</lr:registeredArea>").unwrap().1);
    let done = handled(silent.clone(), Cadastre::says(200, "parcel-lambert.xml")).await;
    assert_eq!(opinion(&done).kind, OpinionKind::Favourable);
    let far = text("parcel-lambert.xml").replace(">409.00<", ">401.96<");
    let done = handled(silent, Cadastre { status: 200, body: far, wrong: None }).await;
    let said = opinion(&done);
    assert_eq!(said.kind, OpinionKind::FavourableWithConditions);
    assert!(said.conditions[0].contains("410 m²") && said.conditions[0].contains("401.96 m²"), "{said:?}");
}

#[tokio::test]
async fn what_is_not_registered_has_no_drawing_to_ask_for() {
    let done = handled(text("title-state-requisition.xml"), Cadastre::says(200, "parcel-lambert.xml")).await;
    assert_eq!((opinion(&done).kind, done.exchanges.len()), (OpinionKind::NoOpinion, 1));
}

#[tokio::test]
async fn a_cut_or_foreign_document_is_waited_for() {
    let good = text("title-state-registered.xml");
    let whole = text("parcel-multisurface.xml");
    let cut = [whole[..whole.len() / 2].to_owned(), "<html/>".to_owned(), "<!DOCTYPE x><x/>".to_owned()];
    for body in cut {
        let outcome = handled(good.clone(), Cadastre { status: 200, body, wrong: None }).await.outcome;
        assert!(matches!(outcome, Outcome::TryLater { .. }), "{outcome:?}");
    }
}
