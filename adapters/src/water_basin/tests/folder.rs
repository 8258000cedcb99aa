//! Against a real folder.

use std::path::{Path, PathBuf};

use wasl_schemas::agency::{CollectRequest, Outcome, RequestKind};
use wasl_schemas::id::AgencyKind;

use super::super::build;
use super::file;
use crate::port::{Adapter, Collected};
use crate::test_request::{request, sample};

/// A folder of its own for one test, removed at the end.
struct Place(PathBuf);

impl Place {
    fn new(test: &str) -> Self {
        let path = std::env::temp_dir().join(format!("wasl-water-basin-{test}-{}", uuid::Uuid::now_v7()));
        std::fs::create_dir_all(path.join("in")).unwrap();
        Self(path)
    }

    fn adapter(&self) -> std::sync::Arc<dyn Adapter> {
        build(
            &format!("folder = '{}'\nfile_bytes_max = 20000\nhalf_written_wait_s = 0", self.0.display())
                .parse()
                .unwrap(),
        )
        .unwrap()
    }

    fn drop_in(&self, name: &str, bytes: &[u8]) {
        std::fs::write(self.0.join("in").join(name), bytes).unwrap();
    }

    fn names(&self, folder: &str) -> Vec<String> {
        let Ok(entries) = std::fs::read_dir(self.0.join(folder)) else { return Vec::new() };
        let mut names: Vec<_> = entries.map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn turn(cursor: &str) -> CollectRequest {
    let agency = AgencyKind::try_new("water-basin").unwrap();
    CollectRequest { agency, feed: "in".to_owned(), cursor: cursor.to_owned(), version: 1 }
}

#[tokio::test]
async fn writing_twice_leaves_one_file_and_no_half() {
    let place = Place::new("twice");
    let adapter = place.adapter();
    let request = request("water-basin", "ABHBC", RequestKind::Consult);
    assert_eq!(adapter.query(&request).await.outcome, Outcome::NotKnown);
    for _ in 0..2 {
        let handled = adapter.handle(&request).await;
        assert_eq!(handled.outcome, Outcome::Delivered { agency_reference: None });
        assert_eq!(handled.exchanges[0].status, "written");
    }
    assert_eq!(place.names("out"), [file("DEM", "V1-0")]);
    assert_eq!(adapter.query(&request).await.outcome, Outcome::Delivered { agency_reference: None });
}

#[tokio::test]
async fn a_folder_that_cannot_be_written_means_try_later() {
    let place = Place::new("blocked");
    std::fs::write(place.0.join("out"), b"a file where the folder should be").unwrap();
    let outcome =
        place.adapter().handle(&request("water-basin", "ABHBC", RequestKind::Consult)).await.outcome;
    assert!(matches!(outcome, Outcome::TryLater { .. }), "{outcome:?}");
}

#[tokio::test]
async fn a_file_is_removed_only_on_the_turn_after_its_content_was_stored() {
    let place = Place::new("collect");
    let adapter = place.adapter();
    for name in [file("ACQ", "000841"), file("RES", "000907")] {
        place.drop_in(&name, &sample(&format!("water-basin/{name}")));
    }
    place.drop_in(&(file("RES", "000908") + ".part"), b"<half");
    let first = adapter.collect(&turn("")).await;
    assert_eq!(first.failed, None);
    assert_eq!((first.items.len(), first.rejected.len(), first.more), (2, 0, false));
    assert_eq!(place.names("in").len(), 3, "nothing goes before the cursor is committed");
    // The reading was lost: the same items come again under the same ids.
    let again = adapter.collect(&turn("")).await;
    assert_eq!((&again.items, &again.next_cursor), (&first.items, &first.next_cursor));
    let second = adapter.collect(&turn(&first.next_cursor)).await;
    assert_eq!(second, Collected { next_cursor: first.next_cursor.clone(), ..Collected::default() });
    assert_eq!(place.names("in"), [file("RES", "000908") + ".part"]);
}

#[tokio::test]
async fn a_file_replaced_after_it_was_read_is_read_again() {
    let place = Place::new("replaced");
    let adapter = place.adapter();
    let name = file("RES", "000907");
    place.drop_in(&name, &sample(&format!("water-basin/{name}")));
    let first = adapter.collect(&turn("")).await;
    place.drop_in(&name, &sample(&format!("water-basin/{}", file("RES", "000908"))));
    let second = adapter.collect(&turn(&first.next_cursor)).await;
    assert_eq!(second.items.len(), 1);
    assert_ne!(second.items[0].event_id, first.items[0].event_id);
}

#[tokio::test]
async fn a_file_that_cannot_be_taken_goes_to_rejected_beside_the_reason() {
    let place = Place::new("rejected");
    let adapter = place.adapter();
    let good = sample(&format!("water-basin/{}", file("RES", "000907")));
    let text = String::from_utf8(good.clone()).unwrap();
    let stranger = format!("RES_{}_1.xml", uuid::Uuid::nil());
    let bad: [(&str, String, Vec<u8>); 11] = [
        ("unreadable", file("RES", "1"), b"<ResultatAvis><Avis></ResultatAvis>".to_vec()),
        ("half-written", file("RES", "6"), good[..good.len() / 2].to_vec()),
        ("half-written", file("RES", "7"), Vec::new()),
        ("scenario", file("RES", "8"), text.replace("<VersionScenario>1", "<VersionScenario>2").into_bytes()),
        ("invalid", file("RES", "9"), text.replace("SensAvis>", "Sens>").into_bytes()),
        ("encoding", file("RES", "2"), [good.as_slice(), b"\xff"].concat()),
        ("dtd", file("RES", "3"), b"<!DOCTYPE x><x/>".to_vec()),
        ("name", "note.xml".to_owned(), good.clone()),
        ("reference-mismatch", stranger, good.clone()),
        ("addressee", file("RES", "4"), text.replace(">wasl<", ">autre<").into_bytes()),
        ("too-big", file("RES", "5"), vec![b' '; 20_001]),
    ];
    for (_, name, bytes) in &bad {
        place.drop_in(name, bytes);
    }
    let first = adapter.collect(&turn("")).await;
    assert_eq!((first.items.len(), first.rejected.len()), (0, bad.len()));
    adapter.collect(&turn(&first.next_cursor)).await;
    assert_eq!(place.names("in"), [""; 0]);
    for (code, name, bytes) in &bad {
        let why = std::fs::read_to_string(place.0.join("rejected").join(format!("{name}.txt"))).unwrap();
        assert_eq!(why.lines().next(), Some(format!("water-basin.file.{code}").as_str()), "{name}");
        assert_eq!(&std::fs::read(place.0.join("rejected").join(name)).unwrap(), bytes);
    }
    // The same name rejected again hides nothing.
    place.drop_in("note.xml", b"other");
    let again = adapter.collect(&turn("")).await;
    adapter.collect(&turn(&again.next_cursor)).await;
    assert!(
        place.0.join("rejected/note~2.xml").is_file()
            && Path::new(&place.0).join("rejected/note.xml").is_file()
    );
}

#[tokio::test]
async fn a_folder_with_many_files_is_read_in_turns() {
    let place = Place::new("many");
    let adapter =
        build(&format!("folder = '{}'\nfiles_per_turn_max = 2", place.0.display()).parse().unwrap()).unwrap();
    let bytes = sample(&format!("water-basin/{}", file("ACQ", "000841")));
    for serial in 1..=5 {
        let bytes = [bytes.as_slice(), format!("<!-- {serial} -->").as_bytes()].concat();
        place.drop_in(&file("ACQ", &serial.to_string()), &bytes);
    }
    let (mut cursor, mut seen) = (String::new(), 0);
    loop {
        let collected = adapter.collect(&turn(&cursor)).await;
        seen += collected.items.len();
        assert!(collected.items.len() <= 2);
        if collected.next_cursor == cursor {
            break;
        }
        cursor = collected.next_cursor;
    }
    assert_eq!((seen, place.names("in").len()), (5, 0));
}

#[tokio::test]
async fn a_half_written_file_is_left_while_it_may_still_grow() {
    let place = Place::new("half");
    let settings = format!("folder = '{}'\nhalf_written_wait_s = 3600", place.0.display());
    let adapter = build(&settings.parse().unwrap()).unwrap();
    let (name, good) = (file("RES", "000907"), sample(&format!("water-basin/{}", file("RES", "000907"))));
    place.drop_in(&name, &good[..good.len() / 2]);
    let first = adapter.collect(&turn("")).await;
    assert_eq!(first, Collected::default(), "neither taken nor rejected");
    place.drop_in(&name, &good);
    let second = adapter.collect(&turn("")).await;
    assert_eq!((second.items.len(), second.rejected.len()), (1, 0));
}

#[tokio::test]
async fn the_same_content_under_two_names_is_said_once_and_both_files_go() {
    let place = Place::new("duplicate");
    let adapter = place.adapter();
    let good = sample(&format!("water-basin/{}", file("RES", "000907")));
    for serial in ["000907", "000907-2"] {
        place.drop_in(&file("RES", serial), &good);
    }
    let first = adapter.collect(&turn("")).await;
    assert_eq!((first.items.len(), first.said.len()), (1, 2));
    assert_eq!(first.said[1].exchange.status, "water-basin.file.duplicate");
    adapter.collect(&turn(&first.next_cursor)).await;
    assert_eq!(place.names("in"), [""; 0]);
    // Later, under a third name: the same event again, which the gateway knows.
    place.drop_in(&file("RES", "000907-3"), &good);
    assert_eq!(adapter.collect(&turn("")).await.items, first.items);
}

#[tokio::test]
async fn a_late_file_holds_and_is_reported() {
    let place = Place::new("late");
    let adapter = place.adapter();
    let (name, text) = (file("RES", "000907"), sample(&format!("water-basin/{}", file("RES", "000907"))));
    let text = String::from_utf8(text).unwrap();
    let (before, rest) = text.split_once("<DateHeureCreationFichier>").unwrap();
    let after = rest.split_once('<').unwrap().1;
    for (hours, status) in [(25, "water-basin.file.late"), (23, "read")] {
        let made = crate::transport::clock::wall_now() - jiff::SignedDuration::from_hours(hours);
        let made = format!("{before}<DateHeureCreationFichier>{made:.0}<{after}");
        place.drop_in(&name, made.as_bytes());
        let collected = adapter.collect(&turn("")).await;
        assert_eq!((collected.items.len(), collected.said[0].exchange.status.as_str()), (1, status));
    }
}

#[tokio::test]
async fn before_a_second_writing_the_folders_are_asked() {
    let place = Place::new("asked");
    let adapter = place.adapter();
    let mut request = request("water-basin", "ABHBC", RequestKind::Consult);
    adapter.handle(&request).await;
    request.attempt = 2;
    let handled = adapter.handle(&request).await;
    assert_eq!(handled.outcome, Outcome::Delivered { agency_reference: None });
    let said: Vec<_> = handled.exchanges.iter().map(|e| e.what.split(' ').next().unwrap()).collect();
    assert_eq!(said, ["LOOK"], "it lies there: nothing is written");
    // Taken by the agency, whose answer waits for us.
    std::fs::remove_file(place.0.join("out").join(file("DEM", "V1-0"))).unwrap();
    place.drop_in(&file("ACQ", "000841"), b"whatever it says");
    assert_eq!(adapter.handle(&request).await.outcome, Outcome::Delivered { agency_reference: None });
    assert_eq!(place.names("out"), [""; 0]);
    // Neither: it is written again, which is writing once.
    std::fs::remove_file(place.0.join("in").join(file("ACQ", "000841"))).unwrap();
    assert_eq!(adapter.handle(&request).await.exchanges.len(), 2);
    assert_eq!(place.names("out"), [file("DEM", "V1-0")]);
}
