//! Everything that an agency, or something before it, may answer in place of an answer.

use std::io::Write;
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use super::front::{Deed, answer};

/// What becomes of a request that would change something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Class {
    /// It surely did nothing, or nothing that a second one could do twice: it goes out again.
    TryLater,
    /// It may have been done: it is asked about before it goes out again.
    InDoubt,
}

/// One wrong answer.
pub(crate) struct Wrong {
    /// Also a part of the reference of the file that meets it.
    pub(crate) name: &'static str,
    /// Whether the agency has done its work before it (or its proxy) says this.
    pub(crate) acts: bool,
    pub(crate) class: Class,
    /// What stands in the wire log for it.
    pub(crate) word: &'static str,
    deed: Deed,
}

impl Wrong {
    /// What the front does.
    pub(crate) fn deed(&self) -> Deed {
        self.deed.clone()
    }
}

/// 10 GB.
const TEN_GB: u64 = 10_000_000_000;
/// `retry-after` of the 429, in seconds.
pub(crate) const RETRY_AFTER_S: u64 = 2;
const HTML: &str = "<!doctype html><html><head><title>502 Bad Gateway</title></head><body><h1>Bad Gateway</h1></body></html>";

/// All of them.
pub(crate) fn all() -> Vec<Wrong> {
    use Class::{InDoubt, TryLater};
    let html = [("content-type", "text/html")];
    let json = [("content-type", "application/json")];
    let after = RETRY_AFTER_S.to_string();
    let wrong = |name, acts, class, word, deed| Wrong { name, acts, class, word, deed };
    let flood = |length: Option<u64>| {
        let length = length.map_or_else(String::new, |length| format!("content-length: {length}\r\n"));
        let head =
            format!("HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-type: application/json\r\n{length}\r\n");
        Deed::ActThenFlood { head, bytes: TEN_GB }
    };
    vec![
        wrong("500", false, TryLater, "500", Deed::Say(answer("500 Internal Server Error", &html, "oops"))),
        wrong(
            "500-DONE",
            true,
            TryLater,
            "500",
            Deed::ActThenSay(answer("500 Internal Server Error", &html, "oops")),
        ),
        wrong("502-HTML", true, InDoubt, "502", Deed::ActThenSay(answer("502 Bad Gateway", &html, HTML))),
        wrong(
            "429",
            false,
            TryLater,
            "429",
            Deed::Say(answer("429 Too Many Requests", &[("retry-after", &after)], "")),
        ),
        wrong(
            "301",
            false,
            TryLater,
            "301",
            Deed::Say(answer("301 Moved Permanently", &[("location", "/elsewhere")], "")),
        ),
        wrong(
            "303",
            true,
            InDoubt,
            "303",
            Deed::ActThenSay(answer("303 See Other", &[("location", "/elsewhere")], "")),
        ),
        wrong(
            "204",
            true,
            InDoubt,
            "204",
            Deed::ActThenSay(b"HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n".to_vec()),
        ),
        wrong("HALF", true, InDoubt, "answer lost", Deed::ActThenHalf),
        wrong(
            "TOO-LONG",
            true,
            InDoubt,
            "answer lost",
            Deed::ActThenSay(answer("200 OK", &[json[0], ("content-length", "4000")], "{}")),
        ),
        wrong(
            "TOO-SHORT",
            true,
            InDoubt,
            "200",
            Deed::ActThenSay(answer(
                "200 OK",
                &[json[0], ("content-length", "9")],
                r#"{"idConsultation": "1"}"#,
            )),
        ),
        wrong("10-GB", true, InDoubt, "answer too big", flood(Some(TEN_GB))),
        wrong("ENDLESS", true, InDoubt, "answer too big", flood(None)),
        wrong(
            "BOMB",
            true,
            InDoubt,
            "200",
            Deed::ActThenSay(answer("200 OK", &[json[0], ("content-encoding", "gzip")], bomb())),
        ),
        wrong(
            "HTML",
            true,
            InDoubt,
            "200",
            Deed::ActThenSay(answer("200 OK", &html, "<html><body>Welcome</body></html>")),
        ),
        wrong("NOTHING", true, InDoubt, "answer lost", Deed::ActThenSay(Vec::new())),
        wrong("NOISE", true, InDoubt, "answer lost", Deed::ActThenSay(vec![0xff; 300])),
    ]
}

/// Under 5 MiB that unpack to more than 4 GB: many members one after another (RFC 1952, section 2.2).
fn bomb() -> Vec<u8> {
    static MEMBER: OnceLock<Vec<u8>> = OnceLock::new();
    let member = MEMBER.get_or_init(|| {
        let mut gzip = Command::new("gzip")
            .arg("-9")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("gzip is a part of every Debian");
        let mut input = gzip.stdin.take().unwrap();
        let writer = std::thread::spawn(move || {
            for _ in 0..10 {
                input.write_all(&vec![0; 1 << 20]).unwrap();
            }
        });
        let output = gzip.wait_with_output().unwrap();
        writer.join().unwrap();
        output.stdout
    });
    let bytes: Vec<u8> = member.iter().copied().cycle().take(member.len() * 410).collect();
    assert!(bytes.len() < 5 << 20, "over what is taken of any answer: {} bytes", bytes.len());
    bytes
}
