//! A call that is lost on its way is not done twice; one that is refused for now is made again.

use crate::local::{Fate, Way, ledger, local, table};
use openclaw_aws::DynamoKv;
use openclaw_core::{
    Kv, Ledger, StoreError,
    ledger::{Delta, Outcome, Step, When},
};
use openclaw_tokio::SystemClock;
use std::{sync::Arc, time::Duration};

const ACCOUNT: &str = "acct_1";

fn put(key: &str, document: &str) -> Step {
    Step::Put {
        key: key.into(),
        document: document.to_owned().into(),
        when: When::Always,
        expires: None,
    }
}

fn add(key: &str) -> Step {
    Step::Add {
        key: key.into(),
        deltas: vec![Delta::bounded("n", 1, 100)],
        expires: None,
    }
}

/// As a request is admitted: parts of one item.
fn admission(request: &str) -> Vec<Step> {
    vec![add("gate#m/1"), put(&format!("gate#x/{request}"), request)]
}

/// As it is settled: several items.
fn settlement(request: &str) -> Vec<Step> {
    let delete = Step::Delete {
        key: format!("gate#x/{request}"),
        when: When::Present,
    };
    vec![delete, put(&format!("row/{request}"), "row"), add("hour")]
}

async fn count(ledger: &dyn Ledger, key: &str) -> i64 {
    let item = ledger.get(ACCOUNT, key).await.unwrap().unwrap();
    item.counters().unwrap()["n"]
}

fn is_applied(outcome: Result<Outcome, StoreError>) -> bool {
    matches!(outcome, Ok(Outcome::Applied(_)))
}

#[tokio::test]
async fn an_admission_whose_answer_was_lost_counts_once() {
    let Some((ledger, way)) = ledger(Arc::new(SystemClock)).await else {
        return;
    };
    way.is_to([Fate::Lost, Fate::Lost]);
    assert!(is_applied(ledger.transact(ACCOUNT, admission("a")).await));
    assert_eq!(way.calls(), ["UpdateItem"; 3]);
    assert_eq!(count(&ledger, "gate#m/1").await, 1);
    // The same where the first one did not arrive.
    way.is_to([Fate::Refused("InternalServerError")]);
    assert!(is_applied(ledger.transact(ACCOUNT, admission("b")).await));
    assert_eq!(count(&ledger, "gate#m/1").await, 2);
}

#[tokio::test]
async fn a_settlement_whose_answer_was_lost_counts_once() {
    let Some((ledger, way)) = ledger(Arc::new(SystemClock)).await else {
        return;
    };
    assert!(is_applied(ledger.transact(ACCOUNT, admission("a")).await));
    way.calls();
    way.is_to([Fate::Lost]);
    assert!(is_applied(ledger.transact(ACCOUNT, settlement("a")).await));
    assert_eq!(way.calls(), ["TransactWriteItems"; 2]);
    assert_eq!(count(&ledger, "hour").await, 1);
}

#[tokio::test]
async fn what_cannot_be_recognised_is_not_done_again() {
    let Some((ledger, way)) = ledger(Arc::new(SystemClock)).await else {
        return;
    };
    way.is_to([Fate::Lost]);
    let failed = ledger.transact(ACCOUNT, vec![add("c")]).await;
    assert!(
        matches!(failed, Err(StoreError::Unavailable(_))),
        "{failed:?}"
    );
    assert_eq!(way.calls(), ["UpdateItem"]);
    assert_eq!(count(&ledger, "c").await, 1);
}

#[tokio::test]
async fn what_is_too_much_at_once_is_asked_again() {
    let Some((ledger, way)) = ledger(Arc::new(SystemClock)).await else {
        return;
    };
    let busy = [
        Fate::Refused("ProvisionedThroughputExceededException"),
        Fate::Refused("ThrottlingException"),
        Fate::Refused("TransactionConflictException"),
        Fate::Unreachable,
    ];
    way.is_to(busy);
    assert!(is_applied(ledger.transact(ACCOUNT, vec![add("c")]).await));
    assert_eq!(way.calls().len(), 5);
    way.is_to([Fate::Refused("ThrottlingException"), Fate::Lost]);
    assert_eq!(count(&ledger, "c").await, 1);
    assert_eq!(way.calls(), ["GetItem"; 3]);
}

#[tokio::test]
async fn throttling_without_end_is_unavailable() {
    let Some((ledger, way)) = ledger(Arc::new(SystemClock)).await else {
        return;
    };
    way.is_to((0..500).map(|_| Fate::Refused("ThrottlingException")));
    let failed = ledger.transact(ACCOUNT, vec![add("c")]).await;
    assert!(
        matches!(failed, Err(StoreError::Unavailable(_))),
        "{failed:?}"
    );
    // With pauses that grow: far from all of them were asked for.
    let calls = way.calls().len();
    assert!((4..100).contains(&calls), "{calls}");
}

#[tokio::test]
async fn what_is_wrong_for_good_is_a_fault_at_once() {
    let Some((ledger, way)) = ledger(Arc::new(SystemClock)).await else {
        return;
    };
    way.is_to([Fate::Refused("AccessDeniedException")]);
    let failed = ledger.transact(ACCOUNT, vec![add("c")]).await;
    assert!(matches!(failed, Err(StoreError::Fault(_))), "{failed:?}");
    assert_eq!(way.calls(), ["UpdateItem"]);
}

#[tokio::test]
async fn a_key_is_read_and_written_again_where_that_failed_for_now() {
    let way = Arc::new(Way::default());
    let Some(client) = local(way.clone()) else {
        return;
    };
    let table = table(&client, &["k"]).await;
    let clock = Arc::new(SystemClock);
    let kv = || DynamoKv::new(client.clone(), table.clone(), clock.clone(), Duration::ZERO);
    way.calls();
    way.is_to([Fate::Lost, Fate::Refused("ThrottlingException")]);
    kv().put("key", "value".into(), None).await.unwrap();
    assert_eq!(way.calls(), ["PutItem"; 3]);
    way.is_to([Fate::Unreachable, Fate::Lost]);
    let read = kv().get("key").await.unwrap();
    assert_eq!(read.as_deref(), Some(&b"value"[..]));
    assert_eq!(way.calls(), ["GetItem"; 3]);
    way.is_to([Fate::Lost]);
    kv().delete("key").await.unwrap();
    assert_eq!(kv().get("key").await.unwrap(), None);
}
