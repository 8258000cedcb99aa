//! The report: what was measured, in figures and as a table, and what is demanded of it.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::commune::median;
use crate::load::Done;
use crate::shape::{Shape, differences};

/// The demands: ratios in one run.
const THROUGHPUT_RATIO_MIN: f64 = 0.7;
const CPU_RATIO_MAX: f64 = 1.6;
const P99_RATIO_MAX: [(u32, f64); 2] = [(50, 2.0), (300, 2.5)];

#[derive(Default)]
pub(crate) struct Report {
    rounds: BTreeMap<&'static str, Vec<Done>>,
    open: BTreeMap<(u32, &'static str), Vec<Done>>,
    shapes: Option<(Shape, Shape)>,
    about: Value,
}

impl Report {
    pub(crate) fn saturated(&mut self, side: &'static str, done: Done) {
        self.rounds.entry(side).or_default().push(done);
    }

    pub(crate) fn open(&mut self, side: &'static str, rate: u32, done: Done) {
        self.open.entry((rate, side)).or_default().push(done);
    }

    pub(crate) fn shapes(&mut self, wasl: Shape, floor: Shape) {
        self.shapes = Some((wasl, floor));
    }

    pub(crate) fn about(&mut self, about: Value) {
        self.about = about;
    }

    fn middle(&self, side: &str, of: impl Fn(&Done) -> f64) -> f64 {
        let values: Vec<f64> = self.rounds.get(side).into_iter().flatten().map(of).collect();
        median(&values)
    }

    /// The middle round's: one pause of a disk within 15 seconds is a percentile of 750 files.
    fn steady_ms(&self, side: &'static str, rate: u32, percent: usize) -> f64 {
        let rounds = self.open.get(&(rate, side)).into_iter().flatten();
        let values: Vec<f64> = rounds.map(|done| done.quantile_ms(percent)).collect();
        median(&values)
    }

    fn throughput_ratio(&self) -> f64 {
        self.middle("wasl", Done::files_per_second) / self.middle("floor", Done::files_per_second)
    }

    fn cpu_ratio(&self) -> f64 {
        self.middle("wasl", |d| d.busy_per_file_ms("wasl"))
            / self.middle("floor", |d| d.busy_per_file_ms("floor"))
    }

    fn p99_ratio(&self, rate: u32) -> f64 {
        self.steady_ms("wasl", rate, 99) / self.steady_ms("floor", rate, 99)
    }

    pub(crate) fn json(&self) -> Value {
        let round = |done: &Done| {
            json!({
                "files_per_second": done.files_per_second(), "seconds": done.seconds, "files": done.files,
                "p50_ms": done.quantile_ms(50), "p99_ms": done.quantile_ms(99),
                "cpu_ms_per_file": done.busy_ms.keys().map(|group| (*group, done.busy_per_file_ms(group)))
                    .collect::<BTreeMap<_, _>>(),
                "rss_peak_kib": done.rss_peak_kib,
            })
        };
        let rounds: BTreeMap<_, Vec<Value>> =
            self.rounds.iter().map(|(side, rounds)| (side, rounds.iter().map(round).collect())).collect();
        let open: BTreeMap<_, Vec<Value>> = self
            .open
            .iter()
            .map(|((rate, side), rounds)| {
                (format!("{side} at {rate}/s"), rounds.iter().map(round).collect::<Vec<_>>())
            })
            .collect();
        json!({
            "about": self.about,
            "files_per_second": {
                "wasl": self.middle("wasl", Done::files_per_second),
                "floor": self.middle("floor", Done::files_per_second),
            },
            "throughput_ratio_to_floor": self.throughput_ratio(),
            "own_cpu_ratio_to_floor": self.cpu_ratio(),
            "p99_ratio_to_floor": P99_RATIO_MAX.map(|(rate, _)| json!({"rate": rate, "ratio": self.p99_ratio(rate)})),
            "rounds": rounds, "open_loop": open,
            "per_file": self.shapes.as_ref().map(|(wasl, floor)| json!({"wasl": wasl, "floor": floor})),
        })
    }

    pub(crate) fn table(&self) -> String {
        let mut out = String::new();
        let mut line = |text: &str, floor: f64, wasl: f64| {
            let ratio = wasl / floor;
            _ = writeln!(out, "{text:<42} {floor:>10.2} {wasl:>10.2} {ratio:>8.2}");
        };
        line(
            "files a second, saturated",
            self.middle("floor", Done::files_per_second),
            self.middle("wasl", Done::files_per_second),
        );
        for (label, floor, wasl) in [
            ("own CPU, ms a file", "floor", "wasl"),
            ("broker's CPU, ms a file", "broker", "broker"),
            ("database's CPU, ms a file", "database", "database"),
            ("agencies' CPU, ms a file", "sandbox", "sandbox"),
        ] {
            line(
                label,
                self.middle("floor", |d| d.busy_per_file_ms(floor)),
                self.middle("wasl", |d| d.busy_per_file_ms(wasl)),
            );
        }
        for (rate, _) in P99_RATIO_MAX {
            for percent in [50, 99] {
                line(
                    &format!("p{percent} at {rate} files a second, ms"),
                    self.steady_ms("floor", rate, percent),
                    self.steady_ms("wasl", rate, percent),
                );
            }
        }
        line(
            "resident memory, MiB",
            self.middle("floor", |d| d.rss_peak_kib as f64 / 1024.0),
            self.middle("wasl", |d| d.rss_peak_kib as f64 / 1024.0),
        );
        if let Some((wasl, floor)) = &self.shapes {
            for name in wasl.keys().chain(floor.keys()).collect::<std::collections::BTreeSet<_>>() {
                let of = |shape: &Shape| shape.get(name).copied().unwrap_or(0.0);
                line(&format!("per file: {name}"), of(floor), of(wasl));
            }
        }
        format!("{:<42} {:>10} {:>10} {:>8}\n{out}", "", "floor", "wasl", "ratio")
    }

    /// Fails when a demand is missed; the report is written before.
    pub(crate) fn judge(&self) {
        let mut missed = Vec::new();
        if self.throughput_ratio() < THROUGHPUT_RATIO_MIN {
            missed.push(format!(
                "throughput {:.2} of the floor's, at least {THROUGHPUT_RATIO_MIN}",
                self.throughput_ratio()
            ));
        }
        if self.cpu_ratio() > CPU_RATIO_MAX {
            missed
                .push(format!("own CPU {:.2} times the floor's, at most {CPU_RATIO_MAX}", self.cpu_ratio()));
        }
        for (rate, most) in P99_RATIO_MAX {
            if self.p99_ratio(rate) > most {
                missed.push(format!(
                    "p99 at {rate}/s {:.2} times the floor's, at most {most}",
                    self.p99_ratio(rate)
                ));
            }
        }
        if let Some((wasl, floor)) = &self.shapes {
            missed
                .extend(differences(wasl, floor).into_iter().map(|what| format!("not the same job: {what}")));
        }
        assert!(missed.is_empty(), "missed: {}", missed.join("; "));
    }
}
