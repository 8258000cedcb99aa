//! The words of an explanation, in French, Arabic and English.

use jiff::civil::Date;
use wasl_schemas::problem::Texts;

use super::strip::DayKind;
use crate::procedure::Start;

/// What one reading says about a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// Day 0.
    Zero(Start),
    /// The clock stands still.
    Suspended,
    /// The day counts; `ends` when it is the last day.
    Number { number: u32, total: u32, ends: bool },
    /// Weekend or holiday in a count of working days.
    NotWorked,
    /// All days are counted, the last was not worked, nor is this one.
    Rolling,
    /// The first worked day after a last day that was not worked.
    RolledEnd,
    /// The period is over.
    Over,
}

pub(super) fn texts(fr: impl Into<String>, ar: impl Into<String>, en: impl Into<String>) -> Texts {
    Texts { fr: fr.into(), ar: ar.into(), en: en.into() }
}

/// The reason for one day; `later` is the second reading of a doubtful unit.
pub(super) fn why(
    earlier: &Part,
    later: Option<&Part>,
    kind: DayKind,
    name: Option<&Texts>,
    provisional: bool,
) -> Texts {
    let mut text = part(earlier);
    if let Some(label) = label(kind, name, provisional) {
        text.fr = format!("{} ({})", text.fr, label.fr);
        text.ar = format!("{} ({})", text.ar, label.ar);
        text.en = format!("{} ({})", text.en, label.en);
    }
    match later {
        Some(other) if other != earlier => {
            let other = part(other);
            texts(
                format!("{} ; en jours ouvrables : {}", text.fr, lower(&other.fr)),
                format!("{}؛ بأيام العمل: {}", text.ar, other.ar),
                format!("{}; in working days: {}", text.en, lower(&other.en)),
            )
        }
        _ => text,
    }
}

fn lower(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map_or_else(String::new, |first| first.to_lowercase().chain(characters).collect())
}

fn part(part: &Part) -> Texts {
    match part {
        Part::Zero(Start::Receipt) => texts(
            "Jour du récépissé : jour 0, il ne compte pas",
            "يوم تسليم الوصل: اليوم 0، لا يُحتسب",
            "Day of the receipt: day 0, it does not count",
        ),
        Part::Zero(Start::UrbanAgencyAgreement) => texts(
            "Jour de l'accord de l'agence urbaine : jour 0, il ne compte pas",
            "يوم موافقة الوكالة الحضرية: اليوم 0، لا يُحتسب",
            "Day of the urban agency's agreement: day 0, it does not count",
        ),
        Part::Suspended => texts("Délai suspendu", "الأجل موقوف", "The period is suspended"),
        Part::Number { number, total, ends: false } => texts(
            format!("Jour {number} sur {total}"),
            format!("اليوم {number} من {total}"),
            format!("Day {number} of {total}"),
        ),
        Part::Number { number, total, ends: true } => texts(
            format!("Jour {number} sur {total} : dernier jour du délai"),
            format!("اليوم {number} من {total}: آخر يوم في الأجل"),
            format!("Day {number} of {total}: last day of the period"),
        ),
        Part::NotWorked => texts(
            "Jour non ouvrable : il ne compte pas",
            "يوم عطلة: لا يُحتسب",
            "Not a working day: it does not count",
        ),
        Part::Rolling => texts(
            "Le dernier jour n'est pas ouvrable : le délai court jusqu'au jour ouvrable suivant",
            "آخر يوم يوم عطلة: يمتد الأجل إلى يوم العمل الموالي",
            "The last day is not worked: the period runs to the next working day",
        ),
        Part::RolledEnd => texts(
            "Premier jour ouvrable après un dernier jour chômé : dernier jour du délai",
            "أول يوم عمل بعد يوم العطلة: آخر يوم في الأجل",
            "First working day after a last day that is not worked: last day of the period",
        ),
        Part::Over => texts("Délai échu", "انقضى الأجل", "The period is over"),
    }
}

fn label(kind: DayKind, name: Option<&Texts>, provisional: bool) -> Option<Texts> {
    match (kind, name) {
        (DayKind::Weekend, _) => Some(texts("fin de semaine", "نهاية الأسبوع", "weekend")),
        (DayKind::Holiday, Some(name)) if provisional => Some(texts(
            format!("{}, date provisoire", name.fr),
            format!("{}، تاريخ مؤقت", name.ar),
            format!("{}, provisional date", name.en),
        )),
        (DayKind::Holiday, Some(name)) => Some(name.clone()),
        _ => None,
    }
}

/// The unit is not established: both dates, and what each is for.
pub(super) fn doubtful_unit(due: Date, later: Date) -> Texts {
    texts(
        format!(
            "L'unité du délai n'est pas établie. Lecture en jours calendaires : {due} (rappels, classement). \
             Lecture en jours ouvrables : {later} (droit acquis par le silence)."
        ),
        format!(
            "وحدة احتساب الأجل غير محسومة. بالأيام المتتالية: {due} (للتذكير والترتيب). \
             بأيام العمل: {later} (للحق المكتسب بالسكوت)."
        ),
        format!(
            "The unit of the limit is not established. Read in calendar days: {due} (reminders, ranking). \
             Read in working days: {later} (right acquired by silence)."
        ),
    )
}

/// Holidays after a day are provisional or unknown.
pub(super) fn unconfirmed(until: Date) -> Texts {
    texts(
        format!(
            "Les jours fériés ne sont confirmés que jusqu'au {until} : les dates au-delà peuvent changer."
        ),
        format!("أيام العطل مؤكدة إلى غاية {until} فقط: قد تتغير التواريخ اللاحقة."),
        format!("Holidays are confirmed until {until} only: later dates may move."),
    )
}

/// Lunar holidays before a day are not in the data.
pub(super) fn no_lunar_data(from: Date) -> Texts {
    texts(
        format!("Les fêtes religieuses d'avant le {from} ne figurent pas au calendrier."),
        format!("الأعياد الدينية قبل {from} غير مدرجة في التقويم."),
        format!("Religious holidays before {from} are not in the calendar."),
    )
}

/// The clock waits for the urban agency.
pub(super) fn not_started() -> Texts {
    texts(
        "Le délai court à partir de l'accord de l'agence urbaine, qui n'est pas encore donné.",
        "يبدأ الأجل من موافقة الوكالة الحضرية التي لم تصدر بعد.",
        "The period runs from the urban agency's agreement, which is not given yet.",
    )
}

/// The end is not known while a suspension is open.
pub(super) fn suspended(since: Date) -> Texts {
    texts(
        format!("Le délai est suspendu depuis le {since} : son terme sera connu à la reprise."),
        format!("الأجل موقوف منذ {since}: يُعرف نهايته عند الاستئناف."),
        format!("The period is suspended since {since}: its end will be known when it resumes."),
    )
}
