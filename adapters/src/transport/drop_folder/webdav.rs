//! WebDAV (RFC 4918) through opendal, spoken by the gateway's own HTTP client: its roots, its client certificate,
//! no redirect, no proxy, its limits. opendal brings no HTTP client and no TLS of its own.

use std::sync::Arc;

use bytes::Bytes;
use futures_util::stream;
use http::{Request, Response, header};
use opendal::{
    Buffer, ErrorKind, HttpBody, HttpTransport, HttpTransporter, OperationContext, Operator, services,
};

use super::FolderError;
use crate::transport::http::{Call, HttpClient, HttpSettings, Trouble};
use crate::transport::settings::{Secret, SettingsReader};

/// Where the shared folder is served, and who we are there.
#[derive(Debug, Clone)]
pub struct WebDav {
    /// `webdav_url`: the collection that holds `out/`, `in/` and `rejected/`.
    url: String,
    /// `webdav_user` and `webdav_password_file`: HTTP Basic (RFC 7617). Absent: the client certificate alone.
    login: Option<(String, Secret)>,
    /// HTTP client.
    http: HttpSettings,
}

impl WebDav {
    /// Takes `webdav_url`, `webdav_user` and `webdav_password_file`; `None` without an address.
    ///
    /// # Errors
    /// One sentence that names the key.
    pub fn read(reader: &mut SettingsReader<'_>, http: &HttpSettings) -> Result<Option<Self>, String> {
        let url = reader.address_opt("webdav_url")?;
        let user = reader.text_opt("webdav_user")?;
        let password = match reader.text_opt("webdav_password_file")? {
            Some(_) => Some(reader.secret_file("webdav_password_file")?),
            None => None,
        };
        let login = match (user, password) {
            (Some(user), Some(password)) => Some((user, password)),
            (None, None) => None,
            _ => return Err("`webdav_user` and `webdav_password_file` go together".to_owned()),
        };
        match url {
            Some(url) => Ok(Some(Self { url, login, http: http.clone() })),
            None if login.is_some() => Err("`webdav_url` is missing, but `webdav_user` is given".to_owned()),
            None => Ok(None),
        }
    }

    /// Opens it. Nothing is asked of the server yet. The client is given too, for what it knows of certificates.
    pub(super) fn open(&self) -> Result<(Operator, Arc<HttpClient>), FolderError> {
        let client = Arc::new(HttpClient::new(&self.http, &[&self.url]).map_err(FolderError::Settings)?);
        // The collection stands in the address and the root is `/`, so that a path is what follows the address.
        let mut builder = services::Webdav::default().endpoint(&self.url);
        if let Some((user, password)) = &self.login {
            builder = builder.username(user).password(password.reveal());
        }
        let operator = Operator::new(builder)
            .map_err(|e| FolderError::Settings(format!("`webdav_url` cannot be used: {}", e.message())))?;
        let transport = HttpTransporter::new(OwnClient(Arc::clone(&client)));
        Ok((operator.with_context(OperationContext::new().with_http_transport(transport)), client))
    }
}

/// opendal's way to our client.
struct OwnClient(Arc<HttpClient>);

impl HttpTransport for OwnClient {
    async fn fetch(&self, request: Request<Buffer>) -> opendal::Result<Response<HttpBody>> {
        let (mut parts, body) = request.into_parts();
        // The client counts the body itself.
        parts.headers.remove(header::CONTENT_LENGTH);
        let call = Call {
            what: format!("WebDAV {}", parts.method),
            method: parts.method,
            url: parts.uri.to_string(),
            headers: parts.headers,
            body: body.to_bytes(),
            safe: true,
            // The journal is not kept: the file stands in it once, with the words of its adapter.
            secret: true,
        };
        let deletes = call.method == http::Method::DELETE;
        let answer = self.0.send(call, &mut Vec::new()).await.map_err(unanswered)?;
        // RFC 9110 §9.3.5: a deletion that was done may be told by 200 or 202 as well.
        let status = if deletes && matches!(answer.status, 200 | 202) { 204 } else { answer.status };
        // A fault's body may say anything; its status says enough, and goes into our reasons.
        let body = if status >= 300 { Bytes::from(format!("HTTP {status}")) } else { answer.body };
        let mut response = Response::builder().status(status);
        if let Some(headers) = response.headers_mut() {
            *headers = answer.headers;
            headers.insert(header::CONTENT_LENGTH, body.len().into());
        }
        let size = body.len() as u64;
        let body = HttpBody::new(stream::iter([Ok(Buffer::from(body))]), Some(size));
        response.body(body).map_err(|e| opendal::Error::new(ErrorKind::Unexpected, e.to_string()))
    }
}

fn unanswered(trouble: Trouble) -> opendal::Error {
    let (Trouble::Transient { reason, .. } | Trouble::Refused { reason, .. } | Trouble::InDoubt { reason }) =
        trouble;
    opendal::Error::new(ErrorKind::Unexpected, reason).set_temporary()
}
