//! Statements with one thing wrong each: what wasl reads of them, beside what the kit for partners finds.

use wasl_adapters::barid_bank::camt::{Reading, UNREADABLE, read};
use wasl_tests::conform::statement_cases;

use crate::support::servers::root;

#[test]
fn wasl_reads_every_statement_as_its_case_says_and_names_what_is_wrong() {
    let cases = statement_cases(&root().join("schemas")).unwrap();
    assert!(cases.len() >= 20, "{} cases", cases.len());
    for case in cases {
        let (mut codes, entries) = match read(&case.bytes, &Reading::default()) {
            Err(_) => (vec![UNREADABLE.to_owned()], Vec::new()),
            Ok(all) => (
                all.iter().flat_map(|one| &one.faults).map(|fault| fault.code.clone()).collect(),
                all.into_iter().flat_map(|one| one.entries).collect(),
            ),
        };
        codes.sort();
        codes.dedup();
        assert_eq!(codes, case.wasl, "{}: {}", case.case, case.what);
        let orders = entries.iter().filter(|entry| entry.order.is_some()).count();
        assert_eq!((entries.len(), orders), (case.entries, case.orders), "{}", case.case);
    }
}
