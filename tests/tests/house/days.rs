//! The arithmetic of days stands in one place: `gateway/core/src/time.rs` and what `deadline` counts on it. A day
//! added elsewhere would miss a holiday, a roll or the change of zone.

use crate::source::{Blank, blank, is_test, lines_with, without_tests};
use crate::tree::Tree;
use crate::{exactly, none};

/// Where days may be counted.
const COUNTING: &[&str] = &[
    "gateway/core/src/time.rs",
    "gateway/core/src/deadline/",
    "gateway/core/src/calendar/",
    // A column of the type DATE is a number of days on the wire; nothing is counted.
    "gateway/server/src/store/read/types.rs",
];

/// Ways of jiff to move by days or longer.
const MOVES: &[&str] = &[
    ".days(",
    ".try_days(",
    ".weeks(",
    ".months(",
    ".try_months(",
    ".years(",
    ".tomorrow(",
    ".yesterday(",
    "Unit::Day",
    "Unit::Week",
    "Unit::Month",
    "ToSpan",
    "DateDifference",
    "nth_weekday",
    "days_in_month",
    // A day in disguise: on 2026-09-20 and around Ramadan days had 25 and 23 hours.
    "86_400",
    "86400",
    "86_400_000",
    "86400000",
    "from_hours(24",
    "24 * 3600",
    "24 * 60 * 60",
];

/// Ways to ask the machine's time zone data instead of those that are compiled in.
const SYSTEM_ZONES: &[&str] = &[
    "TimeZone::system",
    "TimeZone::try_system",
    "TimeZone::get",
    "tz::db",
    "Zoned::now",
    ".in_tz(",
    "from_dir",
    "from_concatenated_path",
    "TimeZoneDatabase::from_env",
    "zoneinfo",
];

/// Where a length of 24 hours is meant, by the wall clock, and no day.
const DAY_LONG_WAITS: &[&str] = &[
    // How long an upload may lie unfinished.
    "gateway/server/src/http/documents/store.rs",
    // The longest pause that an agency may ask for.
    "adapters/src/transport/http.rs",
    // The longest life of an access token.
    "adapters/src/transport/oauth2.rs",
    // The longest wait that a setting may ask for, in seconds.
    "adapters/src/water_basin/config.rs",
];

/// Ways of SQL to do it, in lower case.
const SQL: &[&str] = &[
    "day'",
    "days'",
    "week'",
    "weeks'",
    "month'",
    "months'",
    "current_date",
    "localtimestamp",
    "date_trunc",
    "make_interval(days",
    "make_interval(months",
    "age(",
    "africa/casablanca",
    "hours'",
    "generate_series(",
    "date_part(",
    "extract(dow",
    "extract(isodow",
    "extract(doy",
    "extract(day",
    "interval '1 d",
    "make_date(",
    "set time zone",
];

/// Where the database counts by the wall clock how long something is kept: bodies of the wire log, certificates that
/// are not shown any more, alarms that have ended.
const KEPT_FOR_DAYS: &[&str] = &["gateway/server/src/store/alarms.rs", "gateway/server/src/store/lines.rs"];

/// Where the database subtracts two dates: sums over thousands of files for the mean delays of the ranking, with the
/// table of offsets that the core has. No limit, no reminder and no right follows from them.
const SUMS_OF_DELAYS: &[&str] =
    &["gateway/server/migrations/0060_figures.sql", "gateway/server/migrations/0061_sums.sql"];

/// Columns of the database that hold a legal date.
const LEGAL_DATES: &[&str] = &["due", "due_later", "filed", "payable_until", "held_on"];

fn faults(tree: &Tree) -> Vec<String> {
    let mut faults = Vec::new();
    for under in ["gateway/", "adapters/src/", "schemas/src/"] {
        for (path, text) in tree.files(under, ".rs").filter(|(path, _)| !is_test(path)) {
            if COUNTING.iter().any(|place| path.starts_with(place)) {
                continue;
            }
            let code = without_tests(&blank(text, Blank::CommentsAndStrings));
            let hours = |word: &str| word.contains(|c: char| c.is_ascii_digit());
            for word in MOVES.iter().filter(|word| !(hours(word) && DAY_LONG_WAITS.contains(&path))) {
                faults.extend(lines_with(&code, word).into_iter().map(|line| {
                    format!(
                        "{path}:{line}: `{word}` moves by days: `wasl_core::time` or `deadline` does that"
                    )
                }));
            }
        }
    }
    let strings = tree.files("gateway/server/src/", ".rs").filter(|(path, _)| !is_test(path));
    for (path, text) in strings.chain(tree.files("gateway/server/migrations/", ".sql")) {
        let text = blank(text, Blank::Comments).to_lowercase();
        for word in SQL.iter().filter(|_| !KEPT_FOR_DAYS.contains(&path)) {
            faults.extend(lines_with(&text, word).into_iter().filter(|line| in_sql(path, &text, *line)).map(|line| {
                format!("{path}:{line}: `{word}`: the database counts no legal day; the core does, on local dates")
            }));
        }
        for column in LEGAL_DATES.iter().filter(|_| !SUMS_OF_DELAYS.contains(&path)) {
            faults
                .extend(moved_dates(&text, column).into_iter().filter(|line| in_sql(path, &text, *line)).map(
                |line| {
                    format!(
                        "{path}:{line}: `{column}` plus or minus something: the database counts no legal day"
                    )
                },
            ));
        }
    }
    faults
}

/// Lines in which a column is added to or taken from.
fn moved_dates(text: &str, column: &str) -> Vec<usize> {
    let moved = |line: usize| {
        let line = text.lines().nth(line - 1).unwrap_or_default();
        line.match_indices(column).any(|(at, _)| {
            let (before, after) = (line[..at].trim_end(), line[at + column.len()..].trim_start());
            let joins =
                |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '"'));
            let stands =
                !joins(line[..at].chars().next_back()) && !joins(line[at + column.len()..].chars().next());
            stands
                && (after.starts_with(['+', '-']) && !after.starts_with("->") || before.ends_with(['+', '-']))
        })
    };
    lines_with(text, column).into_iter().filter(|line| moved(*line)).collect()
}

fn system_zones(tree: &Tree) -> Vec<String> {
    let mut faults = Vec::new();
    for under in ["gateway/", "adapters/src/", "schemas/src/", "tests/src/"] {
        for (path, text) in
            tree.files(under, ".rs").filter(|(path, _)| !is_test(path) || path.starts_with("tests/src/"))
        {
            let code = without_tests(&blank(text, Blank::CommentsAndStrings));
            for word in SYSTEM_ZONES {
                faults.extend(lines_with(&code, word).into_iter().map(|line| {
                    format!("{path}:{line}: `{word}`: the machine's zone data can be years old: `wasl_core::time::zone`")
                }));
            }
        }
    }
    let manifests = tree.files("", "Cargo.toml");
    for (path, text) in manifests {
        let text: String =
            text.lines().map(|line| format!("{}\n", line.split('#').next().unwrap_or_default())).collect();
        for word in ["tzdb-zoneinfo", "tz-system", "chrono-tz", "tzdata"] {
            faults.extend(lines_with(&text, word).into_iter().map(|line| {
                format!("{path}:{line}: `{word}`: only the time zone data that jiff bundles know the decree of 2026")
            }));
        }
    }
    faults
}

/// The one place where the database that is compiled in is asked for, and the one module that starts with checking it.
fn bundled(tree: &Tree) -> Vec<String> {
    let starts = |path: &str, word: &str| {
        let files = tree.files(path, ".rs").filter(|(path, _)| !is_test(path));
        let code = files.map(|(_, text)| without_tests(&blank(text, Blank::CommentsAndStrings)));
        code.map(|code| lines_with(&code, word).len()).sum::<usize>()
    };
    let mut faults = Vec::new();
    if starts("gateway/", "TimeZoneDatabase::bundled") != 1 {
        faults.push("the bundled time zone data are asked for in `wasl_core::time` alone".to_owned());
    }
    if starts("gateway/server/src/cli/serve.rs", "check_tzdb") == 0 {
        faults.push("`wasl serve` must begin with `wasl_core::time::check_tzdb`".to_owned());
    }
    faults
}

/// In Rust only lines that speak SQL are meant: `wasl_core::time` may well take the zone by its name.
fn in_sql(path: &str, text: &str, line: usize) -> bool {
    let line = text.lines().nth(line - 1).unwrap_or_default();
    path.ends_with(".sql")
        || ["interval", "select", "where", "set ", "at time zone", "::date"].iter().any(|w| line.contains(w))
}

#[test]
fn days_are_counted_in_one_place() {
    none(&faults(Tree::repository()));
}

#[test]
fn a_day_added_elsewhere_is_seen() {
    let planted = Tree::of(&[
        ("gateway/core/src/time.rs", "date.tomorrow()"),
        ("gateway/core/src/file/fees.rs", "today.saturating_add(Span::new().days(60)) // .weeks(1)"),
        ("gateway/server/src/store/timers.rs", "query!(\"WHERE due < now() + interval '3 days'\")"),
        ("gateway/server/src/store/feeds.rs", "query!(\"SET next_at = now() + interval '1 millisecond'\")"),
        ("gateway/server/migrations/0002_x.sql", "SELECT date_trunc('hour', at);"),
    ]);
    exactly(&faults(&planted), &["fees.rs:1: `.days(`", "timers.rs:1: `days'`", "x.sql:1: `date_trunc`"]);
    let disguised = Tree::of(&[
        ("gateway/server/src/flow/remind.rs", "let next = now + SignedDuration::from_hours(24 * 3);"),
        ("gateway/server/src/flow/lead.rs", "const DAY_S: i64 = 86_400;\nconst N: i64 = 186_400;"),
        ("adapters/src/transport/http.rs", "const RETRY_AFTER_MS_MAX: u64 = 24 * 3600 * 1000;"),
        (
            "gateway/server/src/store/read/a.rs",
            "query!(\"SELECT due - filed FROM file WHERE due_at < $1 - $2\")",
        ),
        ("gateway/server/src/store/read/b.rs", "query!(\"WHERE at > now() - interval '48 hours'\")"),
        (
            "gateway/server/migrations/0003_y.sql",
            "UPDATE file SET due = due + 1;\nSELECT extract(dow from filed);",
        ),
    ]);
    exactly(
        &faults(&disguised),
        &[
            "lead.rs:1: `86_400`",
            "remind.rs:1: `from_hours(24`",
            "a.rs:1: `due` plus",
            "a.rs:1: `filed` plus",
            "b.rs:1: `hours'`",
            "y.sql:2: `extract(dow`",
            "y.sql:1: `due` plus",
        ],
    );
}

#[test]
fn only_the_bundled_time_zone_data_are_asked() {
    none(&system_zones(Tree::repository()));
    none(&bundled(Tree::repository()));
    let planted = Tree::of(&[
        (
            "gateway/server/src/http/page/strip.rs",
            "let zone = jiff::tz::TimeZone::get(\"Africa/Casablanca\");",
        ),
        ("adapters/src/onee/map.rs", "date.in_tz(\"UTC\") // TimeZone::system"),
        ("tests/src/oracle/dates.rs", "TimeZoneDatabase::from_dir(\"/usr/share\")"),
        ("schemas/src/id.rs", "#[cfg(test)]\nmod tests { fn f() { jiff::Zoned::now(); } }"),
        ("gateway/core/Cargo.toml", "# no tzdb-zoneinfo\njiff = { features = [\"tzdb-zoneinfo\"] }"),
    ]);
    exactly(
        &system_zones(&planted),
        &[
            "strip.rs:1: `TimeZone::get`",
            "map.rs:1: `.in_tz(`",
            "dates.rs:1: `from_dir`",
            "Cargo.toml:2: `tzdb-zoneinfo`",
        ],
    );
    let unchecked = Tree::of(&[
        ("gateway/core/src/time.rs", "TimeZoneDatabase::bundled()"),
        ("gateway/server/src/cli/serve.rs", "// check_tzdb\nfn run() {}"),
        ("gateway/server/src/flow/lead.rs", "TimeZoneDatabase::bundled().get(x)"),
    ]);
    exactly(&bundled(&unchecked), &["in `wasl_core::time` alone", "`wasl serve` must begin"]);
}
