//! A gateway on this machine: its process, and the account and key that were made for it.

use crate::{http, process, process::Service};
use anyhow::{Context, Result, bail};
use serde_json::{Value, json};
use std::{
    fs::{self, OpenOptions},
    io::{ErrorKind, Write},
    net::TcpListener,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

/// What `up` needs of a gateway, wherever it runs.
pub trait Local {
    /// Where it listens on loopback.
    fn port(&self) -> u16;

    /// A folder for what we keep beside its data: the configuration in use and our key.
    fn own(&self) -> &Path;

    /// The operator's token, known once it was started.
    fn admin_token(&self) -> Result<String>;

    /// An error that names what the gateway does not take of the configuration, where that can be
    /// said before it is started.
    fn check_config(&self, file: &Path) -> Result<()>;

    /// Starts it with the configuration `config`, with its output shown where `echo`; gives it back
    /// once it is ready.
    fn start(&self, config: &str, echo: bool) -> Result<Service>;

    /// Such as `http://127.0.0.1:3000`.
    fn address(&self) -> String {
        format!("http://127.0.0.1:{}", self.port())
    }

    /// The WebSocket's address.
    fn socket_address(&self) -> String {
        format!("ws://127.0.0.1:{}/v1/ws", self.port())
    }

    /// The key made for `up`, and whether it was made just now, with its account.
    fn key(&self) -> Result<(String, bool)> {
        let file = self.own().join("key");
        let models = format!("{}/v1/models", self.address());
        if let Ok(key) = fs::read_to_string(&file)
            && http::get(&models, Some(&key)).is_ok()
        {
            return Ok((key, false));
        }
        let key = self.new_key("pro")?;
        write_private(&file, &key)?;
        Ok((key, true))
    }

    /// A key that opens everything, of a new account, made by the operator.
    fn new_key(&self, tier: &str) -> Result<String> {
        new_key(&self.address(), &self.admin_token()?, tier)
    }
}

/// A key that opens everything, of a new account of the gateway at `address`, made with the operator's
/// token.
pub fn new_key(address: &str, token: &str, tier: &str) -> Result<String> {
    let make = |what: &str, field: &str, body: Value| {
        let url = format!("{address}/v1/{what}");
        let said = http::post(&url, Some(token), &body.to_string())?;
        let made: Value = serde_json::from_str(&said)?;
        let value = made[field].as_str().map(str::to_owned);
        value.with_context(|| format!("{what}: no `{field}`"))
    };
    let account = make("accounts", "id", json!({"name": "local", "tier": tier}))?;
    let key = json!({"account": account, "name": "local", "scopes": ["admin"]});
    make("keys", "key", key)
}

/// The code of a link that signs the dashboard in with `key`, once, within a day.
pub fn sign_in_code(address: &str, key: &str) -> Result<String> {
    let body = json!({
        "api_key": key, "expires_in": 86_400, "manage_keys": true, "single_use": true,
    });
    let said = http::post(&format!("{address}/v1/auth/token"), None, &body.to_string())?;
    let made: Value = serde_json::from_str(&said)?;
    let code = made["token"].as_str().map(str::to_owned);
    code.context("auth/token: no `token`")
}

/// The native one.
pub struct Gateway {
    /// The binary `openclaw-api`.
    pub binary: PathBuf,
    /// Where it listens on loopback.
    pub port: u16,
    /// Its data folder, absolute.
    pub data: PathBuf,
    /// A folder for what we keep beside its data: the configuration in use and our key. Not inside
    /// of the data folder, which never holds a key in the clear.
    pub own: PathBuf,
}

/// An error that names the port when it is taken.
pub fn check_port(port: u16) -> Result<()> {
    match TcpListener::bind(("127.0.0.1", port)) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == ErrorKind::AddrInUse => {
            bail!("port {port} is in use; choose another with --port")
        }
        Err(error) => Err(error).with_context(|| format!("cannot listen on port {port}")),
    }
}

/// Writes a file that only its owner can read; never half of it, for those who wait for it.
pub fn write_private(path: &Path, text: &str) -> Result<()> {
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
    /// As [`Local::start`], but does not wait.
    pub fn spawn(&self, config: &str, echo: bool) -> Result<Service> {
        let file = self.own.join("openclaw.toml");
        write_private(&file, config)?;
        let mut command = Command::new(&self.binary);
        command.args(["serve", "--port", &self.port.to_string()]);
        command.arg("--data").arg(&self.data);
        command.arg("--config").arg(file);
        // It finishes what is in flight for 30 s.
        Service::start("gateway", &mut command, echo, Duration::from_secs(35))
    }
}

impl Local for Gateway {
    fn port(&self) -> u16 {
        self.port
    }

    fn own(&self) -> &Path {
        &self.own
    }

    /// The one in our environment, else the one generated into the data folder.
    fn admin_token(&self) -> Result<String> {
        if let Ok(token) = std::env::var("OPENCLAW_ADMIN_TOKEN") {
            return Ok(token);
        }
        let file = self.data.join("admin-token");
        let token =
            fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))?;
        Ok(token.trim().into())
    }

    fn check_config(&self, file: &Path) -> Result<()> {
        let mut command = Command::new(&self.binary);
        command.args(["config", "check", "--config"]).arg(file);
        process::capture(&mut command).map(|_| ())
    }

    fn start(&self, config: &str, echo: bool) -> Result<Service> {
        let mut service = self.spawn(config, echo)?;
        let ready = format!("{}/v1/health/ready", self.address());
        service.wait_for(Duration::from_secs(60), |_| http::get(&ready, None).ok())?;
        Ok(service)
    }
}
