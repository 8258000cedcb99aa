//! Certificates of both sides against a real server. Whatever is wrong with one: the request did not arrive, it goes
//! out later, and the operator is told why by a code.

use axum::Router;
use axum::routing::post as on_post;

use super::*;
use crate::transport::testing_tls::{Authority, TlsServer};

fn service() -> Router {
    Router::new().route("/", on_post(async || "taken"))
}

struct Case {
    server: TlsServer,
    settings: HttpSettings,
}

impl Case {
    async fn new(server_name: &str, until_year: i32) -> (Self, Authority) {
        let authority = Authority::new("Autorité des services publics");
        let server = TlsServer::start(&authority.issue(server_name, until_year), &authority, service()).await;
        let settings = HttpSettings {
            roots_pem: Some(authority.pem()),
            identity_pem: Some(authority.issue("wasl.example", 2040)),
            ..HttpSettings::default()
        };
        (Self { server, settings }, authority)
    }

    /// What becomes of a request that would change something, and what stands in the wire log.
    async fn ask(&self) -> (Result<u16, Trouble>, String) {
        let client = HttpClient::new(&self.settings, &[&self.server.address]).unwrap();
        let mut journal = Vec::new();
        let call = Call::post(self.server.address.clone(), "POST x", "text/plain", "hello");
        let got = client.send(call, &mut journal).await.map(|answer| answer.status);
        (got, journal.remove(0).status)
    }

    async fn is_told_as(&self, code: &str) {
        let (got, word) = self.ask().await;
        match got {
            Err(Trouble::Transient { reason, .. }) => {
                assert!(reason.starts_with(&format!("{code}: ")), "{reason}");
            }
            other => panic!("{code}: {other:?}"),
        }
        assert_eq!(word, code);
        assert_eq!(self.server.requests(), 0, "nothing may reach the agency");
    }
}

#[tokio::test]
async fn with_both_certificates_in_order_the_request_arrives() {
    let (case, _) = Case::new("127.0.0.1", 2040).await;
    assert_eq!(case.ask().await.0.unwrap(), 200);
    assert_eq!(case.server.requests(), 1);
}

#[tokio::test]
async fn a_certificate_for_another_host_is_told() {
    let (case, _) = Case::new("onee.example", 2040).await;
    case.is_told_as("agency.tls-name-differs").await;
}

#[tokio::test]
async fn an_expired_certificate_is_told() {
    let (case, _) = Case::new("127.0.0.1", 2025).await;
    case.is_told_as("agency.tls-certificate-expired").await;
}

#[tokio::test]
async fn a_certificate_of_another_authority_is_told() {
    let (mut case, _) = Case::new("127.0.0.1", 2040).await;
    case.settings.roots_pem = Some(Authority::new("Autre").pem());
    case.is_told_as("agency.tls-authority-unknown").await;
}

#[tokio::test]
async fn without_our_certificate_or_with_a_wrong_one_the_agency_refuses_us_and_nothing_is_in_doubt() {
    let (mut case, authority) = Case::new("127.0.0.1", 2040).await;
    case.settings.identity_pem = None;
    case.is_told_as("agency.tls-client-refused").await;
    case.settings.identity_pem = Some(Authority::new("Autre").issue("wasl.example", 2040));
    case.is_told_as("agency.tls-client-refused").await;
    case.settings.identity_pem = Some(authority.issue("wasl.example", 2025));
    case.is_told_as("agency.tls-client-refused").await;
}
