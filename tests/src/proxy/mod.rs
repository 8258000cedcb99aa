//! A chaos proxy: it stands on a port of 127.0.0.1 in front of a server and breaks the line when told to. It knows
//! bytes only, neither AMQP, HTTP nor TLS.
//!
//! A mode holds for the lines that are open and for those that come. What it counts since the mode was set begins at
//! zero for every line. A line of which bytes were swallowed is of no use any more: it is cut when the mode changes.

mod counts;
mod line;
mod mode;

#[cfg(test)]
mod tests;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::watch;
use tokio_util::task::AbortOnDropHandle;

pub use self::counts::Counts;
pub use self::mode::Mode;
use self::mode::Setting;

/// The server must take a connection within this time, or the client's is cut.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// Connections that may wait to be accepted.
const BACKLOG: u32 = 1024;

/// A proxy in front of one server. It ends, and cuts its lines, when this is dropped.
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    shared: Arc<Shared>,
    _task: AbortOnDropHandle<()>,
}

/// What the lines of a proxy share.
#[derive(Debug)]
struct Shared {
    upstream: String,
    setting: watch::Sender<Setting>,
    counts: watch::Sender<Counts>,
}

impl Shared {
    fn count(&self, change: impl FnOnce(&mut Counts)) {
        self.counts.send_modify(change);
    }

    /// A fault has happened. One that was asked for once is over.
    fn happened(&self, of: &Setting, change: impl FnOnce(&mut Counts)) {
        self.count(change);
        self.setting.send_if_modified(|now| {
            let over = of.once && now.epoch == of.epoch;
            if over {
                *now = Setting { mode: Mode::Pass, once: false, epoch: now.epoch + 1, ..*now };
            }
            over
        });
    }
}

impl Proxy {
    /// Starts on a free port in front of `upstream` (`host:port`); it passes everything on.
    ///
    /// # Errors
    /// There is no free port.
    pub async fn start(upstream: impl Into<String>) -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared {
            upstream: upstream.into(),
            setting: watch::Sender::new(Setting::default()),
            counts: watch::Sender::new(Counts::default()),
        });
        let task = tokio::spawn(accept(listener, address, shared.clone()));
        Ok(Self { address, shared, _task: AbortOnDropHandle::new(task) })
    }

    /// Where clients connect to.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// From now on, until told otherwise.
    pub fn set(&self, mode: Mode) {
        self.switch(mode, false);
    }

    /// Until it has happened once to one line; then everything passes again.
    pub fn once(&self, mode: Mode) {
        self.switch(mode, true);
    }

    fn switch(&self, mode: Mode, once: bool) {
        self.shared.setting.send_modify(|now| {
            let cuts = now.cuts + u64::from(mode == Mode::Refuse);
            *now = Setting { mode, once, epoch: now.epoch + 1, cuts };
        });
    }

    /// What holds at present.
    #[must_use]
    pub fn mode(&self) -> Mode {
        self.shared.setting.borrow().mode
    }

    /// Cuts every line that is open; what comes next passes as before.
    pub fn cut_all(&self) {
        self.shared
            .setting
            .send_modify(|now| *now = Setting { epoch: now.epoch + 1, cuts: now.cuts + 1, ..*now });
    }

    /// What it has done so far.
    #[must_use]
    pub fn counts(&self) -> Counts {
        *self.shared.counts.borrow()
    }

    /// Waits until it has done so much. It never ends by itself: put a limit around it.
    pub async fn until(&self, enough: impl FnMut(&Counts) -> bool) {
        // The sender lives as long as the proxy, so this cannot fail.
        _ = self.shared.counts.subscribe().wait_for(enough).await;
    }
}

/// Takes connections. While it refuses, the port stays bound but nobody listens: the kernel answers with a reset.
async fn accept(mut listener: TcpListener, address: SocketAddr, shared: Arc<Shared>) {
    let mut setting = shared.setting.subscribe();
    let mut lines = tokio::task::JoinSet::new();
    loop {
        if setting.borrow_and_update().mode == Mode::Refuse {
            drop(listener);
            let Ok(socket) = closed_door(address) else { return };
            if setting.wait_for(|now| now.mode != Mode::Refuse).await.is_err() {
                return;
            }
            let Ok(open) = socket.listen(BACKLOG) else { return };
            listener = open;
        }
        tokio::select! {
            changed = setting.changed() => if changed.is_err() { return },
            taken = listener.accept() => if let Ok((client, _)) = taken {
                lines.spawn(line::serve(client, shared.clone()));
            },
            Some(_) = lines.join_next() => {}
        }
    }
}

fn closed_door(address: SocketAddr) -> io::Result<TcpSocket> {
    let socket = TcpSocket::new_v4()?;
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    Ok(socket)
}

async fn connect(upstream: &str) -> io::Result<TcpStream> {
    let stream = tokio::time::timeout(CONNECT_TIMEOUT, TcpStream::connect(upstream)).await??;
    stream.set_nodelay(true)?;
    Ok(stream)
}
