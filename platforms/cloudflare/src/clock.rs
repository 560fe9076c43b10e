use crate::timer::Timer;
use openclaw_core::{BoxFuture, Clock, Timestamp};
use send_wrapper::SendWrapper;
use std::time::Duration;

/// `Date.now()` and `setTimeout`. On Workers time stands still between two pieces of I/O.
#[derive(Clone, Copy, Debug)]
pub struct WorkerClock;

impl Clock for WorkerClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millisecond(js_sys::Date::now() as i64).unwrap_or_default()
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        Box::pin(SendWrapper::new(Timer::new(duration)))
    }
}
