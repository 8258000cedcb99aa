//! Writing XML strictly: declared prefixes, two spaces a level, text escaped, nothing that XML 1.0 forbids.

use std::borrow::Cow;

use quick_xml::escape::{escape, partial_escape};

/// A document while it is written. Elements are closed in the reverse order of [`XmlOut::open`].
#[derive(Debug)]
pub struct XmlOut {
    out: String,
    open: Vec<String>,
    /// The last opened element has no content yet: its start tag is not finished.
    pending: bool,
}

impl Default for XmlOut {
    fn default() -> Self {
        Self {
            out: "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n".to_owned(),
            open: Vec::new(),
            pending: false,
        }
    }
}

impl XmlOut {
    /// Begins an element that holds elements. Attributes are written in the order given, namespace
    /// declarations among them.
    pub fn open(&mut self, name: &str, attributes: &[(&str, &str)]) {
        self.start(name, attributes);
        self.open.push(name.to_owned());
        self.pending = true;
    }

    /// Ends the element that was opened last.
    pub fn close(&mut self) {
        let Some(name) = self.open.pop() else { return };
        if std::mem::take(&mut self.pending) {
            self.out.push_str("/>\n");
        } else {
            self.indent();
            self.end(&name);
        }
    }

    /// An element that holds text.
    pub fn leaf(&mut self, name: &str, text: &str) {
        self.leaf_with(name, &[], text);
    }

    /// An element with attributes that holds text.
    pub fn leaf_with(&mut self, name: &str, attributes: &[(&str, &str)], text: &str) {
        self.start(name, attributes);
        if text.is_empty() {
            self.out.push_str("/>\n");
        } else {
            self.out.push('>');
            self.out.push_str(&partial_escape(allowed(text)));
            self.end(name);
        }
    }

    /// An element that holds text, when there is one.
    pub fn leaf_opt(&mut self, name: &str, text: Option<&str>) {
        if let Some(text) = text {
            self.leaf(name, text);
        }
    }

    /// Closes what is open and hands out the bytes.
    #[must_use]
    pub fn finish(mut self) -> Vec<u8> {
        while !self.open.is_empty() {
            self.close();
        }
        self.out.into_bytes()
    }

    fn start(&mut self, name: &str, attributes: &[(&str, &str)]) {
        if std::mem::take(&mut self.pending) {
            self.out.push_str(">\n");
        }
        self.indent();
        self.out.push('<');
        self.out.push_str(name);
        for (key, value) in attributes {
            self.out.push(' ');
            self.out.push_str(key);
            self.out.push_str("=\"");
            self.out.push_str(&escape(allowed(value)));
            self.out.push('"');
        }
    }

    fn end(&mut self, name: &str) {
        self.out.push_str("</");
        self.out.push_str(name);
        self.out.push_str(">\n");
    }

    fn indent(&mut self) {
        self.out.extend(std::iter::repeat_n("  ", self.open.len()));
    }
}

/// Text for an `xs:token`: white space collapsed, at most `chars_max` characters.
#[must_use]
pub fn token(text: &str, chars_max: usize) -> String {
    let joined = text.split_whitespace().collect::<Vec<_>>().join(" ");
    joined.chars().take(chars_max).collect::<String>().trim_end().to_owned()
}

/// Control characters that XML 1.0 forbids (section 2.2) become U+FFFD, so that they are seen, not lost.
fn allowed(text: &str) -> Cow<'_, str> {
    let forbidden =
        |c: char| (c < ' ' && !matches!(c, '\t' | '\n' | '\r')) || matches!(c, '\u{fffe}' | '\u{ffff}');
    if text.contains(forbidden) { text.replace(forbidden, "\u{fffd}").into() } else { text.into() }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::xml::{XmlLimits, parse};
    use super::*;

    #[test]
    fn the_layout_is_fixed() {
        let mut out = XmlOut::default();
        out.open("a:x", &[("xmlns:a", "urn:n")]);
        out.leaf("a:y", "1 < 2");
        out.open("a:empty", &[]);
        out.close();
        let text = String::from_utf8(out.finish()).unwrap();
        assert_eq!(
            text,
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<a:x xmlns:a=\"urn:n\">\n  <a:y>1 &lt; 2</a:y>\n  <a:empty/>\n</a:x>\n"
        );
    }

    #[test]
    fn a_token_is_one_line_of_bounded_length() {
        assert_eq!(token("  a\n\tb  ", 64), "a b");
        assert_eq!(token("abc def", 4), "abc");
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(text in "[^\\p{Cc}\u{fffe}\u{ffff}]{1,80}") {
            let mut out = XmlOut::default();
            out.open("x", &[("k", text.as_str())]);
            out.leaf("y", &text);
            let read = parse(&out.finish(), XmlLimits::default()).unwrap();
            prop_assert_eq!(read.attribute("", "k"), Some(text.as_str()));
            prop_assert_eq!(&read.children[0].text, &text);
        }
    }
}
