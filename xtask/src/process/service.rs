//! Children that run beside us, such as the gateway.

use super::{end, joined_unit, pause, read_lines, start};
use anyhow::{Result, bail};
use std::{
    collections::VecDeque,
    io::{IsTerminal, stderr},
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex, PoisonError},
    thread::JoinHandle,
    time::{Duration, Instant},
};

/// Lines of a service's output that are kept for the case that it dies.
const TAIL: usize = 30;

/// A child that runs beside us until [`Service::stop`] or the end of this value.
pub struct Service {
    name: &'static str,
    child: Child,
    tail: Arc<Mutex<VecDeque<String>>>,
    readers: Vec<JoinHandle<()>>,
    /// How long it may take to end after SIGTERM.
    grace: Duration,
}

impl Service {
    /// Starts it. Its output is kept for the case that it dies and, with `echo`, shown behind its
    /// name. Its standard input stays open as long as we live, so that it can end with us.
    pub fn start(
        name: &'static str,
        command: &mut Command,
        echo: bool,
        grace: Duration,
    ) -> Result<Self> {
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        if !stderr().is_terminal() {
            command.env("NO_COLOR", "1");
        }
        let mut child = start(command)?;
        let tail = Arc::new(Mutex::new(VecDeque::with_capacity(TAIL)));
        let keep = |tail: &Arc<Mutex<VecDeque<String>>>| {
            let tail = Arc::clone(tail);
            move |line: &str| {
                if echo {
                    eprintln!("{name} │ {line}");
                }
                let mut tail = tail.lock().unwrap_or_else(PoisonError::into_inner);
                if tail.len() == TAIL {
                    tail.pop_front();
                }
                tail.push_back(line.to_owned());
            }
        };
        let readers = vec![
            read_lines(child.stdout.take(), keep(&tail)),
            read_lines(child.stderr.take(), keep(&tail)),
        ];
        Ok(Self {
            name,
            child,
            tail,
            readers,
            grace,
        })
    }

    /// Its process id, which is its group's too.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// An error with its last output when it has ended by itself.
    pub fn check(&mut self) -> Result<()> {
        if let Some(status) = self.child.try_wait()? {
            // Its last words may still be on their way through the pipe.
            self.readers.drain(..).for_each(joined_unit);
            let tail = self.tail.lock().unwrap_or_else(PoisonError::into_inner);
            let said = Vec::from_iter(tail.iter().map(String::as_str)).join("\n  ");
            bail!("{} ended by itself ({status}):\n  {said}", self.name);
        }
        Ok(())
    }

    /// What it printed last, oldest first.
    pub fn tail(&self) -> Vec<String> {
        let tail = self.tail.lock().unwrap_or_else(PoisonError::into_inner);
        tail.iter().cloned().collect()
    }

    /// Waits until `ready` gives something; an error when the service ends first, when a signal
    /// comes or when `limit` is over.
    pub fn wait_for<T>(
        &mut self,
        limit: Duration,
        mut ready: impl FnMut(&Self) -> Option<T>,
    ) -> Result<T> {
        let since = Instant::now();
        loop {
            if let Some(answer) = ready(self) {
                return Ok(answer);
            }
            self.check()?;
            if since.elapsed() > limit {
                let said = self.tail().join("\n  ");
                bail!(
                    "{} is not ready after {} s:\n  {said}",
                    self.name,
                    limit.as_secs()
                );
            }
            pause()?;
        }
    }

    /// Ends it: SIGTERM to its group, SIGKILL when its grace is over or a second signal came.
    pub fn stop(&mut self) {
        end(&mut self.child, self.grace);
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        self.stop();
    }
}
