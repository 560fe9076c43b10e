//! The Rust that compiles for Workers: one with the library's sources, because a panic that costs
//! one request only needs the library compiled anew (`-Zbuild-std`). A stable compiler does that
//! when it is told to (`RUSTC_BOOTSTRAP`).

use crate::{cargo, process};
use anyhow::{Context, Result, bail};
use std::{
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

/// What Workers are compiled for.
pub(crate) const TARGET: &str = "wasm32-unknown-unknown";

/// The oldest compiler that was tried.
const OLDEST: u32 = 95;

/// More than rustup takes where it can reach its server.
const RUSTUP_LIMIT: Duration = Duration::from_secs(180);

/// Debian's compiler with what it needs for wasm.
const PACKAGES: &str = "rustc-web cargo-web rust-web-src rust-web-llvm lld-22";

/// What a cargo that runs us has set for itself: the Workers' is another one.
const NOT_OURS: [&str; 8] = [
    "CARGO",
    "CARGO_BUILD_TARGET",
    "CARGO_ENCODED_RUSTFLAGS",
    "RUSTC",
    "RUSTC_WORKSPACE_WRAPPER",
    "RUSTDOC",
    "RUSTFLAGS",
    "RUSTUP_TOOLCHAIN",
];

/// A cargo and compiler that can.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Rust {
    cargo: PathBuf,
    rustc: PathBuf,
    /// Where the compiler brings none of its own.
    linker: Option<PathBuf>,
}

impl Rust {
    /// One that is installed; without one, rustup adds the library's sources to its own.
    pub(crate) fn install() -> Result<Self> {
        if let Some(found) = find() {
            return Ok(found);
        }
        rustup().with_context(|| {
            format!("Rust's library sources are missing; where rustup cannot fetch them, Debian has {PACKAGES}")
        })?;
        find().context("rustup's library sources are not of this compiler")
    }

    /// Whether it is new enough and has the library's sources.
    fn can(&self) -> bool {
        let sources = self.library().join("Cargo.toml");
        let version = process::capture(Command::new(&self.rustc).arg("--version"));
        sources.exists() && version.is_ok_and(|version| minor(&version) >= OLDEST)
    }

    /// The folder of the library's sources.
    pub(crate) fn library(&self) -> PathBuf {
        let sysroot = self.rustc.ancestors().nth(2).unwrap_or(Path::new("/"));
        sysroot.join("lib/rustlib/src/rust/library")
    }

    /// The compiler.
    pub(crate) fn rustc(&self) -> Command {
        Command::new(&self.rustc)
    }

    /// `cargo` at the top of the checkout, compiling with this.
    pub(crate) fn command(&self) -> Command {
        let mut command = cargo::program(&self.cargo);
        NOT_OURS.iter().for_each(|name| {
            command.env_remove(name);
        });
        command.env("RUSTC", &self.rustc);
        if let Some(linker) = &self.linker {
            command.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", linker);
        }
        command
    }
}

fn find() -> Option<Rust> {
    of_rustup().or_else(of_debian)
}

/// rustup's, by its own paths: the proxies in front of it look at the environment.
fn of_rustup() -> Option<Rust> {
    let mut which = Command::new("rustup");
    which.args(["which", "rustc"]).current_dir(cargo::root());
    let rustc = PathBuf::from(process::capture(&mut which).ok()?.trim());
    let bin = rustc.parent()?;
    let rust = Rust {
        cargo: bin.join("cargo"),
        rustc: bin.join("rustc"),
        linker: None,
    };
    rust.can().then_some(rust)
}

fn of_debian() -> Option<Rust> {
    let there = |path: &str| Path::new(path).exists().then(|| PathBuf::from(path));
    let rust = Rust {
        cargo: there("/usr/bin/cargo")?,
        rustc: there("/usr/bin/rustc")?,
        // A link to lld, which is a package of its own: without it the link points nowhere.
        linker: Some(there("/usr/bin/rust-lld")?),
    };
    rust.can().then_some(rust)
}

/// The minor version in `rustc 1.96.0 (…)`.
fn minor(version: &str) -> u32 {
    let number = version.strip_prefix("rustc 1.").unwrap_or_default();
    let minor = number.split('.').next().unwrap_or_default();
    minor.parse().unwrap_or(0)
}

fn rustup() -> Result<()> {
    let mut add = Command::new("rustup");
    add.args(["component", "add", "rust-src"]);
    add.current_dir(cargo::root());
    let added = process::lines(&mut add, RUSTUP_LIMIT, |_| {})?;
    match added.success() {
        true => Ok(()),
        false => bail!("`rustup component add rust-src`: {added}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_library_is_beside_the_compiler() {
        let rust = Rust {
            cargo: "/rust/bin/cargo".into(),
            rustc: "/rust/bin/rustc".into(),
            linker: None,
        };
        let library = Path::new("/rust/lib/rustlib/src/rust/library");
        assert_eq!(rust.library(), library);
    }

    #[test]
    fn versions_are_read() {
        assert_eq!(
            minor("rustc 1.96.0 (ac68faa20 2026-05-25) (built from a source tarball)"),
            96
        );
        assert_eq!(minor("rustc 1.97.0-nightly (1234 2026-05-25)"), 97);
        assert_eq!(minor("rustc 2.0.0"), 0);
    }
}
