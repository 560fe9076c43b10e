use futures_util::{FutureExt, future::join_all};
use openclaw_core::{BoxFuture, Spawn};
use parking_lot::Mutex;
use std::task::{Context, Poll, Waker};

/// Runs a task on the spot, as far as it goes without waiting. What is left of it waits for
/// [`finish`](Self::finish).
#[derive(Default)]
pub struct InlineSpawn(Mutex<Vec<BoxFuture<'static, ()>>>);

impl InlineSpawn {
    /// Drives what is left of the tasks to their end, and what they spawn meanwhile.
    pub async fn finish(&self) {
        loop {
            let left = std::mem::take(&mut *self.0.lock());
            if left.is_empty() {
                return;
            }
            join_all(left).await;
        }
    }

    /// Tasks that have not ended.
    pub fn running(&self) -> usize {
        self.0.lock().len()
    }
}

impl Spawn for InlineSpawn {
    fn spawn(&self, mut task: BoxFuture<'static, ()>) {
        if task.poll_unpin(&mut Context::from_waker(Waker::noop())) == Poll::Pending {
            self.0.lock().push(task);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ManualClock;
    use openclaw_core::Clock;
    use std::{
        sync::{
            Arc,
            atomic::{AtomicBool, Ordering},
        },
        time::Duration,
    };

    #[test]
    fn a_task_that_waits_ends_in_finish() {
        let (clock, spawn) = (ManualClock::default(), InlineSpawn::default());
        let done = Arc::new(AtomicBool::new(false));
        let (sleep, set) = (clock.sleep(Duration::from_secs(1)), done.clone());
        spawn.spawn(
            async move {
                sleep.await;
                set.store(true, Ordering::Relaxed)
            }
            .boxed(),
        );
        assert_eq!(spawn.running(), 1);
        clock.advance(Duration::from_secs(1));
        futures_executor::block_on(spawn.finish());
        assert!(done.load(Ordering::Relaxed) && spawn.running() == 0);
    }

    #[test]
    fn a_task_that_waits_for_nothing_ends_at_once() {
        let spawn = InlineSpawn::default();
        let done = Arc::new(AtomicBool::new(false));
        let set = done.clone();
        spawn.spawn(async move { set.store(true, Ordering::Relaxed) }.boxed());
        assert!(done.load(Ordering::Relaxed) && spawn.running() == 0);
    }
}
