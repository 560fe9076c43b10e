//! The one alarm of a Durable Object.

use crate::clock::now;
use futures_util::FutureExt;
use openclaw_core::Timestamp;
use std::{cell::Cell, rc::Rc, time::Duration};
use worker::{State, Storage};

/// The platform may take a fraction of a millisecond off; an alarm that comes early finds nothing to do.
const ROUNDING: Duration = Duration::from_millis(1);

/// The alarm, and when it is due.
pub(crate) struct Alarm {
    storage: Storage,
    at: Rc<Cell<Option<Timestamp>>>,
}

impl Alarm {
    /// The alarm of an object that starts. No call comes in before it is known.
    pub(crate) fn new(state: &State) -> Self {
        let at = Rc::new(Cell::new(None));
        let (known, storage) = (at.clone(), state.storage());
        // The platform waits for it, and resets the object where it fails.
        drop(state.block_concurrency_while(async move {
            let millis = storage.get_alarm().await?;
            known.set(millis.and_then(Timestamp::from_millisecond));
            Ok(())
        }));
        let storage = state.storage();
        Self { storage, at }
    }

    /// Whether one is set.
    pub(crate) fn is_set(&self) -> bool {
        self.at.get().is_some()
    }

    /// The alarm has come: none is set until the next call of [`set_by`](Self::set_by).
    pub(crate) fn clear(&self) {
        self.at.set(None);
    }

    /// Sets it to `at`, unless it is due earlier.
    pub(crate) fn set_by(&self, at: Timestamp) -> worker::Result<()> {
        if self.at.get().is_some_and(|set| set <= at) {
            return Ok(());
        }
        let now = now();
        let wait = at.duration_since(now) + ROUNDING;
        self.at.set(Some(now + wait));
        // The promise is not waited for: like every write it is a part of the turn, and should it
        // fail, the platform resets the object instead of letting the answer out.
        self.storage
            .set_alarm(wait)
            .now_or_never()
            .unwrap_or(Ok(()))
    }
}
