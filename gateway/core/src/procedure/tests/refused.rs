//! What is refused at start, with the row named.

use crate::procedure::Rules;
use crate::test_data::{AGENCIES, PROCEDURES};

fn check(text: &str, expected: &str) {
    assert_ne!(text, PROCEDURES, "the edit did not match the shipped file: {expected}");
    let Err(found) = Rules::from_toml(text, &AGENCIES) else { panic!("accepted, but {expected}") };
    let found: Vec<_> = found.iter().map(ToString::to_string).collect();
    assert!(found.iter().any(|fault| fault.contains(expected)), "{found:#?} lacks {expected}");
}

/// The shipped file with one change inside the row of this rule.
fn edit(id: &str, from: &str, to: &str) -> String {
    let at = PROCEDURES.find(&format!("id = \"{id}\"")).unwrap();
    let (head, tail) = PROCEDURES.split_at(at);
    format!("{head}{}", tail.replacen(from, to, 1))
}

#[test]
fn an_overlap() {
    let text = edit("building-large-2019", "valid_to = 2023-07-13", "valid_to = 2023-07-14");
    check(&text, "rule `building-large-2023`: overlaps with rule `building-large-2019`");
}

#[test]
fn a_gap() {
    let text = edit("building-large-2019", "valid_to = 2023-07-13", "valid_to = 2023-07-12");
    check(&text, "no rule for acts filed from 2023-07-12 until 2023-07-13");
    let text = edit("repair-2019", "valid_from = 2019-01-01", "valid_from = 2019-01-02");
    check(&text, "no rule for acts filed from 2019-01-01 until 2019-01-02");
    let text =
        edit("repair-2023", "valid_from = 2023-07-13", "valid_from = 2023-07-13\nvalid_to = 2030-01-01");
    check(&text, "rule `repair-2023`: no rule follows it from 2030-01-01");
}

#[test]
fn steps_that_do_not_add_up() {
    let text =
        edit("building-large-2023", "name = \"commission\", limit = 15", "name = \"commission\", limit = 14");
    check(&text, "rule `building-large-2023`: the steps add up to 29, the limit is 30");
}

#[test]
fn an_unknown_agency() {
    check(
        &PROCEDURES.replacen("agency = \"onee\"", "agency = \"one\"", 1),
        "unknown agency `one`: did you mean `onee`?",
    );
    let without = Rules::from_toml(PROCEDURES, &["urban-agency"]).unwrap_err();
    assert!(without.iter().any(|fault| fault.to_string().contains("unknown agency `water-basin`")));
}

#[test]
fn an_unknown_key_or_word() {
    check(
        &edit("repair-2023", "limit =", "limt ="),
        "rule `repair-2023`: unknown key `limt`: did you mean `limit`?",
    );
    check(&edit("repair-2023", "working-days", "workin-days"), "did you mean `working-days`?");
    check(
        &edit("repair-2023", "\"repair\"", "\"repare\""),
        "unknown permit `repare`: did you mean `repair`?",
    );
    check(&PROCEDURES.replacen("\nhistory_from", "\nhistory_form", 1), "`history_from` is missing");
}

#[test]
fn a_missing_value() {
    check(&edit("repair-2023", "basis =", "# basis ="), "rule `repair-2023`: `basis` is missing");
    check(
        &edit("repair-2023", "valid_from =", "# valid_from ="),
        "rule `repair-2023`: `valid_from` is missing",
    );
}

#[test]
fn a_limit_above_the_ceiling() {
    let text = edit("regularisation-2020", "limit = 60", "limit = 61");
    check(&text, "a limit of 61 days is above the ceiling of 60");
    let text = edit("demolition-2019", "valid_to = 2020-09-28", "valid_to = 2023-07-13");
    check(&text, "rule `demolition-2019`: holds across 2020-09-28, where a ceiling begins");
}

#[test]
fn an_id_that_is_taken() {
    check(
        &PROCEDURES.replace("id = \"conformity-2023\"", "id = \"occupancy-2023\""),
        "another row has this id",
    );
}

#[test]
fn a_reviewer_that_is_asked_twice_or_has_more_time_than_the_decision() {
    let at = PROCEDURES.find("[[review]]").unwrap();
    let (head, tail) = PROCEDURES.split_at(at);
    let first = tail.split("[[review]]").nth(1).unwrap();
    check(&format!("{head}[[review]]{first}{tail}"), "`urban-agency`: asks the same reviewer as review 1");
    let longer = format!("{head}{}", tail.replacen("limit = 10", "limit = 11", 1));
    check(&longer, "its limit is longer than that of rule `building-small-2019`");
}

#[test]
fn a_favourable_silence_without_the_text_that_says_so() {
    check(&PROCEDURES.replacen("silence_basis", "# silence_basis", 1), "needs its `silence_basis`");
}

#[test]
fn a_reminder_of_a_step_that_the_rule_does_not_have() {
    let own = "limit = 10\nreminder = [{ what = \"commision\", days_before = 2 }]";
    check(&edit("repair-2023", "limit = 10", own), "reminder: unknown step `commision`");
    let both = "limit = 10\nreminder = [{ what = \"decision\", days_before = 2, percent = 5 }]";
    check(&edit("repair-2023", "limit = 10", both), "needs `percent` or `days_before`, and not both");
}
