//! What a function's binary weighs, how long it takes until it asks for its first invocation, and how
//! much memory it has by then.

use super::Tools;
use crate::process::{self, Service};
use anyhow::{Context, Result, bail};
use std::{
    fmt::Write as _,
    fs,
    io::{ErrorKind, Read},
    net::{TcpListener, TcpStream},
    path::Path,
    process::Command,
    time::{Duration, Instant},
};

/// Bytes that what is uploaded may have.
const ZIP: u64 = 8_000_000;
/// The same of what is built for this machine, which is optimised for compiling quickly.
const ZIP_HERE: u64 = 16_000_000;
/// How long a process may take to ask for an invocation.
const START: Duration = Duration::from_millis(60);
/// Starts of which the median counts.
const STARTS: usize = 15;
/// A start that takes longer is none.
const LIMIT: Duration = Duration::from_secs(10);

/// One function's binary.
pub(super) struct Measured {
    name: &'static str,
    /// Bytes.
    raw: u64,
    /// Bytes of the archive.
    zip: u64,
    started: Option<Start>,
}

/// From `exec` to the first request for an invocation.
#[derive(Clone, Copy)]
struct Start {
    time: Duration,
    /// Resident bytes.
    memory: u64,
}

/// What the binary of the function `name` weighs.
pub(super) fn size(tools: &Tools, name: &'static str, binary: &Path) -> Result<Measured> {
    let file = fs::metadata(binary).with_context(|| binary.display().to_string())?;
    let archive = std::env::temp_dir().join(format!("openclaw-{name}-{}.zip", std::process::id()));
    // By the module that SAM packs with.
    let mut zip = Command::new(&tools.python);
    zip.args(["-m", "zipfile", "-c"]).arg(&archive).arg(binary);
    process::capture(&mut zip)?;
    let packed = fs::metadata(&archive)?.len();
    fs::remove_file(archive)?;
    Ok(Measured {
        name,
        raw: file.len(),
        zip: packed,
        started: None,
    })
}

/// The same, and how it starts.
pub(super) fn function(tools: &Tools, name: &'static str, binary: &Path) -> Result<Measured> {
    let starts = (0..STARTS).map(|_| start(binary));
    let mut starts = starts.collect::<Result<Vec<_>>>()?;
    starts.sort_by_key(|start| start.time);
    Ok(Measured {
        started: Some(starts[STARTS / 2]),
        ..size(tools, name, binary)?
    })
}

/// Starts a process against a runtime interface that has no invocation for it, and ends it when it asks.
fn start(binary: &Path) -> Result<Start> {
    let interface = TcpListener::bind("127.0.0.1:0")?;
    interface.set_nonblocking(true)?;
    let mut function = Command::new(binary);
    function.env_clear();
    function.env(
        "AWS_LAMBDA_RUNTIME_API",
        interface.local_addr()?.to_string(),
    );
    for (name, value) in VARIABLES {
        function.env(name, value);
    }
    let since = Instant::now();
    let mut function = Service::start("function", &mut function, false, Duration::ZERO)?;
    let asked = asked(&interface, since);
    let time = since.elapsed();
    let _waiting = match asked {
        Ok(socket) => socket,
        Err(error) => {
            function.check()?;
            return Err(error);
        }
    };
    let memory = resident(function.id())?;
    Ok(Start { time, memory })
}

/// What Lambda tells a function, and the template.
const VARIABLES: [(&str, &str); 12] = [
    ("AWS_LAMBDA_FUNCTION_NAME", "measured"),
    ("AWS_LAMBDA_FUNCTION_VERSION", "1"),
    ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256"),
    ("AWS_REGION", "local"),
    ("AWS_ACCESS_KEY_ID", "local"),
    ("AWS_SECRET_ACCESS_KEY", "local"),
    ("OPENCLAW_KV_TABLE", "kv"),
    ("OPENCLAW_LEDGER_TABLE", "ledger"),
    ("OPENCLAW_BLOBS_BUCKET", "blobs"),
    ("OPENCLAW_TOPICS", "event=webhooks/1"),
    ("OPENCLAW_SCHEDULE_GROUP", "jobs"),
    ("OPENCLAW_SCHEDULE_ROLE", "role"),
];

/// Returns as soon as somebody asks for an invocation, with the connection: it waits as long as that is.
fn asked(interface: &TcpListener, since: Instant) -> Result<TcpStream> {
    const NEXT: &str = "GET /2018-06-01/runtime/invocation/next ";
    let mut socket = loop {
        match interface.accept() {
            Ok((socket, _)) => break socket,
            Err(error) if error.kind() == ErrorKind::WouldBlock && since.elapsed() < LIMIT => {
                std::thread::sleep(Duration::from_micros(50));
            }
            Err(error) => return Err(error).context("it does not ask for an invocation"),
        }
    };
    socket.set_nonblocking(false)?;
    socket.set_read_timeout(Some(LIMIT))?;
    let mut line = [0; NEXT.len()];
    socket.read_exact(&mut line)?;
    if line != NEXT.as_bytes() {
        bail!("it asks `{}`", String::from_utf8_lossy(&line));
    }
    Ok(socket)
}

fn resident(process: u32) -> Result<u64> {
    let status = fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
    Ok(kilobytes.context("no VmRSS")? * 1024)
}

/// The table, one line a function.
pub(super) fn table(functions: &[Measured]) -> String {
    let mut table = String::from(
        "Function    binary, MB  zip, MB  start, ms  memory, MB   (1 MB = 10⁶ bytes)\n",
    );
    let megabytes = |bytes: u64| format!("{:.2}", bytes as f64 / 1e6);
    for function in functions {
        let (start, memory) = match function.started {
            Some(start) => (
                format!("{:.1}", start.time.as_secs_f64() * 1e3),
                megabytes(start.memory),
            ),
            None => ("–".into(), "–".into()),
        };
        let (raw, zip) = (megabytes(function.raw), megabytes(function.zip));
        // Writing to a string cannot fail.
        let _ = writeln!(
            table,
            "{:10} {raw:>11} {zip:>8} {start:>10} {memory:>11}",
            function.name
        );
    }
    table
}

/// An error that names those which are too large.
pub(super) fn check_sizes(functions: &[Measured]) -> Result<()> {
    named(functions, "larger than 8 MB packed", |function| {
        function.zip > ZIP
    })
}

/// The same of functions that were built for this machine.
pub(super) fn check_sizes_here(functions: &[Measured]) -> Result<()> {
    named(functions, "larger than 16 MB packed", |function| {
        function.zip > ZIP_HERE
    })
}

/// An error that names those which take too long to start: on a machine that does nothing else.
pub(super) fn check_starts(functions: &[Measured]) -> Result<()> {
    named(functions, "slower than 60 ms to start", |function| {
        function.started.is_some_and(|start| start.time > START)
    })
}

fn named(functions: &[Measured], what: &str, is: impl Fn(&Measured) -> bool) -> Result<()> {
    let names = functions.iter().filter(|function| is(function));
    let names = Vec::from_iter(names.map(|function| function.name));
    if !names.is_empty() {
        bail!("{what}: {}", names.join(", "));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn measured(zip: u64, milliseconds: u64) -> Measured {
        let time = Duration::from_millis(milliseconds);
        Measured {
            name: "chat",
            raw: 2 * zip,
            zip,
            started: Some(Start { time, memory: 0 }),
        }
    }

    #[test]
    fn what_is_over_a_bar_is_named() {
        let good = [measured(ZIP, 60)];
        assert!(check_sizes(&good).is_ok() && check_starts(&good).is_ok());
        let large = check_sizes(&[measured(ZIP + 1, 0)]).unwrap_err();
        assert_eq!(large.to_string(), "larger than 8 MB packed: chat");
        let large = check_sizes_here(&[measured(ZIP, 0), measured(ZIP_HERE + 1, 0)]).unwrap_err();
        assert_eq!(large.to_string(), "larger than 16 MB packed: chat");
        let slow = check_starts(&[measured(0, 61)]).unwrap_err();
        assert_eq!(slow.to_string(), "slower than 60 ms to start: chat");
    }

    #[test]
    fn a_process_that_asks_something_else_is_not_measured() {
        let interface = TcpListener::bind("127.0.0.1:0").unwrap();
        interface.set_nonblocking(true).unwrap();
        let mut other = TcpStream::connect(interface.local_addr().unwrap()).unwrap();
        let line = "POST /2018-06-01/runtime/init/error HTTP/1.1";
        std::io::Write::write_all(&mut other, line.as_bytes()).unwrap();
        assert!(asked(&interface, Instant::now()).is_err());
    }
}
