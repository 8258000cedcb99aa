//! The broker's management API: export, import, and what a person asks of it.

use std::time::Duration;

use reqwest::{Client, Response, StatusCode};
use url::Url;

use super::definitions::{Binding, Definitions};
use crate::config::Broker;

/// Longest text of an answer that is repeated to a person.
const REASON_CHARS_MAX: usize = 300;

/// The management API of one broker.
#[derive(Debug, Clone)]
pub struct Management {
    client: Client,
    base: Url,
    user: String,
    password: String,
    /// The virtual host of the broker's address.
    pub vhost: String,
}

/// Why the management API did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum ManagementError {
    /// Settings that cannot be used.
    #[error("{0}")]
    Settings(String),
    /// No answer.
    #[error("the broker's management API does not answer: {0}")]
    Unreachable(String),
    /// An answer that says no.
    #[error("the broker's management API refuses: {status} {reason}")]
    Refused {
        /// HTTP status.
        status: u16,
        /// Its words.
        reason: String,
    },
}

impl Management {
    /// The API of the settings. User and password are those of `broker.management_url`, or else those of
    /// `broker.user` and `broker.password_file`, or else those of `broker.url`.
    ///
    /// # Errors
    /// Addresses or files that cannot be read.
    pub fn new(settings: &Broker) -> Result<Self, ManagementError> {
        let mut base = parse(&settings.management_url, "broker.management_url")?;
        let broker = parse(&settings.url, "broker.url")?;
        let source = if base.username().is_empty() { &broker } else { &base };
        let (mut user, mut password) =
            (decoded(source.username()), decoded(source.password().unwrap_or_default()));
        if base.username().is_empty() {
            if let Some(name) = &settings.user {
                user.clone_from(name);
            }
            if let Some(file) = &settings.password_file {
                let text = std::fs::read_to_string(file)
                    .map_err(|error| ManagementError::Settings(format!("{}: {error}", file.display())))?;
                text.trim_end().clone_into(&mut password);
            }
        }
        // Neither can fail on an address with a host, which was checked when the settings were loaded.
        let _ = base.set_username("");
        let _ = base.set_password(None);
        let client = Client::builder()
            .no_proxy()
            .timeout(Duration::from_millis(settings.management_timeout_ms))
            .connect_timeout(Duration::from_millis(settings.connect_timeout_ms))
            .build()
            .map_err(|error| ManagementError::Settings(error.to_string()))?;
        Ok(Self { client, base, user, password, vhost: vhost(&broker) })
    }

    /// The definitions of our virtual host, and all users. Needs an administrator.
    ///
    /// # Errors
    /// No answer, or a refusal.
    pub async fn export(&self) -> Result<Definitions, ManagementError> {
        let answer = self.answer(self.client.get(self.url()?)).await?;
        let body = answer.bytes().await.map_err(unreachable)?;
        let mut all: Definitions =
            serde_json::from_slice(&body).map_err(|error| ManagementError::Refused {
                status: StatusCode::OK.as_u16(),
                reason: format!("definitions that cannot be read ({error})"),
            })?;
        let own = |vhost: &str| vhost == self.vhost;
        all.vhosts.retain(|item| own(&item.name));
        all.permissions.retain(|item| own(&item.vhost));
        all.topic_permissions.retain(|item| own(&item.vhost));
        all.policies.retain(|item| own(&item.vhost));
        all.queues.retain(|item| own(&item.vhost));
        all.exchanges.retain(|item| own(&item.vhost));
        all.bindings.retain(|item| own(&item.vhost));
        Ok(all)
    }

    /// Imports definitions: what is there already and the same stays as it is. Needs an administrator.
    ///
    /// # Errors
    /// No answer, or a refusal (a queue that exists with other arguments, say).
    pub async fn import(&self, definitions: &Definitions) -> Result<(), ManagementError> {
        self.answer(self.client.post(self.url()?).json(definitions)).await.map(drop)
    }

    /// Takes a binding away. Needs an administrator.
    ///
    /// # Errors
    /// No answer, or a refusal.
    pub async fn unbind(&self, binding: &Binding) -> Result<(), ManagementError> {
        let key: String = url::form_urlencoded::byte_serialize(binding.routing_key.as_bytes()).collect();
        let mut url = self.at("api/bindings/")?;
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend([
                self.vhost.as_str(),
                "e",
                &binding.source,
                "q",
                &binding.destination,
            ]);
            path.push(if key.is_empty() { "~" } else { &key });
        }
        self.answer(self.client.delete(url)).await.map(drop)
    }

    fn url(&self) -> Result<Url, ManagementError> {
        self.at("api/definitions")
    }

    fn at(&self, path: &str) -> Result<Url, ManagementError> {
        self.base.join(path).map_err(|error| ManagementError::Settings(error.to_string()))
    }

    async fn answer(&self, request: reqwest::RequestBuilder) -> Result<Response, ManagementError> {
        let answer =
            request.basic_auth(&self.user, Some(&self.password)).send().await.map_err(unreachable)?;
        let status = answer.status();
        if status.is_success() {
            return Ok(answer);
        }
        let reason = answer.text().await.unwrap_or_default().chars().take(REASON_CHARS_MAX).collect();
        Err(ManagementError::Refused { status: status.as_u16(), reason })
    }
}

/// The virtual host in an AMQP address: none means `/`.
#[must_use]
pub fn vhost(url: &Url) -> String {
    match url.path().strip_prefix('/') {
        Some(path) if !path.is_empty() => decoded(path),
        _ => "/".to_owned(),
    }
}

fn parse(text: &str, key: &str) -> Result<Url, ManagementError> {
    Url::parse(text).map_err(|error| ManagementError::Settings(format!("{key}: {error}")))
}

fn decoded(text: &str) -> String {
    // A pair of a form is decoded in the same way, but for the plus sign, which is kept here.
    let pair = format!("x={}", text.replace('+', "%2B"));
    url::form_urlencoded::parse(pair.as_bytes())
        .next()
        .map_or_else(String::new, |(_, value)| value.into_owned())
}

/// The causes of a fault, without its address, which may hold a password.
fn unreachable(error: reqwest::Error) -> ManagementError {
    let error = error.without_url();
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(&error);
    while let Some(inner) = cause {
        text = format!("{text}: {inner}");
        cause = inner.source();
    }
    ManagementError::Unreachable(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_virtual_host_is_decoded() {
        for (url, expected) in
            [("amqp://h:1/%2f", "/"), ("amqp://h", "/"), ("amqp://h/", "/"), ("amqp://h/a%20b+c", "a b+c")]
        {
            assert_eq!(vhost(&Url::parse(url).unwrap()), expected, "{url}");
        }
    }
}
