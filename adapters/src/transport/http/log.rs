//! The entry of one call in the wire log.

use std::time::Instant;

use jiff::Timestamp;
use sha2::{Digest, Sha256};
use wasl_schemas::agency::Exchange;
use wasl_schemas::line::WireBody;

use super::super::wire_body::kept;

/// A call while it is under way.
pub(super) struct Entry {
    pub(super) what: String,
    pub(super) at: Timestamp,
    pub(super) begun: Instant,
    pub(super) sent: bytes::Bytes,
    /// Bytes of each body that are kept; 0: none.
    pub(super) keep_bytes_max: usize,
}

impl Entry {
    /// The entry once the call is over: its status or a word, and what came.
    pub(super) fn done(self, status: String, received: Option<&[u8]>) -> Exchange {
        let keep = |body: &[u8]| -> Option<WireBody> { kept(body, self.keep_bytes_max) };
        Exchange {
            at: self.at,
            took_ms: u64::try_from(self.begun.elapsed().as_millis()).unwrap_or(u64::MAX),
            sent_bytes: self.sent.len() as u64,
            received_bytes: received.map_or(0, <[u8]>::len) as u64,
            status,
            sha256: hex(&Sha256::digest(received.unwrap_or(&self.sent))),
            sent: keep(&self.sent),
            received: received.and_then(keep),
            drift: Vec::new(),
            what: self.what,
        }
    }
}

/// Lower-case hexadecimal digits.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
