//! A gateway under test with a data folder of its own, on the chosen runtime.

use super::{
    ADMIN_TOKEN, ANTHROPIC_KEY, BEDROCK_KEY, BEDROCK_SECRET, Client, GEMINI_KEY, JWT_SECRETS, Mock,
    OPENAI_KEY, Target, lambda, native, secrets, supervise::Supervised, workers,
};
use serde_json::Value;
use std::{
    collections::BTreeMap,
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Command, Output},
    sync::atomic::{AtomicU32, Ordering},
    time::{Duration, Instant},
};
use tempfile::TempDir;

/// How a gateway is started.
#[derive(Debug, Default)]
pub struct Options {
    /// The configuration without `[server]`, in TOML; default: the suite's.
    pub config: Option<String>,
    /// Natively: more lines of `[server]`.
    pub listener: Option<String>,
    /// Natively: what `/etc/hosts` says to it, where [`Server::may_have_hosts`].
    pub hosts: Option<String>,
    /// Its data folder; default: a new one, removed at the end.
    pub data: Option<PathBuf>,
    /// Its port; default: one that is free.
    pub port: Option<u16>,
    /// Variables and secrets beside the suite's, or in their place.
    pub variables: Vec<(&'static str, String)>,
    /// Variables and secrets of the suite that it does not get.
    pub without: Vec<&'static str>,
    /// Workers: whether [`Server::hibernate`], [`Server::breaks`] and [`Server::starts`] work.
    pub brittle: bool,
    /// Lambda: copies of one function at most; default: more than a case needs.
    pub copies: Option<usize>,
    /// Lambda: where DynamoDB answers; default: the suite's.
    pub dynamodb: Option<String>,
}

/// The key file of the service account that the upstream knows, or of another one with its key.
fn service_account(email: Option<&str>) -> String {
    let file = include_str!("../../fixtures/google/service-account.json");
    let mut file: Value = serde_json::from_str(file).expect("a key file");
    file["token_uri"] = format!("{}/google/token", Mock::get().url()).into();
    if let Some(email) = email {
        file["client_email"] = email.into();
    }
    file.to_string()
}

impl Options {
    /// All variables and secrets it gets.
    pub(super) fn variables(&self) -> BTreeMap<&'static str, String> {
        let secrets = JWT_SECRETS.map(|(kid, secret)| format!("{kid}:{secret}"));
        let mut variables = BTreeMap::from([
            ("OPENCLAW_ADMIN_TOKEN", ADMIN_TOKEN.to_string()),
            ("OPENCLAW_JWT_SECRETS", secrets.join(",")),
            ("MOCK_OPENAI_KEY", OPENAI_KEY.into()),
            ("MOCK_ANTHROPIC_KEY", ANTHROPIC_KEY.into()),
            ("MOCK_GEMINI_KEY", GEMINI_KEY.into()),
            ("MOCK_BEDROCK_KEY", BEDROCK_KEY.into()),
            ("MOCK_VERTEX_KEY", service_account(None)),
            (
                "MOCK_VERTEX_REFUSED_KEY",
                service_account(Some("nobody@mock.test")),
            ),
        ]);
        variables.extend(self.variables.iter().cloned());
        variables.retain(|name, _| !self.without.contains(name));
        for (_, secret) in JWT_SECRETS {
            secrets::note(secret);
        }
        for secret in [
            ADMIN_TOKEN,
            OPENAI_KEY,
            ANTHROPIC_KEY,
            GEMINI_KEY,
            BEDROCK_SECRET,
        ] {
            secrets::note(secret);
        }
        variables
    }

    /// The same for a gateway that is somebody's cloud.
    pub(super) fn hosted_variables(&self) -> BTreeMap<&'static str, String> {
        let mut variables = self.variables();
        // Natively it is generated.
        variables
            .entry("OPENCLAW_KEY_PEPPER")
            .or_insert_with(|| "the-pepper-of-the-conformance-suite".into());
        variables
            .entry("OPENCLAW_MASTER_KEY")
            .or_insert_with(|| "the-master-key-of-the-conformance-suite".into());
        // What a process remembers it asks for anew: cases about keys would wait otherwise.
        variables
            .entry("OPENCLAW_CACHE_SECONDS")
            .or_insert_with(|| "0".into());
        variables.retain(|name, _| !self.without.contains(name));
        variables
    }
}

/// A running gateway. It is ended by SIGTERM on drop.
#[derive(Debug)]
pub struct Server {
    /// Such as `http://127.0.0.1:4243`.
    pub base_url: String,
    process: Supervised,
    log: PathBuf,
    settings: PathBuf,
    // Removed after the process was told to end.
    _folder: Option<TempDir>,
}

impl Server {
    /// Whether a process may have a mount namespace of its own, and with that other names of hosts.
    pub fn may_have_hosts() -> bool {
        native::may_have_hosts()
    }

    /// Starts one and waits until it answers.
    ///
    /// # Errors
    /// The reason and the end of the log when it does not get there.
    pub async fn start(name: &str, options: Options) -> Result<Self, String> {
        Self::launch(name, options, false).await
    }

    /// The same for one that lives as long as this process: its folder is removed by its guard,
    /// because nothing here is dropped then.
    ///
    /// # Errors
    /// As above.
    pub async fn start_for_good(name: &str, options: Options) -> Result<Self, String> {
        Self::launch(name, options, true).await
    }

    async fn launch(name: &str, options: Options, for_good: bool) -> Result<Self, String> {
        let folder = TempDir::with_prefix("openclaw-conformance-").map_err(|e| e.to_string())?;
        let port = port(&options);
        let command = command(&options, folder.path(), port)?;
        let settings = match Target::chosen() {
            Target::Lambda => lambda::settings(folder.path()),
            _ => workers::settings(folder.path()),
        };
        let log = log_file(name);
        let (folder, remove) = if for_good {
            (None, Some(folder.keep()))
        } else {
            (Some(folder), None)
        };
        let mut server = Self {
            base_url: format!("http://127.0.0.1:{port}"),
            process: Supervised::start(&command, &log, remove.as_deref()),
            log,
            settings,
            _folder: folder,
        };
        server.until_ready().await?;
        if let Some(address) = listening(&server.log()) {
            server.base_url = address;
        }
        Ok(server)
    }

    async fn until_ready(&self) -> Result<(), String> {
        let started = Instant::now();
        while !self.is_ready().await {
            if !self.process.is_alive() {
                return Err(format!("the server ended at once:\n{}", self.log()));
            }
            if started.elapsed() > Duration::from_secs(60) {
                return Err(format!("not ready within 60 s:\n{}", self.log()));
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        Ok(())
    }

    async fn is_ready(&self) -> bool {
        match Target::chosen() {
            Target::Native => {
                let client = Client::new(&self.base_url);
                let ready = client.request("GET", "/v1/health/ready").send().await;
                ready.is_ok_and(|response| response.status() == 200)
            }
            // A Worker with a wrong configuration never gets ready, and answers.
            Target::Workers => workers::runtime(&self.log()).is_some(),
            Target::Lambda => listening(&self.log()).is_some(),
        }
    }

    /// Its process id.
    pub fn id(&self) -> u32 {
        self.process.id()
    }

    /// The file with the settings of what runs it.
    pub(super) fn settings(&self) -> &Path {
        &self.settings
    }

    /// What it has written so far.
    pub fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// SIGKILL, and waits until it is gone.
    pub async fn kill(self) {
        // Whoever started the runtime would start it anew: it goes first.
        self.process.kill();
        if let Some(runtime) = workers::runtime(&self.log()) {
            workers::kill(runtime);
        }
        self.process.wait().await;
    }

    /// Puts another configuration where the running gateway looks for it.
    ///
    /// # Panics
    /// Natively, where that is a file which is read at the start.
    pub fn configure(&self, document: &str) {
        match Target::chosen() {
            Target::Native => panic!("the server reads its configuration when it starts"),
            Target::Workers => {
                workers::configure(&self.settings, document);
                self.process.notify();
            }
            Target::Lambda => lambda::configure(&self.settings, document),
        }
    }

    /// Takes a session's memory, and leaves it its connection. Workers only.
    pub async fn hibernate(&self, session: &str) {
        workers::control(&self.log(), "hibernate", session).await;
    }

    /// Has a session's object panic when it saves the next time. Workers only.
    pub async fn breaks(&self, session: &str) {
        workers::control(&self.log(), "break", session).await;
    }

    /// How often a session's object has started. Workers only.
    pub fn starts(&self, session: &str) -> usize {
        workers::starts(&self.log(), session)
    }

    /// SIGKILL to every copy of a function that works on a request; how many. Lambda only.
    pub async fn kill_busy(&self, function: &str) -> usize {
        lambda::kill_busy(&self.base_url, function).await
    }

    /// Sends SIGTERM; the end is waited for by [`Self::wait`].
    pub fn terminate(&self) {
        self.process.terminate();
    }

    /// Waits for its end: its exit code.
    pub async fn wait(self) -> i32 {
        self.process.wait().await
    }

    /// Starts one that is expected to give up by itself within 10 s.
    pub async fn refused(options: Options) -> Output {
        let folder = TempDir::with_prefix("openclaw-conformance-").expect("a folder");
        let command = command(&options, folder.path(), port(&options)).expect("the command");
        let mut command = tokio::process::Command::from(command);
        let output = command.kill_on_drop(true).output();
        tokio::time::timeout(Duration::from_secs(10), output)
            .await
            .expect("the server gives up within 10 s")
            .expect("it starts")
    }
}

/// Starts a gateway on `port`; its files go into `folder`.
fn command(options: &Options, folder: &Path, port: u16) -> Result<Command, String> {
    let mut command = match Target::chosen() {
        Target::Native => native::command(options, folder, port)?,
        Target::Workers => workers::command(options, folder, port)?,
        Target::Lambda => lambda::command(options, folder, port)?,
    };
    for name in ["PATH", "HOME", "TMPDIR", "RUST_BACKTRACE", "OPENCLAW_LOG"] {
        if let Some(value) = std::env::var_os(name) {
            command.env(name, value);
        }
    }
    Ok(command)
}

/// A port for it; 0 where it takes one by itself, and tells which: a Worker starts so slowly that
/// one which was free before may be taken.
fn port(options: &Options) -> u16 {
    match (options.port, Target::chosen()) {
        (Some(port), _) => port,
        (None, Target::Native) => free_port(),
        (None, Target::Workers | Target::Lambda) => 0,
    }
}

/// The address that a log tells, where what runs the gateway tells one in a whole line.
fn listening(log: &str) -> Option<String> {
    let (_, rest) = log.split_once(lambda::READY)?;
    let end = rest.find(|c: char| !c.is_ascii_digit() && !".:".contains(c))?;
    Some(format!("http://{}", &rest[..end]))
}

/// A port nobody listens on.
pub(super) fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.local_addr().expect("an address").port()
}

/// `<target>/<profile>`, two above this executable in `deps`.
pub(super) fn profile_folder() -> PathBuf {
    let executable = std::env::current_exe().expect("this executable's path");
    let folder = executable.ancestors().nth(2);
    folder.expect("it lies in <profile>/deps").into()
}

/// `<profile>/conformance/<runtime>/<name>-<n>.log`: kept, for whoever looks into a failure.
pub(super) fn log_file(name: &str) -> PathBuf {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let runtime = Target::chosen().name();
    let folder = profile_folder().join("conformance").join(runtime);
    std::fs::create_dir_all(&folder).expect("the log folder");
    let n = NEXT.fetch_add(1, Ordering::Relaxed);
    folder.join(format!("{name}-{n}.log"))
}
