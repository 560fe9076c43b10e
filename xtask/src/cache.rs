//! The folder for what is fetched once: `$OPENCLAW_CACHE`, else `$XDG_CACHE_HOME/openclaw`, else
//! `~/.cache/openclaw`. Entries are named by what they were made from, so several checkouts share
//! them and none is ever changed after it was finished.

use anyhow::{Context, Result, anyhow};
use std::{
    env,
    fs::{self, File},
    hash::{DefaultHasher, Hash, Hasher},
    path::{Path, PathBuf},
};

/// Present in an entry as soon as it is whole.
const STAMP: &str = "complete";

/// The cache folder, created when absent.
pub(crate) fn folder() -> Result<PathBuf> {
    let set = |name| env::var_os(name).filter(|value| !value.is_empty());
    let folder = set("OPENCLAW_CACHE")
        .map(PathBuf::from)
        .or_else(|| set("XDG_CACHE_HOME").map(|base| Path::new(&base).join("openclaw")))
        .or_else(|| set("HOME").map(|home| Path::new(&home).join(".cache/openclaw")))
        .ok_or_else(|| anyhow!("no HOME: set OPENCLAW_CACHE to a folder for what is fetched"))?;
    fs::create_dir_all(&folder).with_context(|| {
        format!(
            "cannot create {}: set OPENCLAW_CACHE to a folder of yours",
            folder.display()
        )
    })?;
    Ok(folder.canonicalize()?)
}

/// The entry `name` made from `pins`. When it is not there yet, `make` fills its empty folder;
/// who comes at the same time waits.
pub(crate) fn entry(
    name: &str,
    pins: &str,
    make: impl FnOnce(&Path) -> Result<()>,
) -> Result<PathBuf> {
    let cache = folder()?;
    let entry = cache.join(format!("{name}-{}", hash(pins)));
    let stamp = entry.join(STAMP);
    if stamp.exists() {
        return Ok(entry);
    }
    let lock = File::create(cache.join(format!("{name}.lock")))?;
    lock.lock()?;
    if stamp.exists() {
        return Ok(entry);
    }
    if entry.exists() {
        fs::remove_dir_all(&entry)?;
    }
    fs::create_dir_all(&entry)?;
    make(&entry)?;
    fs::write(stamp, pins)?;
    Ok(entry)
}

/// Whether [`entry`] would be quick.
pub(crate) fn has(name: &str, pins: &str) -> Result<bool> {
    let entry = format!("{name}-{}", hash(pins));
    Ok(folder()?.join(entry).join(STAMP).exists())
}

/// A short name for `text`. Another compiler may give another: then it is fetched once more.
pub(crate) fn hash(text: impl Hash) -> String {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}
