//! A body with gaps for what differs from file to file.

use std::ops::Range;

use super::{Pass, Plan};

enum Part {
    Text(String),
    File,
    Reference,
    Consultation(usize),
}

/// Recorded once, filled for every file.
pub(crate) struct Template {
    parts: Vec<Part>,
    length: usize,
}

impl Template {
    pub(crate) fn of(body: &str, plan: &Plan) -> Self {
        let mut parts = vec![Part::Text(body.to_owned())];
        cut(&mut parts, &plan.file, || Part::File);
        cut(&mut parts, &plan.reference, || Part::Reference);
        for (which, id) in plan.consultations.iter().enumerate() {
            cut(&mut parts, id, || Part::Consultation(which));
        }
        Self { parts, length: body.len() + 64 }
    }

    pub(crate) fn fill(&self, pass: &Pass) -> String {
        let mut out = String::with_capacity(self.length);
        self.fill_into(pass, &mut out);
        out
    }

    fn fill_into(&self, pass: &Pass, out: &mut String) {
        let mut room = uuid::Uuid::encode_buffer();
        for part in &self.parts {
            match part {
                Part::Text(text) => out.push_str(text),
                Part::File => out.push_str(pass.file.hyphenated().encode_lower(&mut room)),
                Part::Reference => out.push_str(&pass.reference),
                Part::Consultation(which) => {
                    out.push_str(pass.consultation(*which).hyphenated().encode_lower(&mut room));
                }
            }
        }
    }
}

/// A body with one more gap, for what no recording can know.
pub(crate) struct Framed {
    before: Template,
    after: Template,
}

impl Framed {
    /// The gap is between the first `from` and the next `to`.
    pub(crate) fn of(body: &str, from: &str, to: &str, plan: &Plan) -> Self {
        let gap =
            between(body, from, to).unwrap_or_else(|| panic!("nothing between {from} and {to}: {body}"));
        Self { before: Template::of(&body[..gap.start], plan), after: Template::of(&body[gap.end..], plan) }
    }

    pub(crate) fn fill(&self, pass: &Pass, gap: &str) -> String {
        let mut out = self.before.fill(pass);
        out.reserve(gap.len() + self.after.length);
        out.push_str(gap);
        self.after.fill_into(pass, &mut out);
        out
    }
}

/// Where the text between the first `from` and the next `to` stands.
pub(crate) fn between(text: &str, from: &str, to: &str) -> Option<Range<usize>> {
    let start = text.find(from)? + from.len();
    Some(start..start + text[start..].find(to)?)
}

fn cut(parts: &mut Vec<Part>, what: &str, gap: impl Fn() -> Part) {
    let mut cut = Vec::new();
    for part in parts.drain(..) {
        let Part::Text(text) = part else {
            cut.push(part);
            continue;
        };
        for (index, piece) in text.split(what).enumerate() {
            if index > 0 {
                cut.push(gap());
            }
            cut.push(Part::Text(piece.to_owned()));
        }
    }
    *parts = cut;
}
