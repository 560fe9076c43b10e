use futures_util::FutureExt;
use openclaw_core::{BoxFuture, Clock, Timestamp, time};
use std::{
    env,
    sync::LazyLock,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

/// Has everything in a process happen so many seconds later than it does, or earlier where it is negative: a
/// demonstration's month of requests is made in a minute.
pub const CLOCK_OFFSET: &str = "OPENCLAW_CLOCK_OFFSET_SECONDS";

static OFFSET_SECONDS: LazyLock<i64> = LazyLock::new(|| {
    let text = env::var(CLOCK_OFFSET).ok();
    text.and_then(|text| text.parse().ok()).unwrap_or(0)
});

/// The system's clock and tokio's timer.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        let now = Timestamp::UNIX_EPOCH.checked_add(now.unwrap_or_default());
        let now = now.unwrap_or(Timestamp::MAX);
        match *OFFSET_SECONDS {
            0 => now,
            seconds => {
                // To the millisecond: what is measured between two of these must stay as it is.
                let fraction = now.as_millisecond().rem_euclid(1000).unsigned_abs();
                let shifted = time::shift(now, seconds);
                let moved = shifted.checked_add(Duration::from_millis(fraction));
                moved.unwrap_or(shifted)
            }
        }
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        tokio::time::sleep(duration).boxed()
    }
}
