//! House rules that no lint knows, as one test.

use crate::cargo;
use std::{
    fs,
    path::{Path, PathBuf},
};

/// Names that say nothing about what is inside.
const EMPTY_NAMES: [&str; 6] = ["common", "helper", "helpers", "misc", "util", "utils"];
/// Folders that are not the project's own text.
const NOT_OURS: [&str; 8] = [
    ".git",
    "__pycache__",
    ".venv",
    "data",
    "dist",
    "node_modules",
    "target",
    ".wrangler",
];
/// Lines in a file, tests included.
const MAX_LINES: usize = 600;

/// What is wrong with one file, each as a sentence.
fn faults(path: &Path, text: &str) -> Vec<String> {
    let mut faults = vec![];
    let inside = path.strip_prefix(cargo::root()).unwrap_or(path);
    for part in inside.iter().filter_map(|part| Path::new(part).file_stem()) {
        if EMPTY_NAMES.iter().any(|name| part == *name) {
            let part = part.display();
            faults.push(format!(
                "`{part}` says nothing: name it after what is inside"
            ));
        }
    }
    if inside.extension().is_some_and(|end| end == "rs") {
        faults.extend(rust_faults(inside, text));
    }
    if inside.ends_with("Cargo.toml") && text.contains("[package]") {
        let inherited = text.contains("[lints]\nworkspace = true");
        if !inherited {
            faults.push("add `[lints]` with `workspace = true`: the house lints are there".into());
        }
    }
    if !text.is_empty() && !text.ends_with('\n') {
        faults.push("end the last line".into());
    }
    faults
}

fn rust_faults(path: &Path, text: &str) -> Vec<String> {
    let mut faults = vec![];
    let lines = text.lines().count();
    if lines > MAX_LINES {
        faults.push(format!(
            "{lines} lines: split it where its concerns part (at most {MAX_LINES})"
        ));
    }
    let name = path.file_name().unwrap_or_default();
    let is_root = name == "lib.rs" || name == "main.rs";
    if is_root && !text.starts_with("//!") {
        faults.push("begin with `//!`: what is this crate for?".into());
    }
    let is_example = |line: &str| ["//! ```", "/// ```"].contains(&line.trim());
    if text.lines().any(is_example) {
        faults.push("make a test of the example: nobody compiles what stands in docs".into());
    }
    // Put together here, so that this file does not hold them.
    for mark in [["TO", "DO"].concat(), ["FIX", "ME"].concat()] {
        if text.contains(&format!("// {mark}")) {
            faults.push(format!("`{mark}`: do it, or open an issue"));
        }
    }
    faults
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let (path, name) = (entry.path(), entry.file_name());
        if NOT_OURS.iter().any(|other| name == *other) {
            continue;
        }
        match entry.file_type().unwrap() {
            kind if kind.is_dir() => files(&path, found),
            kind if kind.is_file() => found.push(path),
            _ => {}
        }
    }
}

#[test]
fn the_house_rules_hold() {
    let mut found = vec![];
    files(cargo::root(), &mut found);
    let mut wrong = vec![];
    for path in &found {
        // Fixtures are as their makers wrote them; what is not text has no lines.
        let is_fixture = path.iter().any(|part| part == "fixtures");
        let Ok(text) = fs::read_to_string(path) else {
            continue;
        };
        if !is_fixture {
            let faults = faults(path, &text);
            wrong.extend(
                faults
                    .iter()
                    .map(|fault| format!("{}: {fault}", path.display())),
            );
        }
    }
    assert!(found.len() > 50, "only {} files found", found.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn each_rule_finds_its_fault() {
    let long = "\n".repeat(MAX_LINES + 1);
    let mark = ["// TO", "DO later\n"].concat();
    for (path, text) in [
        ("shared/core/src/utils.rs", "\n"),
        ("shared/helpers/src/id.rs", "\n"),
        ("shared/core/src/id.rs", long.as_str()),
        ("shared/core/src/id.rs", "fn f() {}"),
        ("shared/core/src/id.rs", mark.as_str()),
        ("shared/core/src/id.rs", "/// ```\nfn f() {}\n"),
        ("shared/core/src/lib.rs", "mod id;\n"),
        ("shared/core/Cargo.toml", "[package]\n"),
    ] {
        let path = cargo::root().join(path);
        assert_eq!(faults(&path, text).len(), 1, "{}", path.display());
    }
    let fine = cargo::root().join("shared/core/src/id.rs");
    assert_eq!(faults(&fine, "//! Ids.\n"), Vec::<String>::new());
}
