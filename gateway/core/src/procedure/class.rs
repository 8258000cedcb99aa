//! Large and small projects: annex 2 of the building regulation.

use wasl_schemas::file::{Applicant, Permit, PermitFile, Project, ProjectClass, Use};

/// Floor area above which a shop, or a workshop of the third category, is a large project (m²).
const FLOOR_AREA_M2: u32 = 500;
/// Height above which such a shop or workshop is a large project (cm).
const LOW_HEIGHT_CM: u32 = 550;
/// Height of R+3, above which every building is a large project (cm).
const HIGH_HEIGHT_CM: u32 = 1_550;
/// Floors above the ground floor at that height.
const HIGH_FLOORS: u16 = 3;
/// Dwellings above which a group is a large project.
const DWELLINGS: u32 = 20;

pub(super) fn class_of(file: &PermitFile) -> ProjectClass {
    let project = &file.project;
    let public = matches!(file.applicant, Applicant::Company { public_body: true, .. });
    let large = public || large_use(file) || is_high(project) || project.dwellings > DWELLINGS;
    if large { ProjectClass::Large } else { ProjectClass::Small }
}

/// Open to the public; commercial over a size; industrial, except the third category under that size.
fn large_use(file: &PermitFile) -> bool {
    let project = &file.project;
    let sizeable = project.floor_area_m2 > FLOOR_AREA_M2 || project.height_cm > LOW_HEIGHT_CM;
    match project.purpose {
        Use::PublicBuilding => true,
        Use::Commercial => sizeable,
        Use::Industrial => file.permit != Permit::Classified3 || sizeable,
        Use::Housing | Use::Agricultural | Use::Mixed => false,
    }
}

/// Over R+3, or R+3 outside a received subdivision. Where no height is stated the floors tell.
fn is_high(project: &Project) -> bool {
    let outside = !project.in_received_subdivision;
    match project.height_cm {
        0 => project.floors > HIGH_FLOORS || (project.floors == HIGH_FLOORS && outside),
        height => {
            project.floors > HIGH_FLOORS || height > HIGH_HEIGHT_CM || (height == HIGH_HEIGHT_CM && outside)
        }
    }
}
