//! What of an agency's own words may stand in a note: names of fields and codes, bounded; nothing that could be a
//! person's name or number.

use wasl_schemas::line::DRIFT_DETAIL_BYTES_MAX;

/// Longest name of a field that is repeated.
const NAME_BYTES_MAX: usize = 48;
/// A name or code with so many digits in a row could be somebody's number.
const DIGITS_IN_A_ROW_MAX: usize = 5;

/// A field's name, or `?` when it does not look like one.
pub(super) fn name(text: &str) -> &str {
    let word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | ':');
    if plain(text, NAME_BYTES_MAX, word) { text } else { "?" }
}

/// A code, or `?` when it does not look like one.
pub(super) fn code(text: &str) -> String {
    let word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | ':' | '/');
    if plain(text, DRIFT_DETAIL_BYTES_MAX, word) { text.to_owned() } else { "?".to_owned() }
}

/// `<=128`: a length as the next power of two, so that a text that grows day by day is not new each day.
pub(super) fn length(chars: usize) -> String {
    format!("<={}", chars.next_power_of_two())
}

fn plain(text: &str, bytes_max: usize, word: impl Fn(char) -> bool) -> bool {
    let mut digits = 0;
    let mut fits = |c: char| {
        digits = if c.is_ascii_digit() { digits + 1 } else { 0 };
        word(c) && digits <= DIGITS_IN_A_ROW_MAX
    };
    !text.is_empty() && text.len() <= bytes_max && text.chars().all(&mut fits)
}
