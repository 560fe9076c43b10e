//! Runs that begin by the clock.

use crate::fixture::{ACCOUNT, Gateway, account};
use futures_executor::block_on;
use openclaw_core::{
    Clock, Ledger,
    ledger::{Step, When},
    queue::{Worked, work},
};
use openclaw_schema::list::Page;
use openclaw_workflows::{RunFilter, Scheduler, Starter};
use serde_json::json;
use std::{sync::Arc, time::Duration};

const HOUR: Duration = Duration::from_secs(3600);

/// The times that runs were begun for, the newest first.
fn begun(gateway: &Gateway) -> Vec<String> {
    let (filter, page) = (RunFilter::default(), Page::default());
    let runs = block_on(gateway.workflows().runs(ACCOUNT, &filter, &page)).unwrap();
    let times = runs.into_data().into_iter().map(|run| run.scheduled_for);
    times.map(|time| time.unwrap().to_string()).collect()
}

#[test]
fn a_time_that_was_missed_begins_one_run_and_a_job_that_comes_twice_none() {
    let gateway = Gateway::new();
    let definition = json!({
        "id": "daily", "name": "Daily", "steps": [{"type": "transform", "value": 1}],
        "schedule": {"cron": "0 7 * * *", "timezone": "UTC"},
    });
    let account = account();
    let starter = Starter {
        account: &account,
        key: "key_1",
        generation: 1,
    };
    let workflows = gateway.workflows();
    let text = definition.to_string();
    let read = block_on(workflows.read(ACCOUNT, text.as_bytes(), |_| true)).unwrap();
    block_on(workflows.create(starter, read)).unwrap();
    let ports = gateway.fakes.ports();
    let scheduler = Scheduler::new(ports.clone(), Arc::new(gateway.key.clone()));
    let key = "job/workflow-schedule/daily";
    let tick = || block_on(work(&ports, &scheduler, ACCOUNT, key)).unwrap();
    // It is noon on 2026-02-28.
    let next = |day: &str| Worked::Later(format!("{day}T07:00:00Z").parse().unwrap());
    assert_eq!(tick(), next("2026-03-01"));
    assert!(begun(&gateway).is_empty());
    gateway.fakes.clock.advance(20 * HOUR);
    let ledger = &*gateway.fakes.ledger;
    let stored = block_on(ledger.get(ACCOUNT, key)).unwrap().unwrap();
    assert_eq!(tick(), next("2026-03-02"));
    // Whoever began the run died before it could say so.
    let again = Step::Put {
        key: key.into(),
        document: stored.document().unwrap().clone(),
        when: When::Always,
        expires: None,
    };
    block_on(ledger.transact(ACCOUNT, vec![again])).unwrap();
    assert_eq!(tick(), next("2026-03-02"));
    assert_eq!(begun(&gateway), ["2026-03-01T07:00:00Z"]);
    // Three days without anybody to work on it.
    gateway.fakes.clock.advance(72 * HOUR);
    assert_eq!(tick(), next("2026-03-05"));
    assert_eq!(
        begun(&gateway),
        ["2026-03-04T07:00:00Z", "2026-03-01T07:00:00Z"]
    );
    block_on(workflows.remove(ACCOUNT, "daily")).unwrap();
    assert_eq!(tick(), Worked::Gone);
    assert!(
        gateway
            .fakes
            .clock
            .now()
            .to_string()
            .starts_with("2026-03-04")
    );
}
