use crate::scope;
use openclaw_core::{BoxFuture, Clock, Timestamp};
use send_wrapper::SendWrapper;
use std::time::Duration;

pub(crate) use crate::timer::now;

/// `Date.now()` and `setTimeout`. On Workers time stands still between two pieces of I/O.
#[derive(Clone, Copy, Debug)]
pub struct WorkerClock;

impl Clock for WorkerClock {
    fn now(&self) -> Timestamp {
        now()
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        Box::pin(SendWrapper::new(scope::timer(duration)))
    }
}
