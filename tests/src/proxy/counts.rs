//! What a proxy has done.

use serde::Serialize;

/// Lines and faults since the start. A fault counts once for each line that it met.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Connections that were taken.
    pub lines: u64,
    /// Connections that could not be handed on, since the server took none.
    pub server_away: u64,
    /// Lines of which something was delayed.
    pub delayed: u64,
    /// Lines cut after (a part of) the request.
    pub cut_after_request: u64,
    /// Lines cut within an answer.
    pub half_answers: u64,
    /// Lines cut after the server had answered, before the client got a byte.
    pub cut_after_commit: u64,
    /// Lines of which bytes were swallowed.
    pub black_holed: u64,
    /// Lines that were slowed to one byte a second.
    pub trickled: u64,
    /// Lines that were cut while open, when the port was closed or all lines were cut. Whom the kernel refuses is
    /// not seen.
    pub refused: u64,
}

impl Counts {
    /// Lines that a fault has met.
    #[must_use]
    pub fn faults(&self) -> u64 {
        self.delayed
            + self.cut_after_request
            + self.half_answers
            + self.cut_after_commit
            + self.black_holed
            + self.trickled
            + self.refused
    }
}
