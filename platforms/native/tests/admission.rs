//! A request of an account with a million requests behind it costs what the first one of another account costs: as
//! many calls of the ledger, and bytes of the file that do not grow with the history.
//!
//! Alone in its binary: it counts what the process reads and writes.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "all of this is a test"
)]
#![cfg(target_os = "linux")]

use openclaw_core::{Money, Ports, ledger::Outcome};
use openclaw_native::{DataFolder, Native};
use openclaw_schema::config::Durability;
use openclaw_testkit::{CountingLedger, sample};
use openclaw_usage::{Reservation, Settlement, Spender, Status, Totals};
use std::{fs, path::Path, sync::Arc, time::Instant};

const ROWS: u32 = 1_000_000;

/// Requests that are measured of each account.
const REQUESTS: u32 = 50;

/// Bytes of the file that a request may read and write beyond those of an account without a history: its trees are
/// a page of 4 KiB or two higher, on the way to each of a handful of items.
const MORE: u64 = 64 << 10;

/// So many rows of the request log, each as `row` says, over the three days that they are in the ledger.
fn history(database: &Path, account: &str, row: &[u8]) {
    let database = rusqlite::Connection::open(database).unwrap();
    // Nobody else has it open, and nothing is lost with it.
    database
        .execute_batch("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF")
        .unwrap();
    let rows = "WITH RECURSIVE numbers(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM numbers WHERE n + 1 < ?1)
         INSERT INTO items SELECT ?2, printf('log/%019d/req_%022d', 9000000000000000000 + n, n), 0, 8000000000000000, ?3
         FROM numbers";
    assert_eq!(
        database.execute(rows, (ROWS, account, row)).unwrap(),
        ROWS as usize
    );
}

/// Bytes that this process has read and written so far.
fn moved() -> (u64, u64) {
    let counters = fs::read_to_string("/proc/self/io").unwrap();
    let of = |name: &str| {
        let line = counters.lines().find_map(|line| line.strip_prefix(name));
        line.unwrap().trim().parse::<u64>().unwrap()
    };
    (of("rchar:"), of("wchar:"))
}

struct Cost {
    transactions: Vec<usize>,
    reads: usize,
    /// Of one request.
    bytes: (u64, u64),
}

/// What requests of `account` cost, from their admission to their settlement.
async fn cost(native: &Native, totals: &Arc<Totals>, account: &str) -> Cost {
    let counting = Arc::new(CountingLedger::new(native.ledger.clone()));
    let ports = Ports {
        ledger: counting.clone(),
        ..native.ports()
    };
    let (caller, key) = (sample::account(), sample::key());
    let spender = Spender {
        account: &caller,
        key: &key,
    };
    let before = moved();
    for at in 0..REQUESTS {
        let reservation = Reservation {
            request: format!("req_{account}_{at}"),
            key: "key_1".into(),
            model: "vendor/model".into(),
            started: ports.clock.now(),
            prompt_tokens: 7,
            counted: true,
            ..Reservation::default()
        };
        let reservation = reservation.hold(spender, Money::from_nanos(1000));
        let steps = reservation.steps(spender, 1000).unwrap();
        let Outcome::Applied(admitted) = ports.ledger.transact(account, steps).await.unwrap()
        else {
            unreachable!("nothing limits it");
        };
        let mut settlement = Settlement::new(
            ports.clone(),
            totals.clone(),
            account.into(),
            reservation,
            admitted.durable,
        );
        settlement.calling();
        settlement.settle(Status::Completed).await.unwrap();
        native.ledger.flush().await.unwrap();
    }
    let after = moved();
    let asked = counting.asked();
    let each = |after: u64, before: u64| (after - before) / u64::from(REQUESTS);
    Cost {
        transactions: asked.transactions,
        reads: asked.reads,
        bytes: (each(after.0, before.0), each(after.1, before.1)),
    }
}

#[tokio::test]
async fn a_million_rows_make_no_admission_dearer() {
    let folder = tempfile::tempdir().unwrap();
    let folder = DataFolder::open(folder.path()).unwrap();
    let lock = folder.lock("127.0.0.1:1").unwrap();
    let open = || Native::for_server(&lock, Durability::Process).unwrap();
    // It makes the tables, and is closed again.
    drop(open());
    let began = Instant::now();
    history(&folder.database_path(), "acct_many", &[b'x'; 250]);
    println!("{ROWS} rows in {:?}", began.elapsed());
    let native = open();

    let totals = Arc::<Totals>::default();
    // The first request of a day makes the account's job for its log: both accounts have that behind them.
    for account in ["acct_none", "acct_many"] {
        cost(&native, &totals, account).await;
    }
    let none = cost(&native, &totals, "acct_none").await;
    let many = cost(&native, &totals, "acct_many").await;
    println!(
        "bytes read and written a request: {:?}, with the rows {:?}",
        none.bytes, many.bytes
    );
    assert!(!many.transactions.is_empty());
    assert_eq!(many.transactions, none.transactions);
    assert_eq!(many.reads, none.reads);
    let (read, written) = many.bytes;
    assert!(read < none.bytes.0 + MORE, "{read} bytes read");
    assert!(written < none.bytes.1 + MORE, "{written} bytes written");
}
