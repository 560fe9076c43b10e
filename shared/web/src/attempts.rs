//! Failed attempts to authenticate, counted by the client's address: whoever guesses is slowed.

use crate::address::subscriber;
use openclaw_core::{
    Error, Timestamp,
    cache::BoundedCache,
    time::{self, MINUTE},
};
use openclaw_rate_limit::Window;
use std::{
    hash::{BuildHasher, RandomState},
    net::IpAddr,
    sync::{Mutex, MutexGuard, PoisonError},
};

/// Memory for the counts, and for the credentials that are known to be good, in bytes each: some
/// eight thousand entries.
const MAX_BYTES: usize = 1 << 20;

/// The failures of a UTC minute, in this process.
pub(crate) struct Attempts {
    /// Failures a minute after which an address has to wait.
    limit: u64,
    hashing: RandomState,
    seen: Mutex<Seen>,
}

struct Seen {
    /// The minute of an address's last failure, and how many there were in it.
    failures: BoundedCache<IpAddr, (Timestamp, u64)>,
    /// Hashes of credentials that were good: whoever holds one is not made to wait for what others
    /// at the same address do.
    good: BoundedCache<u64, ()>,
}

impl Attempts {
    pub(crate) fn new(limit: u64) -> Self {
        Self {
            limit,
            hashing: RandomState::new(),
            seen: Mutex::new(Seen {
                failures: BoundedCache::new(MAX_BYTES, |_, _| 0),
                good: BoundedCache::new(MAX_BYTES, |_, ()| 0),
            }),
        }
    }

    /// 429 where the address has failed too often in this minute and `credential` was never good.
    pub(crate) fn ensure_allowed(
        &self,
        address: Option<IpAddr>,
        credential: &str,
        now: Timestamp,
    ) -> Result<(), Error> {
        let Some(address) = address.map(subscriber) else {
            return Ok(());
        };
        let (minute, seen) = (time::floor(now, MINUTE), self.seen());
        let failed = seen.failures.get(&address);
        if failed.is_none_or(|(at, count)| *at != minute || *count < self.limit)
            || seen.good.get(&self.hash(credential)).is_some()
        {
            return Ok(());
        }
        let window = Window {
            limit: self.limit,
            remaining: 0,
            reset: time::shift(minute, MINUTE),
        };
        let mut error = window.error(now);
        error.message = "Too many failed attempts to authenticate from this address".into();
        Err(error)
    }

    /// Notes that `credential` was good.
    pub(crate) fn succeeded(&self, credential: &str) {
        let (hash, mut seen) = (self.hash(credential), self.seen());
        if seen.good.get(&hash).is_none() {
            seen.good.insert(hash, ());
        }
    }

    /// Counts a failure of `address`.
    pub(crate) fn failed(&self, address: Option<IpAddr>, credential: &str, now: Timestamp) {
        let (hash, mut seen) = (self.hash(credential), self.seen());
        seen.good.remove(&hash);
        let Some(address) = address.map(subscriber) else {
            return;
        };
        let minute = time::floor(now, MINUTE);
        let before = seen.failures.get(&address).filter(|(at, _)| *at == minute);
        let count = before.map_or(1, |(_, count)| count + 1);
        seen.failures.insert(address, (minute, count));
    }

    fn hash(&self, credential: &str) -> u64 {
        self.hashing.hash_one(credential)
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn address(last: u8) -> Option<IpAddr> {
        Some([192, 0, 2, last].into())
    }

    fn at(second: i64) -> Timestamp {
        time::from_second(second)
    }

    fn waits(attempts: &Attempts, last: u8, credential: &str, second: i64) -> Option<Duration> {
        let allowed = attempts.ensure_allowed(address(last), credential, at(second));
        allowed.err().and_then(|error| error.retry_after)
    }

    #[test]
    fn who_fails_too_often_waits_until_the_minute_is_over() {
        let attempts = Attempts::new(3);
        for second in 120..123 {
            assert_eq!(waits(&attempts, 1, "x", second), None);
            attempts.failed(address(1), "x", at(second));
        }
        assert_eq!(waits(&attempts, 1, "x", 130), Some(Duration::from_secs(50)));
        assert_eq!(waits(&attempts, 2, "x", 130), None, "another address");
        assert_eq!(waits(&attempts, 1, "x", 180), None, "the next minute");
    }

    #[test]
    fn a_credential_that_was_good_does_not_wait_until_it_fails() {
        let attempts = Attempts::new(1);
        attempts.succeeded("good");
        attempts.failed(address(1), "bad", at(0));
        assert_eq!(waits(&attempts, 1, "good", 1), None);
        assert!(waits(&attempts, 1, "bad", 1).is_some());
        attempts.failed(address(1), "good", at(2));
        assert!(waits(&attempts, 1, "good", 3).is_some());
    }

    #[test]
    fn memory_is_bounded() {
        let attempts = Attempts::new(1);
        for number in 0..100_000u32 {
            let address = Some(number.to_be_bytes().into());
            attempts.failed(address, "x", at(0));
            attempts.succeeded(&number.to_string());
        }
        let seen = attempts.seen();
        assert!(seen.failures.len() < 10_000, "{}", seen.failures.len());
        assert!(seen.good.len() < 10_000, "{}", seen.good.len());
    }
}
