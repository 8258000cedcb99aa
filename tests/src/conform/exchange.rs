//! One exchange: the request as the case wants it, and what was answered.

use std::time::Duration;

use anyhow::{Context, bail};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use sha2::{Digest, Sha512};

use super::book::{Auth, Request, Step};
use super::edit::{self, Form};
use super::settings::{Direction, Settings};
use super::signing::Signing;
use super::values::Values;
use crate::sandbox::{Agency, proofs};

/// More of an answer is not read.
const ANSWER_BYTES_MAX: usize = 20 * 1024 * 1024;

/// What was answered.
#[derive(Debug, Clone, Default)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: HeaderMap,
    pub(super) body: Vec<u8>,
    /// Base64 of the SHA-512 of the request's body; of a GET, of its query.
    pub(super) request_hash: String,
}

/// Why there is no answer.
pub(super) enum Trouble {
    /// The agency: late, cut, refused connection.
    Agency(String),
    /// The same: the connection was closed before the answer was whole.
    Broken,
    /// There is nothing that the case could be about, and nobody's fault: why.
    Nothing(&'static str),
    /// The case or the settings.
    Run(anyhow::Error),
}

impl From<anyhow::Error> for Trouble {
    fn from(fault: anyhow::Error) -> Self {
        Self::Run(fault)
    }
}

/// A client with what was agreed.
pub(super) struct Session<'a> {
    settings: &'a Settings,
    client: reqwest::Client,
    token: Option<String>,
    /// The last security header that was made.
    last_security: Option<String>,
    pub(super) signing: Signing,
}

impl<'a> Session<'a> {
    /// # Errors
    /// Certificates that cannot be read.
    pub(super) fn new(settings: &'a Settings) -> anyhow::Result<Self> {
        let mut client = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(Duration::from_millis(settings.wishes.answer_within_ms));
        if let Some(pem) = settings.agreed.get("roots") {
            let roots = reqwest::Certificate::from_pem_bundle(pem.as_bytes()).context("roots_file")?;
            client = client.tls_certs_only(roots);
        }
        if let Some(pem) = settings.agreed.get("client_identity") {
            client =
                client.identity(reqwest::Identity::from_pem(pem.as_bytes()).context("client_identity_file")?);
        }
        let (client, signing) = (client.build()?, Signing::agreed(settings)?);
        Ok(Self { settings, client, token: None, last_security: None, signing })
    }

    /// The body of a step, as text before its last changes.
    ///
    /// # Errors
    /// The case is wrong.
    pub(super) fn body(
        &mut self,
        request: &Request,
        step: &Step,
        values: &Values,
    ) -> anyhow::Result<(Vec<u8>, String)> {
        let kind = step.content_type.as_deref().unwrap_or(&request.content_type).to_owned();
        let form = Form::of(&request.content_type);
        let raw = match &request.sample {
            Some(name) => {
                let path = self
                    .settings
                    .schemas
                    .join("samples/agencies")
                    .join(self.settings.agency.key())
                    .join(name);
                std::fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?
            }
            None => values.fill(&request.body)?,
        };
        let edits: Vec<_> = request.edits.iter().chain(&step.edits).cloned().collect();
        let text = edit::apply(form, &raw, &edits, values)?;
        let text = self.proven(request, step, text)?;
        let text = edit::apply(form, &self.signing.sign(text, step.sign)?, &step.tamper, values)?;
        Ok((edit::finish(&text, &edits), kind))
    }

    /// The text with the proof of who sends it, where that stands in the body.
    fn proven(&mut self, request: &Request, step: &Step, text: String) -> anyhow::Result<String> {
        let auth = step.auth.unwrap_or(request.auth);
        match (self.settings.agency, self.settings.direction) {
            (Agency::Onee, direction) => self.secured(direction, auth, text),
            (Agency::BaridBank, Direction::ToWasl) => {
                let mut pairs = edit::read_pairs(&text);
                if pairs.is_empty() {
                    return Ok(text);
                }
                pairs.retain(|(name, _)| name != "HASH");
                let hash = match auth {
                    Auth::None => return Ok(edit::write_pairs(&pairs)),
                    Auth::Right => proofs::hash_version_3(&pairs, self.settings.agreed("store_key")),
                    _ => proofs::hash_version_3(&pairs, "another key"),
                };
                pairs.push(("HASH".to_owned(), hash));
                Ok(edit::write_pairs(&pairs))
            }
            _ => Ok(text),
        }
    }

    fn secured(&mut self, direction: Direction, auth: Auth, text: String) -> anyhow::Result<String> {
        let (Some(start), Some(end)) = (text.find("<wsse:Security"), text.find("</wsse:Security>")) else {
            return Ok(text);
        };
        let (user, password) = match direction {
            Direction::ToAgency => (self.settings.agreed("username"), self.settings.agreed("password")),
            Direction::ToWasl => {
                (self.settings.agreed("callback_username"), self.settings.agreed("callback_password"))
            }
        };
        let block = match auth {
            Auth::None => String::new(),
            Auth::Right => proofs::security_header(user, password, 0),
            Auth::Wrong => proofs::security_header(user, "another password", 0),
            Auth::OtherCaller => proofs::security_header("somebody", password, 0),
            Auth::Stale => proofs::security_header(user, password, 3600),
            Auth::Replayed => match &self.last_security {
                Some(block) => block.clone(),
                None => bail!("nothing was sent before that could be replayed"),
            },
        };
        if auth == Auth::Right {
            self.last_security = Some(block.clone());
        }
        Ok(format!("{}{block}{}", &text[..start], &text[end + "</wsse:Security>".len()..]))
    }

    async fn headers(
        &mut self,
        request: &Request,
        step: &Step,
        values: &Values,
    ) -> Result<HeaderMap, Trouble> {
        let mut headers = HeaderMap::new();
        for (name, value) in request.headers.iter().chain(&step.headers) {
            put(&mut headers, name, &values.fill(value)?)?;
        }
        let auth = step.auth.unwrap_or(request.auth);
        if self.settings.direction == Direction::ToWasl || auth == Auth::None {
            return Ok(headers);
        }
        match self.settings.agency {
            // The token's own request carries its proof in the body.
            Agency::UrbanAgency if request.address.is_none() => {
                let token = match auth {
                    Auth::Wrong => "not-a-token".to_owned(),
                    _ => self.token(values).await?,
                };
                put(&mut headers, "authorization", &format!("Bearer {token}"))?;
                let caller =
                    if auth == Auth::OtherCaller { "SOMEBODY-01" } else { self.settings.agreed("caller_id") };
                put(&mut headers, "id-acteur-appelant", caller)?;
            }
            Agency::BaridBank => {
                let password = if auth == Auth::Wrong {
                    "another password"
                } else {
                    self.settings.agreed("api_password")
                };
                let user = self.settings.agreed("api_user");
                let basic = BASE64_STANDARD.encode(format!("{user}:{password}"));
                put(&mut headers, "authorization", &format!("Basic {basic}"))?;
            }
            _ => {}
        }
        Ok(headers)
    }

    /// The access token, fetched once.
    async fn token(&mut self, values: &Values) -> Result<String, Trouble> {
        if let Some(token) = &self.token {
            return Ok(token.clone());
        }
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", self.settings.agreed("client_id")),
            ("client_secret", self.settings.agreed("client_secret")),
            ("scope", "consultations"),
        ];
        let address = values.fill("{agreed.token_url}")?;
        let answer = self.client.post(address).form(&form).send().await.map_err(|fault| told(&fault))?;
        let value: serde_json::Value = answer.json().await.map_err(|fault| told(&fault))?;
        let token = value["access_token"].as_str().map(str::to_owned);
        let token =
            token.ok_or_else(|| Trouble::Agency("the token address gave no access_token".to_owned()))?;
        self.token = Some(token.clone());
        Ok(token)
    }

    /// Sends the request of a step.
    pub(super) async fn send(
        &mut self,
        request: &Request,
        step: &Step,
        values: &Values,
    ) -> Result<Answer, Trouble> {
        let (body, kind) = self.body(request, step, values)?;
        let headers = self.headers(request, step, values).await?;
        let address = match &request.address {
            Some(key) => format!("{}{}", self.settings.agreed(key), values.fill(&request.path)?),
            None => format!("{}{}", self.settings.base, values.fill(&request.path)?),
        };
        let method = reqwest::Method::from_bytes(request.method.as_bytes())
            .with_context(|| format!("`{}` is no method", request.method))?;
        let query = address.split_once('?').map_or("", |(_, query)| query);
        let hashed = if method == reqwest::Method::GET { query.as_bytes() } else { &body };
        let request_hash = BASE64_STANDARD.encode(Sha512::digest(hashed));
        let mut sending = self.client.request(method.clone(), address).headers(headers);
        if !kind.is_empty() && method != reqwest::Method::GET {
            sending =
                sending.header(reqwest::header::CONTENT_TYPE, kind).body(in_halves(body, step.pause_ms));
        }
        let mut response = sending.send().await.map_err(|fault| told(&fault))?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|fault| told(&fault))? {
            body.extend_from_slice(&chunk);
            if body.len() > ANSWER_BYTES_MAX {
                return Err(Trouble::Agency("the answer is bigger than anybody reads".to_owned()));
            }
        }
        Ok(Answer { status, headers, body, request_hash })
    }
}

fn put(headers: &mut HeaderMap, name: &str, value: &str) -> anyhow::Result<()> {
    let value = HeaderValue::from_str(value).with_context(|| format!("header {name}"))?;
    headers.insert(HeaderName::from_bytes(name.as_bytes())?, value);
    Ok(())
}

/// A body in one piece, or in two with a pause between, as over a line that is slow.
fn in_halves(body: Vec<u8>, pause_ms: u64) -> reqwest::Body {
    if pause_ms == 0 {
        return body.into();
    }
    let bytes = Bytes::from(body);
    let (first, second) = (bytes.slice(..bytes.len() / 2), bytes.slice(bytes.len() / 2..));
    let halves =
        futures_util::stream::unfold((Some(first), Some(second)), move |(first, second)| async move {
            match (first, second) {
                (Some(first), second) => Some((Ok::<_, std::io::Error>(first), (None, second))),
                (None, Some(second)) => {
                    tokio::time::sleep(Duration::from_millis(pause_ms)).await;
                    Some((Ok(second), (None, None)))
                }
                (None, None) => None,
            }
        });
    reqwest::Body::wrap_stream(halves)
}

/// What went wrong on the line, without addresses.
fn told(fault: &reqwest::Error) -> Trouble {
    if fault.is_timeout() {
        Trouble::Agency("no answer in time".to_owned())
    } else if fault.is_connect() {
        Trouble::Agency("no connection".to_owned())
    } else {
        Trouble::Broken
    }
}
