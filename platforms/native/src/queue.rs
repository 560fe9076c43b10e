//! The queue of the self-hosted server: jobs are rows of the ledger in SQLite, and tasks of the server
//! work on them.

mod schedule;

use crate::{Native, SqliteLedger, ledger};
use futures_util::FutureExt;
use openclaw_core::{
    BoxFuture, Ports, StoreError, Timestamp,
    queue::{Consumer, JobState, Worked, release, topic_of, work},
};
use parking_lot::Mutex;
use schedule::Schedule;
use std::{collections::HashMap, sync::Arc, time::Duration};
use tokio::sync::Notify;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// How often the file is searched for jobs that another process has written: a command-line tool. The
/// search costs as much as there are jobs.
const SEARCH_EVERY: Duration = Duration::from_secs(15);

/// The pause before a job whose store failed is looked at again.
const RETRY: Duration = Duration::from_secs(5);

/// Runs a task, on whichever event loop.
pub type RunTask = Arc<dyn Fn(BoxFuture<'static, ()>) + Send + Sync>;

/// Works on the jobs of all accounts, for the one server of a data folder.
///
/// The ledger tells it of each job that is stored or removed, in the order of the transactions, so it
/// knows when each is due without asking the file. Of each topic so many jobs run at once as its
/// consumer says; groups take turns, and none has more than its share. A job starts when its claim,
/// and so the transaction that stored it, is durable.
///
/// It holds about 150 bytes of memory for each job that waits.
pub struct SqliteQueue {
    shared: Arc<Shared>,
}

struct Shared {
    ports: Ports,
    ledger: Arc<SqliteLedger>,
    topics: HashMap<&'static str, Topic>,
    wake: Notify,
    run: RunTask,
    tasks: TaskTracker,
    stop: CancellationToken,
}

struct Topic {
    consumer: Arc<dyn Consumer>,
    schedule: Mutex<Schedule>,
}

impl SqliteQueue {
    /// Starts to work, first on what the last server left: its claims are given up, because nobody
    /// else works in this folder. `run` runs the tasks. For a ledger made by
    /// [`Native::for_server`](crate::Native::for_server), once.
    pub async fn start(
        native: &Native,
        consumers: Vec<Arc<dyn Consumer>>,
        run: RunTask,
    ) -> Result<Self, StoreError> {
        let topics = consumers.into_iter().map(|consumer| {
            let schedule = Mutex::new(Schedule::new(consumer.concurrency()));
            (consumer.topic(), Topic { consumer, schedule })
        });
        let shared = Arc::new(Shared {
            ports: native.ports(),
            ledger: native.ledger.clone(),
            topics: topics.collect(),
            wake: Notify::new(),
            run,
            tasks: TaskTracker::new(),
            stop: CancellationToken::new(),
        });
        let told = Arc::downgrade(&shared);
        native
            .ledger
            .watch_jobs(Box::new(move |account, key, state| {
                if let Some(shared) = told.upgrade() {
                    shared.told(account, key, state);
                }
            }));
        shared.release_claims().await?;
        shared.search().await?;
        let dispatching = shared.clone();
        (shared.run)(async move { dispatching.dispatch().await }.boxed());
        Ok(Self { shared })
    }

    /// Starts no other job, and waits for those that run, at most `timeout`; whether they ended. Those
    /// that did not are worked on again by the next server.
    pub async fn stop(&self, timeout: Duration) -> bool {
        self.shared.stop.cancel();
        self.shared.tasks.close();
        tokio::time::timeout(timeout, self.shared.tasks.wait())
            .await
            .is_ok()
    }

    /// Jobs that wait or run.
    pub fn len(&self) -> usize {
        let topics = self.shared.topics.values();
        topics.map(|topic| topic.schedule.lock().len()).sum()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl Drop for SqliteQueue {
    fn drop(&mut self) {
        self.shared.stop.cancel();
    }
}

impl Shared {
    /// A job was stored (`state`) or removed.
    fn told(&self, account: &str, key: &str, state: Option<JobState>) {
        let Some(topic) = self.topic(key) else {
            return;
        };
        match state {
            Some(state) => {
                topic.schedule.lock().set(account, key, state.due);
                self.wake.notify_one();
            }
            None => topic.schedule.lock().remove(account, key),
        }
    }

    /// `None` for jobs that nobody here works on.
    fn topic(&self, key: &str) -> Option<&Topic> {
        self.topics.get(topic_of(key)?)
    }

    async fn release_claims(&self) -> Result<(), StoreError> {
        let now = self.ports.clock.now();
        for (account, key, state) in self.ledger.jobs().await? {
            if state.claimed
                && let Err(error) = release(&*self.ledger, &account, &key, now).await
            {
                return Err(StoreError::Fault(error.to_string()));
            }
        }
        Ok(())
    }

    /// Takes up the jobs in the file that nobody has told of.
    async fn search(&self) -> Result<(), StoreError> {
        for (account, key, state) in self.ledger.jobs().await? {
            if let Some(topic) = self.topic(&key) {
                topic.schedule.lock().add(&account, &key, state.due);
            }
        }
        Ok(())
    }

    async fn dispatch(self: Arc<Self>) {
        let mut searched = self.ports.clock.now();
        while !self.stop.is_cancelled() {
            let now = self.ports.clock.now();
            if now >= searched + SEARCH_EVERY {
                searched = now;
                if let Err(error) = self.search().await {
                    tracing::warn!(%error, "the queue: jobs of other processes were not searched");
                }
            }
            let next = self.start_due(now).unwrap_or(Timestamp::MAX);
            let pause = next.min(searched + SEARCH_EVERY).duration_since(now);
            tokio::select! {
                () = self.wake.notified() => {}
                () = self.ports.clock.sleep(pause) => {}
                () = self.stop.cancelled() => {}
            }
        }
    }

    /// Starts what is due and has room; when the next one is due.
    fn start_due(self: &Arc<Self>, now: Timestamp) -> Option<Timestamp> {
        let mut next = None;
        for (name, topic) in &self.topics {
            let mut schedule = topic.schedule.lock();
            let started: Vec<_> = std::iter::from_fn(|| schedule.start(now)).collect();
            next = [next, schedule.next_due()].into_iter().flatten().min();
            // A task that cannot run is dropped at once, and gives its place back.
            drop(schedule);
            for place in started {
                let slot = Slot {
                    shared: self.clone(),
                    topic: name,
                    place,
                };
                let task = self.tasks.track_future(slot.work());
                (self.run)(task.boxed());
            }
        }
        next
    }
}

/// A running job's place; given back when it is dropped, by a panic, too.
struct Slot {
    shared: Arc<Shared>,
    topic: &'static str,
    /// Account and key.
    place: (Arc<str>, Arc<str>),
}

impl Slot {
    async fn work(self) {
        let (account, key) = &self.place;
        let Some(topic) = self.shared.topics.get(self.topic) else {
            return;
        };
        let ports = &self.shared.ports;
        let worked = work(ports, &*topic.consumer, account, key).await;
        let mut schedule = topic.schedule.lock();
        match worked {
            // The ledger has told of what was written, in time. The rest is for what was not written.
            Ok(Worked::Later(at) | Worked::Claimed(at)) => schedule.add(account, key, at),
            Ok(Worked::Gone) => schedule.forget(account, key, ports.clock.now()),
            Ok(Worked::Done) => {}
            Ok(Worked::Dead) => {
                tracing::warn!(%account, %key, "a job is dead");
            }
            Err(error) => {
                let cause = error.cause.as_deref().unwrap_or_default();
                tracing::error!(%account, %key, %error, cause, "a job could not be worked on");
                schedule.set(account, key, ports.clock.now() + RETRY);
            }
        }
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        if let Some(topic) = self.shared.topics.get(self.topic) {
            topic.schedule.lock().ended(&self.place);
        }
        self.shared.wake.notify_one();
    }
}

impl SqliteLedger {
    /// All jobs that are in the file: account, key and state. One that cannot be read is due at once,
    /// so that whoever works on it reports it.
    async fn jobs(&self) -> Result<Vec<(String, String, JobState)>, StoreError> {
        self.flush().await?;
        let jobs = self.read(ledger::jobs).await?.into_iter();
        let jobs = jobs.map(|(account, key, document)| {
            let state = JobState::read(&document).unwrap_or_else(|_| JobState {
                account: account.clone(),
                due: Timestamp::MIN,
                claimed: false,
            });
            (account, key, state)
        });
        Ok(jobs.collect())
    }
}
