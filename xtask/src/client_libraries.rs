//! The client libraries in `sdks/`: checked, built and tested by a program there, with the tools that they pin.

use crate::{cargo, clients::Clients, fetch, node, process};
use anyhow::Result;
use std::{
    env, iter,
    path::{Path, PathBuf},
    process::Command,
};

/// What the libraries have in common, written from the document.
const GENERATOR: &str = "sdks/generate/generate.py";
/// Checks, builds and tests them.
const CHECK: &str = "sdks/check.py";
/// Where that leaves what it built, for the conformance suite.
const BUILT: &str = "target/sdks";
/// Tells the suite where that is.
const VARIABLE: &str = "OPENCLAW_SDKS";

/// What they are checked with.
pub(crate) struct ClientLibraries {
    /// A Python that has what `sdks/python` pins.
    python: PathBuf,
    node: PathBuf,
    /// The `node_modules` of what `sdks/js` pins.
    node_modules: PathBuf,
    /// Where Go's programs are, where the machine has none.
    go: Option<PathBuf>,
}

impl ClientLibraries {
    /// Fetches what is missing.
    pub(crate) fn install() -> Result<Self> {
        Ok(Self {
            python: fetch::python_with("libraries-python", "sdks/python/requirements.txt")?,
            node: node::node()?,
            node_modules: fetch::npm_ci("libraries-node", "sdks/js")?,
            go: go()?,
        })
    }

    /// Runs all their checks and tests, and prints what passed in TAP. The browser is that of `clients`.
    pub(crate) fn check(&self, clients: &Clients) -> Result<Command> {
        let mut check = Command::new(&self.python);
        clients.give(&mut check);
        check.arg(CHECK).current_dir(cargo::root());
        check.env("OPENCLAW_SDK_PYTHON", &self.python);
        check.env("OPENCLAW_NODE", &self.node);
        check.env("OPENCLAW_SDK_NODE_MODULES", &self.node_modules);
        if let Some(go) = &self.go {
            let path = env::var_os("PATH").unwrap_or_default();
            let all = iter::once(go.clone()).chain(env::split_paths(&path));
            check.env("PATH", env::join_paths(all)?);
        }
        Ok(check)
    }

    /// Tells the suite where they are.
    pub(crate) fn give(&self, suite: &mut Command) {
        suite.env(VARIABLE, cargo::root().join(BUILT));
        suite.env("OPENCLAW_SDK_PYTHON", &self.python);
        suite.env("OPENCLAW_SDK_NODE_MODULES", &self.node_modules);
        if let Some(go) = &self.go {
            suite.env("OPENCLAW_GO", go.join("go"));
        }
    }
}

/// Go from the registry of Python's packages, where the machine has none.
fn go() -> Result<Option<PathBuf>> {
    if process::capture(Command::new("go").arg("version")).is_ok() {
        return Ok(None);
    }
    let python = fetch::python_with("go", "sdks/go/tools/requirements.txt")?;
    let print = "import sysconfig; print(sysconfig.get_path('purelib'))";
    let packages = process::capture(Command::new(&python).args(["-c", print]))?;
    Ok(Some(Path::new(packages.trim()).join("go/bin")))
}

/// Writes their types and methods anew from the document.
pub(crate) fn generate() -> Result<()> {
    let generator = cargo::root().join(Path::new(GENERATOR));
    process::run(Command::new("python3").arg(generator))
}
