//! What the contract cannot see: when the file is written, and what happens where it cannot be.

use super::*;
use crate::DataFolder;
use openclaw_core::ledger::{Delta, When};
use openclaw_rate_limit::connections::PLACES;
use openclaw_schema::config::Durability;
use openclaw_tokio::SystemClock;
use openclaw_usage::RESERVATIONS;
use std::{
    fs,
    path::Path,
    time::{Duration, Instant},
};
use tempfile::TempDir;

struct Opened {
    ledger: SqliteLedger,
    lock: ServerLock,
    folder: TempDir,
}

fn database(folder: &Path) -> Arc<Database> {
    let path = DataFolder::open(folder).unwrap().database_path();
    Arc::new(Database::open(&path, Durability::Process).unwrap())
}

fn tool(folder: &Path) -> SqliteLedger {
    SqliteLedger::new(database(folder), Arc::new(SystemClock)).unwrap()
}

fn server(lock: &ServerLock) -> SqliteLedger {
    let database = database(lock.folder().path());
    SqliteLedger::for_server(lock, database, Arc::new(SystemClock)).unwrap()
}

fn open() -> Opened {
    let folder = tempfile::tempdir().unwrap();
    let lock = DataFolder::open(folder.path()).unwrap().lock("x").unwrap();
    Opened {
        ledger: server(&lock),
        lock,
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

    /// Keys in SQLite, as another process sees them.
    fn stored(&self) -> Vec<String> {
        let reader = Connection::open(self.lock.folder().database_path()).unwrap();
        let mut keys = reader
            .prepare("SELECT key FROM items ORDER BY key")
            .unwrap();
        let keys = keys.query_map([], |row| row.get(0)).unwrap();
        keys.map(Result::unwrap).collect()
    }

    /// Bytes in the two files of the journal.
    fn journal(&self) -> [Vec<u8>; 2] {
        journal::paths(self.folder.path()).map(|path| fs::read(path).unwrap())
    }

    /// The next server, after this one's end, with the journal of a moment before its end.
    fn after_a_crash_with(self, journal: [Vec<u8>; 2]) -> Self {
        let Self {
            ledger,
            lock,
            folder,
        } = self;
        drop(ledger);
        for (path, bytes) in journal::paths(folder.path()).into_iter().zip(journal) {
            fs::write(path, bytes).unwrap();
        }
        Self {
            ledger: server(&lock),
            lock,
            folder,
        }
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
async fn what_is_durable_is_in_the_journal_and_soon_in_sqlite() {
    let opened = open();
    let first = opened.apply(vec![put("a", 1)]).await;
    let second = opened.apply(vec![put("b", 1)]).await;
    assert_eq!(opened.journal().concat(), b"");
    second.durable.await.unwrap();
    // One record for both.
    let records: Vec<_> = record::Records(opened.journal().concat().into()).collect();
    assert_eq!(records.len(), 1);
    assert_eq!((records[0].0, records[0].1.len()), (2, 2));
    let length = opened.journal().concat().len();
    first.durable.await.unwrap();
    assert!(opened.journal().concat().len() <= length);
    opened.eventually_stored(&["a", "b"]).await;
    assert_eq!(opened.journal().concat(), b"");
}

impl Opened {
    async fn eventually_stored(&self, keys: &[&str]) {
        let start = Instant::now();
        while self.stored() != keys || !self.journal().concat().is_empty() {
            assert!(start.elapsed() < Duration::from_secs(5), "never written");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

#[tokio::test]
async fn what_nobody_waits_for_is_written_soon() {
    let opened = open();
    drop(opened.apply(vec![put("a", 1)]).await);
    opened.eventually_stored(&["a"]).await;
}

#[tokio::test]
async fn all_tasks_that_are_ready_share_one_record() {
    let opened = Arc::new(open());
    let tasks: Vec<_> = (0..100)
        .map(|at| {
            let opened = opened.clone();
            tokio::spawn(async move {
                opened
                    .durable(vec![put(&format!("{at}"), 1), add("n")])
                    .await;
                record::Records(opened.journal().concat().into()).count()
            })
        })
        .collect();
    for task in tasks {
        // None where SQLite has followed already, two where the thread has come in between.
        assert!(task.await.unwrap() <= 2);
    }
    assert_eq!(opened.state().await.len(), 99);
}

#[tokio::test]
async fn what_comes_and_goes_is_never_written() {
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
    assert_eq!(opened.journal().concat(), b"");
}

#[tokio::test]
async fn a_query_sees_what_was_just_applied() {
    let opened = open();
    for n in 1..20 {
        opened.apply(vec![put("a", n), add("n")]).await;
        let items = opened.ledger.query("acct", "", None, 9).await.unwrap();
        assert_eq!(items[0].1.document().unwrap().len(), n);
        assert_eq!(items[1].1.value, counters(n as i64));
    }
    opened.apply(vec![delete("a")]).await;
    let items = opened.ledger.query("acct", "", None, 9).await.unwrap();
    assert_eq!(items.len(), 1);
}

#[tokio::test]
async fn dropping_the_ledger_writes_what_is_left() {
    let opened = open();
    drop(opened.apply(vec![put("a", 1), add("n")]).await);
    let empty = Default::default();
    let again = opened.after_a_crash_with(empty);
    assert_eq!(again.stored(), ["a", "n"]);
}

#[tokio::test]
async fn a_full_database_is_told_to_a_tool_and_loses_nothing() {
    let mut opened = open();
    opened.ledger = tool(opened.folder.path());
    opened.durable(vec![put("early", 1)]).await;
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

#[tokio::test]
async fn a_server_whose_database_is_full_goes_on_in_its_journal() {
    let opened = open();
    opened.limit_pages(1);
    opened.durable(vec![put("big", 100_000), add("n")]).await;
    assert!(matches!(
        opened.ledger.flush().await,
        Err(StoreError::Unavailable(_))
    ));
    // The other file now has the first record, and keeps it.
    opened.durable(vec![put("big", 50_000), add("n")]).await;
    assert!(opened.ledger.flush().await.is_err());
    let journal = opened.journal();
    assert!(journal.iter().all(|half| !half.is_empty()), "{journal:?}");
    opened.limit_pages(1_000_000);
    // A crash now, or going on: the same.
    let opened = opened.after_a_crash_with(journal);
    assert_eq!(
        opened.state().await,
        [("big".into(), 50_000), ("n".into(), 2)]
    );
}

#[tokio::test]
async fn going_on_after_a_full_database_empties_the_journal() {
    let opened = open();
    opened.limit_pages(1);
    opened.durable(vec![put("big", 100_000), add("n")]).await;
    assert!(opened.ledger.flush().await.is_err());
    opened.durable(vec![add("n")]).await;
    opened.limit_pages(1_000_000);
    opened.ledger.flush().await.unwrap();
    assert_eq!(
        opened.state().await,
        [("big".into(), 100_000), ("n".into(), 2)]
    );
    opened.eventually_stored(&["big", "n"]).await;
}

impl Opened {
    async fn durable(&self, steps: Vec<Step>) {
        self.apply(steps).await.durable.await.unwrap();
    }

    /// Everything, documents by their length, counters by their value.
    async fn state(&self) -> Vec<(String, i64)> {
        let items = self.ledger.query("acct", "", None, 99).await.unwrap();
        let number = |item: &Item| match item.document() {
            Some(document) => document.len() as i64,
            None => item.counters().unwrap()["n"],
        };
        items
            .into_iter()
            .map(|(key, item)| (key, number(&item)))
            .collect()
    }
}

fn counters(n: i64) -> openclaw_core::ledger::Value {
    openclaw_core::ledger::Value::Counters([("n".to_owned(), n)].into())
}

#[tokio::test]
async fn a_crash_between_sqlites_commit_and_the_emptying_of_the_journal_changes_nothing() {
    let opened = open();
    opened
        .durable(vec![put("a", 1), put("b", 1), add("n")])
        .await;
    opened
        .durable(vec![delete("a"), put("b", 2), add("n")])
        .await;
    let journal = opened.journal();
    opened.ledger.flush().await.unwrap();
    let state = opened.state().await;
    assert_eq!(state, [("b".into(), 2), ("n".into(), 2)]);
    let opened = opened.after_a_crash_with(journal.clone());
    assert_eq!(opened.state().await, state);
    // Once more, and it counts on from there.
    let opened = opened.after_a_crash_with(journal);
    opened.durable(vec![add("n")]).await;
    assert_eq!(opened.state().await, [("b".into(), 2), ("n".into(), 3)]);
}

#[tokio::test]
async fn another_process_that_writes_holds_up_neither_tasks_nor_the_journal() {
    let opened = open();
    let other = Connection::open(opened.lock.folder().database_path()).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let start = Instant::now();
    opened.durable(vec![put("a", 1)]).await;
    let waiting = opened.ledger.flush();
    tokio::pin!(waiting);
    let still = tokio::time::timeout(Duration::from_millis(200), &mut waiting).await;
    assert!(still.is_err() && start.elapsed() < Duration::from_millis(400));
    opened.durable(vec![put("b", 1)]).await;
    other.execute_batch("COMMIT").unwrap();
    waiting.await.unwrap();
    opened.eventually_stored(&["a", "b"]).await;
}

#[tokio::test]
async fn documents_of_a_tool_are_seen_by_the_server() {
    let opened = open();
    opened.durable(vec![put("a", 1)]).await;
    opened.ledger.flush().await.unwrap();
    let other = tool(opened.folder.path());
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
async fn what_a_tool_puts_is_seen_soon_where_nothing_was() {
    let opened = open();
    let check = || Step::Check {
        key: "a".into(),
        when: When::Absent,
    };
    opened.apply(vec![check()]).await;
    let other = tool(opened.folder.path());
    match other.transact("acct", vec![put("a", 1)]).await.unwrap() {
        Outcome::Applied(applied) => applied.durable.await.unwrap(),
        refused => panic!("{refused:?}"),
    }
    for _ in 0..200 {
        let seen = opened.ledger.transact("acct", vec![check()]).await;
        if matches!(seen, Ok(Outcome::Refused { step: 0 })) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("not within 2 s");
}

#[tokio::test]
async fn accounts_are_found_by_what_a_crash_left_them() {
    let opened = open();
    let reserved = |id| format!("{RESERVATIONS}{id}");
    let items = [
        ("b", reserved(1)),
        ("a", reserved(2)),
        ("c", format!("{PLACES}1")),
        ("d", "wt/1".into()),
    ];
    for (account, key) in items {
        let steps = vec![put(&key, 1), put("gate#q", 1), put("z", 1)];
        drop(opened.ledger.transact(account, steps).await.unwrap());
    }
    let another = vec![put(&reserved(3), 1)];
    drop(opened.ledger.transact("a", another).await.unwrap());
    let find = |leftover| opened.ledger.accounts_with(leftover);
    assert_eq!(find(Leftover::Reservations).await.unwrap(), ["a", "b"]);
    assert_eq!(find(Leftover::Places).await.unwrap(), ["c"]);
}
