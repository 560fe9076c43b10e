//! `openclaw-upstream`: the controllable upstream as a program, for benchmarks and by hand.
//! What it does is told in `openclaw_conformance::upstream`.

use anyhow::Context;
use clap::Parser;
use openclaw_conformance::upstream::{Settings, serve};
use std::time::Duration;
use tokio::net::TcpListener;

/// A provider under control: OpenAI's chat completions and Anthropic's messages on one port.
#[derive(Parser)]
struct Arguments {
    /// The TCP port on 127.0.0.1.
    #[arg(long, default_value_t = 8090)]
    port: u16,
    /// Milliseconds between two events of an unscripted stream; 0: the stream in one write.
    #[arg(long, default_value_t = 0)]
    pace_ms: u64,
}

// One thread: as a benchmark's mock it shall not compete for processors.
#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let Arguments { port, pace_ms } = Arguments::parse();
    let listener = TcpListener::bind(("127.0.0.1", port))
        .await
        .with_context(|| format!("cannot listen on 127.0.0.1:{port}"))?;
    let settings = Settings {
        pace: Duration::from_millis(pace_ms),
    };
    serve(listener, settings).await.context("cannot accept")
}
