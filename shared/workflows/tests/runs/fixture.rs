//! A gateway of whose processes each may die at any of its operations.

use futures_executor::LocalPool;
use futures_util::{FutureExt, task::LocalSpawnExt};
use http::Response;
use openclaw_core::{
    Blob, BoxFuture, ByteStream, Clock, Error, Http, HttpError, HttpRequest, HttpResponse, Ports,
    Result, StoreError,
    blob::BlobSource,
    queue::{Worked, release, work},
};
use openclaw_egress::{Egress, PORTS, Policy};
use openclaw_schema::{
    account::{Account, Tier},
    config,
};
use openclaw_skills::Skills;
pub(crate) use openclaw_testkit::Life;
use openclaw_testkit::{CountingLedger, Fakes, MortalBlob, MortalLedger, SeededRandom};
use openclaw_workflows::{Caller, Definition, RunRecord, RunView, Runner, Starter, Workflows};
use serde_json::{Value, json};
use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
    ops::Range,
    rc::Rc,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

pub(crate) const ACCOUNT: &str = "acct_1";

/// Operations that processes did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) transactions: usize,
    pub(crate) reads: usize,
    pub(crate) blobs: Blobs,
    /// Items that the transactions wrote or looked at.
    pub(crate) items: usize,
}

/// Those of them on blobs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Blobs {
    pub(crate) written: u32,
    pub(crate) read: u32,
}

/// Counts what is asked of blobs.
struct CountingBlob {
    blob: MortalBlob,
    counts: Arc<Mutex<Blobs>>,
}

impl Blob for CountingBlob {
    fn put<'a>(&'a self, key: &'a str, source: BlobSource<'a>) -> BoxFuture<'a, Result<u64>> {
        self.counts.lock().unwrap().written += 1;
        self.blob.put(key, source)
    }

    fn get<'a>(
        &'a self,
        key: &'a str,
        range: Option<Range<u64>>,
    ) -> BoxFuture<'a, Result<Option<ByteStream>, StoreError>> {
        self.counts.lock().unwrap().read += 1;
        self.blob.get(key, range)
    }

    fn head<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Option<u64>, StoreError>> {
        self.blob.head(key)
    }

    fn delete<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<(), StoreError>> {
        self.blob.delete(key)
    }

    fn list<'a>(&'a self, prefix: &'a str) -> BoxFuture<'a, Result<Vec<String>, StoreError>> {
        self.blob.list(prefix)
    }
}

/// Answers each chat with its prompt, and counts how often each was asked.
#[derive(Clone, Default)]
pub(crate) struct Models {
    pub(crate) asked: Arc<Mutex<BTreeMap<String, u32>>>,
    /// How long each takes to answer.
    pub(crate) time: Arc<Mutex<Duration>>,
    /// How often each prompt is still answered with a failure.
    pub(crate) failures: Arc<Mutex<BTreeMap<String, u32>>>,
    /// The prompts, each with the keys under which it was asked.
    pub(crate) keys: Arc<Mutex<BTreeSet<(String, String)>>>,
}

struct MortalModels {
    life: Life,
    models: Models,
    clock: Arc<dyn Clock>,
}

impl Http for MortalModels {
    fn send(&self, request: HttpRequest) -> BoxFuture<'static, Result<HttpResponse, HttpError>> {
        let (life, models) = (self.life.clone(), self.models.clone());
        let time = *models.time.lock().unwrap();
        let answered = self.clock.sleep(time);
        async move {
            let body: Value = serde_json::from_slice(request.body()).unwrap();
            let prompt = body["messages"][0]["content"].as_str().unwrap().to_owned();
            let key = request.headers()["idempotency-key"].to_str().unwrap();
            let asked = (prompt.clone(), key.to_owned());
            models.keys.lock().unwrap().insert(asked);
            let is_failure = match models.failures.lock().unwrap().get_mut(&prompt) {
                Some(left) if *left > 0 => {
                    *left -= 1;
                    true
                }
                _ => false,
            };
            let (status, answer) = match is_failure {
                true => (
                    503,
                    json!({"error": {"code": "provider_error", "message": "busy"}}),
                ),
                false => (200, json!({"choices": [{"message": {"content": prompt}}]})),
            };
            life.lives(async {
                *models.asked.lock().unwrap().entry(prompt).or_default() += 1;
            })
            .await;
            if !time.is_zero() {
                answered.await;
            }
            let piece = Ok(answer.to_string().into());
            let body: ByteStream = futures_util::stream::iter([piece]).boxed_stream();
            Ok(Response::builder().status(status).body(body).unwrap())
        }
        .boxed()
    }
}

trait BoxedStream: Sized {
    fn boxed_stream(self) -> ByteStream;
}

impl<S> BoxedStream for S
where
    S: futures_util::Stream<Item = Result<bytes::Bytes, HttpError>> + Send + 'static,
{
    fn boxed_stream(self) -> ByteStream {
        Box::pin(self)
    }
}

/// A key that may be used, until it is revoked.
#[derive(Clone, Default)]
pub(crate) struct Key {
    pub(crate) is_revoked: Arc<Mutex<bool>>,
}

impl Caller for Key {
    fn token<'a>(&'a self, _: &'a str, _: &'a RunRecord) -> BoxFuture<'a, Result<String>> {
        let is_revoked = *self.is_revoked.lock().unwrap();
        async move {
            match is_revoked {
                false => Ok("token".into()),
                true => Err(Error::unauthorized("revoked")),
            }
        }
        .boxed()
    }

    fn account<'a>(&'a self, _: &'a str, _: u64) -> BoxFuture<'a, Result<Account>> {
        async move { Ok(account()) }.boxed()
    }
}

pub(crate) fn account() -> Account {
    Account {
        id: ACCOUNT.into(),
        tier: Tier::Pro,
        ..Account::default()
    }
}

/// A process that works on a job.
pub(crate) struct Process {
    pool: LocalPool,
    made: Rc<RefCell<Option<Worked>>>,
}

impl Process {
    /// Works until it has to wait; what became of the job, once that is known.
    pub(crate) fn go_on(&mut self) -> Option<Worked> {
        self.pool.run_until_stalled();
        self.made.borrow_mut().take()
    }
}

pub(crate) struct Gateway {
    pub(crate) fakes: Fakes,
    pub(crate) models: Models,
    pub(crate) key: Key,
    /// The processes'.
    ledger: Arc<CountingLedger>,
    blobs: Arc<Mutex<Blobs>>,
    processes: AtomicU64,
}

impl Gateway {
    pub(crate) fn new() -> Self {
        let fakes = Fakes::default();
        Self {
            ledger: Arc::new(CountingLedger::new(fakes.ledger.clone())),
            blobs: Arc::default(),
            fakes,
            models: Models::default(),
            key: Key::default(),
            processes: AtomicU64::new(1),
        }
    }

    /// What processes did so far.
    pub(crate) fn counts(&self) -> Counts {
        let asked = self.ledger.asked();
        Counts {
            transactions: asked.transactions.len(),
            reads: asked.reads,
            items: asked.transactions.iter().sum(),
            blobs: *self.blobs.lock().unwrap(),
        }
    }

    fn ports(&self, life: &Life) -> Ports {
        let process = self.processes.fetch_add(1, Ordering::SeqCst);
        Ports {
            ledger: Arc::new(MortalLedger {
                life: life.clone(),
                ledger: self.ledger.clone(),
            }),
            blob: Arc::new(CountingBlob {
                blob: MortalBlob {
                    life: life.clone(),
                    blob: self.fakes.blob.clone(),
                },
                counts: self.blobs.clone(),
            }),
            random: Arc::new(SeededRandom::new(process + 1)),
            ..self.fakes.ports()
        }
    }

    fn egress(&self) -> Egress {
        let policy = Policy::new(&[], &PORTS).unwrap();
        Egress::new(policy, &self.fakes.ports())
    }

    pub(crate) fn workflows(&self) -> Workflows {
        let ports = self.fakes.ports();
        let settings = config::Skills::default();
        let skills = Skills::new(ports.clone(), self.egress(), &settings, None);
        Workflows::new(ports, skills, None)
    }

    /// A run of these steps; its id.
    pub(crate) fn start(&self, steps: Value) -> String {
        let definition = json!({"id": "w", "name": "W", "steps": steps}).to_string();
        let account = account();
        let starter = Starter {
            account: &account,
            key: "key_1",
            generation: 1,
        };
        futures_executor::block_on(async {
            let workflows = self.workflows();
            let definition: Definition = workflows
                .read(ACCOUNT, definition.as_bytes(), |_| true)
                .await
                .unwrap();
            workflows.create(starter, definition).await.unwrap();
            workflows.start(starter, "w", None).await.unwrap().id
        })
    }

    /// A process that works on the run's job after others have ended; what became of that, unless it died.
    pub(crate) fn process(&self, run: &str, life: Life) -> Option<Worked> {
        self.release(&format!("job/workflow-run/{run}"));
        self.message(run, life)
    }

    /// A process that is told of the job of that id; what became of that, unless it died.
    pub(crate) fn message(&self, id: &str, life: Life) -> Option<Worked> {
        self.begin(id, life).go_on()
    }

    /// The same, before it has done anything.
    pub(crate) fn begin(&self, id: &str, life: Life) -> Process {
        let ports = self.ports(&life);
        let models = MortalModels {
            life,
            models: self.models.clone(),
            clock: ports.clock.clone(),
        };
        let caller = Arc::new(self.key.clone());
        let runner = Runner::new(ports.clone(), self.egress(), Arc::new(models), caller);
        let key = format!("job/workflow-run/{id}");
        let made = Rc::new(RefCell::new(None));
        let pool = LocalPool::new();
        let result = made.clone();
        let working = async move {
            let worked = work(&ports, &runner, ACCOUNT, &key).await;
            *result.borrow_mut() = Some(worked.unwrap());
        };
        pool.spawner().spawn_local(working).unwrap();
        Process { pool, made }
    }

    /// Whoever starts anew knows that nobody works on the job any more.
    fn release(&self, key: &str) {
        let now = self.fakes.clock.now();
        let ledger = &*self.fakes.ledger;
        futures_executor::block_on(release(ledger, ACCOUNT, key, now)).unwrap();
    }

    pub(crate) fn view(&self, run: &str) -> Value {
        let view = self.workflows();
        let view = futures_executor::block_on(view.view(ACCOUNT, run));
        let view: RunView = view.unwrap();
        serde_json::to_value(view).unwrap()
    }
}
