//! Compiled dependencies, kept in the cache between checkouts: they change only with `Cargo.lock`, the
//! profiles and the compiler, and compiling them is the longest part of a first build.
//!
//! What cargo made of crates that are not ours is copied as it is, times included: cargo takes it for its own.

use crate::{cache, cargo, process};
use anyhow::{Context, Result};
use serde_json::Value;
use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::SystemTime,
};

/// Entries that are kept of each kind.
const KEPT: usize = 2;
/// The folders of a profile's folder that hold something of dependencies.
const FOLDERS: [&str; 3] = [".fingerprint", "build", "deps"];

/// The dependencies in one profile's folder.
pub(crate) struct Dependencies {
    /// Such as `deps-ci`.
    kind: String,
    /// What they are compiled from.
    pins: String,
    /// Such as `target/ci`.
    folder: PathBuf,
}

impl Dependencies {
    /// Those that a build with `profile` leaves in `folder`; `rustc` compiles them.
    pub(crate) fn of(profile: &str, folder: PathBuf, rustc: &mut Command) -> Result<Self> {
        let read = |name| fs::read_to_string(cargo::root().join(name));
        let pins = [
            process::capture(rustc.arg("-vV"))?,
            read("Cargo.toml")?,
            read("Cargo.lock")?,
        ];
        Ok(Self {
            kind: format!("deps-{profile}"),
            pins: pins.concat(),
            folder,
        })
    }

    /// Where nothing was built yet, copies what the cache has: made from the same, or the newest, of which
    /// cargo compiles again what differs.
    pub(crate) fn restore(&self) -> Result<()> {
        if self.folder.join(FOLDERS[0]).exists() {
            return Ok(());
        }
        let cache = cache::folder()?;
        let own = cache.join(self.name());
        let newest = || entries(&cache, &self.kind).ok()?.pop();
        let Some(from) = own.exists().then_some(own).or_else(newest) else {
            return Ok(());
        };
        fs::create_dir_all(&self.folder)?;
        copy(&from, &self.folder)
    }

    /// Keeps what was compiled, where the cache does not have it, and removes what is older.
    pub(crate) fn save(&self) -> Result<()> {
        let cache = cache::folder()?;
        let entry = cache.join(self.name());
        if entry.exists() {
            return Ok(());
        }
        let ours = ours()?;
        let new = cache.join(format!("{}.{}.new", self.name(), std::process::id()));
        for name in FOLDERS {
            let (from, to) = (self.folder.join(name), new.join(name));
            if !from.exists() {
                continue;
            }
            fs::create_dir_all(&to)?;
            let of_others = |path: &PathBuf| !is_ours(path, &ours);
            let paths = fs::read_dir(from)?.flatten().map(|entry| entry.path());
            let mut paths = Vec::from_iter(paths.filter(of_others));
            paths.sort();
            // As many as fit into a command line.
            for some in paths.chunks(200) {
                process::capture(cp().args(some).arg(&to))?;
            }
        }
        // Another process may have been quicker.
        if fs::rename(&new, &entry).is_err() {
            fs::remove_dir_all(&new)?;
        }
        let mut old = entries(&cache, &self.kind)?;
        old.truncate(old.len().saturating_sub(KEPT));
        old.iter()
            .try_for_each(fs::remove_dir_all)
            .context("old dependencies")
    }

    fn name(&self) -> String {
        format!("{}-{}", self.kind, cache::hash(&self.pins))
    }
}

/// The cache's whole entries of a kind, the newest last.
fn entries(cache: &Path, kind: &str) -> Result<Vec<PathBuf>> {
    let start = format!("{kind}-");
    let mut found = vec![];
    for entry in fs::read_dir(cache)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if name
            .strip_prefix(&start)
            .is_some_and(|hash| !hash.contains(['.', '-']))
        {
            found.push((entry.metadata()?.modified()?, entry.path()));
        }
    }
    found.sort();
    Ok(Vec::from_iter(
        found.into_iter().map(|(_, path): (SystemTime, _)| path),
    ))
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    process::capture(cp().arg(from.join(".")).arg(to)).map(drop)
}

/// `cp` that keeps the times: cargo compares them.
fn cp() -> Command {
    let mut cp = Command::new("cp");
    cp.args(["-R", "-p"]);
    cp
}

/// The names of the workspace's packages, as cargo and the compiler write them.
fn ours() -> Result<BTreeSet<String>> {
    let mut metadata = cargo::command(&["metadata", "--format-version", "1", "--no-deps"]);
    let metadata: Value = serde_json::from_str(&process::capture(&mut metadata)?)?;
    let packages = metadata["packages"].as_array().context("cargo metadata")?;
    let names = packages
        .iter()
        .filter_map(|package| package["name"].as_str());
    Ok(names
        .flat_map(|name| [name.to_owned(), name.replace('-', "_")])
        .collect())
}

/// Whether a folder such as `serde-0123456789abcdef` or a file such as `libserde-0123456789abcdef.rlib` is of a
/// package with one of these names, or a program: those among `deps` are our tests, whatever they are called.
fn is_ours(path: &Path, ours: &BTreeSet<String>) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let crate_name = name.rsplit_once('-').map_or(&*name, |(name, _)| name);
    let library = crate_name.strip_prefix("lib").unwrap_or(crate_name);
    let is_program = path.is_file() && path.extension().is_none();
    is_program || ours.contains(crate_name) || ours.contains(library)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_of_others_is_kept() {
        let ours = BTreeSet::from(["openclaw_core".to_owned()]);
        for (name, expected) in [
            ("libopenclaw_core-0123.rmeta", true),
            ("openclaw_core-0123.d", true),
            ("libc-0123.rlib", false),
            ("liblibc-0123.rlib", false),
            ("serde-0123", false),
        ] {
            assert_eq!(is_ours(Path::new(name), &ours), expected, "{name}");
        }
        // A test of ours that has a dependency's name.
        let harness = std::env::current_exe().unwrap();
        assert!(is_ours(&harness, &ours), "{}", harness.display());
    }

    #[test]
    fn the_newest_of_a_kind_is_the_last() {
        let cache = std::env::temp_dir().join(format!("openclaw-deps-{}", std::process::id()));
        for name in [
            "deps-ci-1",
            "deps-ci-2",
            "deps-ci-3.9.new",
            "deps-worker-ci-1",
        ] {
            fs::create_dir_all(cache.join(name)).unwrap();
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
        let found = entries(&cache, "deps-ci").unwrap();
        fs::remove_dir_all(&cache).unwrap();
        assert_eq!(found, [cache.join("deps-ci-1"), cache.join("deps-ci-2")]);
    }
}
