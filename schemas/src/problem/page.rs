//! A page of the catalogue: front matter of `key: value` lines between two `---`, then Markdown.

/// A phrase in the three languages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Phrase {
    /// French.
    pub fr: &'static str,
    /// Arabic.
    pub ar: &'static str,
    /// English.
    pub en: &'static str,
}

/// What the catalogue says about a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Page {
    /// The code that the page names.
    pub code: &'static str,
    /// A few words.
    pub title: Phrase,
    /// What happened, what it means for the file, what to do. May hold places such as `{limit}`.
    pub text: Phrase,
    /// Sending the same again later can help.
    pub retry: bool,
    /// Nothing stops: the fault is only reported.
    pub warning: bool,
    /// HTTP status (RFC 9110), where the fault can be an answer over HTTP.
    pub status: Option<u16>,
    /// The rest of the page, Markdown in English, for operators and partners.
    pub body: &'static str,
    /// `retry` was written as `true` or `false`.
    pub(super) retry_stated: bool,
}

impl Page {
    /// Reads a page. What the front matter lacks stays empty (the tests refuse such a page), and the
    /// English title falls back to the code.
    pub(super) fn read(code: &'static str, page: &'static str) -> Self {
        let (front, body) =
            page.strip_prefix("---\n").and_then(|rest| rest.split_once("\n---\n")).unwrap_or(("", page));
        let value = |key: &str| -> &'static str {
            front
                .lines()
                .filter_map(|line| line.split_once(':'))
                .find(|(name, _)| *name == key)
                .map_or("", |(_, value)| value.trim())
        };
        let english = value("title.en");
        Self {
            code: value("code"),
            title: Phrase {
                fr: value("title.fr"),
                ar: value("title.ar"),
                en: if english.is_empty() { code } else { english },
            },
            text: Phrase { fr: value("text.fr"), ar: value("text.ar"), en: value("text.en") },
            retry: value("retry") == "true",
            warning: value("severity") == "warning",
            status: value("status").parse().ok(),
            body: body.trim(),
            retry_stated: matches!(value("retry"), "true" | "false"),
        }
    }
}
