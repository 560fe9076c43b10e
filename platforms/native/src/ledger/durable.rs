use super::{Commits, Shared};
use openclaw_core::StoreError;
use parking_lot::{Condvar, Mutex};
use std::{
    collections::HashMap,
    future::Future,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    task::{Context, Poll, Waker},
    time::Duration,
};

/// How far the journal and SQLite have followed the overlay, and who waits for them. Transactions
/// are numbered from 1 in the order they were applied.
#[derive(Debug, Default)]
pub(super) struct Progress {
    state: Mutex<State>,
    wanted: Condvar,
    /// The last transaction that a crash can no longer lose.
    durable: AtomicU64,
    /// The last one that SQLite has.
    stored: AtomicU64,
}

/// What somebody waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Goal {
    /// That a crash cannot lose it.
    Durable,
    /// That SQLite has it.
    Stored,
}

#[derive(Debug, Default)]
struct State {
    waiting: HashMap<u64, Waiter>,
    next_waiter: u64,
    /// The writing thread is to do what is left and end.
    closing: bool,
}

#[derive(Debug)]
struct Waiter {
    goal: Goal,
    sequence: u64,
    waker: Waker,
    failed: Option<StoreError>,
}

/// What the writing thread is to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wake {
    /// Time has passed.
    Nothing,
    /// Somebody waits for this.
    Reach(Goal),
    /// Everything, then end.
    Close,
}

impl Progress {
    /// Waits until there is something to do, at most `timeout`.
    pub(super) fn wait(&self, timeout: Duration) -> Wake {
        let mut state = self.state.lock();
        if state.wake() == Wake::Nothing {
            self.wanted.wait_for(&mut state, timeout);
        }
        state.wake()
    }

    /// Whether `goal` is reached for `sequence`.
    pub(super) fn has(&self, goal: Goal, sequence: u64) -> bool {
        self.line(goal).load(Ordering::Acquire) >= sequence
    }

    fn line(&self, goal: Goal) -> &AtomicU64 {
        match goal {
            Goal::Durable => &self.durable,
            Goal::Stored => &self.stored,
        }
    }

    /// Everything up to `sequence` has reached `goal`.
    pub(super) fn reached(&self, goal: Goal, sequence: u64) {
        self.line(goal).fetch_max(sequence, Ordering::AcqRel);
        let mut state = self.state.lock();
        if state.waiting.is_empty() {
            return;
        }
        let done = |_: &u64, waiter: &mut Waiter| waiter.awaits(goal, sequence);
        let woken: Vec<_> = state.waiting.extract_if(done).collect();
        drop(state);
        woken
            .into_iter()
            .for_each(|(_, waiter)| waiter.waker.wake());
    }

    /// The attempt to bring everything up to `sequence` to `goal` has failed.
    pub(super) fn failed(&self, goal: Goal, sequence: u64, error: &StoreError) {
        let mut woken = Vec::new();
        for waiter in self.state.lock().waiting.values_mut() {
            if waiter.awaits(goal, sequence) {
                waiter.failed = Some(error.clone());
                woken.push(waiter.waker.clone());
            }
        }
        woken.into_iter().for_each(Waker::wake);
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

    /// What `id` waits for, or that it failed. `Poll::Pending` where it is still to come.
    fn poll(&self, id: u64, context: &mut Context<'_>) -> Poll<Result<(), StoreError>> {
        let mut state = self.state.lock();
        let Some(waiter) = state.waiting.get_mut(&id) else {
            // Reached between two looks.
            return Poll::Ready(Ok(()));
        };
        if let Some(error) = waiter.failed.take() {
            return Poll::Ready(Err(error));
        }
        waiter.waker.clone_from(context.waker());
        Poll::Pending
    }

    fn enter(&self, goal: Goal, sequence: u64, context: &mut Context<'_>) -> Option<u64> {
        let mut state = self.state.lock();
        if self.has(goal, sequence) {
            return None;
        }
        let id = state.next_waiter;
        state.next_waiter += 1;
        let waiter = Waiter {
            goal,
            sequence,
            waker: context.waker().clone(),
            failed: None,
        };
        state.waiting.insert(id, waiter);
        self.wanted.notify_one();
        Some(id)
    }
}

impl Waiter {
    /// Whether it is told when everything up to `sequence` has reached `goal`.
    fn awaits(&self, goal: Goal, sequence: u64) -> bool {
        self.goal == goal && self.sequence <= sequence
    }
}

impl State {
    fn wake(&self) -> Wake {
        if self.closing {
            return Wake::Close;
        }
        // The thread goes no further than somebody wants: SQLite is the dearer goal.
        let unanswered = self
            .waiting
            .values()
            .filter(|waiter| waiter.failed.is_none());
        unanswered.fold(Wake::Nothing, |wake, waiter| match (wake, waiter.goal) {
            (Wake::Reach(Goal::Stored), _) => wake,
            (_, goal) => Wake::Reach(goal),
        })
    }
}

/// Resolves once a transaction has reached a goal, or the attempt failed. Nothing is asked of
/// anybody before this is polled.
pub(super) struct Reached {
    shared: Arc<Shared>,
    goal: Goal,
    sequence: u64,
    /// The number as a waiter, once it is one.
    id: Option<u64>,
    /// Whether it has let the others go first.
    gave_way: bool,
}

impl Reached {
    pub(super) fn new(shared: Arc<Shared>, goal: Goal, sequence: u64) -> Self {
        Self {
            shared,
            goal,
            sequence,
            id: None,
            gave_way: false,
        }
    }
}

impl Future for Reached {
    type Output = Result<(), StoreError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let progress = &self.shared.progress;
        if let Some(id) = self.id {
            return progress.poll(id, context);
        }
        if progress.has(self.goal, self.sequence) {
            return Poll::Ready(Ok(()));
        }
        if self.goal == Goal::Durable && self.shared.commits == Commits::InPlace {
            if self.gave_way {
                return Poll::Ready(self.shared.append_up_to(self.sequence));
            }
            // Every task that is ready goes first, so that its transaction comes along.
            self.gave_way = true;
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        self.id = progress.enter(self.goal, self.sequence, context);
        match self.id {
            Some(_) => Poll::Pending,
            None => Poll::Ready(Ok(())),
        }
    }
}

impl Drop for Reached {
    fn drop(&mut self) {
        if let Some(id) = self.id {
            self.shared.progress.state.lock().waiting.remove(&id);
        }
    }
}
