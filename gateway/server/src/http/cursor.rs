//! Cursors of pages: opaque for the caller, the sort key of the last line for us.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use uuid::Uuid;

use super::problem::Problem;
use crate::store::read::{Day, Instant};

/// A page of a list.
#[derive(Debug, Serialize)]
pub struct Page<T> {
    /// The lines.
    pub items: Vec<T>,
    /// Give it back as `cursor` to read on; absent on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

impl<T> Page<T> {
    /// Makes a page of lines that were read with `limit + 1`, so that it is known whether more follow.
    pub fn new(mut items: Vec<T>, limit: usize, key: impl Fn(&T) -> String) -> Self {
        let more = items.len() > limit;
        items.truncate(limit);
        let next_cursor = if more { items.last().map(key) } else { None };
        Self { items, next_cursor }
    }
}

/// The limit of a page: `limit` of the query, at most `max`, which is also the default but for 50.
pub fn limit(asked: Option<u32>, max: usize) -> Result<usize, Problem> {
    let asked = asked.map_or(50.min(max), |n| usize::try_from(n).unwrap_or(usize::MAX));
    if (1..=max).contains(&asked) { Ok(asked) } else { Err(Problem::query("limit")) }
}

/// How many lines to read for a page of `limit`.
#[must_use]
pub fn rows(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX - 1) + 1
}

/// Writes a cursor.
#[must_use]
pub fn write(key: impl std::fmt::Display, id: Uuid) -> String {
    URL_SAFE_NO_PAD.encode(format!("{key}|{id}"))
}

fn parts(cursor: &str) -> Option<(String, Uuid)> {
    let text = String::from_utf8(URL_SAFE_NO_PAD.decode(cursor).ok()?).ok()?;
    let (key, id) = text.split_once('|')?;
    Some((key.to_owned(), Uuid::parse_str(id).ok()?))
}

/// Reads a cursor of a list in the order of instants.
pub fn instant(cursor: Option<&str>) -> Result<Option<(Instant, Uuid)>, Problem> {
    read(cursor, |key| key.parse().ok().map(Instant))
}

/// Reads a cursor of a list in the order of days.
pub fn day(cursor: Option<&str>) -> Result<Option<(Day, Uuid)>, Problem> {
    read(cursor, |key| key.parse().ok().map(Day))
}

fn read<K>(cursor: Option<&str>, key: impl Fn(&str) -> Option<K>) -> Result<Option<(K, Uuid)>, Problem> {
    let Some(cursor) = cursor else { return Ok(None) };
    let found = parts(cursor).and_then(|(text, id)| Some((key(&text)?, id)));
    found.map(Some).ok_or_else(|| Problem::query("cursor"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_read_back_and_a_foreign_one_is_refused() {
        let id = Uuid::from_u128(7);
        let at: jiff::Timestamp = "2026-11-02T08:00:00.123456Z".parse().unwrap();
        let cursor = write(Instant(at), id);
        assert_eq!(instant(Some(&cursor)), Ok(Some((Instant(at), id))));
        assert_eq!(day(Some(&cursor)), Err(Problem::query("cursor")));
        assert_eq!(instant(Some("nonsense")), Err(Problem::query("cursor")));
        assert_eq!(instant(None), Ok(None));
    }

    #[test]
    fn a_page_says_that_more_follows_only_when_it_does() {
        let page = Page::new(vec![1, 2, 3], 2, ToString::to_string);
        assert_eq!((page.items, page.next_cursor.as_deref()), (vec![1, 2], Some("2")));
        assert!(Page::new(vec![1, 2], 2, ToString::to_string).next_cursor.is_none());
        assert_eq!(limit(Some(201), 200), Err(Problem::query("limit")));
        assert_eq!((limit(None, 200), limit(Some(200), 200)), (Ok(50), Ok(200)));
    }
}
