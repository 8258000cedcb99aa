//! A plain page: counts per agency and the last rows of the ledger.

use std::collections::BTreeSet;
use std::fmt::Write;

use super::action::Action;
use super::clock;
use super::office::Office;

const ROWS: usize = 40;

/// The page at `/`; ids and codes only, as the ledger holds no personal data.
pub(super) fn html(office: &Office) -> String {
    let counts = office.ledger.counts();
    let actions: BTreeSet<Action> = counts.values().flat_map(|row| row.keys().copied()).collect();
    let mut table = String::from("<tr><th>agency</th>");
    for action in &actions {
        _ = write!(table, "<th>{}</th>", action.key());
    }
    table.push_str("</tr>");
    for agency in office.settings.agencies.iter().copied() {
        let away = office.outage(agency).map_or("", |_| " (away)");
        _ = write!(table, "<tr><th>{}{away}</th>", agency.key());
        for action in &actions {
            let count = counts.get(&agency).and_then(|row| row.get(action)).copied().unwrap_or(0);
            _ = write!(table, "<td>{count}</td>");
        }
        table.push_str("</tr>");
    }
    let mut rows = String::new();
    for entry in office.ledger.last(ROWS) {
        _ = write!(
            rows,
            "<tr><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>",
            entry.seq,
            clock::text(entry.at_ms),
            entry.agency.key(),
            entry.action.key(),
            quick_xml::escape::escape(entry.reference.as_str()),
            quick_xml::escape::escape(entry.file.as_deref().unwrap_or_default()),
        );
    }
    let provocations = provocations(office);
    format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>wasl-sandbox</title><style>\
         body{{font:15px/1.4 system-ui,sans-serif;margin:2rem;color:#1b2733}}table{{border-collapse:collapse;\
         margin-bottom:2rem}}th,td{{padding:.25rem .6rem;border-bottom:1px solid #d5dde5;text-align:left}}\
         td{{font-variant-numeric:tabular-nums}}</style><h1>Simulated agencies</h1><table>{table}</table>\
         <h2>Last {ROWS} effects</h2><table><tr><th>seq</th><th>at</th><th>agency</th><th>action</th>\
         <th>reference</th><th>file</th></tr>{rows}</table>{provocations}\
         <p>The same as JSON: <a href=\"ledger\">ledger</a> (by agency, action, reference, file, after), \
         <a href=\"summary\">summary</a>.</p></html>"
    )
}

/// The callbacks that were wrong on purpose, and what the gateway said to them.
fn provocations(office: &Office) -> String {
    let all = office.callbacks.provocations();
    if all.is_empty() {
        return String::new();
    }
    let mut rows = String::new();
    for one in all.iter().rev().take(ROWS) {
        let text = |name: &str| match &one[name] {
            serde_json::Value::Null => String::new(),
            serde_json::Value::String(text) => quick_xml::escape::escape(text.as_str()).into_owned(),
            other => other.to_string(),
        };
        let said = text("answer") + &text("fault");
        _ = write!(rows, "<tr><td>{}</td><td>{}</td><td>{said}</td></tr>", text("scenario"), text("status"));
    }
    format!(
        "<h2>Sent on purpose</h2><table><tr><th>scenario</th><th>status</th><th>what the gateway said</th></tr>\
         {rows}</table>"
    )
}
