//! What the contract cannot see: when the file is written, and what happens where it cannot be.

use super::*;
use crate::SystemClock;
use openclaw_core::ledger::{Delta, When};
use openclaw_schema::config::Durability;
use std::{
    path::Path,
    sync::atomic::Ordering,
    time::{Duration, Instant},
};
use tempfile::TempDir;

struct Opened {
    ledger: SqliteLedger,
    folder: TempDir,
}

fn open_at(path: &Path) -> SqliteLedger {
    let database = Database::open(&path.join("db"), Durability::Process).unwrap();
    SqliteLedger::new(Arc::new(database), Arc::new(SystemClock)).unwrap()
}

fn open() -> Opened {
    let folder = tempfile::tempdir().unwrap();
    Opened {
        ledger: open_at(folder.path()),
        folder,
    }
}

fn put(key: &str, size: usize) -> Step {
    Step::Put {
        key: key.into(),
        document: vec![b'x'; size].into(),
        when: When::Always,
        expires: None,
    }
}

fn delete(key: &str) -> Step {
    Step::Delete {
        key: key.into(),
        when: When::Present,
    }
}

fn add(key: &str) -> Step {
    Step::Add {
        key: key.into(),
        deltas: vec![Delta::new("n", 1)],
        expires: None,
    }
}

impl Opened {
    async fn apply(&self, steps: Vec<Step>) -> Applied {
        match self.ledger.transact("acct", steps).await.unwrap() {
            Outcome::Applied(applied) => applied,
            refused => panic!("{refused:?}"),
        }
    }

    /// Keys in the file, as another process sees them.
    fn stored(&self) -> Vec<String> {
        let reader = Connection::open(self.folder.path().join("db")).unwrap();
        let mut keys = reader
            .prepare("SELECT key FROM items ORDER BY key")
            .unwrap();
        let keys = keys.query_map([], |row| row.get(0)).unwrap();
        keys.map(Result::unwrap).collect()
    }

    fn rows_written(&self) -> usize {
        self.ledger.shared.rows.load(Ordering::Relaxed)
    }

    fn limit_pages(&self, limit: i64) {
        self.ledger
            .shared
            .database
            .write(|transaction| transaction.pragma_update(None, "max_page_count", limit))
            .unwrap();
    }
}

#[tokio::test]
async fn nothing_is_written_before_somebody_waits_and_then_everything_is() {
    let opened = open();
    let first = opened.apply(vec![put("a", 1)]).await;
    let second = opened.apply(vec![put("b", 1)]).await;
    assert_eq!(opened.stored(), [""; 0]);
    second.durable.await.unwrap();
    assert_eq!(opened.stored(), ["a", "b"]);
    first.durable.await.unwrap();
}

#[tokio::test]
async fn what_nobody_waits_for_is_written_soon() {
    let opened = open();
    drop(opened.apply(vec![put("a", 1)]).await);
    let start = Instant::now();
    while opened.stored().is_empty() {
        assert!(start.elapsed() < Duration::from_secs(5), "never written");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn all_tasks_that_are_ready_share_one_commit() {
    let opened = Arc::new(open());
    let tasks: Vec<_> = (0..100)
        .map(|at| {
            let opened = opened.clone();
            tokio::spawn(async move {
                let applied = opened.apply(vec![put(&format!("{at}"), 1), add("n")]).await;
                applied.durable.await.unwrap();
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    assert_eq!(opened.stored().len(), 101);
    // The counter is one row a commit; the writing thread's second may fall into it.
    let commits = opened.rows_written() - 100;
    assert!((1..=2).contains(&commits), "{commits} commits");
}

#[tokio::test]
async fn what_comes_and_goes_before_a_commit_is_never_written() {
    let opened = open();
    let absent = Step::Put {
        key: "r".into(),
        document: "x".into(),
        when: When::Absent,
        expires: None,
    };
    opened.apply(vec![absent]).await;
    let gone = opened.apply(vec![delete("r")]).await;
    gone.durable.await.unwrap();
    assert_eq!(opened.rows_written(), 0);
    assert_eq!(opened.stored(), [""; 0]);
}

#[tokio::test]
async fn dropping_the_ledger_writes_what_is_left() {
    let Opened { ledger, folder } = open();
    let applied = ledger.transact("acct", vec![put("a", 1), add("n")]).await;
    drop((applied.unwrap(), ledger));
    let again = open_at(folder.path());
    let items = again.query("acct", "", None, 9).await.unwrap();
    assert_eq!(items.len(), 2);
}

#[tokio::test]
async fn a_full_disk_is_told_to_who_waits_and_loses_nothing() {
    let opened = open();
    opened
        .apply(vec![put("early", 1)])
        .await
        .durable
        .await
        .unwrap();
    opened.limit_pages(1);
    let applied = opened.apply(vec![put("big", 100_000), add("n")]).await;
    match applied.durable.await {
        Err(StoreError::Unavailable(_)) => {}
        other => panic!("{other:?}"),
    }
    assert_eq!(opened.stored(), ["early"]);
    // The process still sees it, newer changes win over those that failed.
    let values = opened
        .apply(vec![add("n"), put("big", 50_000)])
        .await
        .values;
    assert_eq!(values[0].as_ref().unwrap(), &counters(2));
    opened.limit_pages(1_000_000);
    opened.ledger.flush().await.unwrap();
    assert_eq!(opened.stored(), ["big", "early", "n"]);
    let big = opened.ledger.query("acct", "big", None, 1).await.unwrap();
    assert_eq!(big[0].1.document().unwrap().len(), 50_000);
}

fn counters(n: i64) -> openclaw_core::ledger::Value {
    openclaw_core::ledger::Value::Counters([("n".to_owned(), n)].into())
}

#[tokio::test]
async fn another_process_that_writes_is_waited_for_without_holding_up_tasks() {
    let opened = open();
    let other = Connection::open(opened.folder.path().join("db")).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let durable = opened.apply(vec![put("a", 1)]).await.durable;
    let waiting = tokio::spawn(durable);
    let start = Instant::now();
    // One thread runs all tasks here: a commit that waited in place would stop this one.
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert!(start.elapsed() < Duration::from_millis(400) && !waiting.is_finished());
    other.execute_batch("COMMIT").unwrap();
    waiting.await.unwrap().unwrap();
    assert_eq!(opened.stored(), ["a"]);
}

#[tokio::test]
async fn documents_of_another_process_are_seen() {
    let opened = open();
    opened.apply(vec![put("a", 1)]).await.durable.await.unwrap();
    let other = open_at(opened.folder.path());
    let removed = other.transact("acct", vec![delete("a"), put("b", 1)]).await;
    match removed.unwrap() {
        Outcome::Applied(applied) => applied.durable.await.unwrap(),
        refused => panic!("{refused:?}"),
    }
    let seen = opened.ledger.transact("acct", vec![delete("a")]).await;
    assert!(matches!(seen, Ok(Outcome::Refused { step: 0 })), "{seen:?}");
    opened.apply(vec![delete("b")]).await;
}

#[tokio::test]
async fn accounts_are_found_by_what_they_hold() {
    let opened = open();
    for account in ["b", "a", "c", "a0"] {
        let key = if account == "c" { "u/1" } else { "r/1" };
        let steps = vec![put(key, 1), put("q", 1), put("z", 1)];
        drop(opened.ledger.transact(account, steps).await.unwrap());
    }
    let found = opened.ledger.accounts_with("r/").await.unwrap();
    assert_eq!(found, ["a", "a0", "b"]);
    assert_eq!(opened.ledger.accounts_with("x").await.unwrap(), [""; 0]);
}
