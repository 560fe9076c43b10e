//! What the Workers weigh, and what they may.

use super::{Profile, Worker};
use crate::process;
use anyhow::{Context, Result, bail};
use std::{fmt::Write, fs, path::Path, process::Command};

/// One Worker's wasm, in bytes.
pub struct Size {
    name: &'static str,
    raw: u64,
    compressed: u64,
    limit: u64,
}

impl Size {
    /// Of what was built last, with `profile`.
    pub fn of(worker: &Worker, profile: Profile) -> Result<Self> {
        let file = worker.built().join("index_bg.wasm");
        let raw = fs::metadata(&file)
            .with_context(|| file.display().to_string())?
            .len();
        let compressed = compressed(&file)?;
        Ok(Self {
            name: worker.name,
            raw,
            compressed,
            limit: profile.limit(worker.limit),
        })
    }
}

/// The table, one line a Worker.
pub(super) fn table(sizes: &[Size]) -> String {
    let mut table =
        String::from("Worker      wasm, KB   gzip, KB   at most   (1 KB = 1000 bytes)\n");
    for size in sizes {
        let limit = match size.limit {
            u64::MAX => "–".into(),
            limit => kilobytes(limit),
        };
        let (raw, compressed) = (kilobytes(size.raw), kilobytes(size.compressed));
        // Writing to a string cannot fail.
        let _ = writeln!(
            table,
            "{:10} {raw:>9} {compressed:>10} {limit:>9}",
            size.name
        );
    }
    table
}

/// Bytes, compressed, that the platform takes on its free plan
/// (<https://developers.cloudflare.com/workers/platform/limits/#worker-size>).
const PLATFORM_LIMIT: u64 = 3_000_000;

/// An error that names those which are larger than they may be.
pub(super) fn check(sizes: &[Size]) -> Result<()> {
    within(sizes, |size| size.limit)
}

/// An error that names those which the platform would refuse.
pub(super) fn check_deployable(sizes: &[Size]) -> Result<()> {
    within(sizes, |_| PLATFORM_LIMIT)
}

fn within(sizes: &[Size], limit: impl Fn(&Size) -> u64) -> Result<()> {
    let large = sizes.iter().filter(|size| size.compressed > limit(size));
    let names = Vec::from_iter(large.map(|size| size.name));
    if !names.is_empty() {
        bail!("too large: {}", names.join(", "));
    }
    Ok(())
}

/// Bytes of `file` as gzip makes them at its best, which is about what the platform counts.
fn compressed(file: &Path) -> Result<u64> {
    let mut gzip = Command::new("sh");
    gzip.args(["-c", "gzip -9 -n -c \"$0\" | wc -c"]).arg(file);
    let said = process::capture(&mut gzip).context("gzip is needed")?;
    Ok(said.trim().parse()?)
}

fn kilobytes(bytes: u64) -> String {
    format!("{}.{}", bytes / 1000, bytes % 1000 / 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_too_large_is_named_and_deployed_where_the_platform_takes_it() {
        let size = |name, compressed| Size {
            name,
            raw: 0,
            compressed,
            limit: 2_000_000,
        };
        let sizes = [size("fits", 2_000_000), size("large", 2_000_001)];
        assert_eq!(check(&sizes).unwrap_err().to_string(), "too large: large");
        assert!(check_deployable(&sizes).is_ok());
        assert!(check_deployable(&[size("refused", 3_000_001)]).is_err());
    }
}
