use super::Shared;
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

    /// Wakes the writing thread if anybody waits for what is not written.
    pub(super) fn hand_over(&self) {
        let state = self.state.lock();
        if state.wanted > state.written {
            self.wanted.notify_one();
        }
    }

    /// Wakes the writing thread.
    pub(super) fn wake_writer(&self) {
        self.wanted.notify_one();
    }

    /// Tells the writing thread to end.
    pub(super) fn close(&self) {
        self.state.lock().closing = true;
        self.wanted.notify_one();
    }
}

/// Resolves once a transaction is in the file, or the attempt to write it failed. Nothing is
/// asked of anybody before this is polled.
pub(super) struct Reached {
    shared: Arc<Shared>,
    sequence: u64,
    stage: Stage,
}

/// Group commit without a clock: who waits lets every other task that is ready go first, so that
/// their transactions come along, and then writes for all of them itself. Only where somebody
/// else is already at it the writing thread takes over.
#[derive(Clone, Copy)]
enum Stage {
    Fresh,
    Yielded,
    Waiting(u64),
}

impl Reached {
    pub(super) fn new(shared: Arc<Shared>, sequence: u64) -> Self {
        Self {
            shared,
            sequence,
            stage: Stage::Fresh,
        }
    }
}

impl Future for Reached {
    type Output = Result<(), StoreError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let shared = self.shared.clone();
        let mut state = shared.progress.state.lock();
        if state.written >= self.sequence {
            return Poll::Ready(Ok(()));
        }
        match self.stage {
            Stage::Fresh => {
                self.stage = Stage::Yielded;
                drop(state);
                context.waker().wake_by_ref();
                Poll::Pending
            }
            Stage::Yielded => {
                // First the wish, then the attempt: whoever is writing now looks for wishes
                // behind it.
                let id = state.wait(self.sequence, context.waker());
                self.stage = Stage::Waiting(id);
                drop(state);
                shared.write_in_place();
                shared
                    .progress
                    .state
                    .lock()
                    .poll(self.sequence, id, context)
            }
            Stage::Waiting(id) => state.poll(self.sequence, id, context),
        }
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

    fn poll(
        &mut self,
        sequence: u64,
        id: u64,
        context: &mut Context<'_>,
    ) -> Poll<Result<(), StoreError>> {
        if self.written >= sequence {
            return Poll::Ready(Ok(()));
        }
        let Some(waiter) = self.waiting.get_mut(&id) else {
            return Poll::Pending;
        };
        if let Some(error) = waiter.failed.take() {
            return Poll::Ready(Err(error));
        }
        waiter.waker.clone_from(context.waker());
        Poll::Pending
    }
}

impl Drop for Reached {
    fn drop(&mut self) {
        if let Stage::Waiting(id) = self.stage {
            self.shared.progress.state.lock().waiting.remove(&id);
        }
    }
}
