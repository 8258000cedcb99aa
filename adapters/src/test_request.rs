//! The request behind the samples of `schemas/samples/agencies/{onee,water-basin,land-registry}/`.

use std::sync::Arc;

use wasl_schemas::agency::{AgencyRequest, RequestKind};
use wasl_schemas::command::Supplement;
use wasl_schemas::file::{Applicant, Document, Geometry, Name, Title};
use wasl_schemas::id::{FileId, Sha256Hex};

/// Our reference in all samples.
pub(crate) const CONSULTATION: &str = "0199c1a2-7b3c-7d4e-8f50-1a2b3c4d5e6f";
const SHA: &str = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";

fn document(kind: &str) -> Document {
    Document {
        kind: kind.to_owned(),
        main: true,
        media_type: "application/pdf".to_owned(),
        size_bytes: 482_113,
        sha256: Sha256Hex::try_new(SHA).unwrap(),
    }
}

/// A request of this kind to this agency, first attempt.
pub(crate) fn request(agency: &str, agency_id: &str, kind: RequestKind) -> AgencyRequest {
    let text = format!(
        r#"{{"consultation": "{CONSULTATION}", "file": "{}", "kind": "{}", "attempt": 1,
        "agency": "{agency}", "agency_id": "{agency_id}",
        "commune": {{"code": "044210101", "name": {{"fr": "Agdal Riyad", "ar": "أكدال الرياض"}},
          "province": "04421", "region": "04"}},
        "received_on": "2026-10-05", "due": "2026-10-20",
        "permit_file": {{"reference": "PCT-2026-000123", "commune": "044210101", "permit": "building",
          "project_class": "large", "deposit_version": 1,
          "receipt": {{"number": "R-1", "issued_at": "2026-10-05T09:00:00Z"}},
          "applicant": {{"kind": "person", "cin": "AB123456",
            "name": {{"fr": "Samira El Amrani", "ar": "سميرة العمراني"}}}},
          "project": {{"use": "housing", "title": "Immeuble R+4", "floors": 4, "height_cm": 1850,
            "dwellings": 12, "floor_area_m2": 1480}},
          "conditions": ["new-connection", "near-watercourse"],
          "parcels": [{{"status": "titled", "title": "11595/33", "area_m2": 410,
            "geometry": {{"kind": "geojson", "coordinates": [[[-6.85, 34.02], [-6.8498, 34.02],
              [-6.8498, 34.0202], [-6.85, 34.0202], [-6.85, 34.02]]]}}}}]}}}}"#,
        FileId(uuid::Uuid::nil()),
        kind.as_str(),
    );
    let mut request: AgencyRequest = serde_json::from_str(&text).unwrap();
    Arc::make_mut(&mut request.permit_file).documents = vec![document("plan-masse")];
    request
}

/// The same with a supplement that brings one document of this kind.
pub(crate) fn supplement(agency: &str, agency_id: &str, document_kind: &str) -> AgencyRequest {
    let mut request = request(agency, agency_id, RequestKind::Supplement);
    request.supplement = Some(Supplement {
        consultation: request.consultation,
        supplemented_at: "2026-10-07T08:00:00Z".parse().unwrap(),
        documents: vec![document(document_kind)],
        note: None,
    });
    request
}

/// Bytes of a sample file below `schemas/samples/agencies/`.
pub(crate) fn sample(path: &str) -> Vec<u8> {
    let path = format!("{}/../schemas/samples/agencies/{path}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read(path).unwrap()
}

/// What differs between the requests of the property tests.
#[derive(Debug, Clone)]
pub(crate) struct Drawn {
    pub(crate) name_fr: String,
    pub(crate) name_ar: String,
    pub(crate) document_kind: String,
    pub(crate) title: String,
    pub(crate) floors: u16,
    pub(crate) height_cm: u32,
    pub(crate) area_m2: u32,
    pub(crate) corner: [f64; 2],
}

/// Texts with marks, spaces and other scripts; places all over the country.
pub(crate) fn drawn() -> impl proptest::strategy::Strategy<Value = Drawn> {
    use proptest::prelude::*;
    let text = "[A-Za-zéàç'&<>\"\\]ء-ي\u{200f}\u{1F3E0} \t\n]{1,80}";
    let place = (-17.0f64..-1.1, 20.9f64..35.8);
    (text, text, text, "[0-9]{1,6}/[0-9]{1,2}", any::<u16>(), 0..100_000u32, any::<u32>(), place).prop_map(
        |(name_fr, name_ar, document_kind, title, floors, height_cm, area_m2, (longitude, latitude))| Drawn {
            name_fr,
            name_ar,
            document_kind,
            title,
            floors,
            height_cm,
            area_m2,
            corner: [longitude, latitude],
        },
    )
}

/// The request with these values: one parcel, a square of about 20 m.
pub(crate) fn request_with(agency: &str, drawn: &Drawn) -> AgencyRequest {
    let mut request = request(agency, "X", RequestKind::Consult);
    let [x, y] = drawn.corner;
    let ring = vec![[x, y], [x + 2e-4, y], [x + 2e-4, y + 2e-4], [x, y + 2e-4], [x, y]];
    let file = Arc::make_mut(&mut request.permit_file);
    file.project.floors = drawn.floors;
    file.project.height_cm = drawn.height_cm;
    file.documents = vec![document(&drawn.document_kind)];
    if let Applicant::Person { name, .. } = &mut file.applicant {
        *name = Name { fr: drawn.name_fr.clone(), ar: drawn.name_ar.clone() };
    }
    for parcel in &mut file.parcels {
        parcel.title = Title::Titled { title: drawn.title.clone() };
        parcel.area_m2 = drawn.area_m2;
        parcel.geometry = Some(Geometry::Geojson { coordinates: vec![ring.clone()] });
    }
    request
}
