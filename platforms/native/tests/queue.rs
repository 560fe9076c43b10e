//! The queue of the server: `kill -9` at any moment loses no job that was told to be stored and ends none
//! twice; and one account's many jobs hold up nobody.
//!
//! The test starts this binary again as the process to kill (`child`, which does nothing when it is run by
//! itself).

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "all of this is a test"
)]

use futures_util::FutureExt;
use openclaw_core::{
    BoxFuture, Ledger,
    ledger::{Delta, Item, Outcome, Step, When},
    queue::{Concurrency, Consumer, End, Job},
};
use openclaw_native::{DataFolder, Native, RunTask, ServerLock, SqliteQueue};
use openclaw_schema::config::Durability;
use std::{
    collections::HashSet,
    env,
    fs::OpenOptions,
    io::{BufRead, BufReader, Write},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::{Arc, Mutex},
    thread,
    time::{Duration, Instant},
};
use tokio::sync::oneshot;

const FOLDER: &str = "OPENCLAW_CRASH_FOLDER";
const ROUND: &str = "OPENCLAW_CRASH_ROUND";
const ROUNDS: u64 = 12;
const TOPIC: &str = "crash";

fn on_tokio() -> RunTask {
    Arc::new(|task| drop(tokio::spawn(task)))
}

fn open(folder: &Path) -> (ServerLock, Native) {
    let folder = DataFolder::open(folder).unwrap();
    let lock = folder.lock("127.0.0.1:1").unwrap();
    let native = Native::for_server(&lock, Durability::Process).unwrap();
    (lock, native)
}

async fn applied(native: &Native, account: &str, steps: Vec<Step>) {
    match native.ledger.transact(account, steps).await.unwrap() {
        Outcome::Applied(applied) => applied.durable.await.unwrap(),
        refused => panic!("{refused:?}"),
    }
}

/// Writes what it was given to a file, which nothing undoes, and a row with the job's end.
struct Effects {
    seen: PathBuf,
}

impl Consumer for Effects {
    fn topic(&self) -> &'static str {
        TOPIC
    }

    fn concurrency(&self) -> Concurrency {
        Concurrency {
            total: 8,
            per_group: 4,
            per_account: 4,
        }
    }

    /// So many that a job is not given up because it was killed often.
    fn pauses(&self) -> &[Duration] {
        const PAUSES: [Duration; 50] = [Duration::from_millis(10); 50];
        &PAUSES
    }

    fn work<'a>(&'a self, job: &'a Job) -> BoxFuture<'a, End> {
        async move {
            let mut seen = OpenOptions::new()
                .append(true)
                .create(true)
                .open(&self.seen)
                .unwrap();
            // One write: several append at once.
            seen.write_all(format!("{}\n", job.id()).as_bytes())
                .unwrap();
            tokio::time::sleep(Duration::from_millis(u64::from(job.id().len() as u8 % 3))).await;
            End::Done(vec![Step::Add {
                key: format!("done/{}", job.id()),
                deltas: vec![Delta::new("n", 1)],
                expires: None,
            }])
        }
        .boxed()
    }
}

/// Stores jobs without end; prints an id once it is durable.
async fn store(native: Native, task: u64) {
    let (round, clock) = (env::var(ROUND).unwrap(), native.ports().clock);
    for at in 0.. {
        let (account, id) = (format!("acct_{}", at % 3), format!("{round}-{task}-{at}"));
        let job = Job::named(&account, TOPIC, &id, clock.now(), &()).unwrap();
        let beside = Step::Put {
            key: format!("asked/{id}"),
            document: "x".into(),
            when: When::Absent,
            expires: None,
        };
        applied(&native, &account, vec![beside, job.step().unwrap()]).await;
        println!("stored {id}");
        std::io::stdout().flush().unwrap();
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

#[test]
fn child() {
    let Ok(folder) = env::var(FOLDER) else {
        return;
    };
    let folder = PathBuf::from(folder);
    let (_lock, native) = open(&folder);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let seen = folder.join("seen");
        let consumer = Arc::new(Effects { seen });
        let _queue = SqliteQueue::start(&native, vec![consumer], on_tokio())
            .await
            .unwrap();
        let tasks: Vec<_> = (0..4)
            .map(|task| tokio::spawn(store(native.clone(), task)))
            .collect();
        futures_util::future::join_all(tasks).await;
    });
}

/// Lets a child work for a while and kills it; the jobs that it said to be stored.
fn killed(folder: &Path, round: u64) -> Vec<String> {
    let mut child = Command::new(env::current_exe().unwrap())
        .args(["--exact", "child", "--nocapture"])
        .env(FOLDER, folder)
        .env(ROUND, round.to_string())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let reader = thread::spawn(move || {
        let ids = lines.filter_map(|line| Some(line.ok()?.strip_prefix("stored ")?.to_owned()));
        ids.collect()
    });
    thread::sleep(Duration::from_millis(150 + 41 * round));
    child.kill().unwrap();
    child.wait().unwrap();
    reader.join().unwrap()
}

async fn items(native: &Native, account: &str, prefix: &str) -> Vec<(String, Item)> {
    let found = native.ledger.query(account, prefix, None, usize::MAX);
    found.await.unwrap()
}

#[tokio::test]
async fn a_killed_server_loses_no_job_and_ends_none_twice() {
    let folder = tempfile::tempdir().unwrap();
    let mut told = HashSet::new();
    for round in 0..ROUNDS {
        told.extend(killed(folder.path(), round));
    }
    assert!(told.len() > 20 * ROUNDS as usize, "only {}", told.len());
    let (_lock, native) = open(folder.path());
    let seen = folder.path().join("seen");
    let consumer = Arc::new(Effects { seen: seen.clone() });
    let queue = SqliteQueue::start(&native, vec![consumer], on_tokio()).await;
    let queue = queue.unwrap();
    let start = Instant::now();
    while !queue.is_empty() {
        assert!(
            start.elapsed() < Duration::from_secs(30),
            "{} left",
            queue.len()
        );
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let (mut asked, mut done) = (HashSet::new(), HashSet::new());
    for account in ["acct_0", "acct_1", "acct_2"] {
        for (key, _) in items(&native, account, "asked/").await {
            asked.insert(key["asked/".len()..].to_owned());
        }
        for (key, item) in items(&native, account, "done/").await {
            assert_eq!(item.counters().unwrap()["n"], 1, "{key} ended twice");
            done.insert(key["done/".len()..].to_owned());
        }
        assert!(items(&native, account, "dead/").await.is_empty());
    }
    let lost: Vec<_> = told.difference(&asked).collect();
    assert!(lost.is_empty(), "lost: {lost:?}");
    assert_eq!(asked, done);
    let seen = std::fs::read_to_string(seen).unwrap();
    let seen: HashSet<_> = seen.lines().map(str::to_owned).collect();
    let undone: Vec<_> = done.difference(&seen).collect();
    assert!(
        undone.is_empty(),
        "ended without being worked on: {undone:?}"
    );
    let unasked: Vec<_> = seen.difference(&asked).collect();
    assert!(
        unasked.is_empty(),
        "worked on and never stored: {unasked:?}"
    );
}

/// Takes 20 ms for each, and says when the calm account's was done.
struct Slow {
    calm: Mutex<Option<oneshot::Sender<()>>>,
}

impl Consumer for Slow {
    fn topic(&self) -> &'static str {
        TOPIC
    }

    fn concurrency(&self) -> Concurrency {
        Concurrency {
            total: 8,
            per_group: 6,
            per_account: 6,
        }
    }

    fn work<'a>(&'a self, job: &'a Job) -> BoxFuture<'a, End> {
        async move {
            tokio::time::sleep(Duration::from_millis(20)).await;
            if job.account() == "calm"
                && let Some(calm) = self.calm.lock().unwrap().take()
            {
                calm.send(()).unwrap();
            }
            End::Done(vec![])
        }
        .boxed()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_jobs_of_one_account_do_not_delay_anothers_first() {
    let folder = tempfile::tempdir().unwrap();
    let (_lock, native) = open(folder.path());
    let (sender, calm) = oneshot::channel();
    let consumer = Arc::new(Slow {
        calm: Mutex::new(Some(sender)),
    });
    let queue = SqliteQueue::start(&native, vec![consumer], on_tokio()).await;
    let queue = queue.unwrap();
    let now = native.ports().clock.now();
    let job = |account: &str, at: usize| {
        let job = Job::named(account, TOPIC, &format!("{at:05}"), now, &());
        job.unwrap().step().unwrap()
    };
    for first in (0..10_000).step_by(20) {
        let steps = (first..first + 20).map(|at| job("busy", at));
        applied(&native, "busy", steps.collect()).await;
    }
    let (start, before) = (Instant::now(), queue.len());
    applied(&native, "calm", vec![job("calm", 0)]).await;
    calm.await.unwrap();
    let (waited, left) = (start.elapsed(), queue.len());
    println!(
        "the calm account's job was done after {waited:?}, {left} of the busy one's were left"
    );
    // Six at once of 20 ms each: what is done of them in a second, however busy the machine is.
    let done = before.saturating_sub(left);
    assert!(done < 300, "{done} jobs of the busy account came before it");
    assert!(
        left > 5000,
        "the busy account's jobs were done already: {left} left"
    );
    assert!(queue.stop(Duration::from_secs(5)).await);
}
