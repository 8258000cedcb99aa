//! Faults that are asked for by a mark in the reference of one file.

use serde_json::Value;
use uuid::Uuid;

use super::super::xml;
use super::soap::signed;
use super::world::{SAMPLE_ID, World, gateway, sample};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn events_come_out_of_order_and_twice_when_they_are_asked_for() {
    let (base, mut callbacks) = gateway().await;
    let world = World::start(Some(base)).await;
    let id = Uuid::now_v7().to_string();
    let marked = "P..conditions..soon..out-of-order..duplicate..wrong-signature";
    let create = signed(&world.secrets(), "create-request.xml", &id).replace("PCT-2026-000123", marked);
    let kind = "application/soap+xml; charset=utf-8; action=\"urn:ma:wasl:onee:service-request:1#Request\"";
    // The mark of a wrong signature is about what ONEE sends; its answers are whole.
    let (status, _) = world.post("/onee/ServiceRequest", &[("content-type", kind)], create).await;
    assert_eq!(status, 200);
    let mut heard = Vec::new();
    while heard.len() < 6 {
        let event = xml::parse(&callbacks.recv().await.unwrap()).unwrap();
        let message = event.at(&["Body", "EventMessage"]).unwrap();
        heard.push((
            message.text_at(&["Header", "Verb"]).to_owned(),
            message.text_at(&["Header", "MessageID"]).to_owned(),
            event.text_at(&["Header", "Security", "UsernameToken", "Password"]).to_owned(),
        ));
    }
    // Each event comes with a wrong digest, then as it should, then once more; the opinion comes first.
    let of = |verb: &str| heard.iter().filter(|event| event.0 == verb).collect::<Vec<_>>();
    let (closed, changed) = (of("closed"), of("changed"));
    assert_eq!((heard[0].0.as_str(), closed.len(), changed.len()), ("closed", 3, 3));
    assert!(closed.iter().all(|event| event.1 == closed[0].1), "the same event");
    assert!(closed[0].2 != closed[1].2 && closed[1].2 != closed[2].2, "each with a header of its own");
    assert_eq!(world.violations().await, Vec::<Value>::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn wrong_files_come_before_the_true_ones_when_they_are_asked_for() {
    let world = World::start(None).await;
    let id = Uuid::now_v7().to_string();
    let marked = "P..unfavourable..soon..half-written..wrong-encoding..renamed";
    let text =
        sample(&format!("water-basin/DEM_{SAMPLE_ID}_V1-0.xml"), &id).replace("PCT-2026-000123", marked);
    world.lay(&format!("DEM_{id}_V1-0.xml"), &text);
    world.entry(&id, "consultation-answered").await;
    // The next request is taken only after the result of the first has been written.
    let other = Uuid::now_v7().to_string();
    let next = sample(&format!("water-basin/DEM_{SAMPLE_ID}_V1-0.xml"), &other);
    world.lay(&format!("DEM_{other}_V1-0.xml"), &next);
    world.entry(&other, "consultation-accepted").await;
    let read = |end: &str| -> Vec<Vec<u8>> {
        let files = std::fs::read_dir(world.folder.join("drop/in")).unwrap();
        let named = files.map(|file| file.unwrap().path()).filter(|path| {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            name.starts_with(&format!("RES_{id}_")) && name.ends_with(end)
        });
        named.map(|path| std::fs::read(path).unwrap()).collect()
    };
    assert!(xml::parse(&read("-h.xml")[0]).is_err(), "half a file");
    assert!(String::from_utf8(read("-e.xml")[0].clone()).is_err(), "another encoding than it says");
    let renamed = std::fs::read_dir(world.folder.join("drop/in")).unwrap().flatten().any(|file| {
        let text = std::fs::read(file.path()).map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
        !file.file_name().to_string_lossy().contains(&id) && text.is_ok_and(|text| text.contains(&id))
    });
    assert!(renamed, "a file under the name of another request");
    let all = read(".xml");
    let whole = all.iter().filter_map(|bytes| xml::parse(bytes).ok());
    let senses = whole.filter(|root| root.text_at(&["Avis", "SensAvis"]) == "DEFAVORABLE").count();
    assert_eq!(senses, 1, "the true one");
}
