//! A gateway of whose processes each may die at any of its operations, and the receivers of its webhooks.

use bytes::Bytes;
use futures_executor::{LocalPool, block_on};
use futures_util::{FutureExt, StreamExt, stream, task::LocalSpawnExt};
use http::Response;
use openclaw_auth::Sealer;
use openclaw_core::{
    BoxFuture, Clock, Http, HttpError, HttpRequest, HttpResponse, Ledger, Ports, Timestamp,
    ledger::{Outcome, Step, When},
    queue::{Consumer, JOBS, JobState, release, topic_of, work},
};
use openclaw_egress::{Egress, PORTS, Policy};
use openclaw_schema::{
    event::{Event, EventType},
    list::Page,
};
use openclaw_testkit::{Fakes, Life, ManualClock, MortalLedger, SeededRandom};
use openclaw_webhooks::{
    CreateWebhook, Deliver, Delivery, DeliveryFilter, DeliveryStatus, FanOut, Webhook, Webhooks,
};
use std::{
    cell::Cell,
    rc::Rc,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
};

pub(crate) const ACCOUNT: &str = "acct_1";

/// What the endpoints got.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) at: Timestamp,
    /// The endpoint's path.
    pub(crate) path: String,
    pub(crate) webhook_id: String,
    pub(crate) body: Bytes,
}

/// The status that a request is answered with; `None` refuses the connection. `requests` are all before it.
type Answer = dyn Fn(&Request, &[Request]) -> Option<u16> + Send + Sync;

/// All endpoints of the test.
#[derive(Clone)]
pub(crate) struct Receivers {
    clock: ManualClock,
    answer: Arc<Mutex<Arc<Answer>>>,
    requests: Arc<Mutex<Vec<Request>>>,
}

impl Receivers {
    fn take(&self, request: &HttpRequest) -> Result<HttpResponse, HttpError> {
        let request = Request {
            at: self.clock.now(),
            path: request.uri().path().to_owned(),
            webhook_id: request.headers()["webhook-id"].to_str().unwrap().to_owned(),
            body: request.body().clone(),
        };
        let mut requests = self.requests.lock().unwrap();
        let status = self.answer.lock().unwrap()(&request, &requests);
        requests.push(request);
        let status = status.ok_or_else(|| HttpError::Connect("refused".into()))?;
        let response = Response::builder().status(status);
        Ok(response.body(stream::empty().boxed()).unwrap())
    }
}

/// The network of a process that may die before or after a request arrives.
struct MortalHttp {
    life: Life,
    receivers: Receivers,
}

impl Http for MortalHttp {
    fn send(&self, request: HttpRequest) -> BoxFuture<'static, Result<HttpResponse, HttpError>> {
        let (life, receivers) = (self.life.clone(), self.receivers.clone());
        async move { life.lives(async { receivers.take(&request) }).await }.boxed()
    }
}

pub(crate) struct Gateway {
    pub(crate) fakes: Fakes,
    receivers: Receivers,
    /// Each process has a sequence of its own.
    processes: AtomicU64,
}

impl Gateway {
    /// With receivers that take everything.
    pub(crate) fn new() -> Self {
        let fakes = Fakes::default();
        let receivers = Receivers {
            clock: fakes.clock.clone(),
            answer: Arc::new(Mutex::new(Arc::new(|_, _| Some(204)))),
            requests: Arc::default(),
        };
        Self {
            fakes,
            receivers,
            processes: AtomicU64::new(0),
        }
    }

    pub(crate) fn answer(
        &self,
        answer: impl Fn(&Request, &[Request]) -> Option<u16> + Send + Sync + 'static,
    ) {
        *self.receivers.answer.lock().unwrap() = Arc::new(answer);
    }

    pub(crate) fn requests(&self) -> Vec<Request> {
        self.receivers.requests.lock().unwrap().clone()
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.fakes.clock.now()
    }

    pub(crate) fn ports(&self, life: &Life) -> Ports {
        let http: Arc<dyn Http> = Arc::new(MortalHttp {
            life: life.clone(),
            receivers: self.receivers.clone(),
        });
        Ports {
            ledger: Arc::new(MortalLedger {
                life: life.clone(),
                ledger: self.fakes.ledger.clone(),
            }),
            http: http.clone(),
            public_http: http,
            random: Arc::new(SeededRandom::new(
                self.processes.fetch_add(1, Ordering::SeqCst),
            )),
            ..self.fakes.ports()
        }
    }

    pub(crate) fn webhooks(&self, ports: Ports) -> Webhooks {
        let policy = Policy::new(&[], &PORTS).unwrap();
        let egress = Egress::new(policy, &ports);
        let sealer = Sealer::parse(&"m".repeat(Sealer::MIN_LENGTH)).unwrap();
        Webhooks::new(ports, egress, Some(sealer))
    }

    /// What a process that does not die is asked.
    pub(crate) fn whole(&self) -> Webhooks {
        self.webhooks(self.ports(&Life::long()))
    }

    /// An endpoint at the path `/NAME` that wants everything.
    pub(crate) fn endpoint(&self, name: &str) -> Webhook {
        let request = CreateWebhook {
            url: format!("https://receiver.example/{name}"),
            events: vec!["*".into()],
            description: None,
        };
        let made = block_on(self.whole().create(ACCOUNT, request));
        made.unwrap().webhook
    }

    /// Works on jobs until there are none, moving the clock to when the next one is due, or until the
    /// process dies. Whether it lived.
    pub(crate) fn work(&self, life: &Life) -> bool {
        self.process(life, &[])
    }

    /// The same for a process that first has these things happen.
    pub(crate) fn process(&self, life: &Life, happens: &[String]) -> bool {
        let ports = self.ports(life);
        let (done, clock) = (Rc::new(Cell::new(false)), self.fakes.clock.clone());
        let fan_out = FanOut::new(self.webhooks(ports.clone()));
        let deliver = Deliver::new(self.webhooks(ports.clone()));
        let (is_done, happens) = (done.clone(), happens.to_vec());
        let process = async move {
            for what in &happens {
                commit(&*ports.ledger, clock.now(), what).await;
            }
            let consumers: [&dyn Consumer; 2] = [&fan_out, &deliver];
            while let Some((key, due)) = first_job(&*ports.ledger).await {
                clock.advance(due.duration_since(clock.now()));
                let topic = topic_of(&key).unwrap();
                let consumer = consumers.into_iter().find(|one| one.topic() == topic);
                work(&ports, consumer.unwrap(), ACCOUNT, &key)
                    .await
                    .unwrap();
            }
            is_done.set(true);
        };
        let mut pool = LocalPool::new();
        pool.spawner().spawn_local(process).unwrap();
        pool.run_until_stalled();
        done.get()
    }

    /// Gives up the claims of a process that died, as a server does that knows to be the only one.
    pub(crate) fn release_claims(&self) {
        let (ledger, now) = (&*self.fakes.ledger, self.now());
        block_on(async {
            for (key, state) in jobs(ledger).await {
                if state.claimed {
                    release(ledger, ACCOUNT, &key, now).await.unwrap();
                }
            }
        });
    }

    /// All deliveries that are kept, the newest first.
    pub(crate) fn deliveries(&self) -> Vec<Delivery> {
        let (whole, filter) = (self.whole(), DeliveryFilter::default());
        let mut all: Vec<Delivery> = vec![];
        loop {
            let page = Page {
                limit: 100,
                after: all.last().map(|last| last.id.clone()),
            };
            let found = block_on(whole.deliveries(ACCOUNT, &filter, &page)).unwrap();
            match found.into_data() {
                none if none.is_empty() => return all,
                some => all.extend(some),
            }
        }
    }

    pub(crate) fn count(&self, status: DeliveryStatus) -> usize {
        let deliveries = self.deliveries();
        let those = deliveries.iter().filter(|one| one.status == status);
        those.count()
    }

    /// What happened, as far as it is committed.
    pub(crate) fn happened(&self) -> Vec<String> {
        let ledger = &*self.fakes.ledger;
        let found = block_on(ledger.query(ACCOUNT, "happened/", None, 1000));
        let keys = found.unwrap().into_iter().map(|(key, _)| key);
        keys.map(|key| key["happened/".len()..].to_owned())
            .collect()
    }

    /// Has something happen, for good.
    pub(crate) fn commit(&self, what: &str) {
        block_on(commit(&*self.fakes.ledger, self.now(), what));
    }
}

/// The id of the event that tells of it.
pub(crate) fn event_id(what: &str) -> String {
    format!("evt_key_created_{what}")
}

/// Has something happen: in one transaction with the event that tells of it.
async fn commit(ledger: &dyn Ledger, now: Timestamp, what: &str) {
    let happened = Step::Put {
        key: format!("happened/{what}"),
        document: "x".into(),
        when: When::Always,
        expires: None,
    };
    let data = serde_json::json!({ "what": what });
    let event = Event::new(EventType::KeyCreated, now, &data).unwrap();
    let steps = vec![happened, event.step(ACCOUNT, what, now).unwrap()];
    let outcome = ledger.transact(ACCOUNT, steps).await.unwrap();
    assert!(matches!(outcome, Outcome::Applied(_)));
}

async fn jobs(ledger: &dyn Ledger) -> Vec<(String, JobState)> {
    let found = ledger.query(ACCOUNT, JOBS, None, 10_000).await.unwrap();
    let read = found.into_iter().map(|(key, item)| {
        let state = JobState::read(item.document().unwrap()).unwrap();
        (key, state)
    });
    read.collect()
}

/// The job that is due first.
async fn first_job(ledger: &dyn Ledger) -> Option<(String, Timestamp)> {
    let jobs = jobs(ledger).await.into_iter();
    let due = jobs.map(|(key, state)| (key, state.due));
    due.min_by_key(|(_, due)| *due)
}
