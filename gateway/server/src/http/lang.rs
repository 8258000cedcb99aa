//! The three languages, and which one a person wants.

use axum::http::HeaderMap;
use axum::http::header::ACCEPT_LANGUAGE;
use wasl_schemas::problem::{Phrase, Texts};

/// A language of the page and of fault texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Lang {
    /// French, the default.
    Fr,
    /// Arabic, from right to left.
    Ar,
    /// English.
    En,
}

impl Lang {
    /// All three, in the order in which the page offers them.
    pub const ALL: [Self; 3] = [Self::Ar, Self::Fr, Self::En];

    /// BCP 47 tag; Arabic is that of Morocco (its month names, Western digits).
    #[must_use]
    pub const fn tag(self) -> &'static str {
        match self {
            Self::Fr => "fr",
            Self::Ar => "ar",
            Self::En => "en",
        }
    }

    /// Direction of writing.
    #[must_use]
    pub const fn dir(self) -> &'static str {
        if self.is_rtl() { "rtl" } else { "ltr" }
    }

    /// Written from right to left.
    #[must_use]
    pub const fn is_rtl(self) -> bool {
        matches!(self, Self::Ar)
    }

    /// Its place in tables by language.
    #[must_use]
    pub const fn index(self) -> usize {
        match self {
            Self::Fr => 0,
            Self::Ar => 1,
            Self::En => 2,
        }
    }

    /// Reads a tag; a region after it does not matter (`ar-MA`).
    #[must_use]
    pub fn parse(tag: &str) -> Option<Self> {
        let primary = tag.split(['-', '_']).next().unwrap_or_default();
        Self::ALL.into_iter().find(|lang| lang.tag().eq_ignore_ascii_case(primary))
    }

    /// The best of `Accept-Language` (RFC 9110, 12.5.4), French when it names none of the three.
    #[must_use]
    pub fn negotiate(headers: &HeaderMap) -> Self {
        let wanted = headers.get_all(ACCEPT_LANGUAGE).iter().filter_map(|value| value.to_str().ok());
        let mut best: Option<(Self, u16)> = None;
        for range in wanted.flat_map(|value| value.split(',')) {
            let (tag, parameters) = range.split_once(';').unwrap_or((range, ""));
            let Some(lang) = Self::parse(tag.trim()) else { continue };
            let weight = weight(parameters);
            if weight > 0 && best.is_none_or(|(_, highest)| weight > highest) {
                best = Some((lang, weight));
            }
        }
        best.map_or(Self::Fr, |(lang, _)| lang)
    }

    /// The phrase of a fault's page.
    #[must_use]
    pub const fn phrase(self, phrase: Phrase) -> &'static str {
        match self {
            Self::Fr => phrase.fr,
            Self::Ar => phrase.ar,
            Self::En => phrase.en,
        }
    }

    /// The text of a fault.
    #[must_use]
    pub fn text(self, texts: &Texts) -> &str {
        match self {
            Self::Fr => &texts.fr,
            Self::Ar => &texts.ar,
            Self::En => &texts.en,
        }
    }
}

/// `q=0.8` in thousandths; 1000 when absent, 0 when it cannot be read.
fn weight(parameters: &str) -> u16 {
    let Some(q) = parameters.split(';').find_map(|p| p.trim().strip_prefix("q=")) else { return 1000 };
    let (whole, part) = q.split_once('.').unwrap_or((q, ""));
    let thousandths = format!("{whole}{part:0<3}");
    thousandths.get(..4).and_then(|digits| digits.parse().ok()).unwrap_or(0).min(1000)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(value: &str) -> Lang {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT_LANGUAGE, value.parse().unwrap());
        Lang::negotiate(&headers)
    }

    #[test]
    fn the_heaviest_known_language_wins_and_french_is_the_default() {
        assert_eq!(wanted("ar-MA,ar;q=0.9,fr;q=0.8"), Lang::Ar);
        assert_eq!(wanted("de, en;q=0.5, fr;q=0.7"), Lang::Fr);
        assert_eq!(wanted("en;q=0, ar;q=0.1"), Lang::Ar);
        assert_eq!(wanted("de"), Lang::Fr);
        assert_eq!(Lang::negotiate(&HeaderMap::new()), Lang::Fr);
    }

    #[test]
    fn only_arabic_runs_from_right_to_left() {
        assert_eq!(Lang::ALL.map(Lang::dir), ["rtl", "ltr", "ltr"]);
    }
}
