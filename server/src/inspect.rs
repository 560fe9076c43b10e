//! Looking into files in a process of its own, which has limits: a thread cannot be stopped, and what a
//! parser does with bytes that were made for it must not be the server's end.

use crate::output::print;
use anyhow::{Context, Result, ensure};
use bytes::Bytes;
use futures_util::StreamExt;
use openclaw_core::{BoxFuture, ByteStream, Error};
use openclaw_files::{Found, Inspect};
use rustix::process::{Resource, Rlimit, setrlimit};
use std::{
    io::{self, Read, stdin},
    process::Stdio,
    time::Duration,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    process::{ChildStdin, Command},
};

/// The subcommand that the server starts.
pub(crate) const COMMAND: &str = "inspect-file";

/// The largest file that is looked into.
const MAX_BYTES: u64 = 64 << 20;

/// What the process may take of memory: a file, what is made of it, and the text.
const MEMORY: u64 = 1 << 30;

/// Seconds of CPU.
const CPU: u64 = 20;

/// How long it may take in all.
const TIME: Duration = Duration::from_secs(60);

/// Bytes of its answer: a text as JSON.
const MAX_ANSWER: u64 = 32 << 20;

/// [`Inspect`] by this program's own subcommand.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ChildProcess;

impl Inspect for ChildProcess {
    fn max_bytes(&self) -> u64 {
        MAX_BYTES
    }

    fn inspect<'a>(
        &'a self,
        name: &'a str,
        _: u64,
        bytes: ByteStream,
    ) -> BoxFuture<'a, openclaw_core::Result<Result<Found, String>>> {
        Box::pin(async move {
            let asked = tokio::time::timeout(TIME, ask(name, bytes)).await;
            let asked = asked.map_err(Error::internal)?;
            asked.map_err(|error| Error::internal(format!("{error:#}")))
        })
    }
}

/// Starts the process and gives it the file. Dropped, it ends the process.
async fn ask(name: &str, bytes: ByteStream) -> Result<Result<Found, String>> {
    let mut child = Command::new(std::env::current_exe()?)
        .arg(COMMAND)
        .env_clear()
        .current_dir("/")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()?;
    let input = child.stdin.take().context("no standard input")?;
    let output = child.stdout.take().context("no standard output")?;
    let mut answer = Vec::new();
    let mut output = output.take(MAX_ANSWER);
    let read = output.read_to_end(&mut answer);
    let (given, read) = tokio::join!(give(input, name, bytes), read);
    read?;
    let status = child.wait().await?;
    ensure!(status.success(), "the process ended with {status}");
    given?;
    Ok(serde_json::from_slice(&answer)?)
}

/// The name as a line of JSON, then the bytes.
async fn give(mut input: ChildStdin, name: &str, mut bytes: ByteStream) -> Result<()> {
    input.write_all(&serde_json::to_vec(name)?).await?;
    input.write_all(b"\n").await?;
    while let Some(piece) = bytes.next().await {
        let piece: Bytes = piece?;
        input.write_all(&piece).await?;
    }
    Ok(())
}

/// The subcommand: reads a name and a file, writes what it is and says.
pub(crate) fn run() -> Result<()> {
    for (resource, most) in [
        (Resource::As, MEMORY),
        (Resource::Cpu, CPU),
        (Resource::Core, 0),
        (Resource::Fsize, 0),
    ] {
        let limit = Rlimit {
            current: Some(most),
            maximum: Some(most),
        };
        setrlimit(resource, limit)?;
    }
    let mut input = io::BufReader::new(stdin().lock());
    let mut name = String::new();
    io::BufRead::read_line(&mut input, &mut name)?;
    let name: String = serde_json::from_str(&name)?;
    let mut bytes = Vec::new();
    input.take(MAX_BYTES).read_to_end(&mut bytes)?;
    let found = openclaw_function_extract::inspect(&bytes, &name);
    print(&serde_json::to_string(&found)?)
}
