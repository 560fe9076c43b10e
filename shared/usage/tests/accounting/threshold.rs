//! Webhooks are told of a threshold once in a month, by the settlement that passes it.

use crate::fixture::{ACCOUNT, account, counts, key, pricing, reservation};
use futures_executor::block_on;
use openclaw_core::{
    BoxFuture, Clock, Ledger, Ports, StoreError,
    ledger::{Durable, Item, Outcome, Step},
};
use openclaw_schema::account::Account;
use openclaw_testkit::Fakes;
use openclaw_usage::{Settlement, Spender, Status};
use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

/// What requests cost together before one of them passes a threshold.
const BUDGET: i64 = 1_000_000;

fn wanting(events: &[&str]) -> Account {
    Account {
        events: events.iter().map(|&event| event.to_owned()).collect(),
        ..account(Some(BUDGET))
    }
}

/// A request that comes to `cost`, ready to be settled on `ports`.
fn admitted(fakes: &Fakes, ports: Ports, account: &Account, id: &str, cost: u64) -> Settlement {
    let key = key(None);
    let spender = Spender { account, key: &key };
    let reservation = reservation(fakes, id, 1000, spender);
    let steps = reservation.steps(spender, 1000).unwrap();
    let applied = block_on(fakes.ledger.transact(ACCOUNT, steps)).unwrap();
    assert!(matches!(applied, Outcome::Applied(_)), "{id} is refused");
    let totals = Arc::default();
    let mut settlement =
        Settlement::new(ports, totals, ACCOUNT.into(), reservation, Durable::now());
    settlement.calling();
    settlement.served_by("mock", "small", &pricing());
    settlement.counted(counts(cost / 1000, 0));
    settlement
}

fn spend(fakes: &Fakes, account: &Account, id: &str, cost: u64) {
    let mut settlement = admitted(fakes, fakes.ports(), account, id, cost);
    block_on(settlement.settle(Status::Completed)).unwrap();
}

/// The thresholds that are told of.
fn told(fakes: &Fakes) -> Vec<(String, String)> {
    let jobs = block_on(
        fakes
            .ledger
            .query(ACCOUNT, "job/event/evt_usage", None, 100),
    )
    .unwrap();
    let read = |(key, item): (String, Item)| {
        let job: serde_json::Value = serde_json::from_slice(item.document().unwrap()).unwrap();
        let data = &job["payload"]["data"];
        let id = key
            .trim_start_matches("job/event/evt_usage_threshold_")
            .to_owned();
        (id, format!("{} of {}", data["spent"], data["budget"]))
    };
    jobs.into_iter().map(read).collect()
}

fn told_of(fakes: &Fakes) -> Vec<String> {
    told(fakes).into_iter().map(|(id, _)| id).collect()
}

#[test]
fn each_threshold_is_told_of_once_in_a_month() {
    let fakes = Fakes::default();
    let account = wanting(&["usage.threshold"]);
    let month = fakes.clock.now().to_string()[..7].to_owned();
    spend(&fakes, &account, "req_1", 799_000);
    assert_eq!(told(&fakes), []);
    spend(&fakes, &account, "req_2", 1000);
    let first = (format!("{month}_80"), "0.0008 of 0.001".to_owned());
    assert_eq!(told(&fakes), [first]);
    spend(&fakes, &account, "req_3", 1000);
    assert_eq!(told(&fakes).len(), 1);
    spend(&fakes, &account, "req_4", 198_000);
    assert_eq!(told(&fakes).len(), 1);
    spend(&fakes, &account, "req_5", 1000);
    assert_eq!(
        told_of(&fakes),
        [format!("{month}_100"), format!("{month}_80")]
    );
    fakes.clock.advance(Duration::from_secs(32 * 86_400));
    spend(&fakes, &account, "req_6", 1000);
    assert_eq!(told(&fakes).len(), 2);
    spend(&fakes, &account, "req_7", 999_000);
    assert_eq!(told(&fakes).len(), 4);
}

#[test]
fn one_request_may_pass_both_and_nobody_else_is_told() {
    let fakes = Fakes::default();
    spend(&fakes, &wanting(&["chat.completed"]), "req_1", 1000);
    assert_eq!(told(&fakes), []);
    spend(&fakes, &wanting(&["*"]), "req_2", 2_000_000);
    assert_eq!(told(&fakes).len(), 2);
}

/// A ledger on which another request is settled right after the first read.
struct Racing {
    ledger: Arc<dyn Ledger>,
    other: Mutex<Option<Settlement>>,
}

impl Ledger for Racing {
    fn transact<'a>(
        &'a self,
        account: &'a str,
        steps: Vec<Step>,
    ) -> BoxFuture<'a, Result<Outcome, StoreError>> {
        self.ledger.transact(account, steps)
    }

    fn query<'a>(
        &'a self,
        account: &'a str,
        prefix: &'a str,
        after: Option<&'a str>,
        limit: usize,
    ) -> BoxFuture<'a, Result<Vec<(String, Item)>, StoreError>> {
        self.ledger.query(account, prefix, after, limit)
    }

    fn get<'a>(
        &'a self,
        account: &'a str,
        key: &'a str,
    ) -> BoxFuture<'a, Result<Option<Item>, StoreError>> {
        Box::pin(async move {
            let found = self.ledger.get(account, key).await;
            let other = self.other.lock().unwrap().take();
            if let Some(mut other) = other {
                other.settle(Status::Completed).await.unwrap();
            }
            found
        })
    }
}

/// Two requests of that cost, the second settled between what the first reads and writes; who was told of.
fn racing(costs: [u64; 2]) -> Vec<String> {
    let fakes = Fakes::default();
    let account = wanting(&["usage.threshold"]);
    let other = admitted(&fakes, fakes.ports(), &account, "req_1", costs[1]);
    let ports = Ports {
        ledger: Arc::new(Racing {
            ledger: fakes.ports().ledger,
            other: Mutex::new(Some(other)),
        }),
        ..fakes.ports()
    };
    let mut settlement = admitted(&fakes, ports, &account, "req_2", costs[0]);
    block_on(settlement.settle(Status::Completed)).unwrap();
    let ends = |id: String| id.rsplit('_').next().unwrap().to_owned();
    told_of(&fakes).into_iter().map(ends).collect()
}

#[test]
fn of_requests_that_are_settled_at_once_one_tells() {
    // Neither passes it by what it has read.
    assert_eq!(racing([500_000, 500_000]), ["100", "80"]);
    assert_eq!(racing([400_000, 400_000]), ["80"]);
    // Both do.
    assert_eq!(racing([850_000, 850_000]), ["100", "80"]);
    assert_eq!(racing([300_000, 400_000]), Vec::<String>::new());
}
