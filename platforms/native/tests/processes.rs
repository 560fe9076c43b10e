//! Two processes, one data folder: a second server is refused, a command-line tool is not.
//!
//! The tests start this binary again as the other process (`child`, which does nothing when it
//! is run by itself).

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "all of this is a test"
)]

use openclaw_core::{
    Ledger,
    ledger::{Outcome, Step, When},
};
use openclaw_native::{DataFolder, Native, OpenError};
use openclaw_schema::config::Durability;
use std::{
    env,
    io::{BufRead, BufReader, Read, Write},
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

const FOLDER: &str = "OPENCLAW_OTHER_FOLDER";
const ROLE: &str = "OPENCLAW_OTHER_ROLE";

fn start(folder: &Path, role: &str) -> Child {
    Command::new(env::current_exe().unwrap())
        .args(["--exact", "child", "--nocapture"])
        .env(FOLDER, folder)
        .env(ROLE, role)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

#[test]
fn child() {
    let Ok(folder) = env::var(FOLDER) else {
        return;
    };
    let folder = DataFolder::open(folder).unwrap();
    match &*env::var(ROLE).unwrap() {
        "server" => serve(&folder),
        "tool" => administer(&folder),
        role => panic!("{role}"),
    }
}

fn serve(folder: &DataFolder) {
    let _lock = folder.lock("127.0.0.1:3000").unwrap();
    println!("ready");
    // Until the parent ends this process.
    std::io::stdin().read_to_end(&mut Vec::new()).unwrap();
}

/// What `keys revoke` does: sees the server's records, changes them.
#[tokio::main(flavor = "current_thread")]
async fn administer(folder: &DataFolder) {
    let native = Native::open(folder, Durability::Process).unwrap();
    let ports = native.ports();
    let key = ports.kv.get("key").await.unwrap();
    assert_eq!(key.as_deref(), Some(&b"server's"[..]));
    let record = ports.ledger.query("acct", "key/1", None, 1).await.unwrap();
    assert_eq!(record[0].1.document().unwrap(), &b"server's"[..]);
    ports.kv.put("key", "tool's".into(), None).await.unwrap();
    let applied = put(&*ports.ledger, "tool's").await;
    assert!(applied);
}

async fn put(ledger: &dyn Ledger, document: &'static str) -> bool {
    let step = Step::Put {
        key: "key/1".into(),
        document: document.into(),
        when: When::Always,
        expires: None,
    };
    match ledger.transact("acct", vec![step]).await.unwrap() {
        Outcome::Applied(applied) => applied.durable.await.is_ok(),
        Outcome::Refused { .. } => false,
    }
}

fn wait_until_ready(child: &mut Child) {
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert!(
        lines
            .map_while(Result::ok)
            .any(|line| line.ends_with("ready"))
    );
}

#[test]
fn a_second_server_is_told_which_is_the_first() {
    let folder = tempfile::tempdir().unwrap();
    let mut first = start(folder.path(), "server");
    wait_until_ready(&mut first);
    let opened = DataFolder::open(folder.path()).unwrap();
    let refused = opened.lock("127.0.0.1:3001").unwrap_err();
    assert!(matches!(refused, OpenError::InUse { .. }));
    assert_eq!(
        refused.to_string(),
        format!(
            "data folder {} is in use by the server with process id {} (127.0.0.1:3000)",
            folder.path().display(),
            first.id()
        )
    );
    // The refused one has left the name of the first alone.
    assert_eq!(
        opened.lock("x").unwrap_err().to_string(),
        refused.to_string()
    );
    first.kill().unwrap();
    first.wait().unwrap();
    opened.lock("127.0.0.1:3001").unwrap();
}

#[tokio::test]
async fn a_tool_sees_and_changes_what_a_running_server_holds() {
    let folder = tempfile::tempdir().unwrap();
    let opened = DataFolder::open(folder.path().join("data")).unwrap();
    let lock = opened.lock("127.0.0.1:3000").unwrap();
    let server = Native::for_server(&lock, Durability::Process).unwrap();
    let ports = server.ports();
    ports.kv.put("key", "server's".into(), None).await.unwrap();
    assert!(ports.kv.get("key").await.unwrap().is_some());
    assert!(put(&*ports.ledger, "server's").await);
    server.ledger.flush().await.unwrap();

    let mut tool = start(opened.path(), "tool");
    tool.stdin.take().unwrap().flush().unwrap();
    let status = tokio::task::spawn_blocking(move || tool.wait()).await;
    let ended = Instant::now();
    assert!(status.unwrap().unwrap().success());

    let record = ports.ledger.query("acct", "key/1", None, 1).await.unwrap();
    assert_eq!(record[0].1.document().unwrap(), &b"tool's"[..]);
    while ports.kv.get("key").await.unwrap().as_deref() != Some(b"tool's") {
        assert!(ended.elapsed() < Duration::from_millis(100), "still cached");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn the_cache_notices_another_writer_within_100_ms() {
    let folder = tempfile::tempdir().unwrap();
    let opened = DataFolder::open(folder.path()).unwrap();
    let [one, two] = [0; 2].map(|_| Native::open(&opened, Durability::Process).unwrap().ports());
    for round in 0..10 {
        let value = format!("value {round}");
        // Cached now, absent or old.
        assert_ne!(one.kv.get("key").await.unwrap(), Some(value.clone().into()));
        two.kv.put("key", value.clone().into(), None).await.unwrap();
        let written = Instant::now();
        while one.kv.get("key").await.unwrap() != Some(value.clone().into()) {
            assert!(
                written.elapsed() < Duration::from_millis(100),
                "still cached"
            );
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }
}

#[cfg(unix)]
#[test]
fn a_new_data_folder_is_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("some/where");
    DataFolder::open(&path).unwrap();
    let mode = path.metadata().unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o700);
}

#[test]
fn a_damaged_or_newer_file_and_a_folder_that_is_none_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let opened = DataFolder::open(folder.path()).unwrap();
    let path = opened.database_path();
    let error = || match Native::open(&opened, Durability::Process) {
        Ok(_) => panic!("opened"),
        Err(error) => error.to_string(),
    };

    std::fs::write(
        &path,
        "not a database, and longer than a hundred bytes ".repeat(9),
    )
    .unwrap();
    assert!(
        error().starts_with(&format!("{} is damaged: ", path.display())),
        "{}",
        error()
    );

    std::fs::remove_file(&path).unwrap();
    drop(Native::open(&opened, Durability::Process).unwrap());
    let newer = rusqlite::Connection::open(&path).unwrap();
    let version = newer.pragma_query_value(None, "user_version", |row| row.get::<_, i64>(0));
    let known = version.unwrap();
    newer.pragma_update(None, "user_version", 99).unwrap();
    drop(newer);
    assert_eq!(
        error(),
        format!(
            "{} was written by a newer release (format 99, this one knows up to {known})",
            path.display()
        )
    );

    let error = DataFolder::open(path.join("below a file")).unwrap_err();
    assert!(error.to_string().starts_with("cannot use "), "{error}");
}
