//! `wasl bank statement`: exit code 0 when nothing is wrong with the file, 1 otherwise.

use serde_json::{Value, json};
use wasl_adapters::barid_bank::camt::{Reading, UNREADABLE, read};
use wasl_schemas::problem::Code;
use wasl_schemas::statement::{Direction, Statement, StatementEntry};

use super::super::{Failure, output, read_input};
use super::StatementArgs;

pub(super) fn run(args: &StatementArgs) -> Result<(), Failure> {
    let bytes = read_input(&args.file)?;
    match read(&bytes, &Reading { order_prefix: args.order_prefix.clone() }) {
        Ok(statements) => tell(args, &statements),
        Err(why) => {
            let fault = json!({ "code": UNREADABLE, "at": "/", "reason": why.to_string() });
            if args.json {
                output::say(&serde_json::to_string_pretty(
                    &json!({ "valid": false, "faults": [fault], "statements": [] }),
                )?)?;
            } else {
                output::say(&format!("fault {UNREADABLE}: {why}\n    {}", text_of(UNREADABLE)))?;
            }
            Err(Failure::Told)
        }
    }
}

fn tell(args: &StatementArgs, statements: &[Statement]) -> Result<(), Failure> {
    let valid = statements.iter().all(|statement| statement.faults.is_empty());
    if args.json {
        let faults: Vec<_> = statements.iter().flat_map(|statement| &statement.faults).collect();
        let shown: Vec<Value> = statements.iter().map(shown).collect();
        let all = json!({ "valid": valid, "currency": "MAD", "faults": faults, "statements": shown });
        output::say(&serde_json::to_string_pretty(&all)?)?;
    } else {
        let texts: Vec<String> = statements.iter().map(text).collect();
        output::say(&texts.join("\n\n"))?;
    }
    if valid { Ok(()) } else { Err(Failure::Told) }
}

/// What was read, with the sums that the balances are checked by.
fn shown(statement: &Statement) -> Value {
    let mut value = json!(statement);
    value["opening_centimes"] = json!(statement.opening());
    value["closing_centimes"] = json!(statement.closing());
    value["credit_centimes"] = json!(statement.sum(Direction::Credit));
    value["debit_centimes"] = json!(statement.sum(Direction::Debit));
    value["balanced"] = json!(statement.is_balanced());
    value["faults"] = json!(statement.faults);
    value
}

fn text(statement: &Statement) -> String {
    let sum = |way| statement.sum(way).map(|sum| sum.to_string()).unwrap_or_default();
    let mut lines = vec![format!(
        "{} {} of account {}: {} transactions, credits {}, debits {}",
        statement.version,
        statement.id,
        statement.account,
        statement.entries.len(),
        sum(Direction::Credit),
        sum(Direction::Debit)
    )];
    lines.extend(statement.balances.iter().map(|balance| {
        let on = balance.on.map(|day| format!(" on {day}")).unwrap_or_default();
        format!("  balance {} {}{on}", balance.code, balance.amount_centimes)
    }));
    lines.extend(statement.entries.iter().map(entry));
    for fault in &statement.faults {
        lines.push(format!(
            "fault {} at {}: {}\n    {}",
            fault.code,
            fault.at,
            fault.reason,
            text_of(&fault.code)
        ));
    }
    lines.join("\n")
}

fn entry(entry: &StatementEntry) -> String {
    let or_dash = |text: Option<String>| text.unwrap_or_else(|| "-".to_owned());
    let mut line = format!(
        "  {}.{} {} {} {} {}",
        entry.entry,
        entry.detail,
        or_dash(entry.booked_on.map(|day| day.to_string())),
        entry.direction.as_str(),
        entry.amount_centimes,
        entry.status.as_str()
    );
    for (name, text) in [
        ("order", entry.order.map(|order| order.to_string())),
        ("transaction", entry.transaction.clone()),
        ("end-to-end", entry.end_to_end.clone()),
        ("creditor reference", entry.creditor_reference.clone()),
        ("code", entry.code.clone()),
        ("returned", entry.returned.clone()),
        ("reversal", entry.reversal.then(|| "yes".to_owned())),
    ] {
        if let Some(text) = text {
            line.push_str(&format!(", {name} {text}"));
        }
    }
    line
}

fn text_of(code: &str) -> &'static str {
    Code::from_text(code).map_or("", |code| code.page().text.en)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_good_file_is_good_and_a_bad_one_is_refused() {
        let said = |file: &str, json: bool| {
            let samples = concat!(env!("CARGO_MANIFEST_DIR"), "/../../schemas/samples/agencies/barid-bank/");
            let file = format!("{samples}{file}").into();
            run(&StatementArgs { file, order_prefix: String::new(), json })
        };
        for json in [true, false] {
            for good in ["camt053-day-v02.xml", "camt053-day-v08.xml", "camt054-counter-v02.xml"] {
                assert!(said(good, json).is_ok(), "{good}");
            }
            for bad in ["camt053-unbalanced.xml", "camt054-not-mad.xml", "pain014-accepted.xml"] {
                assert!(matches!(said(bad, json), Err(Failure::Told)), "{bad}");
            }
        }
    }

    #[test]
    fn amounts_are_centimes_and_the_sums_stand_beside_the_balances() {
        let bytes = include_bytes!("../../../../../schemas/samples/agencies/barid-bank/camt053-day-v08.xml");
        let value = shown(&read(bytes, &Reading::default()).unwrap()[0]);
        assert_eq!(
            (&value["opening_centimes"], &value["closing_centimes"]),
            (&json!(10_000_000), &json!(10_551_550))
        );
        assert_eq!((&value["credit_centimes"], &value["debit_centimes"]), (&json!(673_050), &json!(121_500)));
        assert_eq!((&value["balanced"], &value["faults"]), (&json!(true), &json!([])));
        assert_eq!(value["entries"][0]["amount_centimes"], 625_000);
        assert_eq!(value["entries"][1]["creditor_reference"], "0193A5C27E4B7A319C553F1D0B6E8A11");
    }
}
