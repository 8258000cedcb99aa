//! A sixth agency, added to a copy of the checkout as CONTRIBUTING.md says: what makes it exist is its folder, its line
//! in the registry (with its `mod`), and its settings file. Then it is asked about a file, on real servers.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::routing::post;
use serde_json::{Value, json};
use toml::Value as Toml;
use wasl_tests::world::{secrets, settings};

use crate::support::commune::is;
use crate::support::gateway::{SOUANI, roles, text};
use crate::support::servers::{programs, root};
use crate::support::tools::run;
use crate::support::{Commune, Gateway, Options};

const KIND: &str = "heritage";
/// What a build needs of the checkout.
const NEEDED: [&str; 11] = [
    ".cargo",
    ".sqlx",
    "adapters",
    "config",
    "gateway",
    "schemas",
    "tests",
    "Cargo.toml",
    "Cargo.lock",
    "clippy.toml",
    "rust-toolchain.toml",
];
/// Its program has another name, so that it does not lie in the place of the true one.
const PROGRAM: &str = "wasl-with-six";

/// The agency itself: says no to every file, and counts.
struct Inspection {
    address: String,
    asked: Arc<AtomicUsize>,
}

impl Inspection {
    async fn open() -> Self {
        let asked = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&asked);
        let answer = async move |axum::Json(question): axum::Json<Value>| {
            counted.fetch_add(1, Ordering::SeqCst);
            let reason = format!("{} lies beside a listed building", question["titles"][0]);
            axum::Json(json!({"reference": question["reference"], "opinion": "no", "reason": reason}))
        };
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = format!("http://{}/heritage", listener.local_addr().unwrap());
        let router = axum::Router::new().route("/heritage", post(answer));
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { address, asked }
    }
}

/// A copy of the checkout that shares the target folder, so that no dependency is built again.
struct Copy(PathBuf);

impl Copy {
    async fn make() -> Self {
        let folder = root().join("target/test/sixth-checkout");
        _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).unwrap();
        let names: Vec<String> = NEEDED.iter().map(|name| root().join(name).display().to_string()).collect();
        let mut arguments = vec!["-a"];
        arguments.extend(names.iter().map(String::as_str));
        let target = folder.display().to_string();
        arguments.push(&target);
        let copied = run("cp", &arguments, "").await;
        assert!(copied.good, "{}", copied.out);
        Self(folder)
    }

    /// Step 13: the agency's own tests of its mapping.
    async fn test(&self) {
        let arguments = ["test", "--offline", "-p", "wasl-adapters", "--lib", "--", KIND];
        let said = self.said_by_cargo(&arguments).await;
        assert!(said.contains(&format!("{KIND}::tests::a_file_becomes_a_question")), "{said}");
        assert!(said.contains("2 passed; 0 failed"), "{said}");
    }

    /// Steps 1 to 3 of CONTRIBUTING.md.
    fn add(&self) {
        let into = self.0.join("adapters/src").join(KIND);
        std::fs::create_dir_all(&into).unwrap();
        for file in std::fs::read_dir(root().join("tests/sixth").join(KIND)).unwrap() {
            let file = file.unwrap();
            std::fs::copy(file.path(), into.join(file.file_name())).unwrap();
        }
        self.insert("adapters/src/lib.rs", "pub mod water_basin;\n", &format!("pub mod {KIND};\n"));
        let line = format!(
            "    Entry {{ kind: \"{KIND}\", feeds: &[], polled: false, build: crate::{KIND}::build }},\n"
        );
        self.insert("adapters/src/registry.rs", "pub const ENTRIES: &[Entry] = &[\n", &line);
        let settings = root().join(format!("tests/sixth/{KIND}.toml"));
        std::fs::copy(settings, self.0.join(format!("config/agencies/{KIND}.toml"))).unwrap();
    }

    fn insert(&self, path: &str, behind: &str, line: &str) {
        let text = std::fs::read_to_string(self.0.join(path)).unwrap();
        assert!(text.contains(behind), "{path} has no `{behind}`");
        std::fs::write(self.0.join(path), text.replacen(behind, &format!("{behind}{line}"), 1)).unwrap();
    }

    /// Appends to a file of data.
    fn append(&self, path: &str, text: &str) {
        let old = std::fs::read_to_string(self.0.join(path)).unwrap();
        std::fs::write(self.0.join(path), format!("{old}\n{text}")).unwrap();
    }

    /// Files that differ from the checkout, with how many lines were added.
    fn touched(&self) -> BTreeMap<String, usize> {
        let mut touched = BTreeMap::new();
        let here = texts(&self.0, "");
        for (path, text) in &here {
            let before = std::fs::read_to_string(root().join(path)).ok();
            if before.as_ref() != Some(text) {
                let lines = before.unwrap_or_default().lines().count();
                touched.insert(path.clone(), text.lines().count() - lines);
            }
        }
        touched
    }

    async fn said_by_cargo(&self, arguments: &[&str]) -> String {
        let target = root().join("target").display().to_string();
        let folder = self.0.display().to_string();
        let shared =
            ["-C", &folder, "env", &format!("CARGO_TARGET_DIR={target}"), "cargo"].map(str::to_owned);
        let line: Vec<&str> = shared.iter().map(String::as_str).chain(arguments.iter().copied()).collect();
        let said = run("env", &line, "").await;
        assert!(said.good, "cargo {arguments:?}: {}", said.out);
        said.out
    }

    async fn build(&self) -> PathBuf {
        self.renamed();
        // The whole workspace, so that dependencies have the features with which they were built already.
        self.said_by_cargo(&["build", "--offline", "--workspace", "--bin", PROGRAM]).await;
        programs().join(PROGRAM)
    }

    /// Nothing of it lies in the place of what the checkout builds.
    fn renamed(&self) {
        let path = self.0.join("gateway/server/Cargo.toml");
        let text = std::fs::read_to_string(&path).unwrap();
        let named = text.replace("[[bin]]\nname = \"wasl\"", &format!("[[bin]]\nname = \"{PROGRAM}\""));
        assert_ne!(named, text, "the program `wasl` is declared in another way");
        std::fs::write(&path, named).unwrap();
        // Cargo tells packages of one target folder apart by their version: without its own, what is built here would
        // be taken for the checkout's.
        let path = self.0.join("Cargo.toml");
        let text = std::fs::read_to_string(&path).unwrap();
        let numbered = text.replacen("\nversion = \"", "\nversion = \"6", 1);
        assert_ne!(numbered, text, "the workspace has no version");
        std::fs::write(&path, numbered).unwrap();
    }
}

/// All texts below a folder, by their path.
fn texts(folder: &Path, name: &str) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let own = entry.file_name().into_string().unwrap();
        let path = if name.is_empty() { own } else { format!("{name}/{own}") };
        if entry.file_type().unwrap().is_dir() {
            found.extend(texts(&entry.path(), &path));
        } else if let Ok(text) = std::fs::read_to_string(entry.path()) {
            found.insert(path, text);
        }
    }
    found
}

/// The law asks it about every building, and it serves the whole country: data, in the gateway's own folder.
const REVIEW: &str = "[[review]]\nagency = \"heritage\"\npermits = [\"repair\"]\nlimit = 10\nunit = \"doubtful\"\n\
                      basis = \"made up for a test\"\nvalid_from = 2019-01-01\n";
const COVERAGE: &str = "[[agency]]\nid = \"heritage-1\"\nkind = \"heritage\"\nname_fr = \"Inspection\"\n\
                        name_ar = \"المفتشية\"\nnation = true\nvalid_from = 2019-01-01\n";

/// Lets every role of the gateway know the sixth agency, and gives it a role of its own.
async fn join(gateway: &mut Gateway, copy: &Copy, agency: &Inspection) {
    let own = format!("adapter-{KIND}");
    let (layout, like) = (&gateway.layout, "adapter-land-registry");
    let passwords = secrets::path(layout, "broker-passwords.json");
    std::fs::copy(layout.config(like), layout.config(&own)).unwrap();
    settings::write(
        &layout.dir.join(format!("config/agencies/{KIND}.toml")),
        &[("adapter.endpoint", settings::text(&agency.address))],
    )
    .unwrap();
    let mut enabled: Vec<Toml> =
        settings::AGENCIES.iter().map(|kind| Toml::String((*kind).to_owned())).collect();
    enabled.push(Toml::String(KIND.to_owned()));
    let config = copy.0.join("config").display().to_string();
    for role in roles().iter().chain([&own, &"admin".to_owned()]) {
        gateway.set(role, "agencies.enabled", Toml::Array(enabled.clone()));
        gateway.set(role, "gateway.config_dir", Toml::String(config.clone()));
    }
    gateway.set(&own, "gateway.instance_name", Toml::String(own.clone()));
    gateway.set(&own, "broker.user", Toml::String(format!("wasl-{own}")));
    let file = gateway.layout.secrets().join(format!("broker-wasl-{own}"));
    gateway.set(&own, "broker.password_file", Toml::String(file.display().to_string()));
    let communes = SOUANI;
    let passwords = passwords.display().to_string();
    let (good, said) =
        gateway.wasl(&["topology", "apply", "--communes", communes, "--passwords", &passwords]).await;
    assert!(good, "{said}");
    let all: BTreeMap<String, String> = serde_json::from_slice(&std::fs::read(&passwords).unwrap()).unwrap();
    secrets::write_private(&file, &all[&format!("wasl-{own}")]).unwrap();
    gateway.passwords = all;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agency_is_added_by_its_folder_its_line_in_the_registry_and_its_settings() {
    let copy = Copy::make().await;
    copy.add();
    let touched = copy.touched();
    let (new, changed): (Vec<_>, Vec<_>) =
        touched.iter().partition(|(path, _)| !root().join(path.as_str()).exists());
    let place = |path: &str| {
        path.starts_with(&format!("adapters/src/{KIND}/")) || path == format!("config/agencies/{KIND}.toml")
    };
    assert!(new.iter().all(|(path, _)| place(path)), "{new:?}");
    let lines = [("adapters/src/lib.rs".to_owned(), 1), ("adapters/src/registry.rs".to_owned(), 1)];
    let changed: Vec<(String, usize)> =
        changed.into_iter().map(|(path, lines)| (path.clone(), *lines)).collect();
    assert_eq!(changed, lines, "the folder, its `mod`, its entry and its settings are all");

    // From here on: data of the law, which says who is asked about what.
    copy.append("config/procedures.toml", REVIEW);
    copy.append("config/agencies/coverage.toml", COVERAGE);
    let program = copy.build().await;
    copy.test().await;

    let agency = Inspection::open().await;
    let mut gateway = Gateway::lay("sixth", Options::default()).await;
    gateway.program = program;
    join(&mut gateway, &copy, &agency).await;
    gateway.go().await;
    gateway.run(&format!("adapter-{KIND}"));
    let mut commune = Commune::connect(&gateway, SOUANI).await;
    commune.submit("PCT-SIX", "repair", &[]).await;
    let told = commune
        .expect_that("the opinion of the sixth agency", |event| {
            is(event, "consultation.answered") && event["data"]["agency"] == KIND
        })
        .await;
    assert_eq!(text(&told, "/data/opinion/kind"), "unfavourable");
    assert!(text(&told, "/data/opinion/reason").contains("listed building"), "{told}");
    assert_eq!(agency.asked.load(Ordering::SeqCst), 1);
}
