use openclaw_core::StoreError;
use parking_lot::{Condvar, Mutex};
use std::{
    collections::HashMap,
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, Waker},
    time::Duration,
};

/// How far the file has followed the overlay, and who waits for it. Transactions are numbered
/// from 1 in the order they were applied.
#[derive(Debug, Default)]
pub(super) struct Progress {
    state: Mutex<State>,
    wanted: Condvar,
}

#[derive(Debug, Default)]
struct State {
    /// The last transaction that is in the file.
    written: u64,
    /// The last one that somebody waits for.
    wanted: u64,
    waiting: HashMap<u64, Waiter>,
    next_waiter: u64,
    /// The writing thread is to write what is left and end.
    closing: bool,
}

#[derive(Debug)]
struct Waiter {
    sequence: u64,
    waker: Waker,
    failed: Option<StoreError>,
}

/// Why the writing thread woke.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wake {
    /// Somebody waits, or time has passed.
    Write,
    /// Write, then end.
    Close,
}

impl Progress {
    /// Resolves once transaction `sequence` is in the file, or the attempt to write it failed.
    /// Nothing is asked of the writing thread before this is polled.
    pub(super) fn reached(
        self: &Arc<Self>,
        sequence: u64,
    ) -> impl Future<Output = Result<(), StoreError>> + Send + use<> {
        Reached {
            progress: self.clone(),
            sequence,
            waiter: None,
        }
    }

    /// Waits until there is a reason to write, at most `timeout`.
    pub(super) fn wait(&self, timeout: Duration) -> Wake {
        let mut state = self.state.lock();
        if state.wanted <= state.written && !state.closing {
            self.wanted.wait_for(&mut state, timeout);
        }
        if state.closing {
            Wake::Close
        } else {
            Wake::Write
        }
    }

    /// Everything up to `sequence` was written, or was not.
    pub(super) fn report(&self, sequence: u64, result: Result<(), StoreError>) {
        let mut woken = Vec::new();
        let mut state = self.state.lock();
        match result {
            Ok(()) => {
                state.written = sequence;
                let done = |_: &u64, waiter: &mut Waiter| waiter.sequence <= sequence;
                woken.extend(
                    state
                        .waiting
                        .extract_if(done)
                        .map(|(_, waiter)| waiter.waker),
                );
            }
            Err(error) => {
                // Who is told now waits no longer; who came since still wants an attempt.
                let mut wanted = state.written;
                for waiter in state.waiting.values_mut() {
                    if waiter.sequence <= sequence {
                        waiter.failed = Some(error.clone());
                        woken.push(waiter.waker.clone());
                    } else {
                        wanted = wanted.max(waiter.sequence);
                    }
                }
                state.wanted = wanted;
            }
        }
        drop(state);
        woken.into_iter().for_each(Waker::wake);
    }

    /// Tells the writing thread to end.
    pub(super) fn close(&self) {
        self.state.lock().closing = true;
        self.wanted.notify_one();
    }
}

struct Reached {
    progress: Arc<Progress>,
    sequence: u64,
    waiter: Option<u64>,
}

impl Future for Reached {
    type Output = Result<(), StoreError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let sequence = self.sequence;
        let progress = self.progress.clone();
        let mut state = progress.state.lock();
        if state.written >= sequence {
            return Poll::Ready(Ok(()));
        }
        if let Some(waiter) = self.waiter.and_then(|id| state.waiting.get_mut(&id)) {
            if let Some(error) = waiter.failed.take() {
                return Poll::Ready(Err(error));
            }
            waiter.waker.clone_from(context.waker());
            return Poll::Pending;
        }
        self.waiter = Some(state.wait(sequence, context.waker()));
        drop(state);
        progress.wanted.notify_one();
        Poll::Pending
    }
}

impl State {
    fn wait(&mut self, sequence: u64, waker: &Waker) -> u64 {
        let id = self.next_waiter;
        self.next_waiter += 1;
        self.wanted = self.wanted.max(sequence);
        self.waiting.insert(
            id,
            Waiter {
                sequence,
                waker: waker.clone(),
                failed: None,
            },
        );
        id
    }
}

impl Drop for Reached {
    fn drop(&mut self) {
        if let Some(id) = self.waiter {
            self.progress.state.lock().waiting.remove(&id);
        }
    }
}
