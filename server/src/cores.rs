//! One event loop a core. A connection stays on the core it was given to, with its provider's
//! connection and its timers: no request is handed from thread to thread, which costs more than
//! all of our own work on it.

use std::{
    future::Future,
    io,
    sync::atomic::{AtomicUsize, Ordering},
    thread,
};
use tokio::{
    runtime::{Builder, Handle},
    sync::watch,
};

/// The event loops. They run until this is dropped.
pub(crate) struct Cores {
    loops: Vec<Handle>,
    next: AtomicUsize,
    _running: watch::Sender<()>,
}

impl Cores {
    /// A thread with an event loop for every processor this process may use.
    pub(crate) fn start() -> io::Result<Self> {
        let (running, stopped) = watch::channel(());
        let count = thread::available_parallelism().map_or(1, usize::from);
        let loops = (0..count).map(|core| start_loop(core, stopped.clone()));
        Ok(Self {
            loops: loops.collect::<io::Result<_>>()?,
            next: AtomicUsize::new(0),
            _running: running,
        })
    }

    /// Runs `task` on the next core in turn.
    pub(crate) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        let next = self.next.fetch_add(1, Ordering::Relaxed);
        self.loops[next % self.loops.len()].spawn(task);
    }
}

fn start_loop(core: usize, mut stopped: watch::Receiver<()>) -> io::Result<Handle> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let handle = runtime.handle().clone();
    thread::Builder::new()
        .name(format!("core-{core}"))
        .spawn(move || {
            // Resolves, with an error, when the sender is gone.
            runtime.block_on(async { while stopped.changed().await.is_ok() {} });
        })?;
    Ok(handle)
}
