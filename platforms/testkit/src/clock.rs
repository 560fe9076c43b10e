use futures_util::FutureExt;
use openclaw_core::{BoxFuture, Clock, Timestamp, time};
use parking_lot::Mutex;
use std::{
    future::poll_fn,
    sync::Arc,
    task::{Poll, Waker},
    time::Duration,
};

/// A clock that stands until it is moved. Clones are one clock.
#[derive(Clone, Debug)]
pub struct ManualClock(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    now: Timestamp,
    /// Whether a sleep moves the time itself.
    jumps: bool,
    sleeping: Vec<Waker>,
}

impl ManualClock {
    /// A clock at `now`, whose sleeps end when [`advance`](Self::advance) has passed them.
    pub fn new(now: Timestamp) -> Self {
        Self::with(now, false)
    }

    /// A clock at `now`, whose sleeps move the time by their length and end as soon as they are
    /// polled: for code that waits, in a test that does not.
    pub fn jumping(now: Timestamp) -> Self {
        Self::with(now, true)
    }

    fn with(now: Timestamp, jumps: bool) -> Self {
        Self(Arc::new(Mutex::new(State {
            now,
            jumps,
            sleeping: Vec::new(),
        })))
    }

    /// Moves the time and ends the sleeps that it passes.
    pub fn advance(&self, by: Duration) {
        let mut state = self.0.lock();
        state.now = after(state.now, by);
        let woken = std::mem::take(&mut state.sleeping);
        drop(state);
        woken.into_iter().for_each(Waker::wake);
    }
}

impl Default for ManualClock {
    /// At noon on 2026-02-28, UTC, standing.
    fn default() -> Self {
        Self::new(time::from_second(1_772_280_000))
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        self.0.lock().now
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        let clock = self.clone();
        let mut end = None;
        poll_fn(move |context| {
            let mut state = clock.0.lock();
            if state.jumps && end.is_none() {
                state.now = after(state.now, duration);
                end = Some(state.now);
            }
            // Counted from the first poll, as a timer that nobody polls tells nobody either.
            if state.now >= *end.get_or_insert(after(state.now, duration)) {
                return Poll::Ready(());
            }
            state.sleeping.push(context.waker().clone());
            Poll::Pending
        })
        .boxed()
    }
}

fn after(at: Timestamp, by: Duration) -> Timestamp {
    at.checked_add(by).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn a_sleep_ends_when_the_time_has_passed_it() {
        let clock = ManualClock::default();
        let mut sleep = clock.sleep(2 * SECOND);
        assert!((&mut sleep).now_or_never().is_none());
        clock.advance(SECOND);
        assert!((&mut sleep).now_or_never().is_none());
        clock.advance(SECOND);
        assert!((&mut sleep).now_or_never().is_some());
    }

    #[test]
    fn a_jumping_clock_moves_by_what_is_slept() {
        let clock = ManualClock::jumping(Timestamp::UNIX_EPOCH);
        futures_executor::block_on(clock.sleep(90 * SECOND));
        assert_eq!(clock.now().to_string(), "1970-01-01T00:01:30Z");
    }
}
