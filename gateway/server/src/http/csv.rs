//! Tables as CSV (RFC 4180), for people who open them in a spreadsheet.

use axum::http::HeaderValue;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};

/// Rows under a head line, as text.
#[must_use]
pub fn table(head: &[&str], rows: impl IntoIterator<Item = Vec<String>>) -> String {
    let mut text = line(head.iter().map(|name| (*name).to_owned()));
    for row in rows {
        text.push_str(&line(row));
    }
    text
}

fn line(fields: impl IntoIterator<Item = String>) -> String {
    let fields: Vec<String> = fields.into_iter().map(|field| quoted(&field)).collect();
    fields.join(",") + "\r\n"
}

/// Quoted always. A spreadsheet takes a text that begins with one of these characters for a formula: what a
/// stranger wrote must stay a text.
fn quoted(field: &str) -> String {
    let formula =
        field.starts_with(['=', '+', '@', '\t', '\r']) || field.starts_with('-') && !is_number(field);
    format!("\"{}{}\"", if formula { "'" } else { "" }, field.replace('"', "\"\""))
}

fn is_number(field: &str) -> bool {
    field.bytes().skip(1).all(|b| b.is_ascii_digit() || b == b'.')
}

/// The answer, to be saved under a name.
pub fn respond(name: &str, text: String) -> Response {
    let mut response = text.into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8; header=present"));
    let safe: String = name.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').collect();
    if let Ok(value) = HeaderValue::from_str(&format!("attachment; filename=\"{safe}.csv\"")) {
        headers.insert(CONTENT_DISPOSITION, value);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_quoted_and_no_field_is_a_formula() {
        let row = |text: &str| table(&["a"], [vec![text.to_owned()]]);
        assert_eq!(row("say \"yes\", now"), "\"a\"\r\n\"say \"\"yes\"\", now\"\r\n");
        assert_eq!(row("=HYPERLINK(1)"), "\"a\"\r\n\"'=HYPERLINK(1)\"\r\n");
        assert_eq!(row("-1+2"), "\"a\"\r\n\"'-1+2\"\r\n");
        assert_eq!(row("-12.50"), "\"a\"\r\n\"-12.50\"\r\n");
    }
}
