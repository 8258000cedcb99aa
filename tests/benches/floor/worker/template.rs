//! A body with gaps for what differs from file to file.

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
        out
    }
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
