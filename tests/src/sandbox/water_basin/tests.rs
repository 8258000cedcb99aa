use super::super::secrets::WaterBasinNames;
use super::super::xml;
use super::super::xsd::{Schema, faults};
use super::demand::{self, Kind, Name};
use super::{XSD, geometry};

const ID: &str = "0199c1a2-7b3c-7d4e-8f50-1a2b3c4d5e6f";

fn sample(name: &str) -> Vec<u8> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../schemas/samples/agencies/water-basin/");
    std::fs::read(format!("{folder}{name}")).unwrap()
}

#[test]
fn the_request_samples_of_the_contract_are_taken() {
    let schema = Schema::read(XSD).unwrap();
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../schemas/samples/agencies/water-basin");
    let names =
        std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap());
    let requests: Vec<_> = names.filter(|name| ["DEM_", "COM_", "ANN_"].contains(&&name[..4])).collect();
    assert_eq!(requests.len(), 3);
    for file_name in requests {
        let name = Name::read(&file_name).unwrap();
        let read = demand::read(&schema, &WaterBasinNames::default(), &name, &sample(&file_name)).unwrap();
        assert_eq!((read.file.as_str(), read.addressee.as_str()), ("PCT-2026-000123", "ABHBC"));
    }
}

#[test]
fn the_answer_samples_fit_the_schema() {
    let schema = Schema::read(XSD).unwrap();
    for name in
        ["ACQ", "ACQ", "ACQ", "RES", "RES"].iter().zip(["000841", "000842", "000843", "000907", "000908"])
    {
        let root = xml::parse(&sample(&format!("{}_{ID}_{}.xml", name.0, name.1))).unwrap();
        assert_eq!(faults(&schema, &root), Vec::<String>::new());
    }
}

#[test]
fn a_name_tells_kind_reference_deposit_and_rank() {
    let name = Name::read("COM_ab-1_V2-3.xml").unwrap();
    assert_eq!(name, Name { kind: Kind::Complement, reference: "ab-1".to_owned(), deposit: 2, rank: 3 });
    for wrong in ["DEM_ab_V1-0.xml.part", "dem_ab_V1-0.xml", "DEM_a b_V1-0.xml", "DEM_ab.xml", "RES_ab_1.xml"]
    {
        assert_eq!(Name::read(wrong), None, "{wrong}");
    }
}

#[test]
fn a_renamed_file_and_a_turned_ring_are_found() {
    let schema = Schema::read(XSD).unwrap();
    let bytes = sample(&format!("DEM_{ID}_V1-0.xml"));
    let other = Name::read("DEM_0199c1a2-0000-7d4e-8f50-1a2b3c4d5e6f_V1-0.xml").unwrap();
    let found = demand::read(&schema, &WaterBasinNames::default(), &other, &bytes).unwrap_err();
    assert_eq!(found, ["ReferenceDemande is not the name's"]);

    let text = String::from_utf8(bytes).unwrap();
    let ring = "365968.155 381052.944 365986.621 381052.688 365986.929 381074.864 365968.463 381075.120 365968.155 381052.944";
    assert!(text.contains(ring));
    let points: Vec<&str> = ring.split(' ').collect();
    let turned: Vec<String> = points.chunks(2).rev().map(|pair| pair.join(" ")).collect();
    let root = xml::parse(text.replace(ring, &turned.join(" ")).as_bytes()).unwrap();
    assert_eq!(geometry::faults(&root), ["Geometrie: the outer ring is not counter-clockwise"]);
}
