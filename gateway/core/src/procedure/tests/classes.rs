//! Annex 2 of the building regulation.

use wasl_schemas::file::{Applicant, Name, Permit, PermitFile, ProjectClass, Use};
use wasl_schemas::id::Ice;

use super::reviewers::file;
use crate::test_data::rules;

fn is_large(change: impl Fn(&mut PermitFile)) -> bool {
    let mut file = file(Permit::Building);
    // A house of R+2, as most are.
    file.project.purpose = Use::Housing;
    (file.project.floors, file.project.height_cm, file.project.dwellings) = (2, 1_150, 3);
    change(&mut file);
    // What the file says of itself is not believed.
    file.project_class = ProjectClass::Small;
    let small = rules().class_of(&file);
    file.project_class = ProjectClass::Large;
    assert_eq!(rules().class_of(&file), small);
    small == ProjectClass::Large
}

#[test]
fn a_house_is_small_and_a_public_body_is_large() {
    assert!(!is_large(|_| ()));
    let name = Name { fr: "Commune".into(), ar: "جماعة".into() };
    let ice = Ice::try_new("001561191000066").unwrap();
    let company = |public_body| Applicant::Company { ice: ice.clone(), name: name.clone(), public_body };
    assert!(is_large(|f| f.applicant = company(true)));
    assert!(!is_large(|f| f.applicant = company(false)));
}

#[test]
fn a_building_open_to_the_public_is_large() {
    assert!(is_large(|f| f.project.purpose = Use::PublicBuilding));
}

#[test]
fn a_shop_is_large_above_500_square_metres_or_5_metres_50() {
    let shop = |area, height| {
        is_large(move |f| {
            f.project.purpose = Use::Commercial;
            (f.project.floors, f.project.floor_area_m2, f.project.height_cm) = (0, area, height);
        })
    };
    assert!(!shop(500, 550));
    assert!(shop(501, 550));
    assert!(shop(500, 551));
}

#[test]
fn industry_is_large_except_the_third_category_under_those_limits() {
    let plant = |permit, area| {
        is_large(move |f| {
            f.permit = permit;
            f.project.purpose = Use::Industrial;
            (f.project.floors, f.project.floor_area_m2, f.project.height_cm) = (0, area, 500);
        })
    };
    assert!(plant(Permit::Classified2, 100));
    assert!(!plant(Permit::Classified3, 100));
    assert!(plant(Permit::Classified3, 501));
    assert!(plant(Permit::Building, 100));
}

#[test]
fn r_plus_3_is_large_outside_a_received_subdivision_and_above_it_everywhere() {
    let high = |height, inside| {
        is_large(move |f| {
            (f.project.floors, f.project.height_cm, f.project.in_received_subdivision) = (3, height, inside);
        })
    };
    assert!(!high(1_549, false));
    assert!(!high(1_550, true));
    assert!(high(1_550, false));
    assert!(high(1_551, true));
    // Where no height is stated the floors tell.
    assert!(high(0, false));
    assert!(!high(0, true));
    assert!(is_large(|f| (f.project.floors, f.project.height_cm) = (4, 0)));
}

#[test]
fn a_group_is_large_above_20_dwellings() {
    assert!(!is_large(|f| f.project.dwellings = 20));
    assert!(is_large(|f| f.project.dwellings = 21));
}
