//! The clients that the conformance suite runs unmodified: SDKs, and what speaks WebSocket.

use crate::{fetch, node, process, steps::Steps};
use anyhow::{Context, Result};
use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
};

/// The folder of the npm packages' pins.
const NPM: &str = "tests/sdk/node";
/// The pins of documents that no one here wrote: what parsers of others are tested with.
const DOCUMENTS: &str = "tests/sdk/documents/pom.xml";
/// Says where the browser is, where it is not npm's.
const CHROMIUM: &str = "OPENCLAW_CHROMIUM";
/// Unpacks npm's Chromium into the temporary folder, and prints where it is.
const UNPACK: &str = "import(process.argv[1]).then(async ({ default: chromium }) => {
    chromium.setGraphicsMode = false;
    console.log(await chromium.executablePath());
})";

/// They.
pub(crate) struct Clients {
    /// A Python that has what `tests/sdk/python` pins.
    python: PathBuf,
    /// A Node that has a WebSocket of its own.
    node: PathBuf,
    /// The `node_modules` of what `tests/sdk/node` pins.
    node_modules: PathBuf,
    /// A browser.
    chromium: PathBuf,
    /// A folder with archives of documents.
    documents: PathBuf,
}

impl Clients {
    /// All of them, in 5 steps.
    pub(crate) fn install(steps: &mut Steps) -> Result<Self> {
        let pins = "tests/sdk/python/requirements.txt";
        let python = steps.step("clients in Python", || {
            fetch::python_with("sdk-python", pins)
        })?;
        let node = steps.step(&node::step(), node::node)?;
        let node_modules = steps.step("clients in Node", || fetch::npm_ci("sdk-node", NPM))?;
        let chromium = steps.step("a browser: Chromium, headless", || {
            chromium(&node, &node_modules)
        })?;
        let documents = steps.step("documents that no one here wrote", documents)?;
        Ok(Self {
            python,
            node,
            node_modules,
            chromium,
            documents,
        })
    }

    /// Tells the suite where they are.
    pub(crate) fn give(&self, suite: &mut Command) {
        suite.env("OPENCLAW_PYTHON", &self.python);
        suite.env("OPENCLAW_NODE", &self.node);
        suite.env("OPENCLAW_NODE_MODULES", &self.node_modules);
        suite.env(CHROMIUM, &self.chromium);
        suite.env("OPENCLAW_DOCUMENTS", &self.documents);
    }
}

fn documents() -> Result<PathBuf> {
    let fill = |entry: &Path| fetch::maven(DOCUMENTS, &entry.join("lib"));
    let folder = crate::cache::entry("documents", &fetch::pins(DOCUMENTS)?, fill)?;
    Ok(folder.join("lib"))
}

/// The browser: whichever is named, else npm's, which is for Linux on x86-64.
fn chromium(node: &Path, node_modules: &Path) -> Result<PathBuf> {
    if let Some(named) = env::var_os(CHROMIUM).filter(|path| !path.is_empty()) {
        return Ok(named.into());
    }
    let pins = fetch::pins(&format!("{NPM}/package-lock.json"))?;
    let folder = crate::cache::entry("chromium", &pins, |entry| {
        unpack(node, node_modules, entry).with_context(|| {
            format!("npm's Chromium does not run here: install one and set {CHROMIUM} to its path")
        })
    })?;
    Ok(folder.join("chromium"))
}

/// Into `folder`, and whether it starts.
fn unpack(node: &Path, node_modules: &Path, folder: &Path) -> Result<()> {
    let package = node_modules.join("@sparticuz/chromium/build/index.js");
    let mut unpack = Command::new(node);
    unpack.args(["--eval", UNPACK]).arg(package);
    process::capture(unpack.env("TMPDIR", folder))?;
    process::capture(Command::new(folder.join("chromium")).arg("--version"))?;
    Ok(())
}
