//! When which job of a topic is due, and whose turn it is.

use openclaw_core::{Timestamp, queue::Concurrency};
use std::{
    collections::{BTreeSet, HashMap, VecDeque},
    sync::Arc,
};

/// Account and key.
type Place = (Arc<str>, Arc<str>);

/// Account, and what is before the `/` in the ids of its jobs.
type Group = (Arc<str>, Arc<str>);

fn group((account, key): &Place) -> Group {
    let id = key.splitn(3, '/').nth(2).unwrap_or_default();
    let name = id.split_once('/').map_or("", |(name, _)| name);
    (account.clone(), name.into())
}

/// The jobs of one topic.
#[derive(Debug)]
pub(super) struct Schedule {
    concurrency: Concurrency,
    running: usize,
    /// When each job is due.
    due: HashMap<Place, Timestamp>,
    /// Those that are not due yet, as far as anybody has looked.
    waiting: BTreeSet<(Timestamp, Place)>,
    /// The groups that have jobs due or running.
    groups: HashMap<Group, Jobs>,
    /// The groups that may start a job, in turn.
    turns: VecDeque<Group>,
    /// The accounts that have jobs running.
    accounts: HashMap<Arc<str>, Busy>,
}

/// An account that has jobs running.
#[derive(Debug, Default)]
struct Busy {
    running: usize,
    /// Its groups whose turn came when it had no room. To everybody else they stand in `turns`.
    waiting: Vec<Group>,
}

/// Jobs of a group.
#[derive(Debug, Default)]
struct Jobs {
    /// Keys of jobs that are due; some may have changed since.
    ready: VecDeque<Arc<str>>,
    running: usize,
    /// Whether it stands in `turns`.
    has_turn: bool,
}

impl Schedule {
    pub(super) fn new(concurrency: Concurrency) -> Self {
        Self {
            concurrency,
            running: 0,
            due: HashMap::new(),
            waiting: BTreeSet::new(),
            groups: HashMap::new(),
            turns: VecDeque::new(),
            accounts: HashMap::new(),
        }
    }

    /// Jobs that are known.
    pub(super) fn len(&self) -> usize {
        self.due.len()
    }

    /// The job is due at `at`.
    pub(super) fn set(&mut self, account: &str, key: &str, at: Timestamp) {
        let place: Place = (account.into(), key.into());
        if let Some(before) = self.due.insert(place.clone(), at) {
            self.waiting.remove(&(before, place.clone()));
        }
        self.waiting.insert((at, place));
    }

    /// The same for a job of which nothing is known.
    pub(super) fn add(&mut self, account: &str, key: &str, at: Timestamp) {
        if !self.due.contains_key(&(account.into(), key.into())) {
            self.set(account, key, at);
        }
    }

    /// There is no such job any more.
    pub(super) fn remove(&mut self, account: &str, key: &str) {
        let place: Place = (account.into(), key.into());
        if let Some(at) = self.due.remove(&place) {
            self.waiting.remove(&(at, place));
        }
    }

    /// Removes a job that was found to be gone, unless it was stored anew.
    pub(super) fn forget(&mut self, account: &str, key: &str, now: Timestamp) {
        let place: Place = (account.into(), key.into());
        let is_over = self.due.get(&place).is_some_and(|at| *at <= now);
        if is_over && !self.waiting.contains(&(self.due[&place], place.clone())) {
            self.due.remove(&place);
        }
    }

    /// When the next job is due of those that are not yet.
    pub(super) fn next_due(&self) -> Option<Timestamp> {
        self.waiting.first().map(|(at, _)| *at)
    }

    /// The next job to start, if one is due and has room. It counts as running until
    /// [`ended`](Self::ended).
    pub(super) fn start(&mut self, now: Timestamp) -> Option<Place> {
        self.collect_due(now);
        if self.running >= self.concurrency.total {
            return None;
        }
        while let Some(group) = self.turns.pop_front() {
            let Some(jobs) = self.groups.get_mut(&group) else {
                continue;
            };
            if let Some(busy) = self.accounts.get_mut(&group.0)
                && busy.running >= self.concurrency.per_account
            {
                busy.waiting.push(group);
                continue;
            }
            jobs.has_turn = false;
            let (due, waiting) = (&self.due, &self.waiting);
            let started = std::iter::from_fn(|| jobs.ready.pop_front()).find(|key| {
                let place = (group.0.clone(), key.clone());
                due.get(&place)
                    .is_some_and(|at| *at <= now && !waiting.contains(&(*at, place)))
            });
            if started.is_some() {
                jobs.running += 1;
                self.running += 1;
                self.accounts.entry(group.0.clone()).or_default().running += 1;
            }
            self.take_turn(&group);
            if let Some(key) = started {
                return Some((group.0, key));
            }
        }
        None
    }

    /// A job that was started runs no longer.
    pub(super) fn ended(&mut self, place: &Place) {
        self.running = self.running.saturating_sub(1);
        let group = group(place);
        if let Some(jobs) = self.groups.get_mut(&group) {
            jobs.running = jobs.running.saturating_sub(1);
        }
        if let Some(busy) = self.accounts.get_mut(&group.0) {
            busy.running = busy.running.saturating_sub(1);
            self.turns.extend(busy.waiting.drain(..));
            if busy.running == 0 {
                self.accounts.remove(&group.0);
            }
        }
        self.take_turn(&group);
    }

    fn collect_due(&mut self, now: Timestamp) {
        while self.waiting.first().is_some_and(|(at, _)| *at <= now) {
            let Some((_, place)) = self.waiting.pop_first() else {
                return;
            };
            let group = group(&place);
            let ready = &mut self.groups.entry(group.clone()).or_default().ready;
            ready.push_back(place.1);
            self.take_turn(&group);
        }
    }

    /// Lines the group up, where it has something to start and room for it; forgets it where it has
    /// nothing at all.
    fn take_turn(&mut self, group: &Group) {
        let Some(jobs) = self.groups.get_mut(group) else {
            return;
        };
        if jobs.ready.is_empty() {
            if jobs.running == 0 && !jobs.has_turn {
                self.groups.remove(group);
            }
        } else if jobs.running < self.concurrency.per_group && !jobs.has_turn {
            jobs.has_turn = true;
            self.turns.push_back(group.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use openclaw_core::time;

    fn at(second: i64) -> Timestamp {
        time::from_second(second)
    }

    fn schedule(total: usize, per_group: usize) -> Schedule {
        Schedule::new(Concurrency {
            total,
            per_group,
            per_account: total,
        })
    }

    /// What starts at `second`, as `account/key`.
    fn started(schedule: &mut Schedule, second: i64) -> Vec<String> {
        let start = || schedule.start(at(second));
        let places = std::iter::from_fn(start);
        places
            .map(|(account, key)| format!("{account}/{key}"))
            .collect()
    }

    fn ended(schedule: &mut Schedule, account: &str, key: &str) {
        schedule.ended(&(account.into(), key.into()));
    }

    #[test]
    fn jobs_whose_ids_begin_alike_are_a_group() {
        let group = |key: &str| group(&("a".into(), key.into())).1;
        assert_eq!(&*group("job/topic/1"), "");
        assert_eq!(&*group("job/topic/one/1"), "one");
        let mut schedule = schedule(9, 1);
        for key in ["job/t/x/1", "job/t/x/2", "job/t/y/1"] {
            schedule.set("a", key, at(1));
        }
        assert_eq!(started(&mut schedule, 1), ["a/job/t/x/1", "a/job/t/y/1"]);
    }

    #[test]
    fn a_job_starts_once_when_it_is_due() {
        let mut schedule = schedule(10, 10);
        schedule.set("a", "1", at(5));
        assert_eq!(schedule.next_due(), Some(at(5)));
        assert!(started(&mut schedule, 4).is_empty());
        assert_eq!(started(&mut schedule, 5), ["a/1"]);
        assert!(started(&mut schedule, 9).is_empty());
        // The claim, and after it the next attempt.
        schedule.set("a", "1", at(60));
        ended(&mut schedule, "a", "1");
        assert_eq!(started(&mut schedule, 60), ["a/1"]);
        schedule.remove("a", "1");
        ended(&mut schedule, "a", "1");
        assert_eq!((schedule.len(), schedule.groups.len()), (0, 0));
    }

    #[test]
    fn groups_take_turns_and_none_has_more_than_its_share() {
        let mut schedule = schedule(4, 3);
        for key in 0..1000 {
            schedule.set("busy", &format!("{key:04}"), at(1));
        }
        schedule.set("calm", "1", at(2));
        assert_eq!(
            started(&mut schedule, 1),
            ["busy/0000", "busy/0001", "busy/0002"]
        );
        assert_eq!(started(&mut schedule, 2), ["calm/1"]);
        schedule.set("calm", "2", at(3));
        assert!(started(&mut schedule, 3).is_empty());
        // A thousand wait before it, and it is the next but one.
        ended(&mut schedule, "busy", "0000");
        ended(&mut schedule, "busy", "0000");
        assert_eq!(started(&mut schedule, 3), ["calm/2", "busy/0003"]);
    }

    #[test]
    fn all_groups_of_an_account_together_have_no_more_than_its_share() {
        let mut schedule = Schedule::new(Concurrency {
            total: 10,
            per_group: 2,
            per_account: 3,
        });
        for group in ["x", "y", "z"] {
            for key in 1..=3 {
                schedule.set("busy", &format!("job/t/{group}/{key}"), at(1));
            }
        }
        schedule.set("calm", "job/t/x/1", at(1));
        let first = started(&mut schedule, 1);
        let own = |id: &str| format!("busy/job/t/{id}");
        let calm = "calm/job/t/x/1".to_owned();
        assert_eq!(first, [own("x/1"), own("y/1"), own("z/1"), calm.clone()]);
        schedule.remove("calm", "job/t/x/1");
        ended(&mut schedule, "calm", "job/t/x/1");
        // Each end makes room for one, and the groups go on taking turns.
        let mut order = vec![];
        let mut running = VecDeque::from(["x/1".to_owned(), "y/1".into(), "z/1".into()]);
        while let Some(id) = running.pop_front() {
            let key = format!("job/t/{id}");
            schedule.remove("busy", &key);
            ended(&mut schedule, "busy", &key);
            for next in started(&mut schedule, 1) {
                let next = next.strip_prefix("busy/job/t/").unwrap().to_owned();
                order.push(next.clone());
                running.push_back(next);
            }
            assert!(running.len() <= 3);
        }
        let mut groups = order.iter().map(|id| &id[..1]);
        assert_eq!(order.len(), 6, "{order:?}");
        assert_eq!(
            BTreeSet::from_iter(groups.by_ref().take(3)).len(),
            3,
            "{order:?}"
        );
        assert!(schedule.accounts.is_empty() && schedule.groups.is_empty());
        assert!(schedule.turns.is_empty());
    }

    #[test]
    fn what_was_removed_or_put_off_while_it_was_ready_does_not_start() {
        let mut schedule = schedule(1, 1);
        for key in ["1", "2", "3", "4"] {
            schedule.set("a", key, at(1));
        }
        assert_eq!(started(&mut schedule, 1), ["a/1"]);
        schedule.remove("a", "2");
        schedule.set("a", "3", at(9));
        ended(&mut schedule, "a", "1");
        assert_eq!(started(&mut schedule, 2), ["a/4"]);
        ended(&mut schedule, "a", "1");
        assert_eq!(started(&mut schedule, 9), ["a/3"]);
    }

    #[test]
    fn a_job_that_is_gone_is_forgotten_unless_it_came_back() {
        let mut schedule = schedule(1, 1);
        schedule.set("a", "1", at(1));
        assert_eq!(started(&mut schedule, 1), ["a/1"]);
        schedule.forget("a", "1", at(2));
        assert_eq!(schedule.len(), 0);
        schedule.set("a", "1", at(2));
        schedule.forget("a", "1", at(2));
        assert_eq!(schedule.len(), 1);
    }
}
