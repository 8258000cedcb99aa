//! What adapters share: settings, HTTP client, OAuth2, SOAP, drop folder, hashes.

pub mod certificates;
pub mod clock;
pub mod document_links;
pub mod drift;
pub mod drop_folder;
pub mod encoding;
pub mod hash_v3;
pub mod http;
pub mod oauth2;
pub mod settings;
pub mod soap;
pub mod wire_body;
pub mod wsse;
pub mod xml;
pub mod xml_out;
pub mod xmldsig;

#[cfg(test)]
pub(crate) mod testing;

#[cfg(test)]
pub(crate) mod outside;

#[cfg(test)]
pub(crate) mod testing_tls;
