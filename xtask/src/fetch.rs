//! What registries other than Rust's have, fetched once into the cache: virtual environments by pip, packages
//! by npm and Maven. All is pinned by files of the checkout, with a hash of every archive.

use crate::{cache, cargo, process};
use anyhow::{Context, Result, bail};
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

const COPY: &str = "org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies";

/// The oldest Python that the pinned packages have wheels for.
const PYTHON: (u32, u32) = (3, 10);

/// A Python that has what the file `requirements` pins.
pub(crate) fn python_with(name: &str, requirements: &str) -> Result<PathBuf> {
    let entry = cache::entry(name, &python_pins(requirements)?, |entry| {
        venv(entry, requirements).map(|_| ())
    })?;
    Ok(interpreter(&entry))
}

/// The `node_modules` of what the lock file in `folder` pins, without anybody's install scripts.
pub(crate) fn npm_ci(name: &str, folder: &str) -> Result<PathBuf> {
    let lock = pins(&format!("{folder}/package-lock.json"))?;
    let entry = cache::entry(name, &lock, |entry| {
        for file in ["package.json", "package-lock.json"] {
            let from = cargo::root().join(folder).join(file);
            fs::copy(&from, entry.join(file))
                .with_context(|| format!("cannot copy {}", from.display()))?;
        }
        let arguments = ["ci", "--no-audit", "--no-fund", "--ignore-scripts"];
        process::capture(Command::new("npm").args(arguments).current_dir(entry))
            .context("npm is needed (node and npm)")?;
        Ok(())
    })?;
    Ok(entry.join("node_modules"))
}

/// Copies the archives that the file `pom` pins into a folder. Maven holds each against its checksum.
pub(crate) fn maven(pom: &str, into: &Path) -> Result<()> {
    let mut maven = Command::new("mvn");
    maven.args(["--batch-mode", "--quiet", "--file"]);
    maven.arg(cargo::root().join(pom)).arg(COPY);
    maven.arg(format!("-DoutputDirectory={}", into.display()));
    process::capture(&mut maven)
        .with_context(|| format!("Maven is needed to fetch what {pom} pins (Debian: maven)"))?;
    Ok(())
}

/// A virtual environment in `entry` with what `requirements` pins; its Python.
pub(crate) fn venv(entry: &Path, requirements: &str) -> Result<PathBuf> {
    let folder = entry.join("venv");
    process::capture(
        Command::new("python3").args(["-m", "venv"]).arg(folder))
    .context("python3 cannot make a virtual environment; where `ensurepip` is missing (Debian, Ubuntu): apt-get install python3-venv")?;
    let python = interpreter(entry);
    let arguments = ["-m", "pip", "install", "--disable-pip-version-check"];
    let mut pip = Command::new(&python);
    pip.args(arguments)
        .args(["--no-input", "--only-binary", ":all:", "--quiet"])
        .args(["--require-hashes", "--no-deps", "-r"])
        .arg(cargo::root().join(requirements));
    process::capture(&mut pip)
        .with_context(|| format!("cannot install what {requirements} pins"))?;
    Ok(python)
}

pub(crate) fn interpreter(entry: &Path) -> PathBuf {
    entry.join("venv/bin/python")
}

/// What an entry is made from: the pins, and for which machine.
pub(crate) fn pins(file: &str) -> Result<String> {
    let path = cargo::root().join(file);
    let text =
        fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let (os, arch) = (std::env::consts::OS, std::env::consts::ARCH);
    Ok(format!("{os} {arch}\n{text}"))
}

/// What a virtual environment is made from: the pins, and the Python that it points to.
pub(crate) fn python_pins(file: &str) -> Result<String> {
    let print = "import sys; print(*sys.version_info[:2]); print(sys.executable)";
    let python = process::capture(Command::new("python3").args(["-c", print]))
        .context("Python is needed (python3)")?;
    let mut numbers = python
        .split_whitespace()
        .map(|word| word.parse().unwrap_or(0));
    let found = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
    if found < PYTHON {
        let ((major, minor), (old, older)) = (PYTHON, found);
        bail!("Python {major}.{minor} or newer is needed; python3 is {old}.{older}");
    }
    Ok(python + &pins(file)?)
}
