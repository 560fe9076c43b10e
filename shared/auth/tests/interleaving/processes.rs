//! Processes over one ledger and one `Kv`, each with caches of its own, of which a test decides
//! which goes on when.

use bytes::Bytes;
use futures_util::{FutureExt, future::poll_fn};
use openclaw_auth::{Authenticator, Identity, Secrets};
use openclaw_core::{
    BoxFuture, Clock, Kv, Ledger, Ports, Result, Secret, StoreError, Timestamp,
    ledger::{Item, Outcome, Step},
};
use openclaw_schema::{
    account::{CreateAccount, Status, Tier, UpdateAccount},
    key::{CreateKey, RotateKey, UpdateKey},
};
use openclaw_testkit::{Fakes, ManualClock, MemoryKv, MemoryLedger, SeededRandom};
use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, Waker},
};

const SECRET: &str = "0123456789abcdef0123456789abcdef";

pub(crate) fn pepper() -> Secret {
    Secret::new(SECRET)
}

/// One thing that a process is asked for; keys are numbered in the order they were made.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Op {
    Create,
    Patch(usize),
    Rotate(usize),
    Revoke(usize),
    /// A request with the key, which fills caches.
    Use(usize),
    SetStatus(Status),
    Delete,
}

/// Everything that outlives a process.
pub(crate) struct World {
    pub(crate) clock: ManualClock,
    pub(crate) ledger: Arc<MemoryLedger>,
    pub(crate) account: String,
    pub(crate) processes: Vec<Arc<Process>>,
    shared: Arc<Shared>,
}

/// What the test itself keeps.
#[derive(Default)]
struct Shared {
    /// Key ids and secrets, also of what has ended since.
    issued: Mutex<Vec<(String, String)>>,
    status_was_cut_off: AtomicBool,
}

impl World {
    pub(crate) fn new() -> Self {
        let fakes = Fakes::default();
        let process = |seed| Arc::new(Process::new(&fakes, seed));
        let processes: Vec<_> = (1..4).map(process).collect();
        let first = &processes[0];
        let directory = first.authenticator.directory(&first.ports);
        let request = CreateAccount {
            name: "a".into(),
            tier: Tier::Free,
            rate_limit: None,
            monthly_budget: None,
            guardrails: vec![],
        };
        let account = finished(directory.create_account(request)).unwrap().id;
        let world = Self {
            clock: fakes.clock.clone(),
            ledger: fakes.ledger.clone(),
            account,
            processes,
            shared: Arc::default(),
        };
        for _ in 0..2 {
            let mut started = world.start(0, Op::Create);
            while started.advance().is_pending() {}
        }
        world
    }

    pub(crate) fn issued(&self) -> Vec<(String, String)> {
        self.shared.issued.lock().unwrap().clone()
    }

    pub(crate) fn status_was_cut_off(&self) -> bool {
        self.shared.status_was_cut_off.load(Ordering::Relaxed)
    }

    /// Begins `op`; it gets as far as its first call of a store when it is polled.
    pub(crate) fn start(&self, process: usize, op: Op) -> Started {
        let (process, shared) = (self.processes[process].clone(), self.shared.clone());
        let account = self.account.clone();
        let work = {
            let shared = shared.clone();
            async move {
                // What is refused is refused; the test looks at what is there at the end.
                let _ = process.perform(op, &account, &shared).await;
            }
        };
        Started {
            work: work.boxed(),
            shared,
            changes_status: matches!(op, Op::SetStatus(_) | Op::Delete),
            is_done: false,
        }
    }
}

/// An operation that is under way; dropped before its end, it was cut off.
pub(crate) struct Started {
    work: BoxFuture<'static, ()>,
    shared: Arc<Shared>,
    changes_status: bool,
    is_done: bool,
}

impl Started {
    /// On to the next call of a store.
    pub(crate) fn advance(&mut self) -> Poll<()> {
        let polled = self
            .work
            .poll_unpin(&mut Context::from_waker(Waker::noop()));
        self.is_done = polled.is_ready();
        polled
    }
}

impl Drop for Started {
    fn drop(&mut self) {
        if self.changes_status && !self.is_done {
            self.shared
                .status_was_cut_off
                .store(true, Ordering::Relaxed);
        }
    }
}

/// A process with its caches.
pub(crate) struct Process {
    ports: Ports,
    authenticator: Authenticator,
}

impl Process {
    fn new(fakes: &Fakes, seed: u64) -> Self {
        let kv = CachedKv {
            store: fakes.kv.clone(),
            clock: fakes.clock.clone(),
            cached: Mutex::default(),
        };
        let secrets = Secrets::parse(Some(SECRET), &format!("k1:{SECRET}"), SECRET).unwrap();
        Self {
            ports: Ports {
                kv: Arc::new(kv),
                ledger: Arc::new(SteppedLedger(fakes.ledger.clone())),
                random: Arc::new(SeededRandom::new(seed)),
                ..fakes.ports()
            },
            authenticator: Authenticator::new(secrets),
        }
    }

    /// A request with that secret, admitted.
    pub(crate) async fn admit(&self, secret: &str) -> Result<()> {
        let (ports, authenticator) = (&self.ports, &self.authenticator);
        let Identity::Caller(caller) = authenticator.authenticate(ports, secret).await? else {
            panic!("the operator")
        };
        let mut caller = caller;
        loop {
            let (checked, step) = authenticator.check(ports, &caller).await?;
            let account = &checked.account.id;
            match ports.ledger.transact(account, vec![step]).await? {
                Outcome::Applied(_) => return Ok(()),
                Outcome::Refused { .. } => caller = authenticator.confirm(ports, &checked).await?,
            }
        }
    }

    async fn perform(&self, op: Op, account: &str, shared: &Shared) -> Result<()> {
        let directory = self.authenticator.directory(&self.ports);
        let key = |number: usize| {
            let issued = shared.issued.lock().unwrap();
            issued[number % issued.len()].clone()
        };
        let issue = |id, secret| shared.issued.lock().unwrap().push((id, secret));
        match op {
            Op::Create => {
                let request: CreateKey = serde_json::from_str(r#"{"name":"k"}"#).unwrap();
                let made = directory.create_key(account, request).await?;
                issue(made.key.id, made.secret);
            }
            Op::Patch(number) => {
                let change = UpdateKey {
                    name: Some(format!("changed at {number}")),
                    ..UpdateKey::default()
                };
                directory
                    .update_key(account, &key(number).0, change)
                    .await?;
            }
            Op::Rotate(number) => {
                let request = RotateKey { grace_period: 0 };
                let (id, _) = key(number);
                let made = directory.rotate_key(account, &id, &request).await?;
                issue(made.key.id, made.secret);
            }
            Op::Revoke(number) => directory.revoke_key(account, &key(number).0).await?,
            Op::Use(number) => self.admit(&key(number).1).await?,
            Op::SetStatus(status) => {
                let change = UpdateAccount {
                    status: Some(status),
                    ..UpdateAccount::default()
                };
                directory.update_account(account, change).await?;
            }
            Op::Delete => directory.delete_account(account).await?,
        }
        Ok(())
    }
}

/// Polls to the end what is never woken.
fn finished<T>(work: impl Future<Output = T>) -> T {
    let mut work = Box::pin(work);
    loop {
        let polled = work.poll_unpin(&mut Context::from_waker(Waker::noop()));
        if let Poll::Ready(done) = polled {
            return done;
        }
    }
}

/// Waits until it is polled again.
async fn step() {
    let mut is_first = true;
    poll_fn(|context| match std::mem::take(&mut is_first) {
        true => {
            context.waker().wake_by_ref();
            Poll::Pending
        }
        false => Poll::Ready(()),
    })
    .await;
}

/// Every call waits for its turn, and its answer once more: a crash may come in between.
struct SteppedLedger(Arc<MemoryLedger>);

impl Ledger for SteppedLedger {
    fn transact<'a>(
        &'a self,
        account: &'a str,
        steps: Vec<Step>,
    ) -> BoxFuture<'a, Result<Outcome, StoreError>> {
        async move {
            step().await;
            let done = self.0.transact(account, steps).await;
            step().await;
            done
        }
        .boxed()
    }

    fn query<'a>(
        &'a self,
        account: &'a str,
        prefix: &'a str,
        after: Option<&'a str>,
        limit: usize,
    ) -> BoxFuture<'a, Result<Vec<(String, Item)>, StoreError>> {
        async move {
            step().await;
            self.0.query(account, prefix, after, limit).await
        }
        .boxed()
    }
}

/// As stale as the port allows: what was read is shown for a minute. What this process writes it
/// sees at once.
struct CachedKv {
    store: Arc<MemoryKv>,
    clock: ManualClock,
    cached: Mutex<HashMap<String, (Option<Bytes>, Timestamp)>>,
}

impl CachedKv {
    fn forget(&self, key: &str) {
        self.cached.lock().unwrap().remove(key);
    }
}

impl Kv for CachedKv {
    fn get<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Option<Bytes>, StoreError>> {
        async move {
            let now = self.clock.now();
            let known = self.cached.lock().unwrap().get(key).cloned();
            if let Some((value, read)) = known
                && now.duration_since(read).as_secs() < 60
            {
                return Ok(value);
            }
            step().await;
            let value = self.store.get(key).await?;
            let entry = (value.clone(), now);
            self.cached.lock().unwrap().insert(key.into(), entry);
            Ok(value)
        }
        .boxed()
    }

    fn put<'a>(
        &'a self,
        key: &'a str,
        value: Bytes,
        expires: Option<Timestamp>,
    ) -> BoxFuture<'a, Result<(), StoreError>> {
        async move {
            step().await;
            self.store.put(key, value, expires).await?;
            self.forget(key);
            Ok(())
        }
        .boxed()
    }

    fn delete<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<(), StoreError>> {
        async move {
            step().await;
            self.store.delete(key).await?;
            self.forget(key);
            Ok(())
        }
        .boxed()
    }
}
