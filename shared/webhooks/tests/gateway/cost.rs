//! What an event costs: the operations that the pages about deployments give prices for.

use crate::fixture::{ACCOUNT, Gateway};
use futures_executor::block_on;
use futures_util::FutureExt;
use openclaw_core::{
    BoxFuture, Ledger, Ports, StoreError,
    ledger::{Item, Outcome, Step},
    queue::{Consumer, JOBS, topic_of, work},
};
use openclaw_testkit::{Life, MemoryLedger};
use openclaw_webhooks::{Deliver, DeliveryStatus, FanOut};
use std::sync::{Arc, Mutex};

/// Counts.
struct CountingLedger {
    ledger: Arc<MemoryLedger>,
    reads: Mutex<usize>,
    /// How many items each transaction wrote.
    writes: Mutex<Vec<usize>>,
}

impl Ledger for CountingLedger {
    fn transact<'a>(
        &'a self,
        account: &'a str,
        steps: Vec<Step>,
    ) -> BoxFuture<'a, Result<Outcome, StoreError>> {
        self.writes.lock().unwrap().push(steps.len());
        self.ledger.transact(account, steps)
    }

    fn query<'a>(
        &'a self,
        account: &'a str,
        prefix: &'a str,
        after: Option<&'a str>,
        limit: usize,
    ) -> BoxFuture<'a, Result<Vec<(String, Item)>, StoreError>> {
        *self.reads.lock().unwrap() += 1;
        self.ledger.query(account, prefix, after, limit).boxed()
    }
}

#[test]
fn an_event_to_one_endpoint_costs_what_the_deploy_pages_say() {
    let gateway = Gateway::new();
    gateway.endpoint("receiver");
    gateway.commit("it");
    let counting = Arc::new(CountingLedger {
        ledger: gateway.fakes.ledger.clone(),
        reads: Mutex::default(),
        writes: Mutex::default(),
    });
    let ports = Ports {
        ledger: counting.clone(),
        ..gateway.ports(&Life::long())
    };
    let consumers: [Box<dyn Consumer>; 2] = [
        Box::new(FanOut::new(gateway.webhooks(ports.clone()))),
        Box::new(Deliver::new(gateway.webhooks(ports.clone()))),
    ];
    let mut jobs = 0;
    while let Some((key, _)) = block_on(gateway.fakes.ledger.query(ACCOUNT, JOBS, None, 1))
        .unwrap()
        .pop()
    {
        let topic = topic_of(&key).unwrap();
        let consumer = consumers.iter().find(|one| one.topic() == topic).unwrap();
        block_on(work(&ports, &**consumer, ACCOUNT, &key)).unwrap();
        jobs += 1;
    }
    assert_eq!(gateway.count(DeliveryStatus::Delivered), 1);
    // Messages on Workers, invocations on AWS.
    assert_eq!(jobs, 2);
    // Each job is claimed, and its end is one transaction with what it writes.
    let writes = counting.writes.lock().unwrap().clone();
    assert_eq!(writes, [1, 3, 1, 3]);
    // With the job of the event itself, in somebody else's transaction: rows on Workers.
    assert_eq!(1 + writes.iter().sum::<usize>(), 9);
    // DynamoDB takes what is written in a transaction twice.
    let dynamodb = |items: &usize| if *items == 1 { 1 } else { 2 * items };
    assert_eq!(2 + writes.iter().map(dynamodb).sum::<usize>(), 16);
    assert_eq!(*counting.reads.lock().unwrap(), 6);
}
