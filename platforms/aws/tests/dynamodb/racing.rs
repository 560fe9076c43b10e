//! Cases beside the contract of all stores: operations, old minutes, dead requests, several
//! processes.

use crate::local::{Tasks, Way, ledger, local, table};
use futures_util::future::join_all;
use openclaw_aws::DynamoLedger;
use openclaw_core::{
    Clock, Ledger, Money, Timestamp,
    ledger::{Delta, Outcome, Step},
    time,
};
use openclaw_schema::config::Pricing;
use openclaw_testkit::{ManualClock, sample};
use openclaw_tokio::SystemClock;
use openclaw_usage::{Endpoint, LEASE, RESERVATIONS, Reservation, Spender};
use std::{sync::Arc, time::Duration};

const ACCOUNT: &str = "acct_1";

fn minute(at: Timestamp) -> Step {
    Step::Add {
        key: format!("gate#m/{}", at.as_second() / 60),
        deltas: vec![Delta::bounded("n", 1, 100)],
        expires: Some(time::shift(at, 120)),
    }
}

/// The steps that admit a request.
fn reservation(request: &str, started: Timestamp) -> Vec<Step> {
    let (account, key) = (sample::account(), sample::key());
    let reservation = Reservation {
        request: request.into(),
        key: key.id.clone(),
        model: "m".into(),
        endpoint: Endpoint::Chat,
        pricing: Pricing::default(),
        started,
        prompt_tokens: 7,
        counted: true,
        ..Reservation::default()
    };
    let spender = Spender {
        account: &account,
        key: &key,
    };
    let reservation = reservation.hold(spender, Money::default());
    reservation.steps(spender, 1000).unwrap()
}

#[tokio::test]
async fn of_200_that_race_from_4_processes_100_are_admitted() {
    let Some(client) = local(Arc::new(Way::default())) else {
        return;
    };
    let table = table(&client, &["a", "k"]).await;
    let process = || {
        let client = local(Arc::new(Way::default())).unwrap();
        DynamoLedger::new(
            client,
            table.clone(),
            Arc::new(SystemClock),
            Arc::new(Tasks),
        )
    };
    let processes = [process(), process(), process(), process()];
    let step = || Step::Add {
        key: "gate#m/1".into(),
        deltas: vec![Delta::bounded("n", 1, 100)],
        expires: None,
    };
    let calls = (0..200).map(|at| {
        let ledger = processes[at % 4].clone();
        tokio::spawn(async move { ledger.transact(ACCOUNT, vec![step()]).await.unwrap() })
    });
    let ended = join_all(calls).await;
    let admitted = ended
        .iter()
        .filter(|ended| matches!(ended, Ok(Outcome::Applied(_))));
    assert_eq!(admitted.count(), 100);
}

#[tokio::test]
async fn old_minutes_go_with_the_next_write_and_cost_no_call() {
    let way = Arc::new(Way::default());
    let Some(client) = local(way.clone()) else {
        return;
    };
    let table = table(&client, &["a", "k"]).await;
    let start = time::from_second(1_772_280_000);
    let with = |clock| DynamoLedger::new(client.clone(), table.clone(), clock, Arc::new(Tasks));
    let clock = Arc::new(ManualClock::new(start));
    let ledger = with(clock.clone());
    way.calls();
    for _ in 0..5 {
        let done = ledger.transact(ACCOUNT, vec![minute(clock.now())]).await;
        assert!(matches!(done, Ok(Outcome::Applied(_))), "{done:?}");
        clock.advance(Duration::from_secs(300));
    }
    assert_eq!(way.calls(), ["UpdateItem"; 5]);
    // For this one nothing has expired: it shows what is in the table.
    let early = with(Arc::new(ManualClock::new(start)));
    let items = early.query(ACCOUNT, "gate#", None, 100).await.unwrap();
    assert_eq!(items.len(), 1, "the last: {items:?}");
}

#[tokio::test]
async fn who_sees_a_dead_request_settles_it() {
    let start = time::from_second(1_772_280_000);
    let clock = Arc::new(ManualClock::jumping(start));
    let Some((ledger, way)) = ledger(clock.clone()).await else {
        return;
    };
    let admit = |request: &str, at| {
        let steps = reservation(request, at);
        let ledger = ledger.clone();
        async move { ledger.transact(ACCOUNT, steps).await.unwrap() }
    };
    admit("req_dead", start).await;
    clock.advance(LEASE);
    way.calls();
    admit("req_next", clock.now()).await;
    // Beside the request, whose own call it does not hold up.
    let mut left = vec![];
    for _ in 0..200 {
        tokio::time::sleep(Duration::from_millis(10)).await;
        left = ledger.query(ACCOUNT, RESERVATIONS, None, 10).await.unwrap();
        if left.len() == 1 {
            break;
        }
    }
    let [(key, _)] = &left[..] else {
        panic!("{left:?}")
    };
    assert!(key.ends_with("req_next"));
    let rows = ledger.query(ACCOUNT, "log/", None, 10).await.unwrap();
    let [(row, _)] = &rows[..] else {
        panic!("{rows:?}")
    };
    assert!(row.ends_with("req_dead"));
}
