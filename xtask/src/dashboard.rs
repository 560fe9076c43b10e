//! The dashboard's folder, built by npm's packages: what the server embeds and Workers serve.

use crate::{cache, cargo, clients::Clients, fetch, node, process, steps::Steps};
use anyhow::{Context, Result, bail};
use std::{
    env,
    fs::{self, File},
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    process::Command,
};

/// The folder of its sources and pins.
const FOLDER: &str = "dashboard";
/// What is built.
pub(crate) const DIST: &str = "dashboard/dist";
/// What it is made from beside its own folder.
const SDK: &str = "sdks/js/src";
/// What is made, or fetched, and never read.
const MADE: [&str; 3] = ["node_modules", "dist", "e2e"];

/// Builds it into `dashboard/dist`, where its sources are not those of the last build. Who comes at the same
/// time waits.
pub(crate) fn build() -> Result<()> {
    let dist = cargo::root().join(DIST);
    fs::create_dir_all(&dist)?;
    let lock = File::create(dist.join(".lock"))?;
    lock.lock()?;
    let (stamp, sources) = (dist.join(".sources"), sources()?);
    if fs::read_to_string(&stamp).is_ok_and(|built| built == sources) {
        return Ok(());
    }
    let arguments = ["build", "--logLevel", "warn"];
    process::capture(tool("vite/bin/vite.js")?.args(arguments))
        .context("the dashboard's build failed")?;
    fs::write(stamp, sources)?;
    Ok(())
}

/// Checks its types, and tests what needs no browser.
pub(crate) fn check() -> Result<()> {
    let types = ["--tsconfig", "./tsconfig.json", "--fail-on-warnings"];
    process::capture(tool("svelte-check/bin/svelte-check")?.args(types))
        .context("the dashboard's types")?;
    process::capture(tool("vitest/vitest.mjs")?.arg("run")).context("the dashboard's units")?;
    Ok(())
}

/// What it looks like and what it weighs, which is the same wherever it is served.
pub(crate) const PAGES: [&str; 3] = [
    "e2e/pages.test.mjs",
    "e2e/speed.test.mjs",
    "e2e/budget.test.mjs",
];
/// What people do in it.
pub(crate) const WAYS: [&str; 2] = ["e2e/ways.test.mjs", "e2e/operator.test.mjs"];

/// `node --test` over programs of its folder. They want OPENCLAW_TARGET with what that needs, OPENCLAW_UPSTREAM
/// and OPENCLAW_CHROMIUM.
pub(crate) fn in_browser(programs: &[&str]) -> Result<Command> {
    let folder = cargo::root().join(FOLDER);
    node_modules(&folder)?;
    let mut tests = Command::new(node::node()?);
    tests.args(["--test", "--test-reporter=tap", "--test-concurrency=2"]);
    tests.args(programs).current_dir(folder);
    Ok(tests)
}

/// Fills the data folder `data` with a month of requests; the key of their account.
pub(crate) fn demo(data: &Path) -> Result<String> {
    let mut demo = Command::new(node::node()?);
    demo.arg("e2e/demo.mjs");
    demo.current_dir(cargo::root().join(FOLDER));
    demo.env("OPENCLAW_DATA", data);
    give_programs(&mut demo)?;
    let key = process::capture(&mut demo).context("the demo's data")?;
    Ok(key.trim().into())
}

/// Makes the README's pictures of the dashboard, in `docs/images`.
pub(crate) fn pictures() -> Result<()> {
    build()?;
    let clients = Clients::install(&mut Steps::new(4))?;
    let mut pictures = Command::new(node::node()?);
    pictures.arg("e2e/pictures.mjs");
    pictures.arg(cargo::root().join("docs/images"));
    pictures.current_dir(cargo::root().join(FOLDER));
    clients.give(&mut pictures);
    give_programs(&mut pictures)?;
    process::run(&mut pictures).context("the dashboard's pictures")
}

/// Tells a program where the gateway and its provider are: those that the environment names, else built here.
fn give_programs(command: &mut Command) -> Result<()> {
    let named = |variable| env::var_os(variable).is_some_and(|path| !path.is_empty());
    if !named("OPENCLAW_BIN") {
        command.env("OPENCLAW_BIN", cargo::server()?);
    }
    if !named("OPENCLAW_UPSTREAM") {
        let upstream = cargo::binary("openclaw-conformance", "openclaw-upstream", cargo::PROFILE)?;
        command.env("OPENCLAW_UPSTREAM", upstream);
    }
    Ok(())
}

/// A program of its packages, in its folder.
fn tool(path: &str) -> Result<Command> {
    let folder = cargo::root().join(FOLDER);
    node_modules(&folder)?;
    let mut tool = Command::new(node::node()?);
    tool.arg(folder.join("node_modules").join(path));
    tool.current_dir(folder);
    Ok(tool)
}

/// Its pinned packages: a link into the cache, unless npm was called here by hand.
fn node_modules(folder: &Path) -> Result<()> {
    let fetched = fetch::npm_ci("dashboard", FOLDER)?;
    let link = folder.join("node_modules");
    match fs::symlink_metadata(&link) {
        Ok(there) if there.is_dir() => return Ok(()),
        Ok(_) if fs::read_link(&link).is_ok_and(|to| to == fetched) => return Ok(()),
        Ok(_) => fs::remove_file(&link)?,
        Err(_) => {}
    }
    symlink(&fetched, &link).with_context(|| format!("cannot link {}", link.display()))
}

/// A hash over all files that the build reads.
fn sources() -> Result<String> {
    let root = cargo::root();
    let mut files = vec![];
    list(&root.join(FOLDER), &mut files)?;
    list(&root.join(SDK), &mut files)?;
    files.sort();
    let read = files.iter().map(|path| Ok((path, fs::read(path)?)));
    let read = read.collect::<Result<Vec<_>>>()?;
    if read.is_empty() {
        bail!("{FOLDER} has no files");
    }
    Ok(cache::hash(read))
}

fn list(folder: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    let entries = fs::read_dir(folder).with_context(|| folder.display().to_string())?;
    for entry in entries {
        let entry = entry?;
        let name = entry.file_name();
        if MADE.iter().any(|made| name == *made) {
            continue;
        }
        match entry.file_type()?.is_dir() {
            true => list(&entry.path(), files)?,
            false => files.push(entry.path()),
        }
    }
    Ok(())
}
