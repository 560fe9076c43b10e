//! The native runtime: an `openclaw-api` process with a data folder of its own.

use super::{
    ADMIN_TOKEN, ANTHROPIC_KEY, Client, JWT_SECRETS, OPENAI_KEY, config, mock::Mock,
    supervise::Supervised,
};
use std::{
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Command, Output},
    sync::atomic::{AtomicU32, Ordering},
    time::{Duration, Instant},
};
use tempfile::TempDir;

/// How a server is started.
#[derive(Debug, Default)]
pub struct Options {
    /// The configuration without `[server]`; default: the suite's.
    pub config: Option<String>,
    /// Its data folder; default: a new one, removed at the end.
    pub data: Option<PathBuf>,
    /// Its port; default: a free one.
    pub port: Option<u16>,
    /// Leaves it to the server to generate the secrets of tokens.
    pub own_secrets: bool,
}

/// A running server. It is ended by SIGTERM on drop.
#[derive(Debug)]
pub struct Native {
    /// Such as `http://127.0.0.1:4243`.
    pub base_url: String,
    process: Supervised,
    log: PathBuf,
    // Removed after the process was told to end.
    _folder: Option<TempDir>,
}

impl Native {
    /// Starts a server and waits until it is ready.
    ///
    /// # Errors
    /// The reason and the end of the log when it does not get there.
    pub async fn start(name: &str, options: Options) -> Result<Self, String> {
        Self::launch(name, options, false).await
    }

    /// The same for a server that lives as long as this process: its folder is removed by its
    /// guard, because nothing here is dropped then.
    pub(super) async fn start_for_good(name: &str) -> Result<Self, String> {
        Self::launch(name, Options::default(), true).await
    }

    async fn launch(name: &str, options: Options, for_good: bool) -> Result<Self, String> {
        let folder = TempDir::with_prefix("openclaw-conformance-").map_err(|e| e.to_string())?;
        let port = options.port.unwrap_or_else(free_port);
        let command = command(&options, folder.path(), port)?;
        let log = log_file(name);
        let (folder, remove) = if for_good {
            (None, Some(folder.keep()))
        } else {
            (Some(folder), None)
        };
        let server = Self {
            base_url: format!("http://127.0.0.1:{port}"),
            process: Supervised::start(&command, &log, remove.as_deref()),
            log,
            _folder: folder,
        };
        server.until_ready().await?;
        Ok(server)
    }

    async fn until_ready(&self) -> Result<(), String> {
        let client = Client::new(&self.base_url);
        let started = Instant::now();
        loop {
            let ready = client.request("GET", "/v1/health/ready").send().await;
            if ready.is_ok_and(|response| response.status() == 200) {
                return Ok(());
            }
            if !self.process.is_alive() {
                return Err(format!("the server ended at once:\n{}", self.log()));
            }
            if started.elapsed() > Duration::from_secs(30) {
                return Err(format!("not ready within 30 s:\n{}", self.log()));
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// Its process id.
    pub fn id(&self) -> u32 {
        self.process.id()
    }

    /// What it has written so far.
    pub fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// SIGKILL, and waits until it is gone.
    pub async fn kill(self) {
        self.process.kill();
        self.process.wait().await;
    }

    /// Sends SIGTERM; the end is waited for by [`Self::wait`].
    pub fn terminate(&self) {
        self.process.terminate();
    }

    /// Waits for its end: its exit code.
    pub async fn wait(self) -> i32 {
        self.process.wait().await
    }

    /// Starts a server that is expected to give up by itself within 10 s.
    pub async fn refused(options: Options) -> Output {
        let folder = TempDir::with_prefix("openclaw-conformance-").expect("a folder");
        let port = options.port.unwrap_or_else(free_port);
        let command = command(&options, folder.path(), port).expect("the binary");
        let mut command = tokio::process::Command::from(command);
        let output = command.kill_on_drop(true).output();
        tokio::time::timeout(Duration::from_secs(10), output)
            .await
            .expect("the server gives up within 10 s")
            .expect("it starts")
    }
}

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

/// A port nobody listens on.
pub(super) fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.local_addr().expect("an address").port()
}

/// `<target>/<profile>`, two above this executable in `deps`.
fn profile_folder() -> PathBuf {
    let executable = std::env::current_exe().expect("this executable's path");
    let folder = executable.ancestors().nth(2);
    folder.expect("it lies in <profile>/deps").into()
}

fn command(options: &Options, folder: &Path, port: u16) -> Result<Command, String> {
    let data = options.data.clone().unwrap_or_else(|| folder.join("data"));
    let document = options
        .config
        .clone()
        .unwrap_or_else(|| config::suite(&Mock::get().url()));
    let file = folder.join("openclaw.toml");
    let document = format!("[server]\nport = {port}\ndata_dir = {data:?}\n\n{document}");
    std::fs::write(&file, document).map_err(|error| error.to_string())?;
    let mut command = Command::new(binary()?);
    command.arg("serve").arg("--config").arg(file);
    // Nothing of the caller's environment: a vendor's key in it would add models.
    command.env_clear();
    for name in ["PATH", "HOME", "TMPDIR", "RUST_BACKTRACE", "OPENCLAW_LOG"] {
        if let Some(value) = std::env::var_os(name) {
            command.env(name, value);
        }
    }
    if !options.own_secrets {
        let secrets = JWT_SECRETS.map(|(kid, secret)| format!("{kid}:{secret}"));
        command.env("OPENCLAW_JWT_SECRETS", secrets.join(","));
    }
    command
        .env("OPENCLAW_ADMIN_TOKEN", ADMIN_TOKEN)
        .env("MOCK_OPENAI_KEY", OPENAI_KEY)
        .env("MOCK_ANTHROPIC_KEY", ANTHROPIC_KEY);
    Ok(command)
}

/// `<profile>/conformance/<name>-<n>.log`: kept, for whoever looks into a failure.
fn log_file(name: &str) -> PathBuf {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let folder = profile_folder().join("conformance");
    std::fs::create_dir_all(&folder).expect("the log folder");
    folder.join(format!(
        "{name}-{}.log",
        NEXT.fetch_add(1, Ordering::Relaxed)
    ))
}
