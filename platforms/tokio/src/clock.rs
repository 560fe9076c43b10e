use futures_util::FutureExt;
use openclaw_core::{BoxFuture, Clock, Timestamp};
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
            // To the nanosecond: what is measured between two of these must stay as it is.
            seconds => {
                let by = Duration::from_secs(seconds.unsigned_abs());
                let moved = match seconds > 0 {
                    true => now.checked_add(by),
                    false => now.checked_sub(by),
                };
                moved.unwrap_or(now)
            }
        }
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        tokio::time::sleep(duration).boxed()
    }
}
