//! `openclaw-api health`: for whoever starts a server and has no HTTP client, such as a container's engine.

use crate::config::{self, ConfigArgs};
use anyhow::{Context, Result, bail};
use bytes::Bytes;
use openclaw_core::Http;
use openclaw_tokio::HyperHttp;
use std::{net::IpAddr, time::Duration};

/// How long the server has for its answer.
const LIMIT: Duration = Duration::from_secs(5);

/// Asks the server of this machine whether it is ready; fails where it is not, or does not answer.
pub(crate) fn check(port: Option<u16>, arguments: &ConfigArgs) -> Result<()> {
    let server = config::load(arguments)?.server;
    let port = port.unwrap_or(server.port);
    let request = http::Request::get(format!(
        "http://{}:{port}/v1/health/ready",
        reachable(&server.host)
    ))
    .body(Bytes::new())?;
    let ask = async {
        let http = HyperHttp::new();
        let answer = tokio::time::timeout(LIMIT, http.send(request)).await;
        let answer = answer.context("the server does not answer in time")?;
        Ok::<_, anyhow::Error>(answer.context("the server does not answer")?.status())
    };
    let status = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?
        .block_on(ask)?;
    if !status.is_success() {
        bail!("the server is not ready: {status}");
    }
    Ok(())
}

/// An address at which a server that listens on `host` is reached from the same machine.
fn reachable(host: &str) -> String {
    match host.parse::<IpAddr>() {
        Ok(IpAddr::V4(address)) if address.is_unspecified() => "127.0.0.1".into(),
        Ok(IpAddr::V6(address)) if address.is_unspecified() => "[::1]".into(),
        Ok(IpAddr::V6(address)) => format!("[{address}]"),
        _ => host.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::reachable;

    #[test]
    fn a_server_that_listens_everywhere_is_reached_here() {
        assert_eq!(reachable("0.0.0.0"), "127.0.0.1");
        assert_eq!(reachable("::"), "[::1]");
        assert_eq!(reachable("::2"), "[::2]");
        assert_eq!(reachable("10.0.0.1"), "10.0.0.1");
        assert_eq!(reachable("localhost"), "localhost");
    }
}
