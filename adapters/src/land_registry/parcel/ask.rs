//! The query for the parcels of a title, and who asks it: the identity headers of the X-Road message protocol for
//! REST, which a plain server of the cadastre need not know (`parcel_identity = false`).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::header::{HeaderMap, HeaderName};
use sha2::{Digest as _, Sha512};

use crate::land_registry::identity::{Identity, Mismatch};
use crate::transport::http::{Answer, Call, Trouble};

/// The stored query: parcels in force whose `nationalCadastralReference` is the parameter `title`.
pub(in super::super) const STORED_QUERY: &str = "urn:ma:wasl:land-registry:parcel-by-title:1";
/// Parcels of one title, at most.
const COUNT_MAX: usize = 100;

const CLIENT: HeaderName = HeaderName::from_static("x-road-client");
const SERVICE: HeaderName = HeaderName::from_static("x-road-service");
const USER: HeaderName = HeaderName::from_static("x-road-userid");
const ID: HeaderName = HeaderName::from_static("x-road-id");
const HASH: HeaderName = HeaderName::from_static("x-road-request-hash");
/// Code of the service in `x-road-service`.
const SERVICE_CODE: &str = "Parcel/v1";

/// A `GetFeature` about one title.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in super::super) struct ParcelQuery {
    /// The query string, as it is sent and hashed.
    query: String,
    client: String,
    service: String,
    user: String,
    id: String,
}

impl ParcelQuery {
    /// About parcel `seq` of the question that has this identity.
    pub(in super::super) fn new(title: &str, identity: &Identity, seq: usize) -> Self {
        let query = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("service", "WFS")
            .append_pair("version", "2.0.0")
            .append_pair("request", "GetFeature")
            .append_pair("storedquery_id", STORED_QUERY)
            .append_pair("count", &COUNT_MAX.to_string())
            .append_pair("title", title)
            .finish();
        Self {
            query,
            client: identity.client.path(),
            service: format!("{}/{SERVICE_CODE}", identity.service.path()),
            user: identity.user.clone(),
            id: format!("{}.parcel-{seq}", identity.id),
        }
    }

    /// The call; the journal names the parcel by its place in the file, never its title.
    pub(in super::super) fn call(
        &self,
        endpoint: &str,
        seq: usize,
        identified: bool,
    ) -> Result<Call, Trouble> {
        let call = Call::get(format!("{endpoint}?{}", self.query), format!("WFS GetFeature parcel {seq}"));
        if !identified {
            return Ok(call);
        }
        let headers = [(CLIENT, &self.client), (SERVICE, &self.service), (USER, &self.user), (ID, &self.id)];
        headers.into_iter().try_fold(call, |call, (name, value)| call.header(name, value))
    }

    /// The answer repeats the identity, and the hash of the very query.
    pub(in super::super) fn check(&self, answer: &Answer) -> Result<(), Mismatch> {
        let said = |name: &HeaderName| value(&answer.headers, name);
        let repeated = [
            ("x-road-client", said(&CLIENT) == Some(&self.client)),
            ("x-road-service", said(&SERVICE) == Some(&self.service)),
            ("x-road-userid", said(&USER) == Some(&self.user)),
            ("x-road-id", said(&ID) == Some(&self.id)),
        ];
        if let Some((name, _)) = repeated.into_iter().find(|(_, same)| !same) {
            return Err(Mismatch::Header(name));
        }
        match said(&HASH) {
            Some(hash) if hash == STANDARD.encode(Sha512::digest(&self.query)) => Ok(()),
            _ => Err(Mismatch::Hash),
        }
    }
}

fn value<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}
