//! A front before the simulated agencies: it hands every request on, and spoils what it is told to spoil. It speaks
//! HTTP/1.1 by hand, since most of what it says no server would say.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

/// A request with its body is at most this.
const REQUEST_BYTES_MAX: usize = 4 << 20;
/// What an endless answer is made of.
static CHUNK: [u8; 64 << 10] = [b' '; 64 << 10];

/// A request that came.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    /// `POST /urban-agency/v1/consultations`.
    pub(crate) line: String,
    pub(crate) body: String,
    /// When.
    pub(crate) at: Instant,
}

/// What is done with a request.
#[derive(Debug, Clone)]
pub(crate) enum Deed {
    /// The agency is asked and its answer handed back.
    HandOn,
    /// Nobody is asked; these bytes are the answer, and the connection ends.
    Say(Vec<u8>),
    /// The agency is asked and acts; these bytes are the answer in place of its own, and the connection ends.
    ActThenSay(Vec<u8>),
    /// The agency acts; of its own answer the first half comes through.
    ActThenHalf,
    /// The agency acts; then this head, and so many bytes after it, or until the other side has enough.
    ActThenFlood { head: String, bytes: u64 },
}

/// A running front; it ends with the test's runtime.
pub(crate) struct Front {
    pub(crate) address: SocketAddr,
    asked: Arc<Mutex<Vec<Asked>>>,
    acceptor: Arc<Mutex<Option<TlsAcceptor>>>,
    /// Bytes of floods that were taken off our hands, by the line of the request.
    flooded: Arc<Mutex<BTreeMap<String, u64>>>,
}

#[derive(Clone)]
struct Desk {
    to: Option<SocketAddr>,
    asked: Arc<Mutex<Vec<Asked>>>,
    flooded: Arc<Mutex<BTreeMap<String, u64>>>,
    deed: Arc<dyn Fn(&Asked) -> Deed + Send + Sync>,
}

impl Front {
    /// Starts a front before `to`; before nobody, it says what it is told to say by itself.
    pub(crate) async fn start(
        to: Option<SocketAddr>,
        deed: impl Fn(&Asked) -> Deed + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let desk = Desk { to, asked: Arc::default(), flooded: Arc::default(), deed: Arc::new(deed) };
        let acceptor: Arc<Mutex<Option<TlsAcceptor>>> = Arc::default();
        let (asked, flooded) = (Arc::clone(&desk.asked), Arc::clone(&desk.flooded));
        let present = Arc::clone(&acceptor);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (desk, tls) = (desk.clone(), present.lock().unwrap().clone());
                tokio::spawn(async move {
                    match tls {
                        None => desk.serve(stream).await,
                        // A handshake that fails is the other side's to tell.
                        Some(tls) => match tls.accept(stream).await {
                            Ok(stream) => desk.serve(stream).await,
                            Err(_) => Ok(()),
                        },
                    }
                });
            }
        });
        Self { address, asked, acceptor, flooded }
    }

    /// From the next connection on it speaks TLS with this acceptor.
    pub(crate) fn show(&self, acceptor: TlsAcceptor) {
        *self.acceptor.lock().unwrap() = Some(acceptor);
    }

    /// Requests so far whose line ends so.
    pub(crate) fn asked(&self, line_end: &str) -> Vec<Asked> {
        self.asked.lock().unwrap().iter().filter(|asked| asked.line.ends_with(line_end)).cloned().collect()
    }

    /// Bytes of floods that were read by the other side (or stood in buffers on the way).
    pub(crate) fn flooded_bytes(&self) -> u64 {
        self.flooded.lock().unwrap().values().sum()
    }
}

impl Desk {
    /// One request, one answer, one connection.
    async fn serve(&self, mut stream: impl AsyncRead + AsyncWrite + Unpin) -> std::io::Result<()> {
        let Some((head, body)) = read_request(&mut stream).await? else { return Ok(()) };
        let line = head.lines().next().unwrap_or_default();
        let line = line.strip_suffix(" HTTP/1.1").unwrap_or(line).to_owned();
        let asked = Asked { line, body: String::from_utf8_lossy(&body).into_owned(), at: Instant::now() };
        self.asked.lock().unwrap().push(asked.clone());
        let acted = match (self.deed)(&asked) {
            Deed::Say(bytes) => {
                stream.write_all(&bytes).await?;
                return stream.shutdown().await;
            }
            Deed::ActThenSay(bytes) => {
                self.hand_on(&head, &body).await?;
                bytes
            }
            Deed::ActThenHalf => {
                let whole = self.hand_on(&head, &body).await?;
                let begin = whole.windows(4).position(|w| w == b"\r\n\r\n").map_or(0, |at| at + 4);
                whole[..begin + (whole.len() - begin) / 2].to_vec()
            }
            Deed::ActThenFlood { head: begin, bytes } => {
                self.hand_on(&head, &body).await?;
                stream.write_all(begin.as_bytes()).await?;
                return self.flood(&asked.line, &mut stream, bytes).await;
            }
            Deed::HandOn => self.hand_on(&head, &body).await?,
        };
        stream.write_all(&acted).await?;
        stream.shutdown().await
    }

    /// The agency's whole answer, as bytes.
    async fn hand_on(&self, head: &str, body: &[u8]) -> std::io::Result<Vec<u8>> {
        let Some(to) = self.to else { return Ok(Vec::new()) };
        let mut agency = TcpStream::connect(to).await?;
        let (line, rest) = head.split_once("\r\n").unwrap_or((head, ""));
        let rest: Vec<&str> =
            rest.split("\r\n").filter(|h| !h.to_ascii_lowercase().starts_with("connection:")).collect();
        let head = format!("{line}\r\nconnection: close\r\n{}", rest.join("\r\n"));
        agency.write_all(head.as_bytes()).await?;
        agency.write_all(body).await?;
        let mut answer = Vec::new();
        agency.read_to_end(&mut answer).await?;
        Ok(answer)
    }

    async fn flood(
        &self,
        line: &str,
        stream: &mut (impl AsyncWrite + Unpin),
        bytes: u64,
    ) -> std::io::Result<()> {
        let mut left = bytes;
        while left > 0 {
            let count = left.min(CHUNK.len() as u64);
            stream.write_all(&CHUNK[..usize::try_from(count).unwrap()]).await?;
            *self.flooded.lock().unwrap().entry(line.to_owned()).or_default() += count;
            left -= count;
        }
        stream.shutdown().await
    }
}

/// Head (with its empty line) and body; none when the connection ended before.
async fn read_request(stream: &mut (impl AsyncRead + Unpin)) -> std::io::Result<Option<(String, Vec<u8>)>> {
    let mut got = Vec::new();
    let mut buffer = vec![0; 16 << 10];
    loop {
        if let Some(at) = got.windows(4).position(|w| w == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&got[..at + 4]).into_owned();
            let length = head.lines().filter_map(|line| line.split_once(':'));
            let length = length.filter(|(name, _)| name.eq_ignore_ascii_case("content-length"));
            let length: usize = length.filter_map(|(_, value)| value.trim().parse().ok()).next().unwrap_or(0);
            if got.len() >= at + 4 + length {
                return Ok(Some((head, got[at + 4..at + 4 + length].to_vec())));
            }
        }
        let count = stream.read(&mut buffer).await?;
        if count == 0 || got.len() > REQUEST_BYTES_MAX {
            return Ok(None);
        }
        got.extend_from_slice(&buffer[..count]);
    }
}

/// An answer in bytes.
pub(crate) fn answer(status: &str, headers: &[(&str, &str)], body: impl AsRef<[u8]>) -> Vec<u8> {
    let body = body.as_ref();
    let mut head = format!("HTTP/1.1 {status}\r\nconnection: close\r\n");
    for (name, value) in headers {
        head += &format!("{name}: {value}\r\n");
    }
    if !headers.iter().any(|(name, _)| *name == "content-length") {
        head += &format!("content-length: {}\r\n", body.len());
    }
    [head.as_bytes(), b"\r\n", body].concat()
}
