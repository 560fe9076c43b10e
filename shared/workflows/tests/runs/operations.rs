//! How often the stores are asked for a run: what docs/workflows.md says that it costs.

use crate::fixture::{ACCOUNT, Blobs, Counts, Gateway, Life};
use futures_executor::block_on;
use openclaw_core::{Ledger, queue::Worked};
use serde_json::{Value, json};

/// What is done of a run of so many of these steps after it was started.
fn counted(steps: usize, step: impl Fn(usize) -> Value) -> Counts {
    let gateway = Gateway::new();
    let run = gateway.start((0..steps).map(step).collect());
    assert_eq!(gateway.process(&run, Life::long()), Some(Worked::Done));
    gateway.counts()
}

/// What ten steps more cost.
fn of_ten(step: impl Fn(usize) -> Value) -> Counts {
    let (less, more) = (counted(10, &step), counted(20, &step));
    Counts {
        transactions: more.transactions - less.transactions,
        reads: more.reads - less.reads,
        items: more.items - less.items,
        blobs: Blobs {
            written: more.blobs.written - less.blobs.written,
            read: more.blobs.read - less.blobs.read,
        },
    }
}

fn ask(n: usize) -> Value {
    json!({"type": "ai_completion", "model": "m", "prompt": format!("{n}")})
}

#[test]
fn a_step_that_calls_is_one_write_of_one_item() {
    // On Workers a request to the account's object, and a row.
    let expected = Counts {
        transactions: 10,
        items: 10,
        ..Counts::default()
    };
    assert_eq!(of_ten(ask), expected);
}

#[test]
fn a_step_that_makes_a_value_is_none() {
    let value = |n| json!({"type": "transform", "value": n});
    assert_eq!(of_ten(value), Counts::default());
}

#[test]
fn a_large_value_is_a_blob_that_is_written_once_and_not_read_by_who_made_it() {
    // A large value fills a decision by itself.
    let value = |_| json!({"type": "transform", "value": "{{ range(5000) | list }}"});
    let counts = of_ten(value);
    assert_eq!((counts.blobs.written, counts.blobs.read), (10, 0));
    assert!(counts.transactions <= 2, "{counts:?}");
    assert_eq!(counts.reads, 0);
}

#[test]
fn a_run_is_two_writes_and_some_reads_beside_its_steps() {
    let counts = counted(1, ask);
    // The claim, the beginning of its step, and the end.
    assert_eq!(counts.transactions, 3, "{counts:?}");
    assert!(counts.items <= 8, "{counts:?}");
    // The job, the run, what it began with, and its log to the end.
    assert!(counts.reads <= 7, "{counts:?}");
}

#[test]
fn a_run_that_has_ended_counts_no_more() {
    let gateway = Gateway::new();
    let run = gateway.start(json!([ask(0)]));
    let running = || {
        let found = block_on(gateway.fakes.ledger.get(ACCOUNT, "workflows")).unwrap();
        found.unwrap().counters().unwrap()["runs"]
    };
    assert_eq!(running(), 1);
    assert_eq!(gateway.process(&run, Life::long()), Some(Worked::Done));
    assert_eq!(running(), 0);
}
