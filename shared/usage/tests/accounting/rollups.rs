//! Sums that are added up: reports say the same, whatever has been.

use crate::fixture::*;
use futures_executor::block_on;
use openclaw_core::{
    Clock, Ledger, id,
    ledger::{Step, When},
};
use openclaw_schema::usage::{By, Interval, UsageQuery};
use openclaw_testkit::{Fakes, SeededRandom};
use openclaw_usage::{Labels, Settlement, Status};
use serde_json::Value;
use std::time::Duration;

const HOUR: Duration = Duration::from_secs(3600);

fn admitted(fakes: &Fakes, seed: u64) -> Settlement {
    free(
        fakes,
        &id::timed(&SeededRandom::new(seed), fakes.clock.now(), "req_"),
    )
}

fn answered(mut settlement: Settlement, user: &str, tokens: u64) {
    settlement.label(Labels {
        user: Some(user.into()),
        metadata: [("team".into(), format!("of-{user}"))].into(),
    });
    settlement.calling();
    settlement.served_by("a/b", "vendor/model", &pricing());
    settlement.counted(counts(tokens, 5));
    block_on(settlement.settle(Status::Completed)).unwrap();
}

/// What reports of all kinds say of a span that stays the same.
fn shown(fakes: &Fakes, days: i64) -> Vec<Value> {
    let now = fakes.clock.now();
    let start = openclaw_core::time::shift(now, -days * 24 * 3600);
    let kinds = [
        By::Model,
        By::Key,
        By::Provider,
        By::Endpoint,
        By::User,
        By::Tag,
    ];
    let each = kinds
        .into_iter()
        .flat_map(|by| [Interval::Hour, Interval::Day].map(|interval| (by, interval)));
    let report = |(by, interval)| {
        let query = UsageQuery {
            start: Some(start),
            group_by: Some(by),
            interval: Some(interval),
            ..UsageQuery::default()
        };
        let mut report = serde_json::to_value(asked(fakes, query)).unwrap();
        for field in ["start", "end", "previous"] {
            report.as_object_mut().unwrap().remove(field);
        }
        report
    };
    each.map(report).collect()
}

fn keys(fakes: &Fakes, prefix: &str) -> Vec<String> {
    let found = block_on(fakes.ledger.query(ACCOUNT, prefix, None, 1000)).unwrap();
    found.into_iter().map(|(key, _)| key).collect()
}

fn remove(fakes: &Fakes, prefix: &str) {
    for key in keys(fakes, prefix) {
        let when = When::Present;
        block_on(
            fakes
                .ledger
                .transact(ACCOUNT, vec![Step::Delete { key, when }]),
        )
        .unwrap();
    }
}

#[test]
fn reports_say_the_same_of_hours_and_days_that_were_added_up() {
    let fakes = Fakes::default();
    for seed in 0..60 {
        let settlement = admitted(&fakes, seed);
        fakes.clock.advance(Duration::from_millis(100 + 30 * seed));
        answered(settlement, ["ann", "bob"][seed as usize % 2], 10 + seed);
        fakes.clock.advance(HOUR);
    }
    let fresh = shown(&fakes, 20);
    assert_eq!(fresh[0]["total_requests"], 60);
    assert_eq!(keys(&fakes, "rollup/"), [""; 0]);
    upkeep(&fakes);
    assert_eq!(shown(&fakes, 20), fresh);
    // Two whole days, and no hour that may still change.
    assert_eq!(keys(&fakes, "rollup/day/").len(), 2);
    assert_eq!(keys(&fakes, "rollup/hour/").len(), 58);
    assert_eq!(keys(&fakes, "rollup/label-day/").len(), 2);
    // The day that goes on is ended by the next look.
    fakes.clock.advance(30 * HOUR);
    upkeep(&fakes);
    assert_eq!(shown(&fakes, 21), fresh);
    assert_eq!(keys(&fakes, "rollup/day/").len(), 3);
    // What documents say is what counts: of what was added up, nobody misses the items.
    remove(&fakes, "sum/");
    remove(&fakes, "label/");
    assert_eq!(shown(&fakes, 21), fresh);
    // A look that finds nothing new writes nothing.
    let before = keys(&fakes, "");
    upkeep(&fakes);
    assert_eq!(keys(&fakes, ""), before);
}

#[test]
fn a_request_that_ends_late_makes_its_hour_and_its_day_be_read_anew() {
    let fakes = Fakes::default();
    let late = admitted(&fakes, 1);
    let other = admitted(&fakes, 2);
    answered(other, "ann", 10);
    fakes.clock.advance(4 * HOUR);
    upkeep(&fakes);
    answered(late, "bob", 100);
    let both = shown(&fakes, 5);
    assert_eq!(both[0]["total_requests"], 2);
    let users = both
        .iter()
        .find(|report| report["group_by"] == "user")
        .unwrap();
    assert_eq!(users["groups"].as_array().unwrap().len(), 2);
    // Also where the day is added up only then.
    fakes.clock.advance(60 * HOUR);
    upkeep(&fakes);
    assert_eq!(shown(&fakes, 8), both);
    remove(&fakes, "sum/");
    // The hour is stale for good; the day was added up with what its hour has.
    let day = UsageQuery {
        period: Some("7d".into()),
        ..UsageQuery::default()
    };
    assert_eq!(asked(&fakes, day).totals.total_requests, 2);
}

#[test]
fn a_quiet_account_costs_nothing_and_goes_on_where_it_was() {
    let fakes = Fakes::default();
    upkeep(&fakes);
    assert_eq!(keys(&fakes, "rolled-up"), [""; 0]);
    answered(admitted(&fakes, 1), "ann", 10);
    fakes.clock.advance(100 * 24 * HOUR);
    upkeep(&fakes);
    answered(admitted(&fakes, 2), "ann", 20);
    fakes.clock.advance(50 * HOUR);
    upkeep(&fakes);
    let span = UsageQuery {
        start: Some(openclaw_core::time::shift(
            fakes.clock.now(),
            -200 * 24 * 3600,
        )),
        ..UsageQuery::default()
    };
    let report = asked(&fakes, span);
    assert_eq!((report.totals.total_requests, report.by_day.len()), (2, 2));
    assert_eq!(keys(&fakes, "rollup/day/").len(), 2);
}
