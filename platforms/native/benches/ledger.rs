//! What the ledger costs a chat: `admit` (a bounded addition and a reservation) and `settle`
//! (the reservation's end, a usage row, two sums), until it is durable.
//!
//! Run with `cargo bench --package openclaw-native`. `cpu` groups measure the whole process's CPU
//! time, the writing thread's included; the others measure time on the wall.

#![allow(clippy::unwrap_used, clippy::panic, reason = "all of this is a test")]

use criterion::{
    BenchmarkId, Criterion, Throughput, criterion_group, criterion_main,
    measurement::{Measurement, ValueFormatter, WallTime},
};
use futures_util::future::join_all;
use openclaw_core::{
    Ledger,
    ledger::{Delta, Outcome, Step, When},
    time,
};
use openclaw_native::{DataFolder, Native, ServerLock, SqliteLedger};
use openclaw_schema::config::Durability;
use rustix::time::{ClockId, clock_gettime};
use std::{
    hint::black_box,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
use tokio::runtime::Builder;

/// CPU time of the process.
struct Cpu;

impl Measurement for Cpu {
    type Intermediate = Duration;
    type Value = Duration;

    fn start(&self) -> Duration {
        let now = clock_gettime(ClockId::ProcessCPUTime);
        Duration::new(now.tv_sec as u64, now.tv_nsec as u32)
    }

    fn end(&self, start: Duration) -> Duration {
        self.start() - start
    }

    fn add(&self, one: &Duration, other: &Duration) -> Duration {
        *one + *other
    }

    fn zero(&self) -> Duration {
        Duration::ZERO
    }

    fn to_f64(&self, value: &Duration) -> f64 {
        WallTime.to_f64(value)
    }

    fn formatter(&self) -> &dyn ValueFormatter {
        WallTime.formatter()
    }
}

/// Requests of one account, each with a number of its own.
struct Chats {
    ledger: Arc<SqliteLedger>,
    next: AtomicU64,
    _lock: ServerLock,
    _folder: tempfile::TempDir,
}

impl Chats {
    fn new(durability: Durability) -> Arc<Self> {
        let folder = tempfile::tempdir().unwrap();
        let lock = DataFolder::open(folder.path()).unwrap().lock("x").unwrap();
        Arc::new(Self {
            ledger: Native::for_server(&lock, durability).unwrap().ledger,
            next: AtomicU64::new(0),
            _lock: lock,
            _folder: folder,
        })
    }

    async fn transact(&self, steps: Vec<Step>) -> openclaw_core::ledger::Applied {
        match self
            .ledger
            .transact("acct_3kTMd0123456789ABCDEF", steps)
            .await
        {
            Ok(Outcome::Applied(applied)) => applied,
            other => panic!("{other:?}"),
        }
    }

    async fn admit(&self) -> u64 {
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        let expires = Some(time::from_second(4_000_000_000));
        let add = Step::Add {
            key: "gate#m/2026-02-28T12:34".into(),
            deltas: vec![Delta::bounded("requests", 1, i64::MAX)],
            expires,
        };
        let reserve = Step::Put {
            key: format!("r/req_{id:022}"),
            document: vec![b'r'; 200].into(),
            when: When::Always,
            expires,
        };
        black_box(self.transact(vec![add, reserve]).await);
        id
    }

    async fn settle(&self, id: u64) {
        let fields = ["requests", "prompt", "completion", "cost", "latency"];
        let steps = vec![
            Step::Delete {
                key: format!("r/req_{id:022}"),
                when: When::Present,
            },
            Step::Put {
                key: format!("u/2026-02-28T12:34:56.789Z/req_{id:022}"),
                document: vec![b'u'; 350].into(),
                when: When::Always,
                expires: Some(time::from_second(4_000_000_000)),
            },
            Step::Add {
                key: "sum/2026-02-28/gemma-3-270m".into(),
                deltas: fields.map(|field| Delta::new(field, 12)).into(),
                expires: None,
            },
            Step::Add {
                key: "gate#b/2026-02".into(),
                deltas: vec![Delta::new("spent", 120)],
                expires: None,
            },
        ];
        self.transact(steps).await.durable.await.unwrap();
    }

    async fn chat(&self) {
        let id = self.admit().await;
        self.settle(id).await;
    }
}

/// `clients` at once, each with its part of `count` chats one after the other.
async fn serve(chats: Arc<Chats>, clients: u64, count: u64) {
    let tasks = (0..clients).map(|client| {
        let (chats, count) = (chats.clone(), (count + client) / clients);
        tokio::spawn(async move {
            for _ in 0..count {
                chats.chat().await;
            }
        })
    });
    join_all(tasks).await;
}

fn bench<M: Measurement>(criterion: &mut Criterion<M>, name: &str, measurement: &M) {
    let runtime = Builder::new_multi_thread()
        .worker_threads(2)
        .build()
        .unwrap();
    let mut group = criterion.benchmark_group(name);
    group.throughput(Throughput::Elements(1));
    for clients in [1, 32] {
        let chats = Chats::new(Durability::Process);
        group.bench_function(BenchmarkId::new("chat", clients), |bencher| {
            bencher.iter_custom(|count| {
                let start = measurement.start();
                runtime.block_on(serve(chats.clone(), clients, count));
                measurement.end(start)
            });
        });
    }
    group.finish();
}

fn wall(criterion: &mut Criterion) {
    bench(criterion, "wall", &WallTime);
}

fn cpu(criterion: &mut Criterion<Cpu>) {
    bench(criterion, "cpu", &Cpu);
}

criterion_group!(walls, wall);
criterion_group! {
    name = cpus;
    config = Criterion::default().with_measurement(Cpu);
    targets = cpu
}
criterion_main!(walls, cpus);
