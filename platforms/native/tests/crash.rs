//! `kill -9` at any moment: what was told to be durable is there, once, and nothing by half.
//!
//! The test starts this binary again as the process to kill (`child`, which does nothing when it
//! is run by itself).

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "all of this is a test"
)]

use openclaw_core::{
    Ledger,
    ledger::{Delta, Item, Outcome, Step, When},
};
use openclaw_native::{DataFolder, Native, ServerLock, SqliteLedger};
use openclaw_schema::config::Durability;
use std::{
    collections::HashSet,
    env,
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Command, Stdio},
    sync::Arc,
    thread,
    time::Duration,
};

const FOLDER: &str = "OPENCLAW_CRASH_FOLDER";
const ROUND: &str = "OPENCLAW_CRASH_ROUND";
const ROUNDS: u64 = 12;
const ACCOUNT: &str = "acct_crash";

fn open(lock: &ServerLock) -> Arc<SqliteLedger> {
    Native::for_server(lock, Durability::Process)
        .unwrap()
        .ledger
}

fn add(key: &str, deltas: &[(&str, i64)]) -> Step {
    let deltas = deltas.iter().map(|(field, by)| Delta::new(*field, *by));
    Step::Add {
        key: key.into(),
        deltas: deltas.collect(),
        expires: None,
    }
}

fn put(key: String, document: String) -> Step {
    Step::Put {
        key,
        document: document.into(),
        when: When::Absent,
        expires: None,
    }
}

async fn transact(ledger: &SqliteLedger, steps: Vec<Step>) {
    match ledger.transact(ACCOUNT, steps).await.unwrap() {
        Outcome::Applied(applied) => applied.durable.await.unwrap(),
        refused => panic!("{refused:?}"),
    }
}

/// Admits and settles without end; prints an id once it is durable.
async fn work(ledger: Arc<SqliteLedger>, task: u64) {
    let round = env::var(ROUND).unwrap();
    for at in 0.. {
        let id = format!("{round}-{task}-{at}");
        let reserve = put(format!("r/{id}"), String::new());
        // Half of them are not waited for: they ride along.
        let admit = vec![add("gate#m", &[("requests", 1)]), reserve];
        if at % 2 == 0 {
            transact(&ledger, admit).await;
        } else {
            ledger.transact(ACCOUNT, admit).await.unwrap();
        }
        let tokens = at % 17;
        let settle = vec![
            Step::Delete {
                key: format!("r/{id}"),
                when: When::Present,
            },
            put(format!("u/{id}"), tokens.to_string()),
            add("sum", &[("requests", 1), ("tokens", tokens)]),
            add("gate#b", &[("spent", 3 * tokens)]),
        ];
        transact(&ledger, settle).await;
        let mut out = std::io::stdout().lock();
        writeln!(out, "durable {id}").unwrap();
        out.flush().unwrap();
    }
}

#[test]
fn child() {
    let Ok(folder) = env::var(FOLDER) else {
        return;
    };
    let folder = DataFolder::open(folder).unwrap();
    let lock = folder.lock("127.0.0.1:1").unwrap();
    let ledger = open(&lock);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let tasks: Vec<_> = (0..8)
            .map(|task| tokio::spawn(work(ledger.clone(), task)))
            .collect();
        // SQLite is always behind the next transaction: most are killed in one.
        while !tasks.iter().any(|task| task.is_finished()) {
            ledger.flush().await.unwrap();
        }
    });
}

/// Lets a child work for a while and kills it; what it said to be durable.
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
        let ids = lines.filter_map(|line| Some(line.ok()?.strip_prefix("durable ")?.to_owned()));
        ids.collect()
    });
    thread::sleep(Duration::from_millis(100 + 37 * round));
    child.kill().unwrap();
    child.wait().unwrap();
    reader.join().unwrap()
}

async fn items(ledger: &SqliteLedger, prefix: &str) -> Vec<(String, Item)> {
    ledger
        .query(ACCOUNT, prefix, None, usize::MAX)
        .await
        .unwrap()
}

async fn counter(ledger: &SqliteLedger, key: &str, field: &str) -> i64 {
    let found = items(ledger, key).await;
    found
        .first()
        .map_or(0, |(_, item)| item.counters().unwrap()[field])
}

/// Every id is there, and the counters are what the documents add up to.
async fn check(ledger: &SqliteLedger, told: &HashSet<String>) {
    let rows = items(ledger, "u/").await;
    let ids: HashSet<_> = rows
        .iter()
        .map(|(key, _)| key["u/".len()..].to_owned())
        .collect();
    let lost: Vec<_> = told.difference(&ids).collect();
    assert!(lost.is_empty(), "lost: {lost:?}");
    let tokens = |(_, item): &(String, Item)| -> i64 {
        std::str::from_utf8(item.document().unwrap())
            .unwrap()
            .parse()
            .unwrap()
    };
    let (requests, tokens) = (rows.len() as i64, rows.iter().map(tokens).sum::<i64>());
    let reserved = items(ledger, "r/").await.len() as i64;
    assert_eq!(counter(ledger, "sum", "requests").await, requests);
    assert_eq!(counter(ledger, "sum", "tokens").await, tokens);
    assert_eq!(counter(ledger, "gate#b", "spent").await, 3 * tokens);
    assert_eq!(
        counter(ledger, "gate#m", "requests").await,
        requests + reserved
    );
}

#[tokio::test]
async fn a_killed_process_loses_nothing_it_told_and_leaves_nothing_by_half() {
    let folder = tempfile::tempdir().unwrap();
    let mut told = HashSet::new();
    for round in 0..ROUNDS {
        let ids = killed(folder.path(), round);
        let count = told.len() + ids.len();
        told.extend(ids);
        assert_eq!(told.len(), count, "an id was told twice");
        let opened = DataFolder::open(folder.path()).unwrap();
        let lock = opened.lock("127.0.0.1:2").unwrap();
        check(&open(&lock), &told).await;
    }
    assert!(told.len() > 100 * ROUNDS as usize, "only {}", told.len());
}
