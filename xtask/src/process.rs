//! Child processes: each in a process group of its own, none left behind.
//!
//! A signal to us only sets a flag. Whoever waits for a child looks at the flag and ends that child,
//! so that services end in the order their owner chooses.

mod service;

pub use service::Service;

use anyhow::{Context, Result, bail};
use nix::{
    sys::signal::{Signal, killpg},
    unistd::Pid,
};
use std::{
    fmt,
    io::{BufRead, BufReader, Read, Write},
    os::unix::process::CommandExt,
    process::{Child, Command, ExitStatus, Stdio},
    sync::{
        atomic::{AtomicUsize, Ordering},
        mpsc,
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

/// How often a child and the flag are looked at.
const TICK: Duration = Duration::from_millis(20);
/// How long what was interrupted may take to end after SIGTERM.
const GRACE: Duration = Duration::from_secs(5);

static SIGNALS: AtomicUsize = AtomicUsize::new(0);

/// Ctrl-C, SIGTERM or SIGHUP came.
#[derive(Debug)]
pub struct Interrupted;

impl fmt::Display for Interrupted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("interrupted")
    }
}

impl std::error::Error for Interrupted {}

/// From here on a signal interrupts instead of killing.
pub fn watch_signals() -> Result<()> {
    ctrlc::set_handler(interrupt).context("cannot watch for Ctrl-C")
}

/// Makes every wait in this process end, as a signal does.
pub fn interrupt() {
    SIGNALS.fetch_add(1, Ordering::SeqCst);
}

/// Sleeps a moment; [`Interrupted`] as soon as a signal came.
pub fn pause() -> Result<()> {
    check_signals()?;
    thread::sleep(TICK);
    Ok(())
}

/// Sleeps for `time`; [`Interrupted`] as soon as a signal came.
pub fn pause_for(time: Duration) -> Result<()> {
    let since = Instant::now();
    while since.elapsed() < time {
        pause()?;
    }
    Ok(())
}

/// Runs a command to its end with our own output; an error when it fails.
pub fn run(command: &mut Command) -> Result<()> {
    let status = wait(&mut spawn(command)?)?;
    if !status.success() {
        bail!("`{}` failed: {status}", line(command));
    }
    Ok(())
}

/// What a command said before it ended.
pub struct Said {
    /// How it ended.
    pub status: ExitStatus,
    /// Its standard output.
    pub stdout: String,
    /// Its standard error.
    pub stderr: String,
}

/// Runs a command to its end with `input`, whatever comes of it.
pub fn output(command: &mut Command, input: &str) -> Result<Said> {
    command.stdin(Stdio::piped());
    let mut child = start(command.stdout(Stdio::piped()).stderr(Stdio::piped()))?;
    if let Some(mut stdin) = child.stdin.take() {
        // One that ends without reading shows why by its status.
        let _ = stdin.write_all(input.as_bytes());
    }
    let stdout = collect(child.stdout.take());
    let stderr = collect(child.stderr.take());
    Ok(Said {
        status: wait(&mut child)?,
        stdout: joined(stdout),
        stderr: joined(stderr),
    })
}

/// Runs a command to its end and gives its standard output; an error, with what it printed, when
/// it fails.
pub fn capture(command: &mut Command) -> Result<String> {
    let said = output(command, "")?;
    if !said.status.success() {
        let text = format!("{}\n{}", said.stdout.trim(), said.stderr.trim());
        bail!(
            "`{}` failed: {}\n{}",
            line(command),
            said.status,
            text.trim()
        );
    }
    Ok(said.stdout)
}

/// Runs a command to its end, giving each line of its standard output to `each`; an error when
/// `limit` is over before.
pub fn lines(
    command: &mut Command,
    limit: Duration,
    mut each: impl FnMut(&str),
) -> Result<ExitStatus> {
    let mut child = spawn(command.stdout(Stdio::piped()))?;
    let (sender, receiver) = mpsc::channel();
    let reader = read_lines(child.stdout.take(), move |line| {
        // The receiver only goes when we were interrupted.
        let _ = sender.send(line.to_owned());
    });
    let since = Instant::now();
    let status = loop {
        if let Ok(line) = receiver.recv_timeout(TICK) {
            each(&line);
        } else if let Some(status) = child.try_wait()? {
            break status;
        }
        check_signals().inspect_err(|_| end(&mut child, GRACE))?;
        if since.elapsed() > limit {
            end(&mut child, GRACE);
            bail!(
                "`{}` did not end within {} s",
                line(command),
                limit.as_secs()
            );
        }
    };
    // What it left behind ends with it, and with that the pipe.
    signal(&child, Signal::SIGKILL);
    joined_unit(reader);
    receiver.try_iter().for_each(|line| each(&line));
    Ok(status)
}

fn spawn(command: &mut Command) -> Result<Child> {
    start(command.stdin(Stdio::null()))
}

fn start(command: &mut Command) -> Result<Child> {
    check_signals()?;
    command
        .process_group(0)
        .spawn()
        .with_context(|| format!("cannot run `{}`", line(command)))
}

fn check_signals() -> Result<()> {
    if SIGNALS.load(Ordering::SeqCst) > 0 {
        bail!(Interrupted);
    }
    Ok(())
}

fn wait(child: &mut Child) -> Result<ExitStatus> {
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(status);
        }
        pause_or_end(child)?;
    }
}

fn pause_or_end(child: &mut Child) -> Result<()> {
    pause().inspect_err(|_| end(child, GRACE))
}

fn end(child: &mut Child, grace: Duration) {
    if !matches!(child.try_wait(), Ok(None)) {
        return;
    }
    signal(child, Signal::SIGTERM);
    let (since, signals) = (Instant::now(), SIGNALS.load(Ordering::SeqCst));
    while matches!(child.try_wait(), Ok(None)) {
        let impatient = SIGNALS.load(Ordering::SeqCst) > signals.max(1);
        if impatient || since.elapsed() > grace {
            signal(child, Signal::SIGKILL);
            // Cannot fail to end now; an error would mean it is already reaped.
            let _ = child.wait();
            return;
        }
        thread::sleep(TICK);
    }
}

fn signal(child: &Child, signal: Signal) {
    if let Ok(id) = i32::try_from(child.id()) {
        // The group may be gone already: that is what was wanted.
        let _ = killpg(Pid::from_raw(id), signal);
    }
}

fn collect(stream: Option<impl Read + Send + 'static>) -> JoinHandle<String> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(mut stream) = stream {
            // What was read before an error is still worth showing.
            let _ = stream.read_to_end(&mut bytes);
        }
        String::from_utf8_lossy(&bytes).into_owned()
    })
}

fn read_lines(
    stream: Option<impl Read + Send + 'static>,
    mut each: impl FnMut(&str) + Send + 'static,
) -> JoinHandle<()> {
    thread::spawn(move || {
        let Some(stream) = stream else { return };
        for line in BufReader::new(stream).split(b'\n') {
            let Ok(line) = line else { return };
            each(String::from_utf8_lossy(&line).trim_end_matches('\r'));
        }
    })
}

fn joined(thread: JoinHandle<String>) -> String {
    thread.join().unwrap_or_default()
}

fn joined_unit(thread: JoinHandle<()>) {
    // A reader has nothing to panic with; its lines are out already.
    let _ = thread.join();
}

fn line(command: &Command) -> String {
    let mut words = vec![command.get_program()];
    words.extend(command.get_args());
    Vec::from_iter(words.iter().map(|word| word.to_string_lossy())).join(" ")
}
