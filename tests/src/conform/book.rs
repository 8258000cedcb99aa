//! The cases as they stand in `schemas/samples/conformance/<agency>.json` (and `<agency>.callbacks.json` for the other
//! direction).

use std::collections::BTreeMap;

use anyhow::Context;
use serde::Deserialize;
use serde_json::Value;

use super::generate;
use super::settings::{Direction, Settings};

/// All requests and cases of one direction.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Book {
    /// What can be sent, by name.
    pub(super) requests: BTreeMap<String, Request>,
    /// The cases that were written.
    pub(super) cases: Vec<Case>,
    /// The cases that follow from a schema.
    #[serde(default)]
    pub(super) generated: Vec<Generator>,
}

/// Something that can be sent. In paths, headers and values `{name}` is replaced.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Request {
    #[serde(default = "post")]
    pub(super) method: String,
    /// Behind the agency's address; for a drop folder the name of the file.
    #[serde(default)]
    pub(super) path: String,
    /// The key of `[adapter]` with another address than the agency's own.
    #[serde(default)]
    pub(super) address: Option<String>,
    #[serde(default)]
    pub(super) content_type: String,
    #[serde(default)]
    pub(super) headers: BTreeMap<String, String>,
    #[serde(default)]
    pub(super) auth: Auth,
    /// Body: a file of `samples/agencies/<agency>/`; absent: `body`.
    #[serde(default)]
    pub(super) sample: Option<String>,
    #[serde(default)]
    pub(super) body: String,
    #[serde(default)]
    pub(super) edits: Vec<Edit>,
}

fn post() -> String {
    "POST".to_owned()
}

/// Who the sender says to be.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Auth {
    /// With everything that was agreed.
    #[default]
    Right,
    /// With nothing.
    None,
    /// A token, password or hash that is another.
    Wrong,
    /// Another caller than the registered one.
    OtherCaller,
    /// A message that was made an hour ago.
    Stale,
    /// The security header of the message before, again.
    Replayed,
}

/// How a message is signed, where a signature is agreed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Sign {
    /// Not at all.
    None,
    /// Over the Timestamp, and not over the body.
    TimestampAlone,
    /// Over the body, and not over the Timestamp.
    BodyAlone,
    /// By a key that nobody knows, under a certificate that nobody knows.
    Unknown,
    /// By a key that nobody knows, under the agreed certificate.
    OtherKey,
}

/// A change to a body. Places are JSON Pointers, paths of local names below the XML root, or names of a form.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(untagged, deny_unknown_fields)]
pub(super) enum Edit {
    /// Puts a value.
    Set {
        /// Where.
        set: String,
        /// What.
        to: Value,
    },
    /// Takes something away.
    Remove {
        /// What.
        remove: String,
    },
    /// Puts something a second time behind itself.
    Twice {
        /// What.
        twice: String,
    },
    /// Changes places with the next sibling.
    Swap {
        /// What.
        swap: String,
    },
    /// Replaces a text wherever it stands; it must stand somewhere.
    Replace {
        /// The text.
        replace: String,
        /// Its successor.
        with: String,
    },
    /// Writes the whole body in ISO-8859-1, whatever its declaration says.
    Latin {
        /// Always true.
        latin_1: bool,
    },
    /// Fills the body up with white space.
    Pad {
        /// To this length.
        pad_to_bytes: usize,
    },
    /// Keeps only the first half of the body.
    Cut {
        /// Always true.
        cut: bool,
    },
}

/// One case.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Case {
    /// Its name in the report: `create.valid`.
    pub(super) case: String,
    /// What must be true, in a sentence.
    pub(super) what: String,
    /// The part that the agency must play; none: any.
    #[serde(default)]
    pub(super) part: Option<String>,
    /// It needs this key in `[adapter]`.
    #[serde(default)]
    pub(super) needs: Option<String>,
    /// It needs a reference that wasl knows.
    #[serde(default)]
    pub(super) known: bool,
    pub(super) steps: Vec<Step>,
}

/// One exchange of a case.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Step {
    /// The request that is sent, or written to the agency's folder.
    pub(super) send: String,
    /// Instead: a file that must come, `*` for any serial.
    pub(super) file: String,
    /// In the place of the request's.
    pub(super) auth: Option<Auth>,
    pub(super) headers: BTreeMap<String, String>,
    pub(super) content_type: Option<String>,
    pub(super) edits: Vec<Edit>,
    /// Otherwise than as agreed.
    pub(super) sign: Option<Sign>,
    /// Changes after it was signed.
    pub(super) tamper: Vec<Edit>,
    /// The body goes in two halves with this pause between.
    pub(super) pause_ms: u64,
    /// A feed: read to its end, document by document, each at the place that the one before it names.
    pub(super) walk: bool,
    /// Asked again until it is as expected, or `result_within_ms` have passed.
    pub(super) until: bool,
    pub(super) expect: Expect,
}

/// What an answer must be.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Expect {
    /// One of these; none: any.
    pub(super) status: Vec<u16>,
    /// A connection that is closed before the answer is as good: nobody has to read what is too big.
    pub(super) or_broken: bool,
    /// By place.
    pub(super) at: BTreeMap<String, Want>,
    /// The whole body is one of these.
    pub(super) body: Vec<String>,
    pub(super) headers: BTreeMap<String, Want>,
    /// Place of the Base64 of the SHA-512 of the request's body; `header <name>`: of its query, in that header.
    pub(super) hash_of_request: Option<String>,
    /// Rules of statements (`balance`, `currency` …) that each document of a feed must keep.
    pub(super) content: Vec<String>,
    /// It is signed over Body and Timestamp by who answers, and is of now.
    pub(super) signed: bool,
    /// Name of a value that is kept, and its place.
    pub(super) keep: BTreeMap<String, String>,
}

/// What must stand at a place.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(untagged, deny_unknown_fields)]
pub(super) enum Want {
    /// This text (numbers as text).
    Text(String),
    /// One of these.
    OneOf(Vec<String>),
    /// Something, or nothing.
    There {
        /// True: something.
        there: bool,
    },
    /// Another text than this.
    Not {
        /// The text.
        not: String,
    },
    /// A text with this in it.
    Contains {
        /// The part.
        contains: String,
    },
}

/// Makes cases from a schema: one for each rule that the schema knows.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Generator {
    /// How the message is broken.
    pub(super) each: Each,
    /// Beginning of the names.
    pub(super) case: String,
    pub(super) request: String,
    /// File below the folder of the schemas.
    pub(super) schema: String,
    /// The element that the schema describes; for JSON the whole body.
    #[serde(default)]
    pub(super) below: String,
    /// Places that are left out, since another case has them or the sender cannot break them alone.
    #[serde(default)]
    pub(super) except: Vec<String>,
    /// What follows; `{place}` is where the fault is.
    pub(super) then: Vec<Step>,
}

/// A way to break a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Each {
    /// Something that must be there is not.
    Missing,
    /// Something that nobody knows is there.
    Unknown,
    /// A value of another type.
    OtherType,
    /// Something that may stand once stands twice.
    Twice,
    /// Two neighbours in the wrong order.
    Swapped,
    /// A value that is not allowed.
    Empty,
}

impl Book {
    /// Reads the cases of the agency and direction, generated ones included.
    ///
    /// # Errors
    /// The file is absent or wrong, or a generated case cannot be made.
    pub(super) fn open(settings: &Settings) -> anyhow::Result<Self> {
        let ending = if settings.direction == Direction::ToWasl { ".callbacks.json" } else { ".json" };
        let path = settings.schemas.join(format!("samples/conformance/{}{ending}", settings.agency.key()));
        let text =
            std::fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
        let mut book: Self =
            serde_json::from_str(&text).with_context(|| format!("{} is wrong", path.display()))?;
        for generator in book.generated.clone() {
            let made = generate::cases(settings, &book, &generator)
                .with_context(|| format!("{}: cases of {}", path.display(), generator.case))?;
            book.cases.extend(made);
        }
        Ok(book)
    }
}
