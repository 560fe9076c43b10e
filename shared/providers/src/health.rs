//! How targets are doing: who fails several times in a row is passed over for a while.

use openclaw_core::Timestamp;
use openclaw_schema::config::Routing;
use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

/// A target's place in the table. Models that share a target share its slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Slot(pub(crate) usize);

/// One state a target: as large as the catalog, never larger.
#[derive(Debug)]
pub(crate) struct Health {
    states: Mutex<Vec<State>>,
    failures: u32,
    cooldown: Duration,
}

#[derive(Clone, Copy, Debug, Default)]
struct State {
    /// In a row. Not reset by the end of a cooldown: the first failure after it starts the next.
    failures: u32,
    cool_until: Option<Timestamp>,
}

impl Health {
    /// `cooldown_failures = 0` turns cooling off.
    pub(crate) fn new(targets: usize, routing: &Routing) -> Self {
        Self {
            states: Mutex::new(vec![State::default(); targets]),
            failures: routing.cooldown_failures,
            cooldown: Duration::from_millis(routing.cooldown_ms),
        }
    }

    /// When the target's cooldown ends, if it is cooling `now`.
    pub(crate) fn cooling(&self, slot: Slot, now: Timestamp) -> Option<Timestamp> {
        self.with(slot, |state| state.cool_until)
            .filter(|until| *until > now)
    }

    /// How many targets are cooling `now`.
    pub(crate) fn cooling_count(&self, now: Timestamp) -> usize {
        let states = self.states.lock().unwrap_or_else(PoisonError::into_inner);
        let cools = |state: &&State| state.cool_until.is_some_and(|until| until > now);
        states.iter().filter(cools).count()
    }

    /// The target answered as it should.
    pub(crate) fn succeeded(&self, slot: Slot) {
        self.with(slot, |state| *state = State::default());
    }

    /// The target did not.
    pub(crate) fn failed(&self, slot: Slot, now: Timestamp) {
        self.with(slot, |state| {
            state.failures = state.failures.saturating_add(1);
            if self.failures > 0 && state.failures >= self.failures {
                state.cool_until = now.checked_add(self.cooldown);
            }
        });
    }

    fn with<T: Default>(&self, slot: Slot, change: impl FnOnce(&mut State) -> T) -> T {
        let mut states = self.states.lock().unwrap_or_else(PoisonError::into_inner);
        states.get_mut(slot.0).map(change).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn health(cooldown_failures: u32) -> Health {
        let routing = Routing {
            cooldown_failures,
            cooldown_ms: 10_000,
            ..Routing::default()
        };
        Health::new(2, &routing)
    }

    #[test]
    fn only_failures_in_a_row_cool_a_target() {
        let (health, slot) = (health(2), Slot(1));
        health.failed(slot, at(0));
        health.succeeded(slot);
        health.failed(slot, at(1));
        assert_eq!(health.cooling(slot, at(1)), None);
        health.failed(slot, at(2));
        assert_eq!(health.cooling(slot, at(11)), Some(at(12)));
        assert_eq!(
            (health.cooling_count(at(11)), health.cooling_count(at(12))),
            (1, 0)
        );
        assert_eq!(health.cooling(slot, at(12)), None);
        assert_eq!(health.cooling(Slot(0), at(3)), None);
    }

    #[test]
    fn after_a_cooldown_one_failure_starts_the_next() {
        let (health, slot) = (health(2), Slot(0));
        health.failed(slot, at(0));
        health.failed(slot, at(0));
        health.failed(slot, at(20));
        assert_eq!(health.cooling(slot, at(21)), Some(at(30)));
        health.succeeded(slot);
        assert_eq!(health.cooling(slot, at(21)), None);
    }

    #[test]
    fn zero_failures_turn_it_off() {
        let health = health(0);
        (0..9).for_each(|second| health.failed(Slot(0), at(second)));
        assert_eq!(health.cooling(Slot(0), at(9)), None);
    }
}
