//! Why a file waits, in plain words of the reader's language: the same for page, API and command line.

use serde::Serialize;
use wasl_schemas::problem::Code;

use super::page::format::{date_plain, date_time, number};
use super::texts::Say;
use crate::store::read::waiting::WaitLine;

/// One thing that a file waits for, told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Words {
    /// What is waited for, and whose turn it is.
    pub what: String,
    /// Which attempt, and what was asked; empty where nothing is sent.
    pub attempt: String,
    /// When it goes on by itself; empty where it does not.
    pub next: String,
    /// The legal day at stake; empty where there is none.
    pub due: String,
    /// The last fault; empty where there was none.
    pub fault: String,
    /// What an operator can do.
    pub can: String,
}

/// Tells one of them.
#[must_use]
pub fn words(say: Say, line: &WaitLine) -> Words {
    let wait = &line.wait;
    let what = say.of("waiting-step", wait.step.as_str());
    let agency = wait.agency.as_ref().map(|kind| say.of("agency", kind.as_str()));
    let attempt = wait.attempt.filter(|_| wait.agency.is_some()).map(|attempt| {
        let request = wait.request.map(|kind| say.of("request", kind.as_str())).unwrap_or_default();
        format!("{request} · {}", say.with("waiting.attempt", &number(say.lang, attempt.into())))
    });
    Words {
        what: agency.map_or_else(|| what.clone(), |agency| format!("{agency} · {what}")),
        attempt: attempt.unwrap_or_default(),
        next: match line.next_at {
            _ if line.paused => say.t("waiting.paused").to_owned(),
            Some(at) => say.with("waiting.next", &date_time(say, at.0)),
            None => String::new(),
        },
        due: wait.due.map(|due| say.with("waiting.due", &date_plain(say, due))).unwrap_or_default(),
        fault: wait.fault.as_deref().map(|fault| plain(say, fault)).unwrap_or_default(),
        can: say.of("waiting-can", line.can),
    }
}

/// A recorded fault in plain words: of a code, its page says them; of what has none, what is sure about it.
#[must_use]
pub fn plain(say: Say, fault: &str) -> String {
    let head = fault.split([':', ' ']).next().unwrap_or(fault);
    if let Some(page) = Code::from_text(head).map(Code::page) {
        return format!("{}: {}", say.lang.phrase(page.title), say.lang.phrase(page.text));
    }
    if head == "operator-needed" {
        return say.t("waiting-fault.in-doubt").to_owned();
    }
    let status = fault.strip_prefix("HTTP ").and_then(|rest| rest.get(..3));
    if let Some(status) = status.filter(|s| s.bytes().all(|b| b.is_ascii_digit())) {
        return say.with("waiting-fault.http", status);
    }
    let lower = fault.to_lowercase();
    if ["no answer", "timed out", "timeout"].iter().any(|word| lower.contains(word)) {
        return say.t("waiting-fault.no-answer").to_owned();
    }
    if ["connect", "refused", "unreachable", "dns"].iter().any(|word| lower.contains(word)) {
        return say.t("waiting-fault.no-connection").to_owned();
    }
    say.with("waiting-fault.other", fault)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::lang::Lang;

    #[test]
    fn a_fault_is_told_by_its_page_or_by_what_is_sure_of_it() {
        let english = Say::new(Lang::En);
        let told = |fault: &str| plain(english, fault);
        assert!(
            told("agency.tls-certificate-expired: 2026-01-01")
                .starts_with(Code::AgencyTlsCertificateExpired.page().title.en)
        );
        assert!(told(wasl_schemas::line::OPERATOR_NEEDED).contains("Nobody knows"));
        assert!(told("HTTP 503").contains("503"));
        assert_eq!(told("no answer within 60000 ms"), told("timed out"));
        assert_ne!(told("connection refused"), told("timed out"));
        assert!(told("something new").contains("something new"));
        let arabic = plain(Say::new(Lang::Ar), "HTTP 503");
        assert!(arabic.contains("503") && !arabic.contains("HTTP status"), "{arabic}");
    }
}
