//! What adapters share: HTTP client, OAuth2, SOAP, drop folder, hashes.
