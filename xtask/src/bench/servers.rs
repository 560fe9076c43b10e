//! The upstream and what stands before it.

use crate::{cargo, gateway::Gateway, process::Service, steps::Steps};
use anyhow::Result;
use std::{
    fs,
    net::{TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Duration,
};

/// Something to put load on.
pub(super) struct Server {
    pub(super) name: &'static str,
    /// Such as `127.0.0.1:3000`.
    pub(super) address: String,
    service: Service,
}

/// All of them, and the means to put load on them.
pub(super) struct Fleet {
    /// The upstream first, the gateway last.
    pub(super) servers: Vec<Server>,
    /// The gateway.
    pub(super) gateway: Gateway,
    /// Its configuration.
    pub(super) config: String,
    /// Its key.
    pub(super) key: String,
    /// The load generator.
    pub(super) load: PathBuf,
    /// Whether there is an nginx to compare with.
    pub(super) has_nginx: bool,
    /// Dropped last: the servers' files.
    _folder: Folder,
}

/// Names of the rows.
pub(super) const UPSTREAM: &str = "upstream alone";
pub(super) const NGINX: &str = "nginx proxy_pass";
pub(super) const BARE: &str = "bare proxy";
pub(super) const GATEWAY: &str = "gateway";

impl Server {
    /// Its process group.
    pub(super) fn group(&self) -> u32 {
        self.service.id()
    }

    fn start(name: &'static str, port: u16, command: &mut Command) -> Result<Self> {
        let mut service = Service::start(name, command, false, Duration::from_secs(2))?;
        service.wait_for(Duration::from_secs(10), |_| {
            TcpStream::connect(("127.0.0.1", port)).ok()
        })?;
        Ok(Self {
            name,
            address: format!("127.0.0.1:{port}"),
            service,
        })
    }

    /// Ends it for good.
    pub(super) fn stop(&mut self) {
        self.service.stop();
    }
}

impl Fleet {
    /// Builds and starts everything; what is measured is built with `profile`.
    pub(super) fn start(profile: &str) -> Result<Self> {
        let mut steps = Steps::new(2);
        let (upstream, load) = steps.step("upstream and load generator: building", || {
            let upstream =
                cargo::binary("openclaw-conformance", "openclaw-upstream", cargo::PROFILE);
            Ok((
                upstream?,
                cargo::binary("openclaw-bench", "load", cargo::PROFILE)?,
            ))
        })?;
        let (bare, api) = steps.step(&format!("proxies: building ({profile})"), || {
            let bare = cargo::binary("openclaw-bench", "bare-proxy", profile);
            Ok((
                bare?,
                cargo::binary("openclaw-server", "openclaw-api", profile)?,
            ))
        })?;
        let folder = Folder::new()?;
        let mut servers = vec![start_upstream(&upstream)?];
        let to = servers[0].address.clone();
        let nginx = start_nginx(&folder.0, &to)?;
        let has_nginx = nginx.is_some();
        servers.extend(nginx);
        let port = free_port()?;
        let mut command = Command::new(bare);
        command.args(["--port", &port.to_string(), "--to", &to]);
        servers.push(Server::start(BARE, port, &mut command)?);
        let (gateway, config) = gateway(api, &folder.0, &to)?;
        let service = gateway.start(&config, false)?;
        servers.push(Server {
            name: GATEWAY,
            address: format!("127.0.0.1:{}", gateway.port),
            service,
        });
        let key = gateway.new_key("enterprise")?;
        Ok(Self {
            servers,
            gateway,
            config,
            key,
            load,
            has_nginx,
            _folder: folder,
        })
    }
}

fn start_upstream(binary: &Path) -> Result<Server> {
    let port = free_port()?;
    let mut command = Command::new(binary);
    Server::start(UPSTREAM, port, command.args(["--port", &port.to_string()]))
}

fn gateway(binary: PathBuf, folder: &Path, upstream: &str) -> Result<(Gateway, String)> {
    let gateway = Gateway {
        binary,
        port: free_port()?,
        data: folder.join("data"),
        own: folder.into(),
    };
    // A limit that is counted and never reached, and prices that make accounting multiply.
    let config = format!(
        r#"
[limits]
enterprise = 1000000000
[[providers]]
id = "upstream"
base_url = "http://{upstream}/v1"
[[models]]
id = "bench"
context_length = 8192
pricing = {{ prompt = 0.03, completion = 0.06 }}
targets = [{{ provider = "upstream", model = "bench" }}]
"#
    );
    Ok((gateway, config))
}

/// nginx as its documentation advises for a proxy of streams; nothing where it is not installed.
fn start_nginx(folder: &Path, upstream: &str) -> Result<Option<Server>> {
    let known = Command::new("nginx")
        .arg("-v")
        .stderr(Stdio::null())
        .status();
    if known.is_err() {
        return Ok(None);
    }
    let port = free_port()?;
    let at = folder.display();
    // Workers of a root's nginx would otherwise be of another user, who cannot write here.
    let user = if nix::unistd::geteuid().is_root() {
        "user root;"
    } else {
        ""
    };
    let text = format!(
        "{user}
worker_processes auto;
daemon off;
pid {at}/nginx.pid;
error_log stderr;
events {{ worker_connections 4096; }}
http {{
  access_log off;
  client_body_temp_path {at}/body;
  proxy_temp_path {at}/proxy;
  fastcgi_temp_path {at}/fastcgi;
  uwsgi_temp_path {at}/uwsgi;
  scgi_temp_path {at}/scgi;
  keepalive_requests 1000000000;
  upstream mock {{ server {upstream}; keepalive 64; keepalive_requests 1000000000; }}
  server {{
    listen 127.0.0.1:{port};
    location / {{
      proxy_pass http://mock;
      proxy_http_version 1.1;
      proxy_set_header Connection \"\";
      proxy_buffering off;
    }}
  }}
}}
"
    );
    let file = folder.join("nginx.conf");
    fs::write(&file, text)?;
    let mut command = Command::new("nginx");
    command.args(["-e", "stderr", "-c"]).arg(file);
    Server::start(NGINX, port, &mut command).map(Some)
}

/// A port that is free now.
fn free_port() -> Result<u16> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}

/// A folder that goes when we end. Under `target`: a real disk, as the gateway would have.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Result<Self> {
        let folder = cargo::root().join(format!("target/bench-{}", std::process::id()));
        fs::create_dir_all(&folder)?;
        Ok(Self(folder))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What is left is under `target`, which is for leftovers.
        let _ = fs::remove_dir_all(&self.0);
    }
}
