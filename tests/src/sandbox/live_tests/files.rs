//! The water basin agency as a gateway meets it.

use serde_json::Value;
use uuid::Uuid;

use super::super::xml;
use super::super::xsd::faults;
use super::world::{SAMPLE_ID, World, sample, schema};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_water_basin_agency_acknowledges_and_answers_by_file() {
    let world = World::start(None).await;
    let id = Uuid::now_v7().to_string();
    world.plan("water-basin", &id, "conditions").await;
    let (to_agency, from_agency) = (world.folder.join("drop/out"), world.folder.join("drop/in"));
    let name = format!("DEM_{id}_V1-0.xml");
    let text = sample(&format!("water-basin/DEM_{SAMPLE_ID}_V1-0.xml"), &id);
    world.lay(&name, &text);
    world.entry(&id, "consultation-answered").await;
    // The next request is taken only after the result of the first has been written.
    let other = Uuid::now_v7().to_string();
    let text = text.replace(&id, &other);
    world.plan("water-basin", &other, "refused").await;
    world.lay(&format!("DEM_{other}_V1-0.xml"), &text);
    world.entry(&other, "consultation-refused").await;
    world.entry(&other, "consultation-accepted").await;

    let form = schema("water-basin/avis-dph-1.xsd");
    let mut senses = Vec::new();
    for file in std::fs::read_dir(from_agency).unwrap() {
        let path = file.unwrap().path();
        if !path.to_string_lossy().contains(&id) {
            continue;
        }
        let root = xml::parse(&std::fs::read(path).unwrap()).unwrap();
        assert_eq!(faults(&form, &root), Vec::<String>::new());
        senses.push(root.text_at(&["Accuse", "Statut"]).to_owned() + root.text_at(&["Avis", "SensAvis"]));
    }
    senses.sort();
    // `twice`: each file comes under two serials.
    assert_eq!(senses, ["ACCEPTE", "ACCEPTE", "FAVORABLE_AVEC_RESERVES", "FAVORABLE_AVEC_RESERVES"]);
    assert!(!to_agency.join(&name).exists());
    assert_eq!(world.violations().await, Vec::<Value>::new());
}
