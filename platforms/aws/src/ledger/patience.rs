//! How long a call is repeated, and how quickly.

use openclaw_core::{Clock, Random, StoreError, Timestamp};
use openclaw_tokio::SystemRandom;
use std::time::Duration;

/// All attempts together; behind it the answer is 503.
const LIMIT: Duration = Duration::from_secs(5);
/// The longest first pause; each next may be twice as long, up to [`LONGEST`].
const FIRST: Duration = Duration::from_millis(20);
const LONGEST: Duration = Duration::from_millis(800);

/// Exponential back-off with full jitter.
pub(super) struct Patience<'a> {
    clock: &'a dyn Clock,
    ends: Timestamp,
    next: Duration,
}

impl<'a> Patience<'a> {
    pub(super) fn new(clock: &'a dyn Clock) -> Self {
        Self {
            clock,
            ends: clock.now() + LIMIT,
            next: FIRST,
        }
    }

    /// A pause before the next attempt; the error, with `why`, when there is to be none.
    pub(super) async fn pause(&mut self, why: String) -> Result<(), StoreError> {
        let pause = self.next.mul_f64(jitter());
        if self.clock.now() + pause >= self.ends {
            return Err(StoreError::Unavailable(why));
        }
        self.next = (self.next * 2).min(LONGEST);
        self.clock.sleep(pause).await;
        Ok(())
    }
}

/// Between 0 and 1.
fn jitter() -> f64 {
    f64::from(random32()) / f64::from(u32::MAX)
}

/// Any number.
pub(super) fn random32() -> u32 {
    let mut bytes = [0; 4];
    SystemRandom.fill(&mut bytes);
    u32::from_le_bytes(bytes)
}
