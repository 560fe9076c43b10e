//! What the workspace is built from: allowed by `deny.toml`, and used.
//!
//! cargo-deny and a checker of unused dependencies take longer to compile than everything else that `test`
//! needs; what is asked here stands in cargo's own metadata.

use crate::cargo;
use cargo_metadata::{Dependency, DependencyKind, Metadata, MetadataCommand, Package};
use serde_json::Value;
use std::{collections::BTreeSet, fs, path::Path};

fn metadata() -> Metadata {
    let mut command = MetadataCommand::new();
    let options = ["--locked".to_owned()];
    command
        .current_dir(cargo::root())
        .other_options(options)
        .exec()
        .unwrap()
}

fn rules() -> Value {
    let text = fs::read_to_string(cargo::root().join("deny.toml")).unwrap();
    serde_json::to_value(text.parse::<toml::Table>().unwrap()).unwrap()
}

/// The texts in a list of texts.
fn texts(list: &Value) -> BTreeSet<&str> {
    list.as_array()
        .unwrap()
        .iter()
        .map(|text| text.as_str().unwrap())
        .collect()
}

/// Whether an SPDX expression can be met with `allowed` licences. `/` is an old `OR`; `AND` binds closer.
fn is_met(expression: &str, allowed: &BTreeSet<&str>) -> bool {
    let spaced = expression
        .replace('/', " OR ")
        .replace('(', " ( ")
        .replace(')', " ) ");
    let words = Vec::from_iter(spaced.split_whitespace());
    let mut at = 0;
    either(&words, &mut at, allowed) && at == words.len()
}

fn either(words: &[&str], at: &mut usize, allowed: &BTreeSet<&str>) -> bool {
    let mut met = both(words, at, allowed);
    while words.get(*at) == Some(&"OR") {
        *at += 1;
        met |= both(words, at, allowed);
    }
    met
}

fn both(words: &[&str], at: &mut usize, allowed: &BTreeSet<&str>) -> bool {
    let mut met = one(words, at, allowed);
    while words.get(*at) == Some(&"AND") {
        *at += 1;
        met &= one(words, at, allowed);
    }
    met
}

fn one(words: &[&str], at: &mut usize, allowed: &BTreeSet<&str>) -> bool {
    let word = words.get(*at).copied().unwrap_or_default();
    *at += 1;
    if word == "(" {
        let met = either(words, at, allowed);
        *at += 1;
        return met;
    }
    if words.get(*at) == Some(&"WITH") {
        // What an exception permits beside the licence we do not need.
        *at += 2;
    }
    allowed.contains(word)
}

#[test]
fn licences_and_sources_are_allowed_and_no_crate_is_banned() {
    let (metadata, rules) = (metadata(), rules());
    let allowed = texts(&rules["licenses"]["allow"]);
    let registries = texts(&rules["sources"]["allow-registry"]);
    let banned = rules["bans"]["deny"].as_array().unwrap().iter();
    let banned = BTreeSet::from_iter(banned.map(|ban| ban["crate"].as_str().unwrap()));
    let mut wrong = vec![];
    for package in &metadata.packages {
        let named = format!("{} {}", package.name, package.version);
        let licence = package.license.as_deref().unwrap_or("no licence");
        if !is_met(licence, &allowed) {
            wrong.push(format!("{named}: {licence}"));
        }
        let ours = package.manifest_path.starts_with(cargo::root());
        let source = package.source.as_ref().map_or("", |source| &*source.repr);
        let registry = source.strip_prefix("registry+").unwrap_or_default();
        if !ours && !registries.contains(registry) {
            wrong.push(format!("{named}: from `{source}`"));
        }
        if banned.contains(package.name.as_str()) {
            wrong.push(format!("{named}: banned by deny.toml"));
        }
    }
    assert!(metadata.packages.len() > 100 && !banned.is_empty());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn expressions_are_read_as_spdx_means_them() {
    let allowed = BTreeSet::from(["MIT", "ISC"]);
    for (expression, expected) in [
        ("MIT", true),
        ("GPL-3.0", false),
        ("GPL-3.0 OR MIT", true),
        ("Unlicense/MIT", true),
        ("MIT AND ISC", true),
        ("MIT AND GPL-3.0", false),
        ("(GPL-3.0 OR MIT) AND ISC", true),
        ("GPL-3.0 OR MIT AND GPL-2.0", false),
        ("GPL-3.0 WITH LLVM-exception OR MIT", true),
        ("MIT MIT", false),
        ("", false),
    ] {
        assert_eq!(is_met(expression, &allowed), expected, "{expression}");
    }
}

/// The words in a folder's Rust, without its comments.
fn words(folder: &Path, found: &mut BTreeSet<String>) {
    let Ok(entries) = fs::read_dir(folder) else {
        return;
    };
    for path in entries.map(|entry| entry.unwrap().path()) {
        if path.is_dir() {
            // Another package is its own.
            if !path.join("Cargo.toml").exists() {
                words(&path, found);
            }
        } else if path.extension().is_some_and(|end| end == "rs") {
            let text = fs::read_to_string(path).unwrap();
            let code = text
                .lines()
                .filter(|line| !line.trim_start().starts_with("//"));
            let is_between = |letter: char| !letter.is_alphanumeric() && letter != '_';
            found.extend(code.flat_map(|line| line.split(is_between).map(str::to_owned)));
        }
    }
}

/// Whether a package says of a dependency that it is there for what it does to others, where cargo-machete
/// looks for it.
fn is_excused(package: &Package, name: &str) -> bool {
    let excused = &package.metadata["cargo-machete"]["ignored"];
    excused
        .as_array()
        .into_iter()
        .flatten()
        .any(|excused| excused == name)
}

/// What the package's own code calls it.
fn name(dependency: &Dependency) -> &str {
    dependency.rename.as_ref().unwrap_or(&dependency.name)
}

#[test]
fn every_dependency_is_used() {
    let metadata = metadata();
    let mut wrong = vec![];
    for package in metadata.workspace_packages() {
        let folder = package.manifest_path.parent().unwrap().as_std_path();
        let (mut library, mut all) = (BTreeSet::new(), BTreeSet::new());
        words(&folder.join("src"), &mut library);
        words(folder, &mut all);
        let is_used = |dependency: &Dependency| {
            let name = name(dependency);
            let words = match dependency.kind {
                DependencyKind::Normal => &library,
                _ => &all,
            };
            words.contains(&name.replace('-', "_")) || is_excused(package, name)
        };
        let unused = package
            .dependencies
            .iter()
            .filter(|dependency| !is_used(dependency));
        wrong.extend(unused.map(|unused| format!("{}: {}", package.name, name(unused))));
    }
    assert!(wrong.is_empty(), "nobody uses\n{}", wrong.join("\n"));
}
