//! The gateway as `up` runs it: its process, and the account and key that were made for it.

use crate::{http, process, process::Service};
use anyhow::{Context, Result, bail};
use std::{
    fs::{self, OpenOptions},
    io::{ErrorKind, Write},
    net::TcpListener,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

/// A gateway on loopback.
pub(crate) struct Gateway {
    /// The binary `openclaw-api`.
    pub(crate) binary: PathBuf,
    /// Where it listens on loopback.
    pub(crate) port: u16,
    /// Its data folder, absolute.
    pub(crate) data: PathBuf,
    /// A folder for what we keep beside its data: the configuration in use and our key. Not inside
    /// of the data folder, which never holds a key in the clear.
    pub(crate) own: PathBuf,
}

/// An error that names the port when it is taken.
pub(crate) fn check_port(port: u16) -> Result<()> {
    match TcpListener::bind(("127.0.0.1", port)) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == ErrorKind::AddrInUse => {
            bail!("port {port} is in use; choose another with --port")
        }
        Err(error) => Err(error).with_context(|| format!("cannot listen on port {port}")),
    }
}

/// Writes a file that only its owner can read; never half of it, for those who wait for it.
pub(crate) fn write_private(path: &Path, text: &str) -> Result<()> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".new");
    let new = path.with_file_name(name);
    // An older one could have wider rights.
    let _ = fs::remove_file(&new);
    let mut options = OpenOptions::new();
    options.write(true).create_new(true).mode(0o600);
    let mut file = options
        .open(&new)
        .with_context(|| format!("cannot write {}", path.display()))?;
    file.write_all(text.as_bytes())?;
    fs::rename(&new, path).with_context(|| format!("cannot write {}", path.display()))
}

impl Gateway {
    /// An error that names file, line and key when the gateway does not take the configuration.
    pub(crate) fn check_config(&self, file: &Path) -> Result<()> {
        let mut command = Command::new(&self.binary);
        command.args(["config", "check", "--config"]).arg(file);
        process::capture(&mut command).map(|_| ())
    }

    /// Starts it with the configuration `config`, with its output shown where `echo`; gives it back
    /// once it is ready.
    pub(crate) fn start(&self, config: &str, echo: bool) -> Result<Service> {
        let mut service = self.spawn(config, echo)?;
        let ready = format!("{}/v1/health/ready", self.address());
        service.wait_for(Duration::from_secs(60), |_| http::get(&ready, None).ok())?;
        Ok(service)
    }

    /// As [`Gateway::start`], but does not wait.
    pub(crate) fn spawn(&self, config: &str, echo: bool) -> Result<Service> {
        let file = self.own.join("openclaw.toml");
        write_private(&file, config)?;
        let mut command = self.command(&["serve", "--port", &self.port.to_string()]);
        command.arg("--config").arg(file);
        // It finishes what is in flight for 30 s.
        Service::start("gateway", &mut command, echo, Duration::from_secs(35))
    }

    /// Such as `http://127.0.0.1:3000`.
    pub(crate) fn address(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The key made for `up`, and whether it was made just now, with its account.
    pub(crate) fn key(&self, service: &mut Service) -> Result<(String, bool)> {
        let file = self.own.join("key");
        if let Ok(key) = fs::read_to_string(&file)
            && self.opens(&key)
        {
            return Ok((key, false));
        }
        let key = self.new_key("pro")?;
        service
            .wait_for(Duration::from_secs(5), |_| self.opens(&key).then_some(()))
            .context("the gateway does not take the key that its command line made")?;
        write_private(&file, &key)?;
        Ok((key, true))
    }

    /// The operator's token: the one in our environment, else the one generated into the data folder.
    pub(crate) fn admin_token(&self) -> Result<String> {
        if let Ok(token) = std::env::var("OPENCLAW_ADMIN_TOKEN") {
            return Ok(token);
        }
        let file = self.data.join("admin-token");
        let token =
            fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))?;
        Ok(token.trim().into())
    }

    fn opens(&self, key: &str) -> bool {
        http::get(&format!("{}/v1/models", self.address()), Some(key)).is_ok()
    }

    /// A key that opens everything, of a new account.
    pub(crate) fn new_key(&self, tier: &str) -> Result<String> {
        let account = ["accounts", "create", "local", "--tier", tier];
        let said = process::capture(&mut self.command(&account))?;
        let is_id = |word: &&str| word.starts_with("acct_");
        let words = said.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
        let Some(account) = words.into_iter().find(is_id) else {
            bail!("`accounts create` printed no account: {said}");
        };
        let key = ["keys", "create", "--account", account, "--name", "local"];
        let said = process::capture(self.command(&key).args(["--scope", "admin"]))?;
        Ok(said.trim().into())
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.binary);
        command.args(arguments).arg("--data").arg(&self.data);
        command
    }
}
