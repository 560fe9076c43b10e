//! What builds, deploys and tests the functions: the Python tools that `platforms/aws/python` pins, and
//! DynamoDB Local. All in the cache.

use crate::{cache, cargo, fetch, process, steps::Steps};
use anyhow::{Context, Result};
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

const REQUIREMENTS: &str = "platforms/aws/python/requirements.txt";
const POM: &str = "platforms/aws/dynamodb-local/pom.xml";
/// The pinned DynamoDB Local looks for its library without a version in the name.
const SQLITE: [&str; 2] = [
    "libsqlite4java-linux-amd64-1.0.392.so",
    "libsqlite4java-linux-amd64.so",
];

/// What is needed beside Rust.
pub(crate) struct Tools {
    /// A Python that has SAM, cargo-lambda, MiniStack and boto3.
    pub(crate) python: PathBuf,
    /// The folder of DynamoDB Local's archives.
    pub(crate) dynamodb: PathBuf,
}

impl Tools {
    /// All of it, in steps; at once where it is there.
    pub(crate) fn install() -> Result<Self> {
        let mut steps = Steps::new(2);
        let there = cache::has("aws-python", &fetch::python_pins(REQUIREMENTS)?)?;
        let what = format!("SAM, cargo-lambda, MiniStack: {}", how(there));
        let python = steps.step(&what, python)?;
        let there = cache::has("dynamodb-local", &fetch::pins(POM)?)?;
        let what = format!("DynamoDB Local: {}", how(there));
        let dynamodb = steps.step(&what, dynamodb)?;
        Ok(Self { python, dynamodb })
    }

    /// The folder of the Python tools' programs.
    pub(super) fn programs(&self) -> &Path {
        self.python.parent().unwrap_or(&self.python)
    }

    /// `platforms/aws/tables.py`, at a DynamoDB on this machine.
    pub(crate) fn tables(&self) -> Command {
        let mut command = Command::new(&self.python);
        command.arg(cargo::root().join("platforms/aws/tables.py"));
        command.envs(super::dynamodb::CREDENTIALS);
        command
    }
}

const fn how(there: bool) -> &'static str {
    match there {
        true => "there",
        false => "fetching (first time only)",
    }
}

fn python() -> Result<PathBuf> {
    fetch::python_with("aws-python", REQUIREMENTS)
}

fn dynamodb() -> Result<PathBuf> {
    process::capture(Command::new("java").arg("-version")).context(
        "Java 17 or newer is needed for DynamoDB Local (Debian: openjdk-17-jre-headless)",
    )?;
    let entry = cache::entry("dynamodb-local", &fetch::pins(POM)?, fill)?;
    Ok(entry.join("lib"))
}

fn fill(entry: &Path) -> Result<()> {
    let lib = entry.join("lib");
    fetch::maven(POM, &lib)?;
    let [named, expected] = SQLITE.map(|name| lib.join(name));
    // Other machines have another library, under its right name.
    if named.exists() {
        fs::copy(named, expected)?;
    }
    Ok(())
}
