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
    process::{ChildStdin, ChildStdout, Command},
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

/// [`Inspect`] by a process of this program.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ChildProcess {
    arguments: &'static [&'static str],
    time: Duration,
}

impl Default for ChildProcess {
    fn default() -> Self {
        Self {
            arguments: &[COMMAND],
            time: TIME,
        }
    }
}

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
            let asked = tokio::time::timeout(self.time, self.ask(name, bytes)).await;
            let asked = asked.map_err(Error::internal)?;
            asked.map_err(|error| Error::internal(format!("{error:#}")))
        })
    }
}

impl ChildProcess {
    /// Starts the process and gives it the file. Dropped, it ends the process.
    async fn ask(&self, name: &str, bytes: ByteStream) -> Result<Result<Found, String>> {
        let mut child = Command::new(std::env::current_exe()?)
            .args(self.arguments)
            .env_clear()
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()?;
        let input = child.stdin.take().context("no standard input")?;
        let output = child.stdout.take().context("no standard output")?;
        let (given, answer) = tokio::join!(give(input, name, bytes), read(output));
        let answer = answer?;
        let status = child.wait().await?;
        ensure!(status.success(), "the process ended with {status}");
        given?;
        Ok(serde_json::from_slice(&answer)?)
    }
}

/// What the process says. One that has more to say finds nobody who listens, and ends.
async fn read(output: ChildStdout) -> Result<Vec<u8>> {
    let mut answer = Vec::new();
    let mut output = output.take(MAX_ANSWER);
    output.read_to_end(&mut answer).await?;
    Ok(answer)
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
    answer(CPU, openclaw_function_extract::inspect)
}

/// The same by `inspect`, in so many seconds of CPU.
fn answer(cpu: u64, inspect: impl Fn(&[u8], &str) -> Result<Found, String>) -> Result<()> {
    for (resource, most) in [
        (Resource::As, MEMORY),
        (Resource::Cpu, cpu),
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
    let found = inspect(&bytes, &name);
    print(&serde_json::to_string(&found)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::stream;
    use std::{hint::black_box, thread::sleep};

    /// The process as the server starts it, but for its parser, which does as the file says.
    const BROKEN: ChildProcess = ChildProcess {
        arguments: &[
            "--exact",
            "inspect::tests::child",
            "--ignored",
            "--nocapture",
        ],
        time: TIME,
    };

    #[test]
    #[ignore = "it is the process that the other tests start"]
    fn child() {
        let parser = |bytes: &[u8], _: &str| match bytes {
            b"panic" => panic!("as the file says"),
            b"loop" => loop {
                black_box(0);
            },
            b"memory" => {
                let mut all = vec![];
                loop {
                    all.push(black_box(vec![1_u8; 1 << 20]));
                }
            }
            b"stack" => Err(deeper(0).to_string()),
            b"silence" => loop {
                sleep(TIME);
            },
            // More than what a pipe holds that nobody reads.
            b"talk" => Err("x".repeat(MAX_ANSWER as usize + (1 << 20))),
            b"no file" => {
                let folder = std::env::temp_dir();
                let path = folder.join(format!("openclaw-inspect-{}", std::process::id()));
                std::fs::write(path, "x").map_err(|error| error.to_string())?;
                Err("it was written".into())
            }
            other => Err(String::from_utf8_lossy(other).into_owned()),
        };
        answer(1, parser).unwrap();
    }

    #[expect(unconditional_recursion, reason = "that is what it is for")]
    fn deeper(depth: u64) -> u64 {
        black_box(depth) + deeper(black_box(depth + 1))
    }

    /// Why looking into the file failed.
    async fn failed(child: ChildProcess, bytes: &'static [u8]) -> String {
        let source = stream::iter([Ok(Bytes::from_static(bytes))]).boxed();
        let error = child.inspect("x", 0, source).await.unwrap_err();
        error.cause.unwrap_or(error.message.into_owned())
    }

    #[tokio::test]
    async fn a_parser_that_breaks_ends_its_process_and_no_other() {
        for (bytes, why) in [
            (&b"panic"[..], "exit status: 101"),
            (b"loop", "signal"),
            (b"memory", "signal"),
            (b"stack", "signal"),
            (b"talk", "exit status"),
            (b"no file", "signal"),
        ] {
            let error = failed(BROKEN, bytes).await;
            assert!(error.starts_with("the process ended with"), "{error}");
            let said = String::from_utf8_lossy(bytes);
            assert!(error.contains(why), "{said}: {error}");
        }
    }

    #[tokio::test]
    async fn a_parser_that_does_nothing_for_ever_is_ended() {
        let time = Duration::from_secs(2);
        let error = failed(ChildProcess { time, ..BROKEN }, b"silence").await;
        assert!(error.contains("elapsed"), "{error}");
    }
}
