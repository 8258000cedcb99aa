//! What adapters share: settings, HTTP client, OAuth2, SOAP, drop folder, hashes.

pub mod http;
pub mod oauth2;
pub mod settings;
