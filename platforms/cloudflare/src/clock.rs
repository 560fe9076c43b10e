use openclaw_core::{BoxFuture, Clock, Timestamp};
use send_wrapper::SendWrapper;
use std::time::Duration;

/// `Date.now()` and `setTimeout`. On Workers time stands still between two pieces of I/O.
#[derive(Clone, Copy, Debug)]
pub struct WorkerClock;

impl Clock for WorkerClock {
    fn now(&self) -> Timestamp {
        let millis = i64::try_from(worker::Date::now().as_millis()).unwrap_or_default();
        Timestamp::from_millisecond(millis).unwrap_or_default()
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        Box::pin(SendWrapper::new(worker::Delay::from(duration)))
    }
}
