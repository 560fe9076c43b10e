//! Repeated calls: for how long, and with which pauses.

use crate::failure::{Failure, Unmet, classify};
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use openclaw_core::{Clock, Random, StoreError, Timestamp};
use openclaw_tokio::SystemRandom;
use std::{error::Error, time::Duration};

/// Time for all attempts together; after it the answer is 503.
const LIMIT: Duration = Duration::from_secs(5);
/// The longest first pause; each next may be twice as long, up to [`LONGEST`].
const FIRST: Duration = Duration::from_millis(20);
const LONGEST: Duration = Duration::from_millis(800);

/// Exponential back-off with full jitter.
pub(crate) struct Backoff<'a> {
    clock: &'a dyn Clock,
    ends: Timestamp,
    next: Duration,
}

impl<'a> Backoff<'a> {
    pub(crate) fn new(clock: &'a dyn Clock) -> Self {
        Self {
            clock,
            ends: clock.now() + LIMIT,
            next: FIRST,
        }
    }

    /// Waits before the next attempt. [`StoreError::Unavailable`] with `why` where the time is up.
    pub(crate) async fn pause(&mut self, why: String) -> Result<(), StoreError> {
        let pause = self.next.mul_f64(jitter());
        if self.clock.now() + pause >= self.ends {
            return Err(StoreError::Unavailable(why));
        }
        self.next = (self.next * 2).min(LONGEST);
        self.clock.sleep(pause).await;
        Ok(())
    }
}

/// Repeats a call that may be made any number of times, until its outcome is known.
pub(crate) async fn retry<T, E, F>(clock: &dyn Clock, call: impl Fn() -> F) -> Result<T, StoreError>
where
    F: Future<Output = Result<T, SdkError<E>>>,
    E: Unmet + ProvideErrorMetadata + Error + 'static,
{
    let mut backoff = Backoff::new(clock);
    loop {
        match call().await.map_err(classify) {
            Ok(done) => return Ok(done),
            Err(Failure::Busy(why) | Failure::Unknown(why)) => backoff.pause(why).await?,
            Err(Failure::Hopeless(error)) => return Err(error),
            Err(Failure::Conditions(_)) => {
                return Err(StoreError::Fault("a condition that was not set".into()));
            }
        }
    }
}

/// A random factor from 0 to 1.
fn jitter() -> f64 {
    f64::from(random32()) / f64::from(u32::MAX)
}

/// A random number.
pub(crate) fn random32() -> u32 {
    let mut bytes = [0; 4];
    SystemRandom.fill(&mut bytes);
    u32::from_le_bytes(bytes)
}
