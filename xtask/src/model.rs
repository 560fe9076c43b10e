//! The small model's server.

use crate::{cargo, process::Service, setup::Model};
use anyhow::Result;
use std::{net::TcpListener, process::Command, time::Duration};

/// Where the model is served when nobody else is there.
const PORT: u16 = 8081;
/// What it prints before its address.
const READY: &str = "listening on ";

/// Starts it on its usual port, or on a free one; gives its address, such as
/// `http://127.0.0.1:8081`, once it answers.
pub(crate) fn start(model: &Model) -> Result<(Service, String)> {
    let port = TcpListener::bind(("127.0.0.1", PORT)).map_or(0, |_| PORT);
    let mut command = Command::new(&model.python);
    command
        .arg(cargo::root().join("models/serve.py"))
        .arg(&model.weights)
        .args(["--port", &port.to_string()]);
    let mut service = Service::start("model", &mut command, false, Duration::from_secs(2))?;
    let url = service.wait_for(Duration::from_secs(120), |service| {
        let said = service.tail();
        said.iter()
            .find_map(|line| line.strip_prefix(READY).map(str::to_owned))
    })?;
    Ok((service, url))
}
