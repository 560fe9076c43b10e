//! No secret in what servers print: the suite notes those that it uses beside the servers' logs.

use anyhow::{Context, Result, ensure};
use std::{
    fs,
    path::{Path, PathBuf},
};

/// Fails where a log in `folder` holds one of the secrets that stand there in `secrets.txt`, a line each.
pub(super) fn ensure_no_secret(folder: &Path) -> Result<()> {
    let path = folder.join("secrets.txt");
    let secrets = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
    let secrets = Vec::from_iter(secrets.lines().filter(|secret| !secret.is_empty()));
    ensure!(!secrets.is_empty(), "{} is empty", path.display());
    let logs = logs(folder)?;
    ensure!(
        !logs.is_empty(),
        "there are no logs in {}",
        folder.display()
    );
    let mut bytes = 0;
    for log in &logs {
        let printed = fs::read(log)?;
        bytes += printed.len();
        let printed = String::from_utf8_lossy(&printed);
        let found = secrets.iter().find(|secret| printed.contains(**secret));
        // Not the secret itself: this is printed, too.
        ensure!(
            found.is_none(),
            "{} holds a secret that begins with {}",
            log.display(),
            found.map_or("", |secret| &secret[..secret.len().min(12)])
        );
    }
    println!(
        "none of {} secrets is in {} logs ({bytes} bytes)",
        secrets.len(),
        logs.len()
    );
    Ok(())
}

fn logs(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder).with_context(|| folder.display().to_string())?;
    let paths = entries.map(|entry| Ok(entry?.path()));
    let paths = paths.collect::<Result<Vec<_>>>()?;
    let is_log = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "log");
    Ok(paths.into_iter().filter(is_log).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_in_a_log_is_found_and_not_repeated() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
        assert!(
            ensure_no_secret(folder.path()).is_err(),
            "nothing was noted"
        );
        write("secrets.txt", "oc_live_0123456789abcdef\n");
        write("gateway-0.log", "key=oc_live_0123");
        ensure_no_secret(folder.path()).unwrap();
        write("gateway-1.log", "Authorization: oc_live_0123456789abcdef");
        let error = ensure_no_secret(folder.path()).unwrap_err().to_string();
        assert!(
            error.contains("gateway-1.log") && !error.contains("abcdef"),
            "{error}"
        );
    }
}
