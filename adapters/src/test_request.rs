//! The request behind the samples of `schemas/samples/agencies/{onee,water-basin,land-registry}/`.

use wasl_schemas::agency::{AgencyRequest, RequestKind};
use wasl_schemas::command::Supplement;
use wasl_schemas::file::Document;
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
    request.permit_file.documents = vec![document("plan-masse")];
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
