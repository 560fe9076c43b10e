//! `openclaw-lambda-local SETTINGS`: the functions behind what API Gateway and Lambda are, for the suite
//! and for `cargo xtask up lambda`. What it does is told in `openclaw_conformance::lambda`.

use anyhow::Context;
use clap::Parser;
use openclaw_conformance::lambda::{Settings, serve};
use std::path::PathBuf;
use tokio::signal::unix::{SignalKind, signal};

/// Functions on loopback; SIGTERM ends them.
#[derive(Parser)]
struct Arguments {
    /// A JSON file with port, functions, environment and copies.
    settings: PathBuf,
}

// One thread: the copies end with the one that started them.
#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let Arguments { settings } = Arguments::parse();
    let text = std::fs::read(&settings).with_context(|| settings.display().to_string())?;
    let settings: Settings = serde_json::from_slice(&text)?;
    let mut ended = signal(SignalKind::terminate())?;
    tokio::select! {
        _ = ended.recv() => Ok(()),
        served = serve(settings) => served.context("cannot listen"),
    }
}
