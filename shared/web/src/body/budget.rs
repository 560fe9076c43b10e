//! The memory that the bodies of all requests of this process hold together.

use bytes::Bytes;
use openclaw_core::{Code, Error};
use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

/// Bytes that bodies may hold at once (`limits.bodies_bytes`).
pub(crate) struct BodyBudget {
    left: Arc<AtomicUsize>,
}

impl BodyBudget {
    pub(crate) fn new(bytes: usize) -> Self {
        Self {
            left: Arc::new(AtomicUsize::new(bytes)),
        }
    }

    /// A share of it, empty at first.
    pub(crate) fn share(&self) -> Share {
        Share {
            left: self.left.clone(),
            bytes: 0,
        }
    }
}

/// The share of one body. Dropped, it gives everything back.
pub(crate) struct Share {
    left: Arc<AtomicUsize>,
    bytes: usize,
}

impl Share {
    /// Takes `more` bytes; 503 where there are not so many.
    pub(crate) fn grow(&mut self, more: usize) -> Result<(), Error> {
        let taken = self
            .left
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| {
                left.checked_sub(more)
            });
        if taken.is_err() {
            let message = "The bodies of other requests fill the memory, try again";
            return Err(Error::new(Code::ProviderUnavailable, message)
                .with_retry_after(Duration::from_secs(1)));
        }
        self.bytes += more;
        Ok(())
    }

    /// Gives back what was taken.
    pub(crate) fn give_back(&mut self) {
        let bytes = std::mem::take(&mut self.bytes);
        self.left.fetch_add(bytes, Ordering::Relaxed);
    }

    /// `body`, which holds this share for as long as any part of it lives.
    pub(crate) fn hold(self, body: Bytes) -> Bytes {
        if body.is_empty() {
            return body;
        }
        Bytes::from_owner(Held { body, _share: self })
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.give_back();
    }
}

struct Held {
    body: Bytes,
    _share: Share,
}

impl AsRef<[u8]> for Held {
    fn as_ref(&self) -> &[u8] {
        &self.body
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_bodies_hold_comes_back_with_the_last_part_of_them() {
        let budget = BodyBudget::new(10);
        let mut one = budget.share();
        one.grow(6).unwrap();
        let mut two = budget.share();
        two.grow(4).unwrap();
        let refused = two.grow(1).unwrap_err();
        assert_eq!(refused.code.status(), 503);
        assert_eq!(refused.retry_after, Some(Duration::from_secs(1)));
        let body = one.hold(Bytes::from_static(b"123456"));
        let part = body.slice(2..3);
        drop(body);
        assert!(two.grow(1).is_err());
        drop(part);
        two.grow(6).unwrap();
    }
}
