//! Several processes of a role: their settings, and what spreads callbacks over the processes of the api.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use toml::Value as Toml;
use wasl_tests::world::settings::{AGENCIES, Ports};

use crate::support::Gateway;
use crate::support::ask::http;
use crate::support::wait::until;

/// The processes that may be, and how many of them are in use.
pub(crate) struct Fan {
    apis: Vec<Ports>,
    used: Arc<AtomicUsize>,
}

impl Fan {
    /// Writes the settings of so many processes of each role, and of a standby; listens where agencies call back.
    pub(crate) async fn lay(gateway: &mut Gateway, most: usize) -> Self {
        let copy = |gateway: &Gateway, from: &str, to: &str| {
            std::fs::copy(gateway.layout.config(from), gateway.layout.config(to)).unwrap();
            gateway.set(to, "gateway.instance_name", Toml::String(to.to_owned()));
        };
        copy(gateway, "core", "core_2");
        let mut apis = Vec::new();
        for number in 1..=most {
            for kind in AGENCIES {
                copy(gateway, &format!("adapter-{kind}"), &format!("adapter-{kind}_{number}"));
            }
            let ports = Ports::free().unwrap();
            let name = format!("api_{number}");
            copy(gateway, "api", &name);
            // Links and callbacks go to the address that all of them share.
            gateway.set(&name, "http.listen", Toml::String(ports.http.to_string()));
            gateway.set(&name, "http.callbacks_listen", Toml::String(ports.callbacks.to_string()));
            apis.push(ports);
        }
        let used = Arc::new(AtomicUsize::new(1));
        let callbacks = apis.iter().map(|ports| ports.callbacks).collect();
        spread(gateway.ports.callbacks, callbacks, used.clone()).await;
        Self { apis, used }
    }

    /// Starts so many processes of each, and waits until they do their work.
    pub(crate) async fn run(&self, gateway: &mut Gateway, count: usize) {
        self.used.store(count, Ordering::Release);
        for number in 1..=count {
            gateway.run(&format!("api_{number}"));
            for kind in AGENCIES {
                gateway.run(&format!("adapter-{kind}_{number}"));
            }
        }
        for ports in &self.apis[..count] {
            let url = format!("http://{}/readyz", ports.http);
            until("an api is ready", async || {
                http().get(&url).send().await.ok().filter(|answer| answer.status().is_success())
            })
            .await;
        }
    }

    /// Stops all but cores and agencies.
    pub(crate) async fn stop(&self, gateway: &mut Gateway) {
        let names: Vec<String> = gateway
            .roles
            .keys()
            .filter(|name| name.starts_with("api_") || name.starts_with("adapter-"))
            .cloned()
            .collect();
        for name in &names {
            gateway.roles[name].signal("TERM");
        }
        for name in names {
            let mut role = gateway.roles.remove(&name).unwrap();
            until("it has ended", async || role.has_ended().then_some(())).await;
        }
    }
}

/// Hands connections to the processes in turn.
async fn spread(listen: SocketAddr, to: Vec<SocketAddr>, used: Arc<AtomicUsize>) {
    let listener = TcpListener::bind(listen).await.unwrap();
    tokio::spawn(async move {
        let mut turn = 0;
        loop {
            let Ok((mut from, _)) = listener.accept().await else {
                tokio::time::sleep(Duration::from_millis(10)).await;
                continue;
            };
            turn += 1;
            let target = to[turn % used.load(Ordering::Acquire)];
            tokio::spawn(async move {
                if let Ok(mut other) = TcpStream::connect(target).await {
                    _ = from.set_nodelay(true);
                    _ = other.set_nodelay(true);
                    _ = tokio::io::copy_bidirectional(&mut from, &mut other).await;
                }
            });
        }
    });
}
