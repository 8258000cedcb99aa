//! An explanation as a page of text.

use std::fmt::Write as _;

use wasl_core::deadline::{DayLine, Explanation};
use wasl_schemas::problem::Texts;

use crate::http::lang::Lang;

/// A word in French, Arabic and English, in the order of [`Lang::index`].
type Word = [&'static str; 3];

const FILED: Word = ["Déposé le", "أودع بتاريخ", "Filed"];
const BASIS: Word = ["Fondement", "الأساس القانوني", "Basis"];
const DUE: Word = ["Dernier jour", "آخر يوم", "Last day"];
const LATER: Word =
    ["Si le délai court en jours ouvrables", "إذا احتسب الأجل بأيام العمل", "If working days count"];
const NOT_KNOWN: Word = ["pas encore connu", "غير معروف بعد", "not known yet"];
const ACQUIRED: Word = ["Droit acquis par silence", "اكتساب الحق بالسكوت", "Right by silence"];
const NO_SILENCE: Word = ["non", "لا", "no"];
const STEPS: Word = ["Étapes", "المراحل", "Steps"];
const REVIEWERS: Word = ["Avis", "الآراء", "Opinions"];
const REMINDERS: Word = ["Rappels", "التذكيرات", "Reminders"];
const DAYS: Word = ["Jour par jour", "يوما بيوم", "Day by day"];
const NOTES: Word = ["À savoir", "للإحاطة", "To know"];
const SOURCES: Word =
    ["Règle, calendrier, fuseaux", "القاعدة، التقويم، المناطق الزمنية", "Rule, calendar, time zones"];

/// Everything that a person asks of a date, in one language.
pub(super) fn text(explanation: &Explanation, lang: Lang) -> String {
    let mut out = String::new();
    // Writing into a text does not fail.
    let _ = head(&mut out, explanation, lang).and_then(|()| lists(&mut out, explanation, lang));
    out
}

fn head(out: &mut String, e: &Explanation, lang: Lang) -> std::fmt::Result {
    let say = |word: Word| word[lang.index()];
    let unknown = || say(NOT_KNOWN).to_owned();
    writeln!(out, "{}: {}", say(FILED), e.filed)?;
    writeln!(out, "{}: {}", say(DUE), e.due.map_or_else(unknown, |due| due.to_string()))?;
    if let Some(later) = e.due_if_working_days {
        writeln!(out, "{}: {later}", say(LATER))?;
    }
    let acquired = match (e.silence.approval, &e.silence.acquired_at) {
        (false, _) => say(NO_SILENCE),
        (true, None) => "-",
        (true, Some(at)) => at,
    };
    writeln!(out, "{}: {acquired}", say(ACQUIRED))?;
    writeln!(out, "{}: {}", say(BASIS), e.basis)?;
    if let Some(doubt) = &e.doubt {
        writeln!(out, "{}", of(doubt, lang))?;
    }
    writeln!(out, "{}: {}, {}, {} {}", say(SOURCES), e.rule, e.calendar, e.zone, e.tzdb)
}

fn lists(out: &mut String, e: &Explanation, lang: Lang) -> std::fmt::Result {
    let steps: Vec<_> = e.steps.iter().map(|step| format!("{}  {}", step.due, step.name)).collect();
    list(out, STEPS, lang, &steps)?;
    let reviewers: Vec<_> =
        e.reviewers.iter().map(|r| format!("{}  {}  {}", r.due, r.agency, r.basis)).collect();
    list(out, REVIEWERS, lang, &reviewers)?;
    let reminders: Vec<_> =
        e.reminders.iter().map(|r| format!("{}  {} (-{})", r.on, r.what, r.days_left)).collect();
    list(out, REMINDERS, lang, &reminders)?;
    let number = |number: Option<u32>| number.map(|n| n.to_string()).unwrap_or_default();
    let day = |day: &DayLine| format!("{}  {:>4}  {}", day.date, number(day.number), of(&day.why, lang));
    let days: Vec<_> = e.days.iter().map(day).collect();
    list(out, DAYS, lang, &days)?;
    let notes: Vec<_> = e.notes.iter().map(|note| of(note, lang).to_owned()).collect();
    list(out, NOTES, lang, &notes)
}

fn list(out: &mut String, title: Word, lang: Lang, lines: &[String]) -> std::fmt::Result {
    if lines.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n{}", title[lang.index()])?;
    lines.iter().try_for_each(|line| writeln!(out, "  {line}"))
}

fn of(texts: &Texts, lang: Lang) -> &str {
    match lang {
        Lang::Fr => &texts.fr,
        Lang::Ar => &texts.ar,
        Lang::En => &texts.en,
    }
}
