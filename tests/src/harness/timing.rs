//! Time as the cases need it.

use jiff::Timestamp;
use std::time::{Duration, Instant};
use tokio::time::sleep;

/// Now.
pub fn now() -> Timestamp {
    Timestamp::now()
}

/// Waits for the next UTC minute unless this one has at least so many seconds left: what counts
/// within a minute must not run into the next.
pub async fn minute_with(seconds: u64) {
    let into = now().as_millisecond().rem_euclid(60_000).unsigned_abs();
    let left = 60_000 - into;
    if left < seconds * 1000 {
        sleep(Duration::from_millis(left + 50)).await;
    }
}

/// Asks again and again until there is an answer, for at most half a minute: a machine may be busy.
pub async fn eventually<T>(ask: impl AsyncFnMut() -> Option<T>) -> Option<T> {
    eventually_within(Duration::from_secs(30), ask).await
}

/// The same for at most `limit`; once where that is nothing.
pub async fn eventually_within<T>(
    limit: Duration,
    mut ask: impl AsyncFnMut() -> Option<T>,
) -> Option<T> {
    let since = Instant::now();
    loop {
        if let Some(answer) = ask().await {
            return Some(answer);
        }
        if since.elapsed() >= limit {
            return None;
        }
        sleep(Duration::from_millis(20)).await;
    }
}
