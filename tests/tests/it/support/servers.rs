//! The servers of the tests, and what is shared on them: passwords of users and logins, the migrated template.

use std::fs::File;
use std::path::{Path, PathBuf};

use reqwest::Method;
use serde_json::json;
use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Connection};
use url::Url;
use wasl_tests::world::layout::Layout;
use wasl_tests::world::servers::{Servers, without_user};
use wasl_tests::world::{database, secrets};

/// Where each test's database is copied from.
const TEMPLATE: &str = "it_template";

/// The checkout.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// The program `wasl` of the same build.
///
/// # Panics
/// It has not been built.
pub(crate) fn wasl() -> PathBuf {
    let path = programs().join("wasl");
    assert!(path.exists(), "{} is missing: run `cargo build -p wasl` first", path.display());
    path
}

/// The folder of the built programs.
pub(crate) fn programs() -> PathBuf {
    Path::new(env!("CARGO_BIN_EXE_wasl-sandbox")).parent().unwrap().to_owned()
}

/// Folders of a run below `target/test`, without asking where the present folder is.
pub(crate) fn layout(name: &str, servers: &str) -> Layout {
    let base = root().join("target/test");
    let layout =
        Layout { root: root(), programs: programs(), dir: base.join(name), servers: base.join(servers) };
    if layout.dir.exists() {
        std::fs::remove_dir_all(&layout.dir).unwrap();
    }
    for folder in
        ["config/agencies", "logs", "pids", "documents", "secrets", "water-basin/in", "water-basin/out"]
    {
        std::fs::create_dir_all(layout.dir.join(folder)).unwrap();
    }
    layout
}

/// A server instance with what all of its tests share.
pub(crate) struct Base {
    pub(crate) servers: Servers,
    /// Logins of core and api.
    pub(crate) logins: Vec<(String, String)>,
}

impl Base {
    /// Starts the servers when they are down, and gives the test a database and a virtual host of its own.
    pub(crate) async fn lay(layout: &Layout, name: &str) -> Self {
        std::fs::create_dir_all(&layout.servers).unwrap();
        let lock = File::create(layout.servers.join("tests.lock")).unwrap();
        let lock = tokio::task::spawn_blocking(move || lock.lock().map(|()| lock)).await.unwrap().unwrap();
        let (begin, for_up) = (std::time::Instant::now(), layout.clone());
        let mut servers = tokio::task::spawn_blocking(move || Servers::up(&for_up)).await.unwrap().unwrap();
        let shared = Layout { dir: layout.servers.join("tests"), ..layout.clone() };
        std::fs::create_dir_all(shared.secrets()).unwrap();
        let topology = secrets::secret(&shared, "topology").unwrap();
        secrets::put(layout, "topology", &topology).unwrap();
        let logins = databases(layout, &shared, &servers, name).await;
        virtual_host(&servers, name).await;
        servers.amqp.set_path(name);
        drop(lock);
        eprintln!("{name}: servers, database and virtual host after {:?}", begin.elapsed());
        Self { servers, logins }
    }
}

/// The address of a database of the instance, as its superuser.
pub(crate) fn database_address(servers: &Servers, name: &str) -> Url {
    let mut url = servers.database.clone();
    url.set_path(name);
    url
}

async fn databases(layout: &Layout, shared: &Layout, servers: &Servers, name: &str) -> Vec<(String, String)> {
    let address = database_address(servers, TEMPLATE);
    let mut connection = PgConnection::connect(servers.database.as_str()).await.unwrap();
    let config = layout.config("migrate");
    secrets::write_private(&config, &format!("[database]\nurl = \"{address}\"\n")).unwrap();
    let there: bool = sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM pg_database WHERE datname = $1)")
        .bind(TEMPLATE)
        .fetch_one(&mut connection)
        .await
        .unwrap();
    if !there || !migrate(&config).await {
        // A template of another state of the migrations is of no use.
        run(&mut connection, format!("DROP DATABASE IF EXISTS {TEMPLATE} WITH (FORCE)")).await;
        run(&mut connection, format!("CREATE DATABASE {TEMPLATE}")).await;
        assert!(migrate(&config).await, "wasl migrate failed");
    }
    let mut logins = Vec::new();
    for role in ["wasl_core", "wasl_api"] {
        let password = secrets::secret(shared, &format!("database-{role}")).unwrap();
        logins.push((database::login(&address, role, &password).await.unwrap(), password));
    }
    run(&mut connection, format!("DROP DATABASE IF EXISTS \"{name}\" WITH (FORCE)")).await;
    run(&mut connection, format!("CREATE DATABASE \"{name}\" TEMPLATE {TEMPLATE}")).await;
    logins
}

async fn migrate(config: &Path) -> bool {
    let mut command = tokio::process::Command::new(wasl());
    command.args(["migrate", "--config"]).arg(config).current_dir(root());
    command.output().await.unwrap().status.success()
}

async fn run(connection: &mut PgConnection, statement: String) {
    sqlx::raw_sql(AssertSqlSafe(statement)).execute(connection).await.unwrap();
}

async fn virtual_host(servers: &Servers, name: &str) {
    let user = servers.amqp_management.username().to_owned();
    let gone = manage(servers, Method::DELETE, &format!("api/vhosts/{name}"), None).await;
    assert!(gone.is_success() || gone.as_u16() == 404, "{gone}");
    let made = manage(servers, Method::PUT, &format!("api/vhosts/{name}"), Some(json!({}))).await;
    assert!(made.is_success(), "{made}");
    let all = json!({"configure": ".*", "write": ".*", "read": ".*"});
    let path = format!("api/permissions/{name}/{user}");
    assert!(manage(servers, Method::PUT, &path, Some(all)).await.is_success());
}

/// Runs a script of `deploy/local` on the instance of a test.
pub(crate) async fn script(layout: &Layout, name: &str) {
    let mut command = tokio::process::Command::new(layout.root.join("deploy/local").join(name));
    let output = command.arg(&layout.servers).current_dir(&layout.root).output().await.unwrap();
    assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
}

/// What the management API answers.
pub(crate) async fn manage_json(servers: &Servers, path: &str) -> serde_json::Value {
    let address = &servers.amqp_management;
    let base = without_user(address);
    let request = super::ask::http().get(format!("{}/{path}", base.trim_end_matches('/')));
    let answer = request.basic_auth(address.username(), address.password()).send().await.unwrap();
    answer.error_for_status().unwrap().json().await.unwrap()
}

/// Asks the management API of the broker, as its administrator.
pub(crate) async fn manage(
    servers: &Servers,
    method: Method,
    path: &str,
    body: Option<serde_json::Value>,
) -> reqwest::StatusCode {
    let address = &servers.amqp_management;
    let base = without_user(address);
    let request = super::ask::http().request(method, format!("{}/{path}", base.trim_end_matches('/')));
    let request = request.basic_auth(address.username(), address.password());
    let request = match body {
        Some(body) => request.json(&body),
        None => request,
    };
    request.send().await.unwrap().status()
}
