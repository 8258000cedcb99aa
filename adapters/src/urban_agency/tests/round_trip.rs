//! `read(write(file)) = file` but for the declared losses, for drawn files.

use std::sync::Arc;

use proptest::prelude::*;
use wasl_schemas::agency::RequestKind;
use wasl_schemas::file::*;
use wasl_schemas::id::{Cin, CommuneCode, Ice, Reference, Sha256Hex};
use wasl_schemas::money::Centimes;

use super::super::map::{DROPS, out};
use super::super::wire;
use super::request;

fn name() -> impl Strategy<Value = Name> {
    ("[A-Za-zéè' -]{1,30}", "[ء-ي ]{1,30}").prop_map(|(fr, ar)| Name { fr, ar })
}

fn ice() -> impl Strategy<Value = Ice> {
    (0u64..10_000_000_000_000).prop_map(|n| {
        let rest = (n * 100) % 97;
        Ice::try_new(format!("{:015}", n * 100 + (97 - rest) % 97)).unwrap()
    })
}

fn applicant() -> impl Strategy<Value = Applicant> {
    prop_oneof![
        ("[A-Z]{1,2}[0-9]{5,6}", name())
            .prop_map(|(cin, name)| Applicant::Person { cin: Cin::try_new(cin).unwrap(), name }),
        (ice(), name(), any::<bool>()).prop_map(|(ice, name, public_body)| Applicant::Company {
            ice,
            name,
            public_body
        }),
    ]
}

fn professional() -> impl Strategy<Value = Option<Professional>> {
    let profession =
        prop_oneof![Just(Profession::Architect), Just(Profession::Surveyor), Just(Profession::Engineer)];
    proptest::option::of(
        (profession, "[A-Z0-9-]{1,12}", name()).prop_map(|(profession, order_number, name)| Professional {
            profession,
            order_number,
            name,
        }),
    )
}

const USES: [Use; 6] =
    [Use::Housing, Use::Commercial, Use::Industrial, Use::Agricultural, Use::PublicBuilding, Use::Mixed];

fn project() -> impl Strategy<Value = Project> {
    let numbers = (any::<u16>(), any::<u32>(), any::<u32>(), any::<u32>(), 0i64..1_000_000_000_000);
    (0usize..6, "[ -~é]{0,40}", numbers, any::<bool>(), any::<bool>()).prop_map(
        |(
            purpose,
            title,
            (floors, height_cm, dwellings, floor_area_m2, cost_centimes),
            investment,
            received,
        )| {
            Project {
                purpose: USES[purpose],
                title,
                floors,
                height_cm,
                dwellings,
                floor_area_m2,
                cost_centimes,
                investment,
                in_received_subdivision: received,
            }
        },
    )
}

fn ring(low: i32, high: i32, unit: f64) -> impl Strategy<Value = Vec<[f64; 2]>> {
    let point = (low..high, low..high).prop_map(move |(x, y)| [f64::from(x) / unit, f64::from(y) / unit]);
    proptest::collection::vec(point, 3..6).prop_map(|mut ring| {
        ring.push(ring[0]);
        ring
    })
}

fn geometry() -> impl Strategy<Value = Option<Geometry>> {
    let geojson = proptest::collection::vec(ring(-18_000_000, 36_000_000, 1e6), 1..3)
        .prop_map(|coordinates| Geometry::Geojson { coordinates });
    let zone = prop_oneof![Just(26191), Just(26192), Just(26194), Just(26195)];
    let lambert = (zone, proptest::collection::vec(ring(0, 1_500_000_000, 1000.0), 1..3))
        .prop_map(|(epsg, coordinates)| Geometry::Lambert { epsg, coordinates });
    proptest::option::of(prop_oneof![geojson, lambert])
}

fn parcel() -> impl Strategy<Value = Parcel> {
    let title = prop_oneof![
        "[0-9]{1,6}/[0-9]{2}".prop_map(|title| Title::Titled { title }),
        "R[0-9]{1,6}".prop_map(|requisition| Title::Requisition { requisition }),
        Just(Title::Untitled),
    ];
    (title, any::<u32>(), geometry()).prop_map(|(title, area_m2, geometry)| Parcel {
        title,
        area_m2,
        geometry,
    })
}

fn document() -> impl Strategy<Value = Document> {
    let kind = prop_oneof![Just("plan-masse".to_owned()), "[a-z-]{1,20}"];
    (kind, any::<bool>(), any::<u64>(), "[0-9a-f]{64}").prop_map(|(kind, main, size_bytes, sha)| Document {
        kind,
        main,
        media_type: "application/pdf".to_owned(),
        size_bytes,
        sha256: Sha256Hex::try_new(sha).unwrap(),
    })
}

prop_compose! {
    fn file()(
        permit in 0usize..13, large in any::<bool>(), version in 1u32..9, second in 0i64..4_000_000_000,
        reference in "[A-Z]{1,5}-[0-9]{1,9}", code in "[0-9]{9}", applicant in applicant(),
        professional in professional(), project in project(), conditions in proptest::sample::subsequence(
            vec![Condition::NearWatercourse, Condition::FloodZone, Condition::NewConnection, Condition::NoTitle], 0..=4),
        parcels in proptest::collection::vec(parcel(), 0..3),
        documents in proptest::collection::vec(document(), 0..4),
    ) -> PermitFile {
        PermitFile {
            reference: Reference::try_new(reference).unwrap(),
            commune: CommuneCode::try_new(code).unwrap(),
            permit: Permit::ALL[permit],
            project_class: if large { ProjectClass::Large } else { ProjectClass::Small },
            deposit_version: version,
            receipt: Receipt { number: "R-1".to_owned(), issued_at: jiff::Timestamp::from_second(second).unwrap() },
            applicant, professional, project, conditions, parcels, documents,
        }
    }
}

/// An independent reading of what is written, from the README's tables.
fn read(d: wire::Dossier) -> PermitFile {
    let mut people = d.personnes.into_iter();
    let applicant = read_applicant(people.next().unwrap());
    let professional = people.next().map(read_professional);
    let p = d.projet.unwrap();
    PermitFile {
        reference: Reference::try_new(d.noDossierExterne).unwrap(),
        commune: CommuneCode::try_new(d.cdCommune).unwrap(),
        permit: Permit::ALL[d.nomTypeDossier as usize - 1],
        project_class: if d.nomClasseProjet == Some(1) { ProjectClass::Large } else { ProjectClass::Small },
        deposit_version: d.noDepot,
        receipt: Receipt { number: d.noRecepisse, issued_at: d.hdRecepisse.parse().unwrap() },
        applicant,
        professional,
        project: Project {
            purpose: USES[p.nomUsageProjet.unwrap() as usize - 1],
            title: p.txIntitule.unwrap(),
            floors: u16::try_from(p.nbNiveaux.unwrap()).unwrap(),
            height_cm: p.nbHauteurMetres.unwrap().replace('.', "").parse().unwrap(),
            dwellings: p.nbLogements.unwrap(),
            floor_area_m2: p.nbSurfacePlancherM2.unwrap().parse().unwrap(),
            cost_centimes: Centimes::parse(&p.mtCoutDirhams.unwrap()).unwrap().0,
            investment: d.boEstInvestissement.unwrap(),
            in_received_subdivision: p.boDansLotissementReceptionne.unwrap(),
        },
        conditions: d.nomParticularites.into_iter().map(read_condition).collect(),
        parcels: d.terrains.into_iter().map(read_parcel).collect(),
        documents: d.pieces.into_iter().map(read_document).collect(),
    }
}

fn read_name(p: &wire::Personne) -> Name {
    Name { fr: p.libNomFr.clone().unwrap(), ar: p.libNomAr.clone().unwrap() }
}

fn read_applicant(p: wire::Personne) -> Applicant {
    let name = read_name(&p);
    match p.boEstPersonneMorale {
        false => Applicant::Person { cin: Cin::try_new(p.noCin.unwrap()).unwrap(), name },
        true => {
            let public_body = p.boOrganismePublic.unwrap();
            Applicant::Company { ice: Ice::try_new(p.noIce.unwrap()).unwrap(), name, public_body }
        }
    }
}

fn read_professional(p: wire::Personne) -> Professional {
    let profession = match p.nomProfession {
        Some(1) => Profession::Architect,
        Some(2) => Profession::Surveyor,
        _ => Profession::Engineer,
    };
    Professional { profession, name: read_name(&p), order_number: p.noInscriptionOrdre.unwrap() }
}

fn read_condition(number: u32) -> Condition {
    match number {
        1 => Condition::NearWatercourse,
        2 => Condition::FloodZone,
        3 => Condition::NewConnection,
        _ => Condition::NoTitle,
    }
}

fn read_parcel(t: wire::Terrain) -> Parcel {
    let title = match (t.nomStatutFoncier, t.noTitreFoncier) {
        (1, Some(title)) => Title::Titled { title },
        (2, Some(requisition)) => Title::Requisition { requisition },
        _ => Title::Untitled,
    };
    let point = |[e, n]: [String; 2]| [e.parse().unwrap(), n.parse().unwrap()];
    let geometry = match (t.geometrie, t.lambert) {
        (Some(wire::GeoJson::Polygon { coordinates }), _) => Some(Geometry::Geojson { coordinates }),
        (None, Some(l)) => Some(Geometry::Lambert {
            epsg: l.cdSrid,
            coordinates: l.anneaux.into_iter().map(|ring| ring.into_iter().map(point).collect()).collect(),
        }),
        (None, None) => None,
    };
    Parcel { title, area_m2: t.nbSurfaceM2.unwrap().parse().unwrap(), geometry }
}

fn read_document(p: wire::Piece) -> Document {
    Document {
        kind: p.cdTypePieceExterne.unwrap(),
        main: p.boPrincipale.unwrap(),
        media_type: p.cdTypeMime,
        size_bytes: p.nbOctets,
        sha256: Sha256Hex::try_new(p.cdEmpreinteSha256).unwrap(),
    }
}

proptest! {
    #[test]
    fn what_is_written_is_read_back(file in file()) {
        let mut request = request(RequestKind::Consult);
        request.permit_file = Arc::new(file.clone());
        let written = out::consultation(&request, "GTW", None).unwrap();
        // Through the agency's JSON, not only through our own types.
        let value = serde_json::to_value(written).unwrap();
        let back: wire::NewConsultation = serde_json::from_value(value).unwrap();
        prop_assert_eq!(back.consultation.nomTypeConsultation, if file.deposit_version > 1 { 2 } else { 1 });
        prop_assert_eq!(read(back.dossier), file);
    }
}

#[test]
fn the_losses_are_declared() {
    // Everything of the file itself is read back above; only these parts of the request stay here.
    for lost in ["/commune/name", "/commune/province", "/commune/region", "/agency_id"] {
        assert!(DROPS.contains(&lost), "{lost}");
    }
}
