use futures_util::FutureExt;
use openclaw_core::{BoxFuture, Clock, Timestamp};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The system's clock and tokio's timer.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        let now = Timestamp::UNIX_EPOCH.checked_add(now.unwrap_or_default());
        now.unwrap_or(Timestamp::MAX)
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        tokio::time::sleep(duration).boxed()
    }
}
