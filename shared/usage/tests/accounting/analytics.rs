//! The request log and what reports group by.

use crate::fixture::*;
use futures_executor::block_on;
use openclaw_core::{Clock, Code, Error, Ledger, Money, id, ledger::Step};
use openclaw_schema::usage::{By, Interval, RequestFilter, RequestList, UsageQuery};
use openclaw_testkit::{Fakes, SeededRandom};
use openclaw_usage::{
    Attempt, LEASE, Labels, Retention, Settlement, Status, request, requests, settle_orphans,
};
use std::{mem::forget, time::Duration};

/// An admitted request whose id tells its time.
fn admitted(fakes: &Fakes, seed: u64) -> (String, Settlement) {
    let id = id::timed(&SeededRandom::new(seed), fakes.clock.now(), "req_");
    let settlement = free(fakes, &id);
    (id, settlement)
}

fn list(fakes: &Fakes, filter: RequestFilter) -> RequestList {
    let limit = filter.limit(100).unwrap();
    let kept = Retention::default();
    block_on(requests(&fakes.ports(), ACCOUNT, &filter, limit, kept)).unwrap()
}

fn ids(list: &RequestList) -> Vec<&str> {
    list.data.iter().map(|request| &*request.id).collect()
}

#[test]
fn the_log_is_paged_from_the_newest_to_the_oldest() {
    let fakes = Fakes::default();
    let mut made = vec![];
    for seed in 0..7 {
        let (id, settlement) = admitted(&fakes, seed);
        drop(settlement);
        made.insert(0, id);
        fakes.clock.advance(Duration::from_secs(seed % 2));
    }
    // Two of a millisecond are in the order of their ids.
    let whole = list(&fakes, RequestFilter::default());
    let mut sorted = ids(&whole);
    sorted.sort_unstable();
    made.sort_unstable();
    assert_eq!(sorted, made);
    let times = whole.data.iter().map(|request| request.created_at);
    assert!(times.rev().is_sorted());
    let (mut paged, mut after) = (vec![], None);
    loop {
        let filter = RequestFilter {
            limit: Some(3),
            after: after.take(),
            ..RequestFilter::default()
        };
        let page = list(&fakes, filter);
        paged.extend(ids(&page).into_iter().map(str::to_owned));
        if !page.has_more {
            break;
        }
        after = page.last_id;
    }
    assert_eq!(paged, ids(&whole));
}

#[test]
fn every_filter_leaves_out_what_it_should() {
    let fakes = Fakes::default();
    let before = fakes.clock.now();
    let (answered, mut settlement) = admitted(&fakes, 1);
    settlement.calling();
    settlement.label(Labels {
        user: Some("ann".into()),
        metadata: [("team".into(), "red".into())].into(),
    });
    settlement.served_by("openai", "other", &pricing());
    settlement.counted(counts(10, 5));
    block_on(settlement.settle(Status::Completed)).unwrap();
    fakes.clock.advance(Duration::from_secs(1));
    let later = fakes.clock.now();
    let (failed, mut settlement) = admitted(&fakes, 2);
    settlement.failed(&Error::new(Code::ProviderTimeout, "x"));
    block_on(settlement.settle(Status::Failed)).unwrap();

    let found = |query: serde_json::Value| {
        let list = list(&fakes, serde_json::from_value(query).unwrap());
        ids(&list)
            .into_iter()
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    use serde_json::json;
    for query in [
        json!({"request_id": answered}),
        json!({"model": "other"}),
        json!({"provider": "openai"}),
        json!({"status": "completed"}),
        json!({"status": "200"}),
        json!({"user": "ann"}),
        json!({"end": later}),
        json!({"endpoint": "chat", "key": "key_1", "user": "ann"}),
    ] {
        assert_eq!(found(query.clone()), [&*answered], "{query}");
    }
    for query in [
        json!({"status": "failed"}),
        json!({"status": "504"}),
        json!({"code": "provider_timeout"}),
        json!({"start": later}),
    ] {
        assert_eq!(found(query.clone()), [&*failed], "{query}");
    }
    for query in [
        json!({"model": "vendor/model"}),
        json!({"key": "key_1"}),
        json!({"start": before}),
        json!({}),
    ] {
        assert_eq!(found(query.clone()).len(), 2, "{query}");
    }
    for query in [
        json!({"key": "key_2"}),
        json!({"endpoint": "skills"}),
        json!({"request_id": answered, "status": "failed"}),
        json!({"end": before}),
        json!({"request_id": "req_1"}),
    ] {
        assert_eq!(found(query.clone()), [""; 0], "{query}");
    }
    assert!(serde_json::from_value::<RequestFilter>(json!({"status": "fine"})).is_err());
}

#[test]
fn a_request_tells_its_attempts_and_what_each_class_of_token_cost() {
    let fakes = Fakes::default();
    let (id, mut settlement) = admitted(&fakes, 1);
    settlement.calling();
    let call = |status, code: Option<&str>, duration_ms| Attempt {
        provider: "openai".into(),
        model: "m-1".into(),
        status,
        code: code.map(Into::into),
        duration_ms,
        span: None,
    };
    let calls = [
        call(Some(503), Some("provider_error"), 20),
        call(Some(200), None, 70),
    ];
    settlement.attempted(calls);
    settlement.served_by("openai", "m", &pricing());
    fakes.clock.advance(Duration::from_millis(90));
    settlement.first_token();
    fakes.clock.advance(Duration::from_millis(310));
    settlement.first_token();
    settlement.counted(counts(10, 5));
    block_on(settlement.settle(Status::Completed)).unwrap();
    let told = block_on(request(&fakes.ports(), ACCOUNT, &id, Retention::default())).unwrap();
    assert_eq!(told.request.first_token_ms, Some(90));
    assert_eq!((told.request.duration_ms, told.request.retries), (400, 1));
    assert!(told.request.fallback);
    let attempts = told
        .attempts
        .iter()
        .map(|one| (one.status, one.duration_ms));
    assert_eq!(Vec::from_iter(attempts), [(Some(503), 20), (Some(200), 70)]);
    assert_eq!(told.attempts[0].code.as_deref(), Some("provider_error"));
    let costs = serde_json::to_value(&told.cost_by_class).unwrap();
    assert_eq!(
        costs,
        serde_json::json!({"prompt": 0.00001, "completion": 0.00001})
    );
    let sum: Money = told.cost_by_class.values().copied().sum();
    assert_eq!(sum, told.request.cost);
    let gone = block_on(request(
        &fakes.ports(),
        ACCOUNT,
        "req_1",
        Retention::default(),
    ));
    assert_eq!(gone.unwrap_err().code, Code::NotFound);
}

#[test]
fn usage_is_grouped_by_all_that_a_request_has() {
    let fakes = Fakes::default();
    for (seed, user, team) in [(1, "ann", "red"), (2, "bob", "red"), (3, "ann", "blue")] {
        let (_, mut settlement) = admitted(&fakes, seed);
        settlement.label(Labels {
            user: Some(user.into()),
            metadata: [("team".into(), team.into())].into(),
        });
        settlement.calling();
        settlement.served_by("a/b", "vendor/model", &pricing());
        settlement.counted(counts(10 * seed, 0));
        block_on(settlement.settle(Status::Completed)).unwrap();
        fakes.clock.advance(Duration::from_secs(3600));
    }
    let (_, mut nobody) = admitted(&fakes, 4);
    nobody.failed(&Error::new(Code::ProviderError, "x"));
    block_on(nobody.settle(Status::Failed)).unwrap();
    let grouped = |group_by, interval| {
        let query = UsageQuery {
            group_by: Some(group_by),
            interval,
            ..UsageQuery::default()
        };
        asked(&fakes, query)
    };
    for (by, expected) in [
        (By::User, vec![("ann", 40), ("bob", 20)]),
        (By::Tag, vec![("team:blue", 30), ("team:red", 30)]),
        (By::Provider, vec![("a/b", 60)]),
        (By::Endpoint, vec![("chat", 60)]),
        (By::Key, vec![("key_1", 60)]),
        (By::Model, vec![("vendor/model", 60)]),
    ] {
        let report = grouped(by, Some(Interval::Hour));
        let groups = report.groups.unwrap();
        let told = groups.iter().map(|group| {
            let expected = by.named(String::new());
            assert_eq!(
                serde_json::to_value(&expected)
                    .unwrap()
                    .as_object()
                    .unwrap()
                    .len(),
                1
            );
            let name = serde_json::to_value(&group.name).unwrap();
            let name = name.as_object().unwrap().values().next().unwrap().clone();
            (name.as_str().unwrap().to_owned(), group.tokens)
        });
        let expected = expected
            .into_iter()
            .map(|(name, tokens)| (name.to_owned(), tokens));
        assert_eq!(Vec::from_iter(told), Vec::from_iter(expected), "{by:?}");
        let intervals = report.intervals.unwrap();
        assert_eq!(intervals.len(), 4, "{by:?}");
        assert_eq!(intervals[1].groups[0].tokens, 20, "{by:?}");
    }
    let report = grouped(By::Model, Some(Interval::Day));
    assert_eq!(report.totals.detail.errors_by_code["provider_error"], 1);
    assert_eq!(report.totals.total_requests, 4);
    let fits = UsageQuery {
        provider: Some("a/b".into()),
        ..UsageQuery::default()
    };
    assert_eq!(asked(&fakes, fits).totals.total_requests, 3);
    let mixed = UsageQuery {
        group_by: Some(By::User),
        model: Some("m".into()),
        ..UsageQuery::default()
    };
    assert!(mixed.check(fakes.clock.now()).is_err());
}

#[test]
fn the_previous_period_and_latencies_are_told() {
    let fakes = Fakes::default();
    for seed in 0..20 {
        let (_, mut settlement) = admitted(&fakes, seed);
        fakes.clock.advance(Duration::from_millis(200));
        block_on(settlement.settle(Status::Completed)).unwrap();
    }
    let day = |fakes: &Fakes| {
        let query = UsageQuery {
            period: Some("24h".into()),
            ..UsageQuery::default()
        };
        asked(fakes, query)
    };
    let latency = day(&fakes).totals.detail.latency.unwrap();
    let shown = latency.duration_ms.unwrap();
    assert!(
        (188..=212).contains(&shown.p50) && shown.p50 == shown.p99,
        "{shown:?}"
    );
    assert_eq!(latency.first_token_ms, None);
    fakes.clock.advance(Duration::from_secs(26 * 3600));
    let report = day(&fakes);
    assert_eq!(
        (report.totals.total_requests, report.previous.total_requests),
        (0, 20)
    );
    assert!(report.totals.detail.latency.is_none() && report.previous.detail.latency.is_some());
}

#[test]
fn sums_move_along_when_a_request_that_seemed_dead_ends_otherwise() {
    let fakes = Fakes::default();
    let (id, mut settlement) = admitted(&fakes, 1);
    settlement.calling();
    fakes.clock.advance(LEASE);
    let now = fakes.clock.now();
    block_on(settle_orphans(&*fakes.ledger, ACCOUNT, now, now)).unwrap();
    assert_eq!(total(&fakes).totals.detail.interrupted, 1);
    fakes.clock.advance(Duration::from_secs(100));
    settlement.label(Labels {
        user: Some("ann".into()),
        ..Labels::default()
    });
    settlement.served_by("openai", "m", &pricing());
    settlement.counted(counts(10, 5));
    block_on(settlement.settle(Status::Completed)).unwrap();
    let by_user = UsageQuery {
        group_by: Some(By::User),
        ..UsageQuery::default()
    };
    let report = asked(&fakes, by_user);
    let detail = &report.totals.detail;
    assert_eq!((report.totals.total_requests, detail.interrupted), (1, 0));
    assert_eq!(report.groups.unwrap()[0].tokens, 15);
    let took = detail.latency.unwrap().duration_ms.unwrap();
    assert!(took.p50 > 130_000 && took.p99 == took.p50, "{took:?}");
    let row = block_on(request(&fakes.ports(), ACCOUNT, &id, Retention::default())).unwrap();
    assert_eq!(row.request.status, "completed");
}

#[test]
fn sums_of_an_older_version_count_and_its_rows_are_read() {
    let fakes = Fakes::default();
    let (_, settlement) = admitted(&fakes, 1);
    forget(settlement);
    let deltas = [
        ("requests", 2),
        ("prompt_tokens", 10),
        ("completion_tokens", 4),
        ("cost", 7),
    ];
    let deltas = deltas.map(|(field, by)| openclaw_core::ledger::Delta::new(field, by));
    let hour = openclaw_core::time::hour(fakes.clock.now());
    let step = Step::Add {
        key: format!("hour/{hour}/key_1/vendor/model"),
        deltas: deltas.into(),
        expires: None,
    };
    block_on(fakes.ledger.transact(ACCOUNT, vec![step])).unwrap();
    let report = total(&fakes);
    assert_eq!(
        (report.totals.total_requests, report.totals.total_tokens),
        (2, 14)
    );
    assert_eq!(report.by_model[0].cost.nanos(), 7);
    let row = r#"{"request":"req_1","key":"key_1","model":"m","provider":"p","status":"completed",
        "usage":{"prompt_tokens":1},"estimated":false,"cost":3,"started":"2026-02-28T12:00:00Z","duration_ms":5}"#;
    let row: openclaw_usage::UsageRow = serde_json::from_str(row).unwrap();
    assert_eq!(
        (row.cost, row.attempts.len(), row.first_token_ms),
        (3, 0, None)
    );
}
