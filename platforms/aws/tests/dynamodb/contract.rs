//! They keep the contract of their ports.

use crate::local::{Tasks, Way, blobs, ledger, local, table};
use openclaw_aws::DynamoKv;
use openclaw_core::{Blob, Kv, Ledger, time};
use openclaw_testkit::{
    ManualClock,
    contract::{self, Subject, Verdict},
};
use openclaw_tokio::SystemClock;
use std::{sync::Arc, time::Duration};

fn clock() -> Arc<ManualClock> {
    Arc::new(ManualClock::jumping(time::from_second(1_772_280_000)))
}

fn subject<S>(store: S, clock: Arc<ManualClock>) -> Subject<S> {
    Subject {
        store,
        clock,
        spawn: Arc::new(Tasks),
        run: "dynamodb".into(),
    }
}

fn assert_kept(verdicts: &[Verdict]) {
    let broken: Vec<_> = verdicts
        .iter()
        .filter(|verdict| verdict.result.is_err())
        .collect();
    assert!(!verdicts.is_empty() && broken.is_empty(), "{broken:#?}");
}

#[tokio::test]
async fn kv_keeps_the_contract() {
    let Some(client) = local(Arc::new(Way::default())) else {
        return;
    };
    let table = table(&client, &["k"]).await;
    let (clock, fresh) = (clock(), Duration::from_secs(55));
    let store: Arc<dyn Kv> = Arc::new(DynamoKv::new(client, table, clock.clone(), fresh));
    let subject = subject(store, clock);
    assert_kept(&contract::run(&contract::kv(), &subject).await);
}

#[tokio::test]
async fn ledger_keeps_the_contract() {
    let clock = clock();
    let Some((store, _)) = ledger(clock.clone()).await else {
        return;
    };
    let subject = subject::<Arc<dyn Ledger>>(Arc::new(store), clock);
    assert_kept(&contract::run(&contract::ledger(), &subject).await);
}

#[tokio::test]
async fn blobs_keep_the_contract() {
    // Calls are given up after a time, which must not have passed at once.
    let clock = Arc::new(SystemClock);
    let Some(store) = blobs(clock.clone()).await else {
        return;
    };
    let now = std::time::UNIX_EPOCH.elapsed().unwrap().as_nanos();
    let subject = Subject {
        store: Arc::new(store) as Arc<dyn Blob>,
        clock,
        spawn: Arc::new(Tasks),
        run: now.to_string(),
    };
    assert_kept(&contract::run(&contract::blob(), &subject).await);
}
