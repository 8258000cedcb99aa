//! One line through the proxy: two streams of bytes, each pumped under the mode that holds.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::watch;

use super::mode::{Mode, Setting};
use super::{Shared, connect};

/// Bytes that are taken at once.
const PIECE: usize = 16 * 1024;
/// A trickling line passes one byte in this time.
const TRICKLE_INTERVAL: Duration = Duration::from_secs(1);

/// Which way bytes go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Up,
    Down,
}

/// What both directions of a line know.
#[derive(Debug, Default)]
struct Line {
    /// The epoch of the setting in which something was last asked of the server, plus one; 0: never.
    asked: AtomicU64,
    /// Bytes of it are lost.
    swallowed: AtomicBool,
    /// Under which epoch (plus one) its fault was counted.
    counted: AtomicU64,
}

/// Serves one client until either end closes or the line is cut.
pub(super) async fn serve(client: TcpStream, shared: Arc<Shared>) {
    shared.count(|counts| counts.lines += 1);
    _ = client.set_nodelay(true);
    let mut modes = shared.setting.subscribe();
    let now = *modes.borrow_and_update();
    if now.mode == Mode::BlackHole {
        shared.happened(&now, |counts| counts.black_holed += 1);
        return swallow(client, modes).await;
    }
    let Ok(server) = connect(&shared.upstream).await else {
        shared.count(|counts| counts.server_away += 1);
        return;
    };
    let line = Line::default();
    let ((mut from_client, mut to_client), (mut from_server, mut to_server)) =
        (client.into_split(), server.into_split());
    let pump = |way| Pump {
        way,
        line: &line,
        shared: &shared,
        modes: modes.clone(),
        epoch: now.epoch,
        cuts: now.cuts,
        passed: 0,
    };
    // Whichever way ends with a fault or a cut ends both; dropped sockets are closed.
    _ = tokio::try_join!(
        pump(Way::Up).run(&mut from_client, &mut to_server),
        pump(Way::Down).run(&mut from_server, &mut to_client),
    );
}

/// Takes and drops what comes, until the mode changes.
async fn swallow(mut client: TcpStream, mut modes: watch::Receiver<Setting>) {
    let mut piece = [0; 1024];
    loop {
        tokio::select! {
            _ = modes.changed() => return,
            read = client.read(&mut piece) => if !matches!(read, Ok(n) if n > 0) { return },
        }
    }
}

struct Pump<'a> {
    way: Way,
    line: &'a Line,
    shared: &'a Shared,
    modes: watch::Receiver<Setting>,
    epoch: u64,
    cuts: u64,
    /// Bytes under the present setting.
    passed: u64,
}

impl Pump<'_> {
    async fn run(mut self, from: &mut OwnedReadHalf, to: &mut OwnedWriteHalf) -> io::Result<()> {
        let mut piece = vec![0; PIECE];
        loop {
            let read = tokio::select! {
                biased;
                changed = self.modes.changed() => {
                    changed.map_err(|_| cut())?;
                    self.setting()?;
                    continue;
                }
                read = from.read(&mut piece) => read?,
            };
            let setting = self.setting()?;
            if read == 0 {
                to.shutdown().await?;
                return Ok(());
            }
            self.pass(setting, &piece[..read], to).await?;
            self.passed += read as u64;
        }
    }

    /// The setting that holds. A line that was emptied into a black hole, or is refused, ends with the change.
    fn setting(&mut self) -> io::Result<Setting> {
        let now = *self.modes.borrow_and_update();
        if now.epoch != self.epoch {
            (self.epoch, self.passed) = (now.epoch, 0);
            if self.line.swallowed.load(Ordering::Acquire) {
                return Err(cut());
            }
        }
        if now.cuts != self.cuts {
            self.happened(&now, |counts| counts.refused += 1);
            return Err(cut());
        }
        Ok(now)
    }

    /// Counts the fault once for this line and setting.
    fn happened(&self, setting: &Setting, change: impl FnOnce(&mut super::Counts)) {
        if self.line.counted.swap(setting.epoch + 1, Ordering::AcqRel) != setting.epoch + 1 {
            self.shared.happened(setting, change);
        }
    }

    async fn pass(&mut self, now: Setting, piece: &[u8], to: &mut OwnedWriteHalf) -> io::Result<()> {
        let armed = match now.mode {
            Mode::CutAnswerTo { what } => {
                piece.windows(what.len().max(1)).any(|part| part == what.as_bytes())
            }
            _ => true,
        };
        if self.way == Way::Up && armed {
            self.line.asked.store(now.epoch + 1, Ordering::Release);
        }
        match (now.mode, self.way) {
            (Mode::Delay { ms }, _) => {
                self.happened(&now, |counts| counts.delayed += 1);
                tokio::time::sleep(Duration::from_millis(ms)).await;
                to.write_all(piece).await
            }
            (Mode::CutAfterRequest { bytes }, Way::Up) => {
                let part = self.before(bytes, piece);
                to.write_all(part).await?;
                if part.len() == piece.len() {
                    return Ok(());
                }
                self.happened(&now, |counts| counts.cut_after_request += 1);
                to.shutdown().await?;
                Err(cut())
            }
            (Mode::HalfAnswer { bytes }, Way::Down) => {
                let part = self.before(bytes, piece);
                to.write_all(part).await?;
                if part.len() == piece.len() {
                    return Ok(());
                }
                self.happened(&now, |counts| counts.half_answers += 1);
                Err(cut())
            }
            (Mode::CutAfterCommit | Mode::CutAnswerTo { .. }, Way::Down)
                if self.line.asked.load(Ordering::Acquire) == now.epoch + 1 =>
            {
                self.happened(&now, |counts| counts.cut_after_commit += 1);
                Err(cut())
            }
            (Mode::BlackHole, _) => {
                self.line.swallowed.store(true, Ordering::Release);
                self.happened(&now, |counts| counts.black_holed += 1);
                Ok(())
            }
            (Mode::Trickle, _) => {
                self.happened(&now, |counts| counts.trickled += 1);
                self.trickle(piece, to).await
            }
            // An answer to a request that is cut must not come back.
            (Mode::CutAfterRequest { .. }, Way::Down)
                if self.line.asked.load(Ordering::Acquire) == now.epoch + 1 =>
            {
                self.happened(&now, |counts| counts.cut_after_request += 1);
                Err(cut())
            }
            _ => to.write_all(piece).await,
        }
    }

    /// The part of a piece that still passes when so many bytes may.
    fn before<'p>(&self, bytes: u64, piece: &'p [u8]) -> &'p [u8] {
        let left = usize::try_from(bytes.saturating_sub(self.passed)).unwrap_or(usize::MAX);
        &piece[..piece.len().min(left)]
    }

    /// One byte a second; when the mode changes, the rest at once.
    async fn trickle(&mut self, piece: &[u8], to: &mut OwnedWriteHalf) -> io::Result<()> {
        for (at, byte) in piece.iter().enumerate() {
            to.write_all(std::slice::from_ref(byte)).await?;
            tokio::select! {
                changed = self.modes.changed() => {
                    changed.map_err(|_| cut())?;
                    return to.write_all(&piece[at + 1..]).await;
                }
                () = tokio::time::sleep(TRICKLE_INTERVAL) => {}
            }
        }
        Ok(())
    }
}

fn cut() -> io::Error {
    io::Error::from(io::ErrorKind::ConnectionAborted)
}
