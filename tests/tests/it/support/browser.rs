//! A browser of its own for a test, driven through its driver (W3C WebDriver, and Chromium's own protocol for what that
//! does not have: widths below a window's least, pictures of a whole page).

use std::net::TcpListener;
use std::path::Path;
use std::process::Stdio;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use tokio::process::{Child, Command};

use super::ask::http;
use super::wait::until;

/// Without a sandbox of its own (the tests may run as root), and silent on the network.
const ARGUMENTS: [&str; 9] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--hide-scrollbars",
];

/// A browser with one window. Dropped, driver and browser are killed.
pub(crate) struct Browser {
    driver: Child,
    session: String,
}

impl Browser {
    /// Starts it with an empty profile in this folder.
    pub(crate) async fn start(profile: &Path) -> Self {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut command = Command::new("chromedriver");
        command
            .arg(format!("--port={port}"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        // The browser is a child of the driver: both end with their group.
        let driver = command.kill_on_drop(true).process_group(0).spawn();
        let driver = driver.unwrap_or_else(|fault| {
            panic!("chromedriver cannot run ({fault}): call deploy/local/install-tools")
        });
        let base = format!("http://127.0.0.1:{port}");
        until("the driver answers", async || http().get(format!("{base}/status")).send().await.ok()).await;
        let mut arguments: Vec<String> = ARGUMENTS.map(str::to_owned).to_vec();
        arguments.push(format!("--user-data-dir={}", profile.display()));
        let wanted = json!({"capabilities": {"alwaysMatch": {
            "goog:chromeOptions": {"args": arguments}, "goog:loggingPrefs": {"browser": "ALL"},
        }}});
        let mut browser = Self { driver, session: base };
        let session = browser.command("session", &wanted).await;
        let id = session["sessionId"].as_str().unwrap_or_else(|| panic!("no browser: {session}"));
        browser.session = format!("{}/session/{id}", browser.session);
        browser
    }

    /// Something to the driver; the value of its answer.
    async fn command(&self, path: &str, body: &Value) -> Value {
        let answer = http().post(format!("{}/{path}", self.session)).json(body).send().await.unwrap();
        let (status, mut body): (_, Value) = (answer.status(), answer.json().await.unwrap());
        assert!(status.is_success(), "{path}: {body}");
        body["value"].take()
    }

    async fn protocol(&self, method: &str, parameters: Value) -> Value {
        self.command("goog/cdp/execute", &json!({"cmd": method, "params": parameters})).await
    }

    /// Makes the window so wide, in CSS pixels.
    pub(crate) async fn widen(&self, width: u32) {
        let metrics = json!({"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": false});
        self.protocol("Emulation.setDeviceMetricsOverride", metrics).await;
    }

    /// Opens an address and waits until the page with all that belongs to it is there.
    pub(crate) async fn open(&self, url: &str) {
        self.command("url", &json!({"url": url})).await;
    }

    /// What a function without arguments returns on the page.
    pub(crate) async fn ask(&self, body: &str) -> Value {
        self.command("execute/sync", &json!({"script": body, "args": []})).await
    }

    /// A picture of the whole page.
    pub(crate) async fn picture(&self, file: &Path) {
        let shot = self.protocol("Page.captureScreenshot", json!({"captureBeyondViewport": true})).await;
        std::fs::write(file, STANDARD.decode(shot["data"].as_str().unwrap()).unwrap()).unwrap();
    }

    /// What the browser complained about since it was asked last: refused resources, faults of scripts.
    pub(crate) async fn complaints(&self) -> Vec<String> {
        let log = self.command("se/log", &json!({"type": "browser"})).await;
        let severe = log.as_array().unwrap().iter().filter(|entry| entry["level"] == "SEVERE");
        severe.map(|entry| entry["message"].to_string()).collect()
    }

    /// Ends the browser in order.
    pub(crate) async fn quit(mut self) {
        http().delete(&self.session).send().await.unwrap();
        self.driver.kill().await.unwrap();
    }
}

impl Drop for Browser {
    /// A test that fails leaves no browser behind.
    fn drop(&mut self) {
        if let Some(pid) = self.driver.id() {
            _ = std::process::Command::new("kill").args(["-KILL", "--", &format!("-{pid}")]).status();
        }
    }
}
