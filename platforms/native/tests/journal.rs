//! The journal between two servers, and on a disk that is full.
//!
//! The tests start this binary again as the other process (`child`, which does nothing when it
//! is run by itself).

#![allow(clippy::unwrap_used, clippy::panic, reason = "all of this is a test")]

use openclaw_core::{
    Ledger, StoreError,
    ledger::{Delta, Outcome, Step, When},
};
use openclaw_native::{DataFolder, Native, SqliteLedger};
use openclaw_schema::config::Durability;
use rustix::process::{Resource, Rlimit, Signal, getrlimit, setrlimit};
use std::{
    env, fs,
    os::unix::process::ExitStatusExt,
    path::Path,
    process::{self, Command},
};

const FOLDER: &str = "OPENCLAW_JOURNAL_FOLDER";
const ROLE: &str = "OPENCLAW_JOURNAL_ROLE";

#[test]
fn child() {
    let Ok(folder) = env::var(FOLDER) else {
        return;
    };
    let lock = DataFolder::open(folder).unwrap().lock("x").unwrap();
    let durability = match &*env::var(ROLE).unwrap() {
        "power" => Durability::Power,
        _ => Durability::Process,
    };
    let ledger = Native::for_server(&lock, durability).unwrap().ledger;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        match &*env::var(ROLE).unwrap() {
            "full" => fill(&ledger).await,
            _ => {
                count(&ledger, 100).await.unwrap();
            }
        }
    });
    // As sudden as a kill: nothing is dropped.
    process::abort()
}

/// In a shell that has the signal of a file that is too large ignored, so that the write fails.
fn run(folder: &Path, role: &str) {
    let status = Command::new("sh")
        .args(["-c", r#"trap "" XFSZ; exec "$@""#, "sh"])
        .arg(env::current_exe().unwrap())
        .args(["--exact", "child", "--nocapture"])
        .env(FOLDER, folder)
        .env(ROLE, role)
        .status()
        .unwrap();
    // And not by an assertion that failed.
    assert_eq!(status.signal(), Some(Signal::ABORT.as_raw()));
}

/// Puts a document and counts it, this size each.
async fn count(ledger: &SqliteLedger, size: usize) -> Result<i64, StoreError> {
    let add = Step::Add {
        key: "n".into(),
        deltas: vec![Delta::new("n", 1)],
        expires: None,
    };
    let Outcome::Applied(added) = ledger.transact("acct", vec![add]).await? else {
        panic!("refused");
    };
    let Some(openclaw_core::ledger::Value::Counters(counters)) = &added.values[0] else {
        panic!("no counters");
    };
    let put = Step::Put {
        key: format!("d/{:06}", counters["n"]),
        document: vec![b'd'; size].into(),
        when: When::Absent,
        expires: None,
    };
    let Outcome::Applied(put) = ledger.transact("acct", vec![put]).await? else {
        panic!("refused");
    };
    put.durable.await?;
    Ok(counters["n"])
}

/// Works until the files may not grow any more, then until they may.
async fn fill(ledger: &SqliteLedger) {
    let before = getrlimit(Resource::Fsize);
    let limit = |bytes| {
        let limit = Rlimit {
            current: bytes,
            maximum: before.maximum,
        };
        setrlimit(Resource::Fsize, limit).unwrap();
    };
    // Room for the database as it is, and the journal is not to be moved away meanwhile.
    limit(Some(300_000));
    let mut good = 0;
    let failed = loop {
        match count(ledger, 9000).await {
            Ok(n) => good = n,
            Err(error) => break error,
        }
        assert!(good < 1000, "no limit");
    };
    assert!(matches!(failed, StoreError::Unavailable(_)), "{failed:?}");
    assert!(good > 3, "{good}");
    // It stays so, and what failed is still there for this process.
    assert!(count(ledger, 9000).await.is_err());
    limit(before.current);
    assert_eq!(count(ledger, 9000).await.unwrap(), good + 3);
}

async fn counted(folder: &Path) -> (i64, usize) {
    let lock = DataFolder::open(folder).unwrap().lock("x").unwrap();
    let native = Native::for_server(&lock, Durability::Process).unwrap();
    // SQLite has it before anything was asked.
    let tool = Native::open(lock.folder(), Durability::Process).unwrap();
    let items = tool.ledger.query("acct", "", None, 9999).await.unwrap();
    let (_, counters) = items.last().unwrap();
    drop(native);
    (counters.counters().unwrap()["n"], items.len() - 1)
}

fn journal(folder: &Path) -> u64 {
    let files = fs::read_dir(folder).unwrap().map(Result::unwrap);
    let journal = files.filter(|file| file.file_name().to_string_lossy().contains("journal"));
    journal.map(|file| file.metadata().unwrap().len()).sum()
}

async fn the_next_server_takes_up(role: &str) {
    let folder = tempfile::tempdir().unwrap();
    for round in 1..4 {
        run(folder.path(), role);
        assert_ne!(journal(folder.path()), 0);
        assert_eq!(counted(folder.path()).await, (round, round as usize));
        assert_eq!(journal(folder.path()), 0);
    }
}

#[tokio::test]
async fn the_next_server_takes_up_what_a_killed_one_left() {
    the_next_server_takes_up("process").await;
}

#[tokio::test]
async fn the_next_server_takes_up_what_one_that_survives_power_left() {
    the_next_server_takes_up("power").await;
}

#[tokio::test]
async fn what_did_not_fit_onto_the_disk_is_there_when_there_is_room() {
    let folder = tempfile::tempdir().unwrap();
    run(folder.path(), "full");
    let (n, documents) = counted(folder.path()).await;
    assert!(n > 6 && documents as i64 == n, "{n} and {documents}");
}
