//! A relay before a server that knows just enough of its protocol to break one promise: a confirm that never comes
//! (AMQP 0-9-1), a commit whose answer is lost (PostgreSQL's protocol, version 3).

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// A simple query (`Q`, length 11) that says `COMMIT`.
const COMMIT: &[u8] = b"Q\0\0\0\x0bCOMMIT\0";
/// Type, channel, size.
const FRAME_HEAD_BYTES: usize = 7;
/// A method frame with class 60 (basic) and method 80 (ack).
const ACK: (u8, [u8; 4]) = (1, [0, 60, 0, 80]);

/// Which promise is broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Trick {
    /// What the broker confirms is not passed on.
    SwallowConfirms,
    /// The database commits; the line is cut before it can say so.
    LoseCommits,
}

/// A running relay; it ends with the test's runtime.
pub(crate) struct Relay {
    pub(crate) address: SocketAddr,
    state: Arc<State>,
}

struct State {
    to: String,
    trick: Trick,
    /// How often the trick is still to be played.
    left: AtomicUsize,
    played: watch::Sender<usize>,
}

impl State {
    /// Whether the trick is played now.
    fn plays(&self) -> bool {
        let taken = self.left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1));
        if taken.is_ok() {
            self.played.send_modify(|played| *played += 1);
        }
        taken.is_ok()
    }
}

impl Relay {
    /// Before `host:port`; it passes everything on until told otherwise.
    pub(crate) async fn start(to: String, trick: Trick) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (left, played) = (AtomicUsize::new(0), watch::Sender::new(0));
        let state = Arc::new(State { to, trick, left, played });
        let shared = Arc::clone(&state);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(line(client, Arc::clone(&shared)));
            }
        });
        Self { address, state }
    }

    /// Plays the trick so often from now on.
    pub(crate) fn play(&self, times: usize) {
        self.state.left.store(times, Ordering::SeqCst);
    }

    /// Waits until it has been played so often in all.
    pub(crate) async fn played(&self, times: usize) {
        let mut played = self.state.played.subscribe();
        let waiting = played.wait_for(|played| *played >= times);
        let patience = crate::support::wait::PATIENCE;
        tokio::time::timeout(patience, waiting).await.expect("the fault does not occur").unwrap();
    }
}

async fn line(client: TcpStream, state: Arc<State>) {
    let Ok(server) = TcpStream::connect(&state.to).await else { return };
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    // Cut by one side, it is cut for both.
    tokio::select! {
        _ = up(from_client, to_server, &state) => {}
        _ = down(from_server, to_client, &state) => {}
    }
}

async fn up(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, state: &State) -> std::io::Result<()> {
    let mut buffer = vec![0; 64 << 10];
    loop {
        let count = from.read(&mut buffer).await?;
        if count == 0 {
            return Ok(());
        }
        let bytes = &buffer[..count];
        let commits = state.trick == Trick::LoseCommits && bytes.windows(COMMIT.len()).any(|w| w == COMMIT);
        to.write_all(bytes).await?;
        if commits && state.plays() {
            // The server reads what was sent before the end of the line, and commits.
            return Ok(());
        }
    }
}

async fn down(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, state: &State) -> std::io::Result<()> {
    if state.trick == Trick::LoseCommits {
        tokio::io::copy(&mut from, &mut to).await?;
        return Ok(());
    }
    // A later confirm may speak for all before it: once one is lost, so are those that follow it on this line.
    let mut lost = false;
    let mut frame = Vec::new();
    loop {
        let mut head = [0; FRAME_HEAD_BYTES];
        from.read_exact(&mut head).await?;
        let size = u32::from_be_bytes(head[3..7].try_into().unwrap()) as usize;
        frame.resize(size + 1, 0);
        from.read_exact(&mut frame).await?;
        let confirm = head[0] == ACK.0 && frame.starts_with(&ACK.1);
        lost |= confirm && state.plays();
        if !(confirm && lost) {
            to.write_all(&head).await?;
            to.write_all(&frame).await?;
        }
    }
}
