mod classes;
mod refused;
mod reviewers;

use jiff::civil::{Date, date};

use super::*;
use crate::test_data::rules;

fn rule_on(permit: Permit, filed: Date) -> Rule {
    rules().rule_for(permit, ProjectClass::Small, filed, false).unwrap().clone()
}

/// The table of the limits in force since 13 July 2023.
#[test]
fn the_present_limits_are_those_of_the_law() {
    let rules = rules();
    let today = date(2026, 11, 2);
    let limit = |permit, class| {
        let rule = rules.rule_for(permit, class, today, false).unwrap();
        (rule.limit, rule.unit)
    };
    use {Permit as P, ProjectClass as C, Unit as U};
    assert_eq!(limit(P::Building, C::Large), (30, U::Doubtful));
    assert_eq!(limit(P::Building, C::Small), (15, U::Doubtful));
    for permit in [P::Subdivision, P::HousingGroup, P::Parcelling] {
        assert_eq!(limit(permit, C::Small), (30, U::Doubtful));
    }
    assert_eq!(limit(P::Repair, C::Small), (10, U::WorkingDays));
    for permit in [P::Occupancy, P::Conformity, P::Demolition] {
        assert_eq!(limit(permit, C::Small), (1, U::Months));
    }
    assert_eq!(limit(P::Regularisation, C::Small), (60, U::CalendarDays));
    for permit in [P::ActivityDeclaration, P::Classified2, P::Classified3, P::PublicDomain] {
        assert_eq!(limit(permit, C::Small), (60, U::CalendarDays));
        assert!(rule_on(permit, today).doubt.is_some(), "{permit:?} has no limit of its own");
    }
}

#[test]
fn silence_is_approval_for_the_listed_acts_only() {
    let no = [Permit::Regularisation, Permit::ActivityDeclaration, Permit::PublicDomain];
    for permit in Permit::ALL {
        assert_eq!(
            rule_on(permit, date(2026, 11, 2)).silence_is_approval,
            !no.contains(&permit),
            "{permit:?}"
        );
        assert!(
            !rule_on(permit, date(2023, 7, 12)).silence_is_approval,
            "{permit:?}: not before the circular"
        );
    }
}

#[test]
fn the_rule_is_chosen_by_the_date_of_filing() {
    assert_eq!(rule_on(Permit::Building, date(2023, 7, 12)).limit, 10);
    assert_eq!(rule_on(Permit::Building, date(2023, 7, 13)).limit, 15);
    let large = |filed| rules().rule_for(Permit::Building, ProjectClass::Large, filed, false).unwrap().limit;
    assert_eq!((large(date(2023, 7, 12)), large(date(2023, 7, 13))), (25, 30));
    assert!(rules().rule_for(Permit::Building, ProjectClass::Large, date(2018, 12, 31), false).is_none());
}

#[test]
fn an_investment_act_is_capped_at_30_days() {
    let rules = rules();
    for permit in Permit::ALL {
        for class in [ProjectClass::Large, ProjectClass::Small] {
            let rule = rules.rule_for(permit, class, date(2026, 11, 2), true).unwrap();
            if rule.unit == Unit::Months {
                assert_eq!(rule.cap_days, Some(30));
            } else {
                assert!(rule.limit <= 30, "{}", rule.id);
            }
            assert_eq!(rules.rule(&rule.id), Some(rule), "a file finds its rule again");
        }
    }
    assert_eq!(
        rules.rule_for(Permit::Regularisation, ProjectClass::Small, date(2020, 9, 27), true).unwrap().limit,
        60
    );
    assert_eq!(
        rules.rule_for(Permit::Regularisation, ProjectClass::Small, date(2020, 9, 28), true).unwrap().limit,
        30
    );
}

#[test]
fn only_regularisation_waits_for_the_urban_agency() {
    for rule in rules().all() {
        let waits = rule.starts == Start::UrbanAgencyAgreement;
        assert_eq!(waits, rule.permit == Permit::Regularisation, "{}", rule.id);
    }
}

#[test]
fn every_filing_date_has_exactly_one_rule() {
    let rules = rules();
    let mut filed = date(2019, 1, 1);
    while filed <= date(2030, 12, 31) {
        for permit in Permit::ALL {
            for class in [ProjectClass::Large, ProjectClass::Small] {
                for investment in [false, true] {
                    let serving =
                        |rule: &&Rule| rule.serves(permit, class, investment) && rule.holds_on(filed);
                    assert_eq!(rules.all().iter().filter(serving).count(), 1, "{permit:?} {class:?} {filed}");
                }
            }
        }
        filed = filed.tomorrow().unwrap();
    }
}

#[test]
fn a_rule_is_read_back_as_it_was_written() {
    for rule in rules().all() {
        let text = serde_json::to_string(rule).unwrap();
        assert_eq!(serde_json::from_str::<Rule>(&text).unwrap(), *rule);
    }
}
