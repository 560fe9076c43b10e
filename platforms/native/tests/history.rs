//! What an account's history costs its reports and its log: the sums of thirteen months, and rows of the log.
//!
//! By itself it looks at a small history. `OPENCLAW_TEST_SERIES=40 OPENCLAW_TEST_REQUESTS=263 OPENCLAW_TEST_ROWS=1000000 cargo test -p
//! openclaw-native --test history -- --nocapture` makes a hundred million requests' and says what each query of
//! the dashboard takes.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "all of this is a test"
)]

use openclaw_core::{
    Ledger, Timestamp, id,
    ledger::{Delta, Step, When},
    queue::{Consumer, End, Job},
    time::{self, DAY, HOUR},
};
use openclaw_native::{DataFolder, Native};
use openclaw_schema::{
    config::Durability,
    usage::{By, Interval, RequestFilter, UsageQuery, UsageReport},
};
use openclaw_usage::{HOT_DAYS, Retention, Status, Upkeep, UsageRow, report, request, requests};
use std::{env, time::Instant};

const ACCOUNT: &str = "acct_1";
fn number(name: &str, without: i64) -> i64 {
    env::var(name).map_or(without, |text| text.parse().unwrap())
}

struct World {
    native: Native,
    kept: Retention,
    now: Timestamp,
    /// Of one series in an hour.
    requests: i64,
}

impl World {
    async fn apply(&self, steps: Vec<Step>) {
        self.native.ledger.transact(ACCOUNT, steps).await.unwrap();
    }

    /// The sums of each hour of `days` days, of so many series.
    async fn sums(&self, days: i64, series: i64) {
        let end = time::floor(self.now, HOUR);
        let mut steps = vec![];
        for hour in (0..days * 24).rev() {
            let start = time::shift(end, -hour * HOUR);
            for one in 0..series {
                let (key, model) = (one % 10, one / 10);
                let mut deltas = vec![Delta::new("requests", self.requests)];
                for (at, name) in [
                    "prompt_tokens",
                    "completion_tokens",
                    "cost",
                    "cached_tokens",
                    "reasoning_tokens",
                    "streams",
                    "retries",
                    "e/provider_error",
                    "errors",
                ]
                .into_iter()
                .enumerate()
                {
                    deltas.push(Delta::new(name, self.requests * (at as i64 + 1)));
                }
                // Two dozens of buckets for each of both latencies.
                for bucket in 0..24_i64 {
                    let ms = (8 + bucket % 8) << (3 + bucket / 8);
                    deltas.push(Delta::new(format!("d/{ms}"), 11));
                    deltas.push(Delta::new(format!("t/{ms}"), 11));
                }
                steps.push(Step::Add {
                    key: format!(
                        "sum/{}/key_{key}/chat/provider-{}/model-{model}",
                        time::hour(start),
                        model % 3
                    ),
                    deltas,
                    expires: Some(time::shift(start, 400 * DAY)),
                });
                if steps.len() == 20 {
                    self.apply(std::mem::take(&mut steps)).await;
                }
            }
        }
        self.apply(steps).await;
    }

    /// So many rows of the log, of ten days.
    async fn rows(&self, count: i64) -> Vec<String> {
        let mut ids = vec![];
        let mut steps = vec![];
        for at in (0..count).rev() {
            let millisecond = self.now.as_millisecond() - at * 10 * DAY * 1000 / count;
            let started = Timestamp::from_millisecond(millisecond).unwrap();
            let request = id::timed(&*self.native.ports().random, started, "req_");
            let row = UsageRow {
                request: request.clone(),
                key: format!("key_{}", at % 10),
                model: format!("model-{}", at % 4),
                provider: Some("provider-1".into()),
                status: [Status::Completed, Status::Failed][usize::from(at % 1000 == 0)],
                started,
                duration_ms: 812,
                ..UsageRow::default()
            };
            steps.push(Step::Put {
                key: format!("log/{}/{request}", id::backwards(started)),
                document: serde_json::to_vec(&row).unwrap().into(),
                when: When::Always,
                expires: Some(
                    time::shift(started, HOT_DAYS * DAY).max(time::shift(self.now, HOUR)),
                ),
            });
            ids.push(request);
            if steps.len() == 20 {
                self.apply(std::mem::take(&mut steps)).await;
            }
        }
        self.apply(steps).await;
        ids
    }

    async fn upkeep(&self) {
        let consumer = Upkeep::new(self.native.ports(), self.kept);
        let job = Job::named(ACCOUNT, "usage-upkeep", "log", self.now, &()).unwrap();
        loop {
            match consumer.work(&job).await {
                End::NotBefore(at) if at <= self.native.ports().clock.now() => {}
                End::NotBefore(_) => return,
                end => panic!("{end:?}"),
            }
        }
    }

    async fn report(&self, period: &str, interval: Interval, group_by: Option<By>) -> UsageReport {
        let query = UsageQuery {
            period: Some(period.into()),
            interval: Some(interval),
            group_by,
            ..UsageQuery::default()
        };
        let asked = query.check(self.now).unwrap();
        report(&*self.native.ledger, ACCOUNT, &asked, self.kept)
            .await
            .unwrap()
    }

    /// How long each of the dashboard's queries takes the second time, and what it counts.
    async fn queries(&self) -> Vec<(&'static str, u64, u128)> {
        let mut all = vec![];
        for (period, interval) in [
            ("24h", Interval::Hour),
            ("7d", Interval::Day),
            ("30d", Interval::Day),
            ("90d", Interval::Day),
        ] {
            for by in [None, Some(By::Model), Some(By::Key), Some(By::Provider)] {
                self.report(period, interval, by).await;
                let began = Instant::now();
                let report = self.report(period, interval, by).await;
                all.push((
                    period,
                    report.totals.total_requests,
                    began.elapsed().as_millis(),
                ));
            }
        }
        all
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn reports_and_pages_do_not_grow_with_the_history() {
    let folder = tempfile::tempdir().unwrap();
    let folder = DataFolder::open(folder.path()).unwrap();
    let lock = folder.lock("127.0.0.1:1").unwrap();
    let native = Native::for_server(&lock, Durability::Process).unwrap();
    let world = World {
        now: native.ports().clock.now(),
        native,
        kept: Retention::default(),
        requests: number("OPENCLAW_TEST_REQUESTS", 263),
    };
    let (series, rows) = (
        number("OPENCLAW_TEST_SERIES", 2),
        number("OPENCLAW_TEST_ROWS", 4000),
    );
    let days = if series > 2 { 396 } else { 70 };
    let began = Instant::now();
    world.sums(days, series).await;
    let ids = world.rows(rows).await;
    println!(
        "{} requests in {:?}",
        days * 24 * series * world.requests,
        began.elapsed()
    );
    let before = world.queries().await;
    let began = Instant::now();
    world.upkeep().await;
    println!("added up and written in {:?}", began.elapsed());
    let files = world
        .native
        .ledger
        .query(ACCOUNT, "archive/", None, 1000)
        .await
        .unwrap();
    let bytes = files.iter().map(|(_, item)| item.document().unwrap().len());
    println!(
        "{} files, described in {} bytes",
        files.len(),
        bytes.sum::<usize>()
    );
    assert!(!files.is_empty());
    let after = world.queries().await;
    for ((period, count, old), (_, same, ms)) in before.into_iter().zip(after) {
        assert_eq!(count, same, "{period}");
        println!("usage {period}: {ms} ms (from rows {old} ms), {count} requests");
    }
    let ports = world.native.ports();
    let failed = serde_json::from_str("\"failed\"").unwrap();
    for (name, filter) in [
        ("page", RequestFilter::default()),
        (
            "failed",
            RequestFilter {
                status: Some(failed),
                ..RequestFilter::default()
            },
        ),
        (
            "older",
            RequestFilter {
                after: Some(ids[ids.len() / 5].clone()),
                ..RequestFilter::default()
            },
        ),
    ] {
        let began = Instant::now();
        let page = requests(&ports, ACCOUNT, &filter, 50, world.kept)
            .await
            .unwrap();
        println!(
            "log, {name}: {} ms, {} rows",
            began.elapsed().as_millis(),
            page.data.len()
        );
        assert!(!page.data.is_empty());
    }
    let began = Instant::now();
    let found = request(&ports, ACCOUNT, &ids[0], world.kept).await.unwrap();
    assert_eq!(found.request.id, ids[0]);
    println!("one request: {} ms", began.elapsed().as_millis());
}
