//! The listener: TLS, and nobody without a certificate of the authority.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use axum::Router;
use axum::serve::Listener;
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tokio_util::sync::CancellationToken;

use super::Keys;

/// A handshake may take this long.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(5);

type Shaken = (TlsStream<TcpStream>, SocketAddr);

/// Serves the router until `stop`; the address, `https://…`.
///
/// # Errors
/// The address is taken, or the keys do not fit together.
pub(in super::super::super) async fn serve(
    listen: SocketAddr,
    keys: &Keys,
    router: Router,
    stop: CancellationToken,
) -> anyhow::Result<String> {
    let mut roots = RootCertStore::empty();
    roots.add(keys.authority.clone())?;
    let verifier = WebPkiClientVerifier::builder(Arc::new(roots)).build()?;
    let (certificate, key) = (keys.server.0.clone(), keys.server.1.clone_key());
    let config = ServerConfig::builder()
        .with_client_cert_verifier(verifier)
        .with_single_cert(vec![certificate], key)?;
    let tcp = TcpListener::bind(listen).await.with_context(|| format!("cannot listen on {listen}"))?;
    let address = tcp.local_addr()?;
    let (done, shaken) = mpsc::channel(64);
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let accepting = stop.clone();
    tokio::spawn(async move { accepting.run_until_cancelled(accept(tcp, acceptor, done)).await });
    let serving = axum::serve(Connections { shaken, address }, router);
    tokio::spawn(async move { serving.with_graceful_shutdown(async move { stop.cancelled().await }).await });
    Ok(format!("https://{address}"))
}

/// Each handshake by itself: a slow one holds up nobody.
async fn accept(tcp: TcpListener, acceptor: TlsAcceptor, done: mpsc::Sender<Shaken>) {
    loop {
        let Ok((stream, from)) = tcp.accept().await else { continue };
        let (acceptor, done) = (acceptor.clone(), done.clone());
        tokio::spawn(async move {
            match tokio::time::timeout(HANDSHAKE_TIMEOUT, acceptor.accept(stream)).await {
                Ok(Ok(stream)) => _ = done.send((stream, from)).await,
                Ok(Err(fault)) => tracing::info!(%from, %fault, "a handshake failed"),
                Err(_) => tracing::info!(%from, "a handshake took too long"),
            }
        });
    }
}

struct Connections {
    shaken: mpsc::Receiver<Shaken>,
    address: SocketAddr,
}

impl Listener for Connections {
    type Io = TlsStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        match self.shaken.recv().await {
            Some(shaken) => shaken,
            // Stopped: nothing comes any more.
            None => std::future::pending().await,
        }
    }

    fn local_addr(&self) -> std::io::Result<Self::Addr> {
        Ok(self.address)
    }
}
