//! The whole security at once, on a real TLS server: certificates of both sides, user, time and signature; and events
//! that are not what they seem.

use axum::response::IntoResponse as _;
use jiff::Timestamp;

use super::events::{callback, known};
use super::*;
use crate::port::Received;
use crate::transport::clock::wall_now;
use crate::transport::soap;
use crate::transport::testing_tls::{Authority, TlsServer};
use crate::transport::wsse::{self, WSU};
use crate::transport::xmldsig::tests::Pem;
use crate::transport::xmldsig::{BodyAndTimestamp, SignatureFault, XmlSignature as _};

/// Keys of both sides.
struct Agreed {
    gateway: Pem,
    onee: Pem,
}

impl Agreed {
    fn new() -> Self {
        Self { gateway: self_signed(&ecdsa()), onee: self_signed(&ecdsa()) }
    }

    fn config(&self, endpoint: &str) -> Config {
        let (signing, trust) = (Some(Arc::new(self.gateway.signing())), Some(self.onee.pinned()));
        Config { signing, trust, ..config(endpoint) }
    }
}

/// ONEE behind TLS: verifies what comes and answers the sample that fits, signed when it should.
async fn onee(agreed: &Agreed, authority: &Authority, sign_replies: bool) -> TlsServer {
    let (gateway, own) = (agreed.gateway.pinned(), agreed.onee.clone());
    let answer = async move |body: Bytes| {
        let Ok(covered) = BodyAndTimestamp.verify(&body, &gateway, wall_now()) else {
            let fault =
                soap::write_fault(Version::V12, soap::Blame::Sender, (wsse::WSSE, "FailedCheck"), "non");
            return (StatusCode::BAD_REQUEST, fault).into_response();
        };
        assert!(String::from_utf8(covered.body).unwrap().contains("<msg:Verb>create<"));
        let reply = sample("onee/create-reply-ok.xml");
        if sign_replies { signed(&reply, &own, wall_now()) } else { reply }.into_response()
    };
    let app = Router::new().route("/onee", post(answer));
    TlsServer::start(&authority.issue("127.0.0.1", 2040), authority, app).await
}

/// A sample signed by ONEE, with a timestamp of this time when it has none.
fn signed(sample: &[u8], onee: &Pem, now: Timestamp) -> Vec<u8> {
    let text = String::from_utf8(sample.to_vec()).unwrap();
    let body = format!("<env:Body xmlns:wsu=\"{WSU}\" wsu:Id=\"B\">");
    let header = format!(
        "<env:Header><wsse:Security xmlns:wsse=\"{}\" xmlns:wsu=\"{WSU}\"><wsu:Timestamp wsu:Id=\"T\"><wsu:Created>{now}\
         </wsu:Created></wsu:Timestamp></wsse:Security></env:Header>",
        wsse::WSSE
    );
    let text = text.replace("<env:Body>", &body).replace("<env:Header/>", &header);
    BodyAndTimestamp.sign(text.as_bytes(), &onee.signing()).unwrap()
}

fn secured(agreed: &Agreed, authority: &Authority, server: &TlsServer) -> Config {
    let http = HttpSettings {
        roots_pem: Some(authority.pem()),
        identity_pem: Some(authority.issue("wasl.example", 2040)),
        ..HttpSettings::default()
    };
    Config { http, ..agreed.config(&format!("{}/onee", server.address)) }
}

#[tokio::test]
async fn a_request_arrives_over_mutual_tls_with_its_signature_in_both_versions() {
    let (agreed, authority) = (Agreed::new(), Authority::new("Autorité"));
    let server = onee(&agreed, &authority, false).await;
    let config = secured(&agreed, &authority, &server);
    for version in [Version::V11, Version::V12] {
        let onee = Onee::new(Config { version, ..config.clone() }).unwrap();
        let outcome = onee.handle(&ask(RequestKind::Consult)).await.outcome;
        assert!(matches!(outcome, Outcome::Delivered { .. }), "{outcome:?}");
    }
    // Another key than the one agreed: our access, not the file.
    let other = Arc::new(self_signed(&ecdsa()).signing());
    let stranger = Onee::new(Config { signing: Some(other), ..config }).unwrap();
    let outcome = stranger.handle(&ask(RequestKind::Consult)).await.outcome;
    assert!(
        matches!(&outcome, Outcome::TryLater { reason, .. } if reason.starts_with("FailedCheck")),
        "{outcome:?}"
    );
}

#[tokio::test]
async fn without_our_client_certificate_the_file_waits_and_the_operator_is_told() {
    let (agreed, authority) = (Agreed::new(), Authority::new("Autorité"));
    let server = onee(&agreed, &authority, false).await;
    let mut config = secured(&agreed, &authority, &server);
    config.http.identity_pem = None;
    let handled = Onee::new(config).unwrap().handle(&ask(RequestKind::Consult)).await;
    assert!(
        matches!(&handled.outcome, Outcome::TryLater { reason, .. } if reason.starts_with("agency.tls-client-refused")),
        "{handled:?}"
    );
    assert_eq!(handled.exchanges[0].status, "agency.tls-client-refused");
}

#[tokio::test]
async fn where_replies_are_signed_an_unsigned_one_leaves_a_doubt() {
    let (agreed, authority) = (Agreed::new(), Authority::new("Autorité"));
    for (signs, delivered) in [(true, true), (false, false)] {
        let server = onee(&agreed, &authority, signs).await;
        let config = Config { replies_signed: true, ..secured(&agreed, &authority, &server) };
        match Onee::new(config).unwrap().handle(&ask(RequestKind::Consult)).await.outcome {
            Outcome::Delivered { .. } if delivered => {}
            Outcome::InDoubt { reason } if !delivered => {
                assert_eq!(reason, "agency.signature-invalid: the message is not signed");
            }
            other => panic!("{other:?}"),
        }
    }
}

const AT: &str = "2026-10-05T09:30:02Z";

/// What is made of an event, and with what subcode it is answered.
fn refused(onee: &Onee, bytes: Vec<u8>) -> (&'static str, String) {
    match onee.receive(&callback(bytes, AT), &known()) {
        Received::Reject { reply, code, reason } => {
            let subcode = reply.body.split("f:").nth(1).and_then(|rest| rest.split('<').next());
            assert_eq!(reply.status, 400, "{reason}");
            (code, subcode.unwrap_or_default().to_owned())
        }
        other => panic!("believed: {other:?}"),
    }
}

#[test]
fn a_signed_event_is_believed_and_an_unsigned_or_changed_one_is_not() {
    let agreed = Agreed::new();
    let onee = Onee::new(agreed.config("http://127.0.0.1:1/onee")).unwrap();
    let event = signed(&sample("onee/event-closed.xml"), &agreed.onee, AT.parse().unwrap());
    match onee.receive(&callback(event.clone(), AT), &known()) {
        Received::Accept { outcome: Outcome::Answered { opinion }, .. } => {
            assert_eq!(opinion.kind, OpinionKind::Unfavourable);
        }
        other => panic!("{other:?}"),
    }
    let invalid = |subcode: &str| ("agency.signature-invalid", subcode.to_owned());
    assert_eq!(refused(&onee, sample("onee/event-closed.xml")), invalid("InvalidSecurity"));
    let text = String::from_utf8(event).unwrap();
    let changed = text.replace(">unfavourable<", ">favourable<");
    assert_eq!(refused(&onee, changed.into_bytes()), invalid("FailedCheck"));
    let own = signed(&sample("onee/event-closed.xml"), &agreed.gateway, AT.parse().unwrap());
    assert_eq!(refused(&onee, own), invalid("InvalidSecurityToken"));
    // Rightly signed, but the user's password is another.
    let forged = String::from_utf8(sample("onee/event-closed.xml")).unwrap().replace(">onee<", ">mallory<");
    let forged = signed(forged.as_bytes(), &agreed.onee, AT.parse().unwrap());
    assert_eq!(refused(&onee, forged), ("agency.not-authentic", "FailedAuthentication".to_owned()));
}

#[test]
fn a_wrapped_event_is_refused_before_anything_of_it_is_read() {
    let agreed = Agreed::new();
    let onee = Onee::new(agreed.config("http://127.0.0.1:1/onee")).unwrap();
    let event = signed(&sample("onee/event-closed.xml"), &agreed.onee, AT.parse().unwrap());
    let text = String::from_utf8(event).unwrap();
    let start = text.find("<env:Body").unwrap();
    let body = &text[start..text.find("</env:Body>").unwrap() + "</env:Body>".len()];
    let forged = body.replace("wsu:Id=\"B\"", "wsu:Id=\"C\"").replace(">unfavourable<", ">favourable<");
    let hidden = format!("<x:Old xmlns:x=\"urn:x\">{body}</x:Old></env:Header>");
    let wrapped = text.replacen(body, &forged, 1).replacen("</env:Header>", &hidden, 1);
    let invalid = ("agency.signature-invalid", "InvalidSecurity".to_owned());
    assert_eq!(refused(&onee, wrapped.into_bytes()), invalid);
}

#[test]
fn our_replies_are_signed_where_it_is_agreed() {
    let agreed = Agreed::new();
    let config = Config { replies_signed: true, ..agreed.config("http://127.0.0.1:1/onee") };
    let onee = Onee::new(config).unwrap();
    let event = signed(&sample("onee/event-closed.xml"), &agreed.onee, AT.parse().unwrap());
    let Received::Accept { reply, .. } = onee.receive(&callback(event, AT), &known()) else { panic!() };
    let checked =
        |pem: &Pem| BodyAndTimestamp.verify(reply.body.as_bytes(), &pem.pinned(), AT.parse().unwrap());
    assert!(checked(&agreed.gateway).is_ok());
    assert!(matches!(checked(&agreed.onee), Err(SignatureFault::Certificate(_))));
    assert!(!reply.body.contains("UsernameToken"));
}

#[tokio::test]
async fn what_is_about_the_line_never_refuses_the_file() {
    let fault = |version: Version, code: &str| {
        let text = soap::write_fault(version, soap::Blame::Sender, ("urn:x", "X"), "non");
        let text = String::from_utf8(text).unwrap();
        text.replace("env:Sender", &format!("env:{code}")).replace("soap:Client", &format!("soap:{code}"))
    };
    let mut cases = Vec::new();
    for code in ["MustUnderstand", "VersionMismatch"] {
        cases.push((500, fault(Version::V11, code)));
        let twelve = fault(Version::V12, code);
        let (start, end) = (twelve.find("<env:Subcode>").unwrap(), twelve.find("</env:Subcode>").unwrap());
        cases.push((500, format!("{}{}", &twelve[..start], &twelve[end + "</env:Subcode>".len()..])));
    }
    cases.extend(
        [400, 401, 403, 404, 405].map(|status| (status, "<html>No required certificate</html>".to_owned())),
    );
    for (status, body) in cases {
        let agency = says(status, body.clone().into()).await;
        let outcome = adapter(&agency.address).handle(&ask(RequestKind::Consult)).await.outcome;
        assert!(matches!(outcome, Outcome::TryLater { .. }), "{status} {body}: {outcome:?}");
    }
    let agency = says(413, "too large".into()).await;
    assert_eq!(
        refused_code(&adapter(&agency.address).handle(&ask(RequestKind::Consult)).await.outcome),
        "http.413"
    );
}

#[test]
fn settings_of_signatures_say_what_is_missing() {
    let folder = Folder::new();
    let agreed = Agreed::new();
    let key = folder.put("key.pem", agreed.gateway.both());
    let certificate = folder.put("onee.pem", &agreed.onee.certificate);
    let read = |more: &str| {
        let table = format!("endpoint = 'http://127.0.0.1:1/onee'\n{more}").parse().unwrap();
        Config::read(&table).map(drop)
    };
    let pinned = format!("callback_certificates_file = '{certificate}'\n");
    let signing = format!("signing_identity_file = '{key}'\n");
    assert_eq!(read(&format!("{pinned}{signing}replies_signed = true")), Ok(()));
    let said = |more: &str| read(more).unwrap_err();
    assert!(said("replies_signed = true").contains("`signing_identity_file`"));
    assert!(
        said(&format!("{pinned}callback_authorities_file = '{certificate}'")).contains("give one of them")
    );
    assert!(
        said(&format!("callback_authorities_file = '{certificate}'")).contains("`callback_certificate_name`")
    );
    assert!(said(&format!("signing_identity_file = '{certificate}'")).ends_with("it holds no private key"));
    let issued =
        format!("callback_authorities_file = '{certificate}'\ncallback_certificate_name = 'a.example'");
    assert_eq!(read(&issued), Ok(()));
}
