//! The dashboard's folder, built by npm's packages: what the server embeds and Workers serve.

use crate::{cache, cargo, fetch, node, process};
use anyhow::{Context, Result, bail};
use std::{
    fs::{self, File},
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    process::Command,
};

/// The folder of its sources and pins.
pub(crate) const FOLDER: &str = "dashboard";
/// What it is made from beside its own folder.
const SDK: &str = "sdks/js/src";
/// What is made, or fetched, and never read.
const MADE: [&str; 3] = ["node_modules", "dist", "e2e"];

/// Builds it into `dashboard/dist`, where its sources are not those of the last build. Who comes at the same
/// time waits.
pub(crate) fn build() -> Result<()> {
    let folder = cargo::root().join(FOLDER);
    let dist = folder.join("dist");
    fs::create_dir_all(&dist)?;
    let lock = File::create(dist.join(".lock"))?;
    lock.lock()?;
    let (stamp, sources) = (dist.join(".sources"), sources()?);
    if fs::read_to_string(&stamp).is_ok_and(|built| built == sources) {
        return Ok(());
    }
    let node = node::node()?;
    node_modules(&folder)?;
    let mut vite = Command::new(node);
    vite.args([
        "node_modules/vite/bin/vite.js",
        "build",
        "--logLevel",
        "warn",
    ]);
    process::capture(vite.current_dir(&folder)).context("the dashboard's build failed")?;
    fs::write(stamp, sources)?;
    Ok(())
}

/// Its pinned packages: a link into the cache, unless npm was called here by hand.
pub(crate) fn node_modules(folder: &Path) -> Result<()> {
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
