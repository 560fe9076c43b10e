//! What runs of workflows cost here beside what their steps call: the models answer at once.
//!
//! Run with `cargo bench --package openclaw-native --bench runs`. A step of `one_by_one` is one of a run of 50 model
//! calls, until its result is durable; `thousand` is 1,000 runs of 3 steps, 64 at a time on 2 threads, from their start.

#![allow(clippy::unwrap_used, clippy::panic, reason = "all of this is a test")]

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use futures_util::{StreamExt, stream};
use openclaw_core::{
    BoxFuture, Http, HttpError, HttpRequest, HttpResponse, Ports, Result,
    queue::{JOBS, Worked, work},
    time,
};
use openclaw_egress::{Egress, PORTS, Policy};
use openclaw_native::{DataFolder, Native, ServerLock};
use openclaw_schema::{
    account::{Account, Tier},
    config::{Durability, Skills as SkillsConfig},
};
use openclaw_skills::Skills;
use openclaw_testkit::{Fakes, ManualClock};
use openclaw_workflows::{Caller, RunRecord, Runner, Starter, TOPIC, Workflows};
use serde_json::{Value, json};
use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Instant, SystemTime, UNIX_EPOCH},
};
use tokio::runtime::{Builder, Runtime};

const ACCOUNT: &str = "acct_3kTMd0123456789ABCDEF";

/// Counts how often it was asked.
#[derive(Clone, Default)]
struct Models(Arc<AtomicU64>);

impl Http for Models {
    fn send(
        &self,
        _: HttpRequest,
    ) -> BoxFuture<'static, std::result::Result<HttpResponse, HttpError>> {
        self.0.fetch_add(1, Ordering::Relaxed);
        let answer =
            r#"{"choices":[{"message":{"role":"assistant","content":"A short answer."}}]}"#;
        let body = stream::iter([Ok(answer.into())]).boxed();
        Box::pin(async { Ok(HttpResponse::new(body)) })
    }
}

struct Key;

impl Caller for Key {
    fn token<'a>(&'a self, _: &'a str, _: &'a RunRecord) -> BoxFuture<'a, Result<String>> {
        Box::pin(async { Ok("token".into()) })
    }

    fn account<'a>(&'a self, _: &'a str, _: u64) -> BoxFuture<'a, Result<Account>> {
        Box::pin(async { Ok(account()) })
    }
}

fn account() -> Account {
    Account {
        id: ACCOUNT.into(),
        tier: Tier::Enterprise,
        ..Account::default()
    }
}

struct Gateway {
    ports: Ports,
    models: Models,
    workflows: Workflows,
    runner: Runner,
    _lock: ServerLock,
    _folder: tempfile::TempDir,
}

impl Gateway {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let lock = DataFolder::open(folder.path()).unwrap().lock("x").unwrap();
        let native = Native::for_server(&lock, Durability::Process).unwrap();
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        // The store has a clock of its own.
        let clock = ManualClock::new(time::from_second(now.as_secs().try_into().unwrap()));
        let ports = Ports {
            ledger: native.ledger,
            ..Fakes::new(clock).ports()
        };
        let models = Models::default();
        let policy = Policy::new(&[], &PORTS).unwrap();
        let egress = Egress::new(policy, &ports);
        let skills = Skills::new(
            ports.clone(),
            egress.clone(),
            &SkillsConfig::default(),
            None,
        );
        Self {
            workflows: Workflows::new(ports.clone(), skills, None),
            runner: Runner::new(
                ports.clone(),
                egress,
                Arc::new(models.clone()),
                Arc::new(Key),
            ),
            ports,
            models,
            _lock: lock,
            _folder: folder,
        }
    }

    /// Keeps a workflow of so many model calls.
    async fn make(&self, steps: usize) -> String {
        let id = format!("w{steps}");
        let ask = json!({"type": "ai_completion", "model": "m", "prompt": "Say something about {{ run.id }}."});
        let steps = Value::Array(vec![ask; steps]);
        let text = json!({"id": id, "name": "W", "steps": steps}).to_string();
        let read = self
            .workflows
            .read(ACCOUNT, text.as_bytes(), |_| true)
            .await
            .unwrap();
        let account = account();
        self.workflows
            .create(starter(&account), read)
            .await
            .unwrap();
        id
    }

    /// A run from its start to its end.
    async fn run(&self, workflow: &str) {
        let account = account();
        let run = self
            .workflows
            .start(starter(&account), workflow, None)
            .await
            .unwrap();
        let key = format!("{JOBS}{TOPIC}/{}", run.id);
        let worked = work(&self.ports, &self.runner, ACCOUNT, &key).await;
        assert_eq!(worked.unwrap(), Worked::Done);
    }
}

const fn starter(account: &Account) -> Starter<'_> {
    Starter {
        account,
        key: "key_1",
        generation: 1,
    }
}

fn runtime() -> Runtime {
    Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap()
}

fn one_by_one(criterion: &mut Criterion) {
    const STEPS: usize = 50;
    let (runtime, gateway) = (runtime(), Gateway::new());
    let workflow = runtime.block_on(gateway.make(STEPS));
    let mut group = criterion.benchmark_group("runs");
    group.throughput(Throughput::Elements(STEPS as u64));
    group.bench_function("one_by_one", |bencher| {
        bencher.iter(|| {
            runtime.block_on(gateway.run(&workflow));
            assert_eq!(gateway.models.0.swap(0, Ordering::Relaxed), STEPS as u64);
        });
    });
    group.finish();
}

fn thousand(criterion: &mut Criterion) {
    const RUNS: u64 = 1000;
    let (runtime, gateway) = (runtime(), Arc::new(Gateway::new()));
    let workflow = runtime.block_on(gateway.make(3));
    let mut group = criterion.benchmark_group("runs");
    group.sample_size(10).throughput(Throughput::Elements(RUNS));
    group.bench_function("thousand", |bencher| {
        bencher.iter_custom(|times| {
            let start = Instant::now();
            for _ in 0..times {
                let runs = (0..RUNS).map(|_| {
                    let (gateway, workflow) = (gateway.clone(), workflow.clone());
                    async move {
                        tokio::spawn(async move { gateway.run(&workflow).await })
                            .await
                            .unwrap()
                    }
                });
                let all = stream::iter(runs).buffer_unordered(64).collect::<Vec<_>>();
                runtime.block_on(all);
                assert_eq!(gateway.models.0.swap(0, Ordering::Relaxed), 3 * RUNS);
            }
            start.elapsed()
        });
    });
    group.finish();
}

criterion_group!(runs, one_by_one, thousand);
criterion_main!(runs);
