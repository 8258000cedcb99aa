//! The agency shows a certificate that has expired, is another host's, or another authority's.

use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, PKCS_ECDSA_P256_SHA256,
    date_time_ymd,
};
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::TlsAcceptor;
use toml::Value as Toml;

use crate::front::{Deed, Front};
use crate::spoilt::point;
use crate::support::gateway::SOUANI;
use crate::support::wait::until;
use crate::support::{Commune, Gateway, Options};

/// An authority of this test.
struct Authority(CertifiedIssuer<'static, KeyPair>);

fn key() -> KeyPair {
    KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).unwrap()
}

impl Authority {
    fn new(name: &str) -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, name);
        Self(CertifiedIssuer::self_signed(params, key()).unwrap())
    }

    /// What a server with this name shows, good until the beginning of a year.
    fn shown(&self, host: &str, until_year: i32) -> TlsAcceptor {
        let key = key();
        let mut params = CertificateParams::new(vec![host.to_owned()]).unwrap();
        params.not_before = date_time_ymd(2020, 1, 1);
        params.not_after = date_time_ymd(until_year, 1, 1);
        let certificate = params.signed_by(&key, &self.0).unwrap();
        let chain = vec![CertificateDer::from_pem_slice(certificate.pem().as_bytes()).unwrap()];
        let key = PrivateKeyDer::from_pem_slice(key.serialize_pem().as_bytes()).unwrap();
        let config = ServerConfig::builder().with_no_client_auth().with_single_cert(chain, key).unwrap();
        TlsAcceptor::from(Arc::new(config))
    }
}

/// Invariant: to somebody who cannot prove to be the agency no byte of a file is said; the request waits, the fault is
/// named by its code where an operator looks; and once the certificate is mended what waited goes out, once.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_said_to_whoever_shows_a_wrong_certificate_and_all_goes_out_once_it_is_mended() {
    _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let (ours, other) = (Authority::new("Autorité des services publics"), Authority::new("Autre"));
    let options = Options {
        legal_day_ms: 60_000,
        settings: vec![("adapter.breaker_failures_max", 1000), ("flow.retry_max_ms", 1500)],
        ..Options::default()
    };
    let mut gateway = Gateway::lay("certificates", options).await;
    let front = Front::start(Some(gateway.ports.sandbox), |_| Deed::HandOn).await;
    let roots = gateway.layout.dir.join("authority.pem");
    std::fs::write(&roots, ours.0.pem()).unwrap();
    let address = format!("https://127.0.0.1:{}/urban-agency/v1", front.address.port());
    let roots = Toml::String(roots.display().to_string());
    point(&gateway, "urban-agency", &[("base_url", Toml::String(address)), ("roots_file", roots)]);
    let shown = [
        ("expired", ours.shown("127.0.0.1", 2025), "agency.tls-certificate-expired"),
        // Two agencies have mixed up their certificates: both are good, each is the other's.
        ("swapped", ours.shown("onee.example", 2040), "agency.tls-name-differs"),
        ("strange", other.shown("127.0.0.1", 2040), "agency.tls-authority-unknown"),
    ];
    front.show(shown[0].1.clone());
    gateway.go().await;
    let mut commune = Commune::connect(&gateway, SOUANI).await;
    for (name, acceptor, code) in shown {
        front.show(acceptor);
        commune.submit(name, "building", &[]).await;
        until(code, async || {
            let reasons: Vec<String> = sqlx::query_scalar(
                "SELECT e.data->>'reason' FROM event e JOIN file f ON f.id = e.file_id
                 WHERE f.reference = $1 AND e.name = 'attempt-failed' AND NOT (e.data->>'in_doubt')::bool",
            )
            .bind(name)
            .fetch_all(&gateway.pool)
            .await
            .unwrap();
            reasons.iter().any(|reason| reason.starts_with(code)).then_some(())
        })
        .await;
        assert_eq!(front.asked("").len(), 0, "{name}: something was said");
    }
    front.show(ours.shown("127.0.0.1", 2040));
    for name in ["expired", "swapped", "strange"] {
        commune.expect(name, "file.reviewed").await;
        let accepted =
            gateway.ledger(&format!("agency=urban-agency&action=consultation-accepted&file={name}")).await;
        assert_eq!(accepted.len(), 1, "{name}: {accepted:?}");
    }
    assert!(gateway.ledger("action=duplicate").await.is_empty(), "sent twice");
}
