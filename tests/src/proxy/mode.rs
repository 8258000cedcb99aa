//! What a proxy does with its lines.

use serde::Serialize;

/// What happens to the bytes. "Up" is from the client to the server, "down" the way back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// Everything passes.
    #[default]
    Pass,
    /// Everything passes, each piece so much later, both ways.
    Delay {
        /// Milliseconds.
        ms: u64,
    },
    /// So many bytes reach the server, then the line is cut; no answer comes back.
    CutAfterRequest {
        /// Bytes upstream before the cut.
        bytes: u64,
    },
    /// The server gets everything, the client so many bytes of what it answers; then the line is cut.
    HalfAnswer {
        /// Bytes downstream before the cut.
        bytes: u64,
    },
    /// The server gets the request and answers; the line is cut before the client gets a byte of it: what the server
    /// did is done, and the client cannot know. What the server sends unasked passes.
    CutAfterCommit,
    /// The same for the answer to what contains this text, `COMMIT` for one: what comes before it passes both ways.
    CutAnswerTo {
        /// Text in the request.
        what: &'static str,
    },
    /// Connections are taken and nothing passes, either way.
    BlackHole,
    /// One byte a second each way.
    Trickle,
    /// Open lines are cut, new ones refused.
    Refuse,
}

/// A mode as it was set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Setting {
    pub(super) mode: Mode,
    /// It holds until it has happened once.
    pub(super) once: bool,
    /// Grows with every change.
    pub(super) epoch: u64,
    /// Grows whenever all open lines are to be cut. Two changes may be seen as one, so this is counted apart.
    pub(super) cuts: u64,
}
