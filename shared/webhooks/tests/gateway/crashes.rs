//! Whatever processes die at, no event is lost, and none is told twice that was marked delivered.

use crate::fixture::{Gateway, event_id};
use openclaw_testkit::Life;
use openclaw_webhooks::DeliveryStatus;
use proptest::{collection::vec, prelude::*};
use std::collections::BTreeSet;

/// A process: how many things happen in it, and when it dies.
#[derive(Clone, Copy, Debug)]
struct Process {
    events: usize,
    operations: i64,
    dies_after: bool,
    /// Whether the next one gives up its claims at once; else their end is waited for.
    is_noticed: bool,
}

/// So few processes that no job is given up because of those that died at it.
fn processes() -> impl Strategy<Value = Vec<Process>> {
    let process = (0..5_usize, 1..80_i64, any::<bool>(), any::<bool>());
    let process = process.prop_map(|(events, operations, dies_after, is_noticed)| Process {
        events,
        operations,
        dies_after,
        is_noticed,
    });
    vec(process, 1..5)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn every_committed_event_is_delivered_and_marked_once(
        processes in processes(),
        // More than one transaction has room for, too.
        endpoints in 1..14_usize,
        // Receivers that fail the first time of whatever has this remainder.
        fails in 0..4_usize,
    ) {
        let gateway = Gateway::new();
        let names: Vec<_> = (0..endpoints).map(|at| format!("endpoint-{at}")).collect();
        for name in &names {
            gateway.endpoint(name);
        }
        gateway.answer(move |request, before| {
            let is_first = !before
                .iter()
                .any(|other| (&other.path, &other.webhook_id) == (&request.path, &request.webhook_id));
            Some(if is_first && (request.webhook_id.len() + request.path.len()) % 4 == fails { 500 } else { 200 })
        });
        for (number, process) in processes.iter().enumerate() {
            let happens: Vec<_> = (0..process.events).map(|at| format!("{number}-{at}")).collect();
            gateway.process(&Life::of(process.operations, process.dies_after), &happens);
            if process.is_noticed {
                gateway.release_claims();
            }
        }
        prop_assert!(gateway.work(&Life::long()));
        let committed = gateway.happened();
        let told: BTreeSet<_> = gateway
            .requests()
            .into_iter()
            .map(|request| (request.path, request.webhook_id))
            .collect();
        let due: BTreeSet<_> = names
            .iter()
            .flat_map(|name| committed.iter().map(move |what| (format!("/{name}"), event_id(what))))
            .collect();
        // Nothing is told that was not committed, either.
        prop_assert_eq!(&told, &due);
        prop_assert_eq!(gateway.count(DeliveryStatus::Delivered), due.len());
        prop_assert_eq!(gateway.deliveries().len(), due.len());
    }
}

#[test]
fn a_process_may_die_at_each_of_its_operations() {
    // More endpoints than deliveries go into one transaction.
    let names: Vec<_> = (0..11).map(|at| format!("endpoint-{at}")).collect();
    for dies_after in [false, true] {
        let mut operations = 1;
        loop {
            let gateway = Gateway::new();
            for name in &names {
                gateway.endpoint(name);
            }
            let lived = gateway.process(&Life::of(operations, dies_after), &["it".to_owned()]);
            gateway.release_claims();
            assert!(gateway.work(&Life::long()));
            let due = names.len() * gateway.happened().len();
            assert_eq!(
                gateway.count(DeliveryStatus::Delivered),
                due,
                "{operations}"
            );
            assert_eq!(gateway.deliveries().len(), due, "{operations}");
            assert!(
                (due..=due + 1).contains(&gateway.requests().len()),
                "{operations}"
            );
            if lived {
                assert!(operations > 50, "{operations}");
                break;
            }
            operations += 1;
        }
    }
}
