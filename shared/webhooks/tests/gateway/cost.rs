//! What an event costs: the operations that the pages about deployments give prices for.

use crate::fixture::{ACCOUNT, Gateway};
use futures_executor::block_on;
use openclaw_core::{
    Ledger, Ports,
    queue::{Consumer, JOBS, topic_of, work},
};
use openclaw_testkit::{CountingLedger, Life};
use openclaw_webhooks::{Deliver, DeliveryStatus, FanOut};
use std::sync::Arc;

#[test]
fn an_event_to_one_endpoint_costs_what_the_deploy_pages_say() {
    let gateway = Gateway::new();
    gateway.endpoint("receiver");
    gateway.commit("it");
    let counting = Arc::new(CountingLedger::new(gateway.fakes.ledger.clone()));
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
    let asked = counting.asked();
    let writes = asked.transactions;
    assert_eq!(writes, [1, 3, 1, 3]);
    // With the job of the event itself, in somebody else's transaction: rows on Workers.
    assert_eq!(1 + writes.iter().sum::<usize>(), 9);
    // DynamoDB takes what is written in a transaction twice.
    let dynamodb = |items: &usize| if *items == 1 { 1 } else { 2 * items };
    assert_eq!(2 + writes.iter().map(dynamodb).sum::<usize>(), 16);
    assert_eq!(asked.reads, 6);
}
