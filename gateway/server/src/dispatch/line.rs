//! What is known of the line to an agency beside its outcomes: drift that was met, the breaker, certificates. Counted
//! in the metrics at once; told to the core in a report now and then, so that it is remembered and shown.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};
use prometheus_client::metrics::counter::Counter;
use wasl_adapters::port::Handled;
use wasl_schemas::agency::Exchange;
use wasl_schemas::id::AgencyKind;
use wasl_schemas::line::{BreakerState, CertificateNote, DriftCount, DriftNote, LineReport};

use crate::observe::metrics::{CertificateLabels, DriftLabels, Metrics};

/// Different drifts that one process keeps apart; what comes beyond them is counted under [`OTHER`].
const DRIFTS_MAX: usize = 512;
/// Path of the drifts beyond [`DRIFTS_MAX`].
const OTHER: &str = "/*";
/// A certificate that ends within this time is warned of.
pub const CERTIFICATE_WARNING: SignedDuration = SignedDuration::from_hours(30 * 24);
/// A report goes out at least so often, so that what is shown of a line is never older.
const REPORT_AT_LEAST: SignedDuration = SignedDuration::from_hours(1);

/// How often a drift was met.
#[derive(Debug)]
struct Met {
    /// Since the last report.
    count: u64,
    /// Ever, in the metrics: looked up once, since some drift is met with every message.
    metric: Counter,
}

/// The line of one agency, as one process sees it.
#[derive(Debug)]
pub struct Line {
    agency: AgencyKind,
    metrics: Metrics,
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    /// Every drift that was met here.
    drifts: BTreeMap<DriftNote, Met>,
    told_at: Option<Timestamp>,
    breaker: Option<BreakerState>,
    certificates: Vec<CertificateNote>,
}

impl Line {
    /// Nothing is known yet.
    #[must_use]
    pub fn new(agency: AgencyKind, metrics: Metrics) -> Self {
        Self { agency, metrics, kept: Mutex::default() }
    }

    /// Takes the drift out of what was said.
    pub fn take_from(&self, handled: &mut Handled) {
        for exchange in &mut handled.exchanges {
            self.take(exchange);
        }
    }

    /// Takes the drift out of one exchange.
    pub fn take(&self, exchange: &mut Exchange) {
        self.met(std::mem::take(&mut exchange.drift));
    }

    /// Counts drift.
    pub fn met(&self, notes: Vec<DriftNote>) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        for mut note in notes {
            if kept.drifts.len() >= DRIFTS_MAX && !kept.drifts.contains_key(&note) {
                OTHER.clone_into(&mut note.path);
                note.detail.clear();
            }
            let met = kept.drifts.entry(note).or_insert_with_key(|note| self.first_met(note));
            met.count += 1;
            met.metric.inc();
        }
    }

    fn first_met(&self, note: &DriftNote) -> Met {
        let DriftNote { message, path, kind, detail, known } = note;
        if !known {
            let kind = kind.as_str();
            tracing::warn!(agency = %self.agency, message, path, kind, detail, "drift");
        }
        let labels = DriftLabels {
            agency: self.agency.to_string(),
            message: message.clone(),
            path: path.clone(),
            kind: kind.as_str(),
        };
        Met { count: 0, metric: self.metrics.agency_drift.get_or_create_owned(&labels) }
    }

    /// What is to be reported now: `None` when there is nothing new.
    pub fn report(
        &self,
        now: Timestamp,
        breaker: Option<BreakerState>,
        mut certificates: Vec<CertificateNote>,
    ) -> Option<LineReport> {
        certificates.sort();
        certificates.dedup();
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let drift: Vec<DriftCount> = kept
            .drifts
            .iter_mut()
            .filter(|(_, met)| met.count > 0)
            .map(|(note, met)| DriftCount { note: note.clone(), count: std::mem::take(&mut met.count) })
            .collect();
        let old = kept.told_at.is_none_or(|at| now.duration_since(at) >= REPORT_AT_LEAST);
        let other = kept.breaker != breaker || kept.certificates != certificates;
        if drift.is_empty() && !other && !old {
            return None;
        }
        if kept.certificates != certificates || old {
            self.watch(&certificates, now);
        }
        kept.told_at = Some(now);
        kept.breaker = breaker;
        kept.certificates.clone_from(&certificates);
        Some(LineReport { agency: self.agency.clone(), at: now, breaker, drift, certificates })
    }

    /// Whether a report was made within this time.
    pub fn told_within(&self, time: SignedDuration, now: Timestamp) -> bool {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.told_at.is_some_and(|at| now.duration_since(at) < time)
    }

    /// A report that did not go out: its drift is told with the next one.
    pub fn not_told(&self, report: LineReport) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        for DriftCount { note, count } in report.drift {
            kept.drifts.entry(note).or_insert_with_key(|note| self.first_met(note)).count += count;
        }
        kept.told_at = None;
    }

    fn watch(&self, certificates: &[CertificateNote], now: Timestamp) {
        for certificate in certificates {
            let labels =
                CertificateLabels { agency: self.agency.to_string(), purpose: certificate.purpose.as_str() };
            let first =
                certificates.iter().filter(|c| c.purpose == certificate.purpose).map(|c| c.ends_at).min();
            let seconds = first.map_or(0, |first| first.duration_since(now).as_secs());
            self.metrics.agency_certificate_ends_seconds.get_or_create(&labels).set(seconds);
            if certificate.ends_at.duration_since(now) < CERTIFICATE_WARNING {
                let (purpose, ends_at) = (certificate.purpose.as_str(), certificate.ends_at);
                tracing::warn!(agency = %self.agency, purpose, %ends_at, sha256 = certificate.sha256,
                    "a certificate ends within 30 days");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use wasl_schemas::line::{CertificateUse, DriftKind};

    use super::*;

    fn line() -> (Line, Metrics) {
        let metrics = Metrics::new();
        (Line::new(AgencyKind::try_new("onee").unwrap(), metrics.clone()), metrics)
    }

    fn note(path: &str) -> DriftNote {
        DriftNote {
            message: "reply".to_owned(),
            path: path.to_owned(),
            kind: DriftKind::Unread,
            detail: String::new(),
            known: false,
        }
    }

    fn now() -> Timestamp {
        "2026-11-22T10:00:00Z".parse().unwrap()
    }

    #[test]
    fn drift_is_counted_at_once_and_told_once_with_its_number() {
        let (line, metrics) = line();
        line.met(vec![note("/a"), note("/b")]);
        line.met(vec![note("/a")]);
        let report = line.report(now(), None, Vec::new()).unwrap();
        let told: Vec<_> = report.drift.iter().map(|d| (d.note.path.as_str(), d.count)).collect();
        assert_eq!(told, [("/a", 2), ("/b", 1)]);
        assert_eq!(line.report(now(), None, Vec::new()), None, "nothing new");
        let text = metrics.encode().unwrap();
        let line = r#"wasl_agency_drift_total{agency="onee",message="reply",path="/a",kind="unread"} 2"#;
        assert!(text.contains(line), "{text}");
    }

    #[test]
    fn a_report_that_did_not_go_out_is_told_with_the_next() {
        let (line, _) = line();
        line.met(vec![note("/a")]);
        let report = line.report(now(), None, Vec::new()).unwrap();
        line.not_told(report);
        line.met(vec![note("/a")]);
        assert_eq!(line.report(now(), None, Vec::new()).unwrap().drift[0].count, 2);
    }

    #[test]
    fn an_agency_that_differs_everywhere_does_not_fill_the_memory() {
        let (line, _) = line();
        for n in 0..2000 {
            line.met(vec![note(&format!("/{n}"))]);
        }
        let report = line.report(now(), None, Vec::new()).unwrap();
        assert_eq!(report.drift.len(), DRIFTS_MAX + 1);
        let other = report.drift.iter().find(|d| d.note.path == OTHER).unwrap();
        assert_eq!(other.count, 2000 - DRIFTS_MAX as u64);
    }

    #[test]
    fn breaker_and_certificates_are_told_when_they_change_and_now_and_then() {
        let (line, metrics) = line();
        let ends_at = "2026-12-02T10:00:00Z".parse().unwrap();
        let certificate =
            CertificateNote { purpose: CertificateUse::Client, sha256: "ab".to_owned(), ends_at };
        let closed = Some(BreakerState::Closed);
        assert!(line.report(now(), closed, vec![certificate.clone()]).is_some());
        assert!(line.report(now(), closed, vec![certificate.clone()]).is_none());
        assert!(line.report(now(), Some(BreakerState::Open), vec![certificate.clone()]).is_some());
        let later = now() + REPORT_AT_LEAST;
        assert!(line.report(later, Some(BreakerState::Open), vec![certificate]).is_some());
        let text = metrics.encode().unwrap();
        assert!(
            text.contains(r#"wasl_agency_certificate_ends_seconds{agency="onee",purpose="client"} 860400"#),
            "{text}"
        );
    }
}
