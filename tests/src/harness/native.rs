//! The native runtime: an `openclaw-api` process.

use super::{
    config,
    server::{Options, profile_folder},
};
use std::{
    path::{Path, PathBuf},
    process::Command,
};

/// The binary under test: `OPENCLAW_BIN`, else the one in this build's profile folder.
///
/// # Errors
/// When there is none.
pub fn binary() -> Result<PathBuf, String> {
    let path = match std::env::var_os("OPENCLAW_BIN") {
        Some(path) => PathBuf::from(path),
        None => profile_folder().join("openclaw-api"),
    };
    // Relative to where the caller stands, not to the package, which cargo changes into.
    let path = std::path::absolute(&path).map_err(|error| error.to_string())?;
    if path.is_file() {
        return Ok(path);
    }
    Err(format!(
        "no server at {}: build it (`cargo build -p openclaw-server`) or set OPENCLAW_BIN",
        path.display()
    ))
}

pub(super) fn command(options: &Options, folder: &Path, port: u16) -> Result<Command, String> {
    let data = options.data.clone().unwrap_or_else(|| folder.join("data"));
    let document = config::document(options);
    let file = folder.join("openclaw.toml");
    let document = format!(
        "[server]\nport = {port}\ndata_dir = {data:?}\n{}\n{document}",
        options.listener.as_deref().unwrap_or_default(),
    );
    std::fs::write(&file, document).map_err(|error| error.to_string())?;
    let mut command = match &options.hosts {
        None => Command::new(binary()?),
        Some(hosts) => {
            let names = folder.join("hosts");
            std::fs::write(&names, hosts).map_err(|error| error.to_string())?;
            let mut command = unshare();
            command.args(["sh", "-c", "mount --bind \"$0\" /etc/hosts && exec \"$@\""]);
            command.arg(names).arg(binary()?);
            command
        }
    };
    command.arg("serve").arg("--config").arg(file);
    // Nothing of the caller's environment: a vendor's key in it would add models.
    command.env_clear().envs(options.variables());
    Ok(command)
}

/// A program in a mount namespace of its own, in which it may mount.
fn unshare() -> Command {
    let mut command = Command::new("unshare");
    command.args(["--map-root-user", "--mount"]);
    command
}

pub(super) fn may_have_hosts() -> bool {
    let tried = unshare().arg("true").output();
    tried.is_ok_and(|tried| tried.status.success())
}
