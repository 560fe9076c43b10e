//! How targets are doing: who fails several times in a row is passed over for a while, then tried by one
//! request at a time until it answers. How fast they are: a moving average.

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
    /// The last of these times that others were told.
    told_until: Option<Timestamp>,
    /// After a cooldown: until when the request that tries the target is waited for.
    probe_until: Option<Timestamp>,
    /// Until something of an answer is there, in milliseconds: a moving average; `None` before the first.
    latency: Option<f64>,
}

/// How much the newest answer counts in the average.
const NEWEST: f64 = 0.2;

impl Health {
    /// `cooldown_failures = 0` turns cooling off.
    pub(crate) fn new(targets: usize, routing: &Routing) -> Self {
        Self {
            states: Mutex::new(vec![State::default(); targets]),
            failures: routing.cooldown_failures,
            cooldown: Duration::from_millis(routing.cooldown_ms),
        }
    }

    /// Until when the target is passed over, if it is `now`: it cools, or a request tries it.
    pub(crate) fn cooling(&self, slot: Slot, now: Timestamp) -> Option<Timestamp> {
        self.with(slot, |state| state.cool_until.max(state.probe_until))
            .filter(|until| *until > now)
    }

    /// Before the target is called. The first call after a cooldown tries it: until that has ended, or has
    /// taken as long as a cooldown, others pass it over.
    pub(crate) fn calling(&self, slot: Slot, now: Timestamp) {
        self.with(slot, |state| {
            if state.cool_until.is_some_and(|until| until <= now) {
                state.probe_until = now.checked_add(self.cooldown);
            }
        });
    }

    /// How long the target takes until something of an answer is there; `None` where nobody knows.
    pub(crate) fn latency(&self, slot: Slot) -> Option<f64> {
        self.with(slot, |state| state.latency)
    }

    /// It took so long.
    pub(crate) fn took(&self, slot: Slot, took: Duration) {
        let newest = took.as_secs_f64() * 1000.0;
        self.with(slot, |state| {
            let before = state.latency.unwrap_or(newest);
            state.latency = Some(before + (newest - before) * NEWEST);
        });
    }

    /// How many targets are cooling `now`.
    pub(crate) fn cooling_count(&self, now: Timestamp) -> usize {
        let states = self.states.lock().unwrap_or_else(PoisonError::into_inner);
        let cools = |state: &&State| state.cool_until.is_some_and(|until| until > now);
        states.iter().filter(cools).count()
    }

    /// The target answered as it should.
    pub(crate) fn succeeded(&self, slot: Slot) {
        self.with(slot, |state| {
            *state = State {
                latency: state.latency,
                ..State::default()
            };
        });
    }

    /// The target did not. Gives until when it is passed over where that is news: it was not, or the time that
    /// was given last ends within half a cooldown.
    pub(crate) fn failed(&self, slot: Slot, now: Timestamp) -> Option<Timestamp> {
        self.with(slot, |state| {
            state.failures = state.failures.saturating_add(1);
            state.probe_until = None;
            if self.failures == 0 || state.failures < self.failures {
                return None;
            }
            state.cool_until = now.checked_add(self.cooldown);
            let known = state.told_until;
            if known.is_some_and(|known| known > now + self.cooldown / 2) {
                return None;
            }
            state.told_until = state.cool_until;
            state.told_until
        })
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
    fn a_cooldown_is_told_at_most_twice_while_it_lasts() {
        let (health, slot) = (health(2), Slot(0));
        assert_eq!(health.failed(slot, at(0)), None);
        assert_eq!(health.failed(slot, at(1)), Some(at(11)));
        assert_eq!(health.failed(slot, at(2)), None);
        assert_eq!(health.failed(slot, at(5)), None);
        assert_eq!(health.failed(slot, at(6)), Some(at(16)));
        health.succeeded(slot);
        assert_eq!(health.failed(slot, at(7)), None);
        assert_eq!(health.failed(slot, at(8)), Some(at(18)));
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
    fn after_a_cooldown_one_request_at_a_time_tries_the_target() {
        let (health, slot) = (health(1), Slot(0));
        health.calling(slot, at(0));
        assert_eq!(health.cooling(slot, at(0)), None);
        health.failed(slot, at(0));
        assert_eq!(health.cooling(slot, at(9)), Some(at(10)));
        assert_eq!(health.cooling(slot, at(10)), None);
        health.calling(slot, at(10));
        assert_eq!(health.cooling(slot, at(11)), Some(at(20)));
        // Nobody heard of it again: the next one tries.
        assert_eq!(health.cooling(slot, at(20)), None);
        health.calling(slot, at(20));
        health.failed(slot, at(21));
        assert_eq!(health.cooling(slot, at(30)), Some(at(31)));
        health.calling(slot, at(31));
        health.succeeded(slot);
        assert_eq!(health.cooling(slot, at(31)), None);
    }

    #[test]
    fn latency_is_a_moving_average() {
        let (health, slot) = (health(1), Slot(0));
        assert_eq!(health.latency(slot), None);
        health.took(slot, Duration::from_millis(100));
        assert_eq!(health.latency(slot), Some(100.0));
        health.took(slot, Duration::from_millis(600));
        assert_eq!(health.latency(slot), Some(200.0));
        health.succeeded(slot);
        assert_eq!(health.latency(slot), Some(200.0));
    }

    #[test]
    fn zero_failures_turn_it_off() {
        let health = health(0);
        for second in 0..9 {
            assert_eq!(health.failed(Slot(0), at(second)), None);
        }
        assert_eq!(health.cooling(Slot(0), at(9)), None);
    }
}
