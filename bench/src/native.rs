//! The native server, and what it is measured against: nginx and a bare proxy on the same libraries.

use super::{
    load::Load,
    server::{Folder, Server, UPSTREAM, config, free_port, start, tools, upstream},
};
use anyhow::Result;
use std::{
    fs,
    path::Path,
    process::{Command, Stdio},
};
use xtask::{
    cargo,
    gateway::{Gateway, Local},
    process::Service,
    steps::Steps,
};

/// All of them, and the means to put load on them.
pub(super) struct Fleet {
    /// The upstream first, the gateway last.
    pub(super) servers: Vec<Server>,
    /// What stands behind each of them.
    services: Vec<Service>,
    /// The gateway.
    pub(super) gateway: Gateway,
    /// Its configuration.
    pub(super) config: String,
    pub(super) load: Load,
    /// Dropped last: the servers' files.
    _folder: Folder,
}

/// Names of the rows.
pub(super) const ROWS: [&str; 4] = [UPSTREAM, NGINX, BARE, GATEWAY];
const NGINX: &str = "nginx proxy_pass";
pub(super) const BARE: &str = "bare proxy";
pub(super) const GATEWAY: &str = "gateway";

impl Fleet {
    /// Builds and starts everything; what is measured is built with `profile`.
    pub(super) fn start(profile: &str) -> Result<Self> {
        let mut steps = Steps::new(2);
        let (upstream_binary, load) = steps.step("upstream and load generator: building", tools)?;
        let (bare, api) = steps.step(&format!("proxies: building ({profile})"), || {
            let bare = cargo::binary("openclaw-bench", "bare-proxy", profile);
            Ok((
                bare?,
                cargo::binary("openclaw-server", "openclaw-api", profile)?,
            ))
        })?;
        let folder = Folder::new()?;
        let (first, service) = upstream(&upstream_binary)?;
        let to = first.address.clone();
        let (mut servers, mut services) = (vec![first], vec![service]);
        let mut add = |(server, service)| {
            servers.push(server);
            services.push(service);
        };
        start_nginx(&folder.0, &to)?.map(&mut add);
        add(start_bare(&bare, &to)?);
        let gateway = Gateway {
            binary: api,
            port: free_port()?,
            data: folder.0.join("data"),
            own: folder.0.clone(),
        };
        let config = config(&to);
        let service = gateway.start(&config, false)?;
        add((Server::new(GATEWAY, gateway.port, &service), service));
        let key = gateway.new_key("enterprise")?;
        let load = Load { binary: load, key };
        Ok(Self {
            servers,
            services,
            gateway,
            config,
            load,
            _folder: folder,
        })
    }

    /// Ends the gateway for good.
    pub(super) fn stop_gateway(&mut self) {
        if let Some(gateway) = self.services.last_mut() {
            gateway.stop();
        }
    }
}

fn start_bare(binary: &Path, upstream: &str) -> Result<(Server, Service)> {
    let port = free_port()?;
    let mut command = Command::new(binary);
    command.args(["--port", &port.to_string(), "--to", upstream]);
    let service = start(BARE, port, &mut command)?;
    Ok((Server::new(BARE, port, &service), service))
}

/// nginx as its documentation advises for a proxy of streams; nothing where it is not installed.
fn start_nginx(folder: &Path, upstream: &str) -> Result<Option<(Server, Service)>> {
    let around = format!(
        "upstream mock {{ server {upstream}; keepalive 64; keepalive_requests 1000000000; }}"
    );
    let location = "proxy_pass http://mock;
      proxy_http_version 1.1;
      proxy_set_header Connection \"\";
      proxy_buffering off;";
    nginx(NGINX, folder, &around, location)
}

/// nginx with this in `http` and in its one location; nothing where it is not installed.
pub(super) fn nginx(
    name: &'static str,
    folder: &Path,
    around: &str,
    location: &str,
) -> Result<Option<(Server, Service)>> {
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
  {around}
  server {{
    listen 127.0.0.1:{port};
    location / {{
      {location}
    }}
  }}
}}
"
    );
    let file = folder.join("nginx.conf");
    fs::write(&file, text)?;
    let mut command = Command::new("nginx");
    command.args(["-e", "stderr", "-c"]).arg(file);
    let service = start(name, port, &mut command)?;
    Ok(Some((Server::new(name, port, &service), service)))
}
