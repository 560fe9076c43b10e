use futures_util::FutureExt;
use openclaw_core::{BoxFuture, Clock, Timestamp};
use std::time::Duration;

/// The system's clock and tokio's timer.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        // jiff's own `now`, which core cannot have: it would not hold on wasm.
        jiff::Timestamp::now()
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        tokio::time::sleep(duration).boxed()
    }
}
