//! The shared folder served over WebDAV (RFC 4918): what a gateway needs of it, and no locks.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, Method, Response, StatusCode, Uri, header};
use axum::routing::any;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;

/// The three folders below the collection.
const FOLDERS: [&str; 3] = ["out", "in", "rejected"];

/// What is served, and who may have it.
struct Dav {
    root: PathBuf,
    /// The whole value of `Authorization`.
    login: String,
}

/// A place below the collection.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Place {
    Root,
    Folder(&'static str),
    File(&'static str, String),
}

/// `ANY /dav` and below.
pub(super) fn routes(root: &Path, user: &str, password: &str) -> Router {
    let login = format!("Basic {}", BASE64_STANDARD.encode(format!("{user}:{password}")));
    let dav = Arc::new(Dav { root: root.to_owned(), login });
    Router::new().route("/dav/", any(answer)).route("/dav/{*path}", any(answer)).with_state(dav)
}

async fn answer(
    State(dav): State<Arc<Dav>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response<Body> {
    if headers.get(header::AUTHORIZATION).and_then(|v| v.to_str().ok()) != Some(&dav.login) {
        return with(
            StatusCode::UNAUTHORIZED,
            header::WWW_AUTHENTICATE,
            "Basic realm=\"dav\"",
            Body::empty(),
        );
    }
    let Some(place) = place(uri.path()) else { return plain(StatusCode::NOT_FOUND) };
    let done = tokio::task::spawn_blocking(move || dav.act(&method, &place, &headers, &body)).await;
    match done {
        Ok(Ok(answer)) => answer,
        Ok(Err(fault)) if fault.kind() == io::ErrorKind::NotFound => plain(StatusCode::NOT_FOUND),
        Ok(Err(_)) | Err(_) => plain(StatusCode::INTERNAL_SERVER_ERROR),
    }
}

fn plain(status: StatusCode) -> Response<Body> {
    let mut answer = Response::new(Body::empty());
    *answer.status_mut() = status;
    answer
}

fn with(status: StatusCode, name: header::HeaderName, value: &'static str, body: Body) -> Response<Body> {
    let mut answer = Response::new(body);
    *answer.status_mut() = status;
    answer.headers_mut().insert(name, header::HeaderValue::from_static(value));
    answer
}

/// Where a path points: nothing but the three folders and the files right in them.
fn place(path: &str) -> Option<Place> {
    let (_, below) = path.split_once("/dav/")?;
    let below = decoded(below)?;
    if below.is_empty() {
        return Some(Place::Root);
    }
    let (folder, name) = below.split_once('/').unwrap_or((&below, ""));
    let folder = FOLDERS.into_iter().find(|known| *known == folder)?;
    match name {
        "" => Some(Place::Folder(folder)),
        _ if name.contains(['/', '\\', '\0']) || name.starts_with('.') => None,
        _ => Some(Place::File(folder, name.to_owned())),
    }
}

/// RFC 3986 §2.1.
fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        rest = after;
        if *first == b'%' {
            let digits = std::str::from_utf8(after.get(..2)?).ok()?;
            bytes.push(u8::from_str_radix(digits, 16).ok()?);
            rest = &after[2..];
        } else {
            bytes.push(*first);
        }
    }
    String::from_utf8(bytes).ok()
}

fn encoded(text: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b'~');
    text.bytes().map(|b| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") }).collect()
}

impl Dav {
    fn path(&self, place: &Place) -> PathBuf {
        match place {
            Place::Root => self.root.clone(),
            Place::Folder(folder) => self.root.join(folder),
            Place::File(folder, name) => self.root.join(folder).join(name),
        }
    }

    fn act(
        &self,
        method: &Method,
        place: &Place,
        headers: &HeaderMap,
        body: &[u8],
    ) -> io::Result<Response<Body>> {
        let path = self.path(place);
        let is_file = matches!(place, Place::File(..));
        let told = |fresh: bool| plain(if fresh { StatusCode::CREATED } else { StatusCode::NO_CONTENT });
        Ok(match method.as_str() {
            "OPTIONS" => with(StatusCode::OK, header::HeaderName::from_static("dav"), "1", Body::empty()),
            "PROPFIND" => {
                let deep = headers.get("depth").is_some_and(|depth| depth == "1");
                let body = Body::from(self.properties(place, deep)?);
                let kind = "application/xml; charset=utf-8";
                with(StatusCode::MULTI_STATUS, header::CONTENT_TYPE, kind, body)
            }
            "GET" if is_file => ranged(std::fs::read(&path)?, headers),
            "PUT" if is_file => {
                let fresh = !path.exists();
                std::fs::write(&path, body)?;
                told(fresh)
            }
            "DELETE" if is_file => {
                std::fs::remove_file(&path)?;
                plain(StatusCode::NO_CONTENT)
            }
            "MOVE" if is_file => {
                let to = headers.get("destination").and_then(|v| v.to_str().ok()).and_then(self::place);
                let Some(to @ Place::File(..)) = to else { return Ok(plain(StatusCode::CONFLICT)) };
                let (to, keep) = (self.path(&to), headers.get("overwrite").is_some_and(|v| v == "F"));
                let fresh = !to.exists();
                if !fresh && keep {
                    return Ok(plain(StatusCode::PRECONDITION_FAILED));
                }
                std::fs::rename(&path, &to)?;
                told(fresh)
            }
            // The three folders are there; others are not made. RFC 4918 §9.3.1.
            _ => plain(StatusCode::METHOD_NOT_ALLOWED),
        })
    }

    /// RFC 4918 §9.1: the resource itself, and what is right in it.
    fn properties(&self, place: &Place, deep: bool) -> io::Result<String> {
        let href = match place {
            Place::Root => "/water-basin/dav/".to_owned(),
            Place::Folder(folder) => format!("/water-basin/dav/{folder}/"),
            Place::File(folder, name) => format!("/water-basin/dav/{folder}/{}", encoded(name)),
        };
        let mut text = response(&href, &std::fs::metadata(self.path(place))?)?;
        if deep && !matches!(place, Place::File(..)) {
            for entry in std::fs::read_dir(self.path(place))? {
                let entry = entry?;
                let Ok(name) = entry.file_name().into_string() else { continue };
                // A file may go while the folder is listed.
                if let Ok(found) = entry.metadata() {
                    let end = if found.is_dir() { "/" } else { "" };
                    text += &response(&format!("{href}{}{end}", encoded(&name)), &found)?;
                }
            }
        }
        let head = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<D:multistatus xmlns:D=\"DAV:\">";
        Ok(format!("{head}{text}</D:multistatus>"))
    }
}

fn response(href: &str, found: &std::fs::Metadata) -> io::Result<String> {
    let kind = if found.is_dir() { "<D:collection/>" } else { "" };
    Ok(format!(
        "<D:response><D:href>{href}</D:href><D:propstat><D:prop><D:resourcetype>{kind}</D:resourcetype>\
         <D:getcontentlength>{}</D:getcontentlength><D:getlastmodified>{}</D:getlastmodified></D:prop>\
         <D:status>HTTP/1.1 200 OK</D:status></D:propstat></D:response>",
        found.len(),
        http_date(found.modified()?)
    ))
}

/// RFC 9110 §5.6.7.
fn http_date(at: SystemTime) -> String {
    let at = jiff::Timestamp::try_from(at).unwrap_or_default();
    at.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

/// The bytes that `Range` asks for, or all of them (RFC 9110 §14.2).
fn ranged(bytes: Vec<u8>, headers: &HeaderMap) -> Response<Body> {
    let asked =
        headers.get(header::RANGE).and_then(|v| v.to_str().ok()).and_then(|v| v.strip_prefix("bytes="));
    let ends = asked.and_then(|range| range.split_once('-'));
    let ends = ends.and_then(|(a, b)| Some((a.parse::<usize>().ok()?, b.parse::<usize>().ok()?)));
    let Some((first, last)) = ends.filter(|(first, last)| first <= last && *first < bytes.len()) else {
        return Response::new(Body::from(bytes));
    };
    let (size, last) = (bytes.len(), last.min(bytes.len() - 1));
    let mut answer = Response::new(Body::from(bytes[first..=last].to_vec()));
    *answer.status_mut() = StatusCode::PARTIAL_CONTENT;
    if let Ok(value) = format!("bytes {first}-{last}/{size}").parse() {
        answer.headers_mut().insert(header::CONTENT_RANGE, value);
    }
    answer
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_points_into_the_three_folders_or_nowhere() {
        assert_eq!(place("/dav/"), Some(Place::Root));
        assert_eq!(place("/water-basin/dav/in/"), Some(Place::Folder("in")));
        assert_eq!(
            place("http://h/water-basin/dav/out/a%20%C3%A9.xml"),
            Some(Place::File("out", "a é.xml".to_owned()))
        );
        for nowhere in [
            "/dav/other/a",
            "/dav/in/../x",
            "/dav/in/%2e%2e/x",
            "/dav/in/%2E%2e",
            "/dav/in/a%2Fb",
            "/dav/in/%zz",
        ] {
            assert_eq!(place(nowhere), None, "{nowhere}");
        }
        assert_eq!(encoded("a é&.xml"), "a%20%C3%A9%26.xml");
    }
}
