//! The same promises over both storages: a local folder, and WebDAV against a server on loopback.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex};

use base64::Engine as _;

use super::*;
use crate::transport::http::HttpSettings;
use crate::transport::settings::SettingsReader;
use crate::transport::testing::{Say, Seen, TestServer};

/// Files and collections below `/dav`, in memory.
#[derive(Default)]
struct Dav {
    files: Mutex<BTreeMap<String, Vec<u8>>>,
    /// The answer to these methods is a fault, in spite of what was done.
    answers: Mutex<BTreeMap<&'static str, u16>>,
}

/// What is moved with this answer is taken by the agency at once.
const MOVED_AND_TAKEN: u16 = 504;
/// What is to be moved stays.
const LOCKED: u16 = 423;

impl Dav {
    fn answer(&self, seen: &Seen) -> Say {
        let (method, path) = seen.line.split_once(' ').unwrap();
        let said = self.act(method, path.strip_prefix("/dav").unwrap(), seen);
        match self.answers.lock().unwrap().get(method) {
            Some(status) => Say::new(*status, "<html>a page of the proxy</html>"),
            None => said,
        }
    }

    fn act(&self, method: &str, path: &str, seen: &Seen) -> Say {
        let mut files = self.files.lock().unwrap();
        match method {
            "PUT" => Say::new(
                if files.insert(path.to_owned(), seen.body.clone()).is_some() { 204 } else { 201 },
                "",
            ),
            "GET" => files.get(path).map_or_else(|| Say::new(404, ""), |bytes| Say::new(200, bytes.clone())),
            "DELETE" => Say::new(if files.remove(path).is_some() { 200 } else { 404 }, ""),
            "MOVE" if self.answers.lock().unwrap().get("MOVE") == Some(&LOCKED) => Say::new(LOCKED, ""),
            "MOVE" => {
                let to = seen.headers["destination"].to_str().unwrap();
                let to = to.split_once("/dav").unwrap().1.to_owned();
                let taken = self.answers.lock().unwrap().get("MOVE") == Some(&MOVED_AND_TAKEN);
                let moved = files.remove(path).map(|bytes| (!taken).then(|| files.insert(to, bytes)));
                Say::new(if moved.is_some() { 201 } else { 404 }, "")
            }
            "PROPFIND" if path.ends_with('/') => Say::new(207, multistatus(path, &files)),
            "PROPFIND" if files.contains_key(path) => {
                let one = files.iter().filter(|(name, _)| *name == path).map(|(n, b)| (n.clone(), b.clone()));
                Say::new(207, multistatus("", &one.collect()))
            }
            "PROPFIND" => Say::new(404, ""),
            _ => Say::new(405, ""),
        }
    }
}

/// RFC 4918 §9.1: the collection itself (when asked for), then its members.
fn multistatus(collection: &str, files: &BTreeMap<String, Vec<u8>>) -> String {
    let mut text = "<?xml version=\"1.0\"?><d:multistatus xmlns:d=\"DAV:\">".to_owned();
    let mut one = |href: &str, kind: &str, bytes: usize| {
        let _ = write!(
            text,
            "<d:response><d:href>/dav{href}</d:href><d:propstat><d:prop><d:resourcetype>{kind}</d:resourcetype>\
             <d:getcontentlength>{bytes}</d:getcontentlength>\
             <d:getlastmodified>Sun, 22 Nov 2026 07:00:00 GMT</d:getlastmodified></d:prop>\
             <d:status>HTTP/1.1 200 OK</d:status></d:propstat></d:response>"
        );
    };
    if !collection.is_empty() {
        one(collection, "<d:collection/>", 0);
    }
    for (name, bytes) in files.iter().filter(|(name, _)| name.starts_with(collection)) {
        one(name, "", bytes.len());
    }
    text + "</d:multistatus>"
}

async fn served() -> (Arc<Dav>, TestServer, DropFolder) {
    let dav = Arc::new(Dav::default());
    let agency = Arc::clone(&dav);
    let server = TestServer::start(move |seen, _| agency.answer(seen)).await;
    let folder = at(&server.address);
    (dav, server, folder)
}

fn at(address: &str) -> DropFolder {
    let password = std::env::temp_dir().join(format!("wasl-dav-{}", uuid::Uuid::now_v7()));
    std::fs::write(&password, "secret\n").unwrap();
    let table = format!(
        "webdav_url = '{address}/dav'\nwebdav_user = 'wasl'\nwebdav_password_file = '{}'",
        password.display()
    );
    let table = table.parse().unwrap();
    let http = HttpSettings { request_timeout_ms: 2000, ..HttpSettings::default() };
    let settings = WebDav::read(&mut SettingsReader::new(&table), &http).unwrap().unwrap();
    std::fs::remove_file(password).unwrap();
    DropFolder::webdav(&settings, 100).unwrap()
}

async fn keeps_its_promises(folder: &DropFolder) {
    folder.put("out", "b.xml", b"one".to_vec()).await.unwrap();
    folder.put("out", "b.xml", b"two".to_vec()).await.unwrap();
    folder.put("out", "a é&.xml", b"".to_vec()).await.unwrap();
    assert_eq!(folder.list("out").await.unwrap(), ["a é&.xml", "b.xml"], "no half, no double");
    assert_eq!(folder.list("nowhere").await.unwrap(), [""; 0]);
    match folder.read("out", "b.xml").await.unwrap() {
        Content::Bytes(bytes, Some(_)) => assert_eq!(bytes, b"two"),
        other => panic!("{other:?}"),
    }
    folder.put("out", "big.xml", vec![b'x'; 101]).await.unwrap();
    assert_eq!(folder.read("out", "big.xml").await.unwrap(), Content::TooBig(101));
    assert_eq!(folder.read("out", "none.xml").await.unwrap(), Content::Gone);
    folder.reject("out", "b.xml", "why").await.unwrap();
    folder.remove("out", "big.xml").await.unwrap();
    folder.remove("out", "big.xml").await.unwrap();
    assert_eq!(folder.list("out").await.unwrap(), ["a é&.xml"]);
    assert_eq!(folder.list("rejected").await.unwrap(), ["b.xml", "b.xml.txt"]);
}

#[tokio::test]
async fn a_local_folder_keeps_them() {
    let root = std::env::temp_dir().join(format!("wasl-folder-{}", uuid::Uuid::now_v7()));
    keeps_its_promises(&DropFolder::local(&root.display().to_string(), 100).unwrap()).await;
    std::fs::remove_dir_all(root).unwrap();
}

#[tokio::test]
async fn webdav_keeps_them() {
    let (_, server, folder) = served().await;
    keeps_its_promises(&folder).await;
    let login = format!("Basic {}", base64::engine::general_purpose::STANDARD.encode("wasl:secret"));
    assert!(server.seen().iter().all(|seen| seen.headers["authorization"] == login.as_str()));
    let moved = server.seen().into_iter().find(|seen| seen.line.starts_with("MOVE")).unwrap();
    assert_eq!(moved.line, "MOVE /dav/out/b.xml.part");
    assert!(moved.headers["destination"].to_str().unwrap().ends_with("/dav/out/b.xml"));
    assert_eq!(moved.headers["overwrite"], "T");
}

#[tokio::test]
async fn a_lost_answer_to_the_renaming_is_settled_by_looking() {
    let (dav, _server, folder) = served().await;
    dav.answers.lock().unwrap().insert("MOVE", 502);
    // It was done all the same, and the folder shows it.
    assert_eq!(folder.put("out", "a.xml", b"x".to_vec()).await, Ok(()));
    let (dav, _server, folder) = served().await;
    dav.answers.lock().unwrap().insert("MOVE", MOVED_AND_TAKEN);
    let outcome = folder.put("out", "a.xml", b"x".to_vec()).await;
    assert_eq!(
        outcome,
        Err(FolderError::Unsure("out/a.xml".to_owned())),
        "nobody can know: ask before writing again"
    );
    // Nothing was renamed, and the part that lies there shows it.
    dav.answers.lock().unwrap().insert("MOVE", LOCKED);
    let outcome = folder.put("out", "b.xml", b"x".to_vec()).await;
    assert!(
        matches!(&outcome, Err(FolderError::Storage { why, .. }) if why.contains("HTTP 423")),
        "{outcome:?}"
    );
    assert_eq!(folder.list("out").await.unwrap(), [""; 0]);
}

#[tokio::test]
async fn what_a_server_refuses_is_said_with_its_status_alone() {
    let (dav, _server, folder) = served().await;
    for (method, status) in [("PUT", 507), ("PUT", 401), ("PUT", 302)] {
        dav.answers.lock().unwrap().insert(method, status);
        let Err(FolderError::Storage { why, .. }) = folder.put("out", "a.xml", b"x".to_vec()).await else {
            panic!("taken in spite of {status}")
        };
        assert!(why.contains(&format!("HTTP {status}")) && !why.contains("proxy"), "{why}");
    }
    let gone = at("http://127.0.0.1:1");
    assert!(matches!(gone.list("in").await, Err(FolderError::Storage { .. })));
}
