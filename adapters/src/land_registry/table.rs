//! The written table from the registry's result codes to an opinion (README, section 5). The README is compared
//! with these rows by a test; the judge knows no others.

use wasl_schemas::opinion::OpinionKind;

/// Inscriptions that must be released before anything is built or divided.
pub(super) const BLOCKING: [&str; 2] = ["seizure", "pre-notation"];

/// State of a title, as it is told with the opinion.
pub(super) const STATES: [(&str, &str); 4] =
    [("R00", "registered"), ("R10", "requisition"), ("R20", "unregistered"), ("R30", "closed")];

/// When a row of the table holds for a parcel with its code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum When {
    /// Whatever else is said.
    Always,
    /// `applicantHolds` has this value.
    Holds(&'static str),
    /// `applicantHolds` is absent.
    HoldsUnsaid,
    /// One of [`BLOCKING`] is inscribed.
    Blocked,
    /// The area in the file is outside the tolerance.
    AreaOutside,
}

/// One row.
#[derive(Debug, Clone, Copy)]
pub(super) struct Row {
    /// `resultCode`, or `cod` of an error about one parcel.
    pub(super) code: &'static str,
    /// When it holds.
    pub(super) when: When,
    /// What it makes of it. Of all rows that hold the worst decides.
    pub(super) opinion: OpinionKind,
    /// Its reason or condition; `{…}` are filled in by the judge. Empty for a favourable row.
    pub(super) says: &'static str,
}

const fn row(code: &'static str, when: When, opinion: OpinionKind, says: &'static str) -> Row {
    Row { code, when, opinion, says }
}

use OpinionKind::{Favourable, FavourableWithConditions, NoOpinion, Unfavourable};

/// The rows, in the order of the README. A code that is in none of them is pending, and reported.
pub(super) const TABLE: &[Row] = &[
    row("R00", When::Holds("yes"), Favourable, ""),
    row("R00", When::Holds("shared"), FavourableWithConditions, "accord des copropriétaires inscrits"),
    row("R00", When::Blocked, FavourableWithConditions, "mainlevée de l'inscription « {charge} »"),
    row(
        "R00",
        When::AreaOutside,
        FavourableWithConditions,
        "levé topographique pour concilier la superficie déclarée ({declared} m²) et celle du titre ({registered} m²)",
    ),
    row("R00", When::Holds("no"), Unfavourable, "le demandeur n'est pas inscrit sur le titre"),
    row("R00", When::HoldsUnsaid, NoOpinion, "la conservation ne dit pas si le demandeur est inscrit"),
    row("R10", When::Always, NoOpinion, "réquisition d'immatriculation en cours"),
    row("R20", When::Always, NoOpinion, "immeuble non immatriculé"),
    row("R30", When::Always, NoOpinion, "titre clos (fusionné, morcelé ou annulé)"),
    row("12", When::Always, NoOpinion, "{error}"),
    row("13", When::Always, NoOpinion, "{error}"),
];

/// Values of `applicantHolds` that the table knows.
pub(super) const HOLDS: [&str; 3] = ["yes", "shared", "no"];

#[cfg(test)]
mod tests {
    use super::*;

    fn words(when: When) -> String {
        match when {
            When::Always => "always".to_owned(),
            When::Holds(value) => format!("applicantHolds `{value}`"),
            When::HoldsUnsaid => "applicantHolds absent".to_owned(),
            When::Blocked => "`seizure` or `pre-notation` inscribed".to_owned(),
            When::AreaOutside => "area outside the tolerance".to_owned(),
        }
    }

    #[test]
    fn the_readme_has_the_rows_of_the_code_and_no_others() {
        let readme = include_str!("README.md");
        let section = readme.split("## 5. ").nth(1).unwrap().split("\n## ").next().unwrap();
        let written: Vec<&str> = section.lines().filter(|line| line.starts_with("| `")).collect();
        let rows = TABLE.iter().map(|row| {
            let kind = serde_json::to_value(row.opinion).unwrap();
            format!("| `{}` | {} | {} | {} |", row.code, words(row.when), kind.as_str().unwrap(), row.says)
        });
        assert_eq!(written, rows.collect::<Vec<_>>());
        assert_eq!(BLOCKING, ["seizure", "pre-notation"]);
        for (code, state) in STATES {
            assert!(readme.contains(&format!("| `{code}` | {state} |")), "{code}");
        }
    }
}
