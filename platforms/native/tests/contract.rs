//! The stores on SQLite keep the contract of their ports.

#![allow(clippy::unwrap_used, clippy::panic, reason = "all of this is a test")]

use futures_util::future::join_all;
use openclaw_core::{Blob, Kv, Ledger, time};
use openclaw_native::{
    DataFolder, Database, FileBlob, Native, ServerLock, SqliteKv, SqliteLedger, SqliteQueue,
    TokioSpawn,
};
use openclaw_schema::config::Durability;
use openclaw_testkit::{
    ManualClock, ScriptedConsumer,
    contract::{self, Subject, Verdict},
};
use std::sync::Arc;
use tempfile::TempDir;

struct Opened {
    folder: TempDir,
    clock: Arc<ManualClock>,
    database: Arc<Database>,
}

fn open(durability: Durability) -> Opened {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("openclaw.db");
    Opened {
        clock: Arc::new(ManualClock::jumping(time::from_second(1_772_280_000))),
        database: Arc::new(Database::open(&path, durability).unwrap()),
        folder,
    }
}

fn subject<S>(opened: &Opened, store: S) -> Subject<S> {
    Subject {
        store,
        clock: opened.clock.clone(),
        spawn: Arc::new(TokioSpawn::default()),
        run: "sqlite".into(),
    }
}

fn assert_kept(verdicts: &[Verdict]) {
    assert!(!verdicts.is_empty());
    let broken: Vec<_> = verdicts
        .iter()
        .filter(|verdict| verdict.result.is_err())
        .collect();
    assert!(broken.is_empty(), "{broken:#?}");
}

async fn assert_ledger_keeps_the_contract(opened: &Opened, ledger: SqliteLedger) {
    let subject = subject::<Arc<dyn Ledger>>(opened, Arc::new(ledger));
    assert_kept(&contract::run(&contract::ledger(), &subject).await);
}

async fn servers_ledger_keeps_the_contract(durability: Durability) {
    let opened = open(durability);
    let folder = DataFolder::open(opened.folder.path()).unwrap();
    let lock = folder.lock("127.0.0.1:3000").unwrap();
    let (database, clock) = (opened.database.clone(), opened.clock.clone());
    let ledger = SqliteLedger::for_server(&lock, database, clock).unwrap();
    assert_ledger_keeps_the_contract(&opened, ledger).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn sqlite_ledger_keeps_the_contract() {
    servers_ledger_keeps_the_contract(Durability::Process).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn sqlite_ledger_that_survives_power_keeps_the_contract() {
    servers_ledger_keeps_the_contract(Durability::Power).await;
}

#[tokio::test]
async fn sqlite_ledger_keeps_the_contract_on_one_thread() {
    servers_ledger_keeps_the_contract(Durability::Process).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_tools_sqlite_ledger_keeps_the_contract() {
    let opened = open(Durability::Process);
    let (database, clock) = (opened.database.clone(), opened.clock.clone());
    let ledger = SqliteLedger::new(database, clock).unwrap();
    assert_ledger_keeps_the_contract(&opened, ledger).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn sqlite_kv_keeps_the_contract() {
    let opened = open(Durability::Process);
    let kv = SqliteKv::new(opened.database.clone(), opened.clock.clone()).unwrap();
    let subject = subject::<Arc<dyn Kv>>(&opened, Arc::new(kv));
    assert_kept(&contract::run(&contract::kv(), &subject).await);
}

/// The queue of a server on a fresh folder, with real time.
async fn queue() -> (TempDir, ServerLock, Native, SqliteQueue) {
    let folder = tempfile::tempdir().unwrap();
    let opened = DataFolder::open(folder.path()).unwrap();
    let lock = opened.lock("127.0.0.1:3000").unwrap();
    let native = Native::for_server(&lock, Durability::Process).unwrap();
    let consumer = Arc::new(ScriptedConsumer::new(native.ports()));
    let run = Arc::new(|task| drop(tokio::spawn(task)));
    let queue = SqliteQueue::start(&native, vec![consumer], run).await;
    (folder, lock, native, queue.unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn sqlite_queue_keeps_the_contract() {
    let (_folder, _lock, native, queue) = queue().await;
    let subject = Subject::<Arc<dyn Ledger>> {
        store: native.ledger.clone(),
        clock: native.ports().clock,
        spawn: Arc::new(native.spawn.clone()),
        run: "sqlite".into(),
    };
    // Most of a case is waiting: all at once.
    let cases = contract::queue();
    let checks = cases.iter().map(|case| case.check(&subject));
    assert_kept(&join_all(checks).await);
    assert!(queue.is_empty(), "{} jobs are left", queue.len());
}

async fn files_keep_the_contract(durability: Durability) {
    let opened = open(durability);
    let folder = opened.folder.path().join("blobs");
    let files = Arc::new(FileBlob::open(folder.clone(), durability).unwrap());
    let subject = subject::<Arc<dyn Blob>>(&opened, files.clone());
    assert_kept(&contract::run(&contract::blob(), &subject).await);
    // What failed or was dropped has left no half of a file.
    let incoming = std::fs::read_dir(folder.join(".incoming")).unwrap();
    assert_eq!(incoming.count(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn files_that_survive_the_process_keep_the_contract() {
    files_keep_the_contract(Durability::Process).await;
}

#[tokio::test]
async fn files_that_survive_power_keep_the_contract() {
    files_keep_the_contract(Durability::Power).await;
}

#[test]
fn what_a_crash_left_half_written_is_removed_by_the_next_server() {
    let opened = open(Durability::Process);
    let folder = DataFolder::open(opened.folder.path()).unwrap();
    let half = folder.blobs_path().join(".incoming/1-0");
    std::fs::create_dir_all(half.parent().unwrap()).unwrap();
    std::fs::write(&half, "half").unwrap();
    let lock = folder.lock("127.0.0.1:3000").unwrap();
    // A command-line tool leaves alone what a server may be writing.
    Native::open(&folder, Durability::Process).unwrap();
    assert!(half.exists());
    Native::for_server(&lock, Durability::Process).unwrap();
    assert!(!half.exists());
}
