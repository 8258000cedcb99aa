//! What `deny.toml` says of bans, licences and sources, kept without cargo-deny. The tree is cargo's own: this
//! platform, with the features that are really on (`make deny` looks at the other platforms too).

use std::process::Command;

use crate::licence::is_met;
use crate::tree::{Tree, root};
use crate::{exactly, none};

struct Package {
    name: String,
    licence: String,
}

/// Who is wrongly there, by name and licence.
fn faults(packages: &[Package], rules: &toml::Table) -> Vec<String> {
    let empty = Vec::new();
    let list = |section: &str, key: &str| rules[section][key].as_array().unwrap_or(&empty).clone();
    let allowed: Vec<String> =
        list("licenses", "allow").iter().filter_map(|v| v.as_str().map(str::to_owned)).collect();
    let banned = list("bans", "deny");
    let ban =
        |name: &str| banned.iter().find(|b| b["crate"].as_str() == Some(name) && b.get("wrappers").is_none());
    let mut faults = Vec::new();
    for Package { name, licence } in packages {
        if let Some(ban) = ban(name) {
            faults.push(format!(
                "{name} is banned by deny.toml: {}",
                ban["reason"].as_str().unwrap_or_default()
            ));
        }
        if !is_met(licence, &allowed) {
            faults.push(format!("{name} stands under `{licence}`, which deny.toml does not allow"));
        }
    }
    faults
}

fn rules() -> toml::Table {
    Tree::repository().text("deny.toml").unwrap().parse().unwrap()
}

fn packages() -> Vec<Package> {
    let arguments = ["tree", "--workspace", "--locked", "--offline", "--prefix", "none"];
    let format = ["--edges", "normal,build,dev", "--format", "{p}|{l}"];
    let told = Command::new(env!("CARGO")).args(arguments).args(format).current_dir(root()).output().unwrap();
    assert!(told.status.success(), "{}", String::from_utf8_lossy(&told.stderr));
    let lines = String::from_utf8(told.stdout).unwrap();
    let packages = lines.lines().filter(|line| !line.is_empty()).map(|line| {
        let (package, licence) = line.split_once('|').unwrap();
        let name = package.split(' ').next().unwrap_or_default();
        Package { name: name.to_owned(), licence: licence.trim_end_matches(" (*)").to_owned() }
    });
    packages.collect()
}

#[test]
fn nothing_banned_and_no_licence_that_binds_is_in_the_tree() {
    let packages = packages();
    assert!(packages.iter().any(|p| p.name == "rustls"), "the tree was not read");
    none(&faults(&packages, &rules()));
}

#[test]
fn a_second_tls_stack_and_a_binding_licence_are_seen() {
    let package = |name: &str, licence: &str| Package { name: name.to_owned(), licence: licence.to_owned() };
    let planted = [package("ring", "Apache-2.0 AND ISC"), package("x", "GPL-3.0-only"), package("y", "MIT")];
    exactly(&faults(&planted, &rules()), &["ring is banned", "x stands under"]);
}

/// Sources in `Cargo.lock` other than the public registry; checksums that are missing.
fn foreign(lock: &toml::Table, rules: &toml::Table) -> Vec<String> {
    let allowed: Vec<String> = rules["sources"]["allow-registry"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|v| v.as_str().map(|url| format!("registry+{url}")))
        .collect();
    let from = |package: &toml::Value| {
        let source = package.get("source")?.as_str()?.to_owned();
        let known = allowed.contains(&source) && package.get("checksum").is_some();
        (!known).then(|| format!("{} comes from {source}", package["name"]))
    };
    lock["package"].as_array().into_iter().flatten().filter_map(from).collect()
}

#[test]
fn everything_comes_from_the_public_registry() {
    none(&foreign(&Tree::repository().text("Cargo.lock").unwrap().parse().unwrap(), &rules()));
    let planted = "[[package]]\nname = \"x\"\nsource = \"git+https://example.org/x\"".parse().unwrap();
    exactly(&foreign(&planted, &rules()), &["x\" comes from git"]);
}
