//! The gateway's own secrets: from the environment, else generated once into the data folder.

use anyhow::{Context, Result, anyhow};
use openclaw_auth::Secrets;
use openclaw_core::{Random, id};
use openclaw_native::DataFolder;
use openclaw_tokio::SystemRandom;
use std::{
    env, fs,
    fs::OpenOptions,
    io::{ErrorKind, Write},
    os::unix::fs::OpenOptionsExt,
    path::Path,
};

/// The files that hold generated secrets, mode 0600.
pub(crate) const FILES: [&str; 4] = ["admin-token", "jwt-secrets", "key-pepper", "master-key"];

/// Reads the four variables; what is not set comes from the data folder.
pub(crate) fn load(folder: &DataFolder) -> Result<Secrets> {
    let [admin, jwt, pepper, master] = FILES.map(|file| folder.path().join(file));
    let secrets = Secrets::parse(
        Some(&variable_or_file("OPENCLAW_ADMIN_TOKEN", &admin, || {
            random("oc_admin_")
        })?),
        &variable_or_file("OPENCLAW_JWT_SECRETS", &jwt, || random("k1:"))?,
        &variable_or_file("OPENCLAW_KEY_PEPPER", &pepper, || random(""))?,
    );
    let master = variable_or_file("OPENCLAW_MASTER_KEY", &master, || random(""))?;
    let sealing = secrets.and_then(|secrets| secrets.with_master_key(&master));
    sealing.map_err(|wrong| anyhow!(wrong))
}

fn variable_or_file(name: &str, file: &Path, generate: impl Fn() -> String) -> Result<String> {
    if let Some(value) = env::var_os(name) {
        return value
            .into_string()
            .map_err(|_| anyhow!("{name} is not valid UTF-8"));
    }
    read_or_create(file, &generate()).with_context(|| format!("cannot use {}", file.display()))
}

fn read_or_create(file: &Path, text: &str) -> std::io::Result<String> {
    match fs::read_to_string(file) {
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        read => return read.map(|text| text.trim().into()),
    }
    // Written aside and linked into place: another process that starts at the same moment finds
    // all of it or none, and the first one's stays.
    let new = file.with_extension(std::process::id().to_string());
    let mut options = OpenOptions::new();
    options.write(true).create_new(true).mode(0o600);
    options.open(&new)?.write_all(text.as_bytes())?;
    let linked = fs::hard_link(&new, file);
    fs::remove_file(&new)?;
    match linked {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(error),
        _ => fs::read_to_string(file).map(|text| text.trim().into()),
    }
}

fn random(prefix: &str) -> String {
    let mut text = prefix.to_string();
    id::push_random(&mut text, &SystemRandom as &dyn Random, 43);
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_secret_is_generated_once_and_private() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("key-pepper");
        assert_eq!(read_or_create(&file, "one").unwrap(), "one");
        assert_eq!(read_or_create(&file, "two").unwrap(), "one");
        assert_eq!(
            fs::metadata(&file).unwrap().permissions().mode() & 0o777,
            0o600
        );
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
