//! Access tokens by client credentials (RFC 6749 section 4.4) and who may call.

use std::collections::HashMap;
use std::sync::Mutex;

use axum::Form;
use axum::extract::State;
use axum::extract::rejection::FormRejection;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::super::config::TOKEN_LIFE_SECONDS;
use super::super::desk::Desk;
use super::super::secrets::random_text;
use super::super::{clock, locked};
use super::answers::fault;
use super::{Shared, UrbanAgency};

/// Tokens in force, each with the wall time at which it ends. A restart forgets them all: the
/// caller fetches a new one.
#[derive(Debug, Default)]
pub(super) struct Tokens(Mutex<HashMap<String, u64>>);

impl Tokens {
    fn give(&self) -> String {
        let token = random_text(32);
        let now_ms = clock::now_ms();
        let mut tokens = locked(&self.0);
        tokens.retain(|_, ends_ms| *ends_ms > now_ms);
        tokens.insert(token.clone(), now_ms + TOKEN_LIFE_SECONDS * 1000);
        token
    }

    fn good(&self, token: &str) -> bool {
        locked(&self.0).get(token).is_some_and(|ends_ms| *ends_ms > clock::now_ms())
    }

    /// Lets a call with a token in force and the registered caller's id pass.
    pub(super) fn caller(&self, desk: &Desk, headers: &HeaderMap) -> Result<(), Box<Response>> {
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let token = text("authorization").and_then(|value| value.strip_prefix("Bearer "));
        if token.is_none() {
            desk.violation("", &["a call without a bearer token".to_owned()]);
        }
        if !token.is_some_and(|token| self.good(token)) {
            let mut answer =
                fault(StatusCode::UNAUTHORIZED, "JETON-INVALIDE", None, "Jeton absent ou expiré");
            let why = HeaderValue::from_static("Bearer error=\"invalid_token\"");
            answer.headers_mut().insert(header::WWW_AUTHENTICATE, why);
            return Err(Box::new(answer));
        }
        if text("id-acteur-appelant") != Some(&desk.office.secrets.urban_agency.id_acteur_appelant) {
            desk.violation("", &["Id-Acteur-Appelant is not the one registered".to_owned()]);
            return Err(Box::new(fault(
                StatusCode::FORBIDDEN,
                "ACTEUR-INCONNU",
                None,
                "Acteur appelant inconnu",
            )));
        }
        Ok(())
    }
}

/// `POST /oauth2/token`.
pub(super) async fn issue(
    State(agency): State<Shared>,
    form: Result<Form<HashMap<String, String>>, FormRejection>,
) -> Response {
    let refuse = |status, error: &str, reason: &str| {
        agency.desk.violation("", &[reason.to_owned()]);
        (status, axum::Json(json!({"error": error}))).into_response()
    };
    let Ok(Form(form)) = form else {
        return refuse(StatusCode::BAD_REQUEST, "invalid_request", "the token request is not a form");
    };
    let field = |name: &str| form.get(name).map_or("", String::as_str);
    if field("grant_type") != "client_credentials" || field("scope") != "consultations" {
        let reason = "the token request has another grant type or scope";
        return refuse(StatusCode::BAD_REQUEST, "invalid_request", reason);
    }
    if !known(&agency, field("client_id"), field("client_secret")) {
        return refuse(StatusCode::UNAUTHORIZED, "invalid_client", "wrong client id or secret");
    }
    let token = agency.tokens.give();
    axum::Json(json!({
        "access_token": token, "token_type": "Bearer", "expires_in": TOKEN_LIFE_SECONDS, "scope": "consultations",
    }))
    .into_response()
}

fn known(agency: &UrbanAgency, id: &str, secret: &str) -> bool {
    let agreed = &agency.desk.office.secrets.urban_agency;
    id == agreed.client_id && secret == agreed.client_secret
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_good_until_its_end_and_no_other_is() {
        let tokens = Tokens::default();
        let token = tokens.give();
        assert!(tokens.good(&token));
        assert!(!tokens.good("another"));
        locked(&tokens.0).insert(token.clone(), clock::now_ms() - 1);
        assert!(!tokens.good(&token));
    }
}
