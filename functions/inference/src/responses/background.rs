//! Responses that are made in the background: `background: true`.
//!
//! A response is stored with what was asked, and a job with it, in one transaction. Whoever works on the job
//! asks the model as every request does, in the name of the key that asked for it, and stores the answer with
//! the job's removal. A process that dies is noticed when its claim ends, and the model is asked again: that is
//! another call, with a usage row of its own.

use super::{
    events::EventStream,
    output::Frame,
    request::Converted,
    store::{Head, Status, Stored},
};
use axum::response::Response;
use bytes::BytesMut;
use futures_util::{
    FutureExt, StreamExt,
    future::{Either, select},
};
use openclaw_chat::{Asked, EventWriter, PreparedChat, respond};
use openclaw_core::{
    BoxFuture, Code, Error, Money, Result, Timestamp,
    documents::apply,
    json::Object,
    ledger::Step,
    queue::{Consumer, End, Job},
};
use openclaw_providers::Chunk;
use openclaw_schema::{chat::ChatRequest, parse, parse_text, usage::TokenUsage};
use openclaw_usage::Endpoint;
use openclaw_web::{App, RequestId, RequestQuota, RouteHeaders};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::{
    pin::pin,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

/// The topic of the jobs.
pub(super) const TOPIC: &str = "response";

/// What an attempt may take: what platforms give a function.
const TIME_LIMIT: Duration = Duration::from_secs(870);

/// What an answer may take, so that what it cost is still settled.
const ANSWER_LIMIT: Duration = Duration::from_secs(840);

/// Whoever died at a response is noticed after that time.
const LEASE: Duration = Duration::from_secs(60);

/// How often whoever makes a response looks whether it is still wanted.
const LOOK: Duration = Duration::from_secs(2);

/// The pauses after attempts that our stores failed, or whose process died.
const PAUSES: [Duration; 4] = [
    Duration::from_secs(1),
    Duration::from_secs(5),
    Duration::from_secs(30),
    Duration::from_secs(120),
];

/// How long a response waits for a place among its account's running requests before it looks again.
const CROWDED: Duration = Duration::from_secs(2);

/// How long it waits for one in all.
const MAX_WAIT: Duration = Duration::from_secs(24 * 3600);

/// Who asked.
#[derive(Deserialize, Serialize)]
struct Payload {
    key: String,
    /// Of the key's secret.
    generation: u64,
    asked: Timestamp,
    #[serde(default)]
    route: RouteHeaders,
}

/// Stores the response as one that is to be made; 413, and what counting a request fails with.
pub(super) async fn enqueue(
    app: &App,
    gate: &RequestQuota,
    frame: &Frame,
    stored: Stored,
) -> openclaw_web::Result<Value> {
    let (ports, caller) = (&app.ports, gate.caller());
    let payload = Payload {
        key: caller.key.id.clone(),
        generation: caller.generation(),
        asked: ports.clock.now(),
        route: gate.route_headers().clone(),
    };
    let account = &caller.account.id;
    let job = Job::named(account, TOPIC, &frame.id, payload.asked, &payload)?;
    let mut steps = stored.steps(ports, &frame.id, Some(Status::Queued), 0)?;
    steps.push(job.step()?);
    gate.admit(Vec::new()).await?;
    match apply(&*ports.ledger, account, steps).await? {
        true => Ok(stored.response),
        false => Err(Error::internal("a response was not queued").into()),
    }
}

/// Ends the work on a response: what it is then.
pub(super) async fn cancel(app: &App, account: &str, id: &str) -> Result<Value> {
    let (stored, head) = Stored::find(&app.ports, account, id).await?;
    let no_job = [Job::cancel(TOPIC, id)];
    let head = match head.status {
        Some(Status::Cancelled) => return Ok(stored.response),
        Some(_) => Head::note(&app.ports, account, id, Status::Cancelled, &no_job).await?,
        None => head,
    };
    match head.status {
        Some(Status::Cancelled) => Stored::find(&app.ports, account, id)
            .await
            .map(|(stored, _)| stored.response),
        _ => {
            let issue = "is over: only a response in the background can be cancelled";
            Err(Error::invalid("id", issue))
        }
    }
}

/// Makes responses.
pub(crate) struct ResponseJobs {
    app: App,
}

impl ResponseJobs {
    pub(crate) const fn new(app: App) -> Self {
        Self { app }
    }

    async fn work_on(&self, job: &Job) -> Result<End> {
        let (ports, account, id) = (&self.app.ports, job.account(), job.id());
        let noted = Head::note(ports, account, id, Status::InProgress, &[]).await;
        match noted {
            Ok(head) if head.status == Some(Status::InProgress) => {}
            // It is over, or was deleted.
            Ok(_) => return Ok(End::Done(vec![])),
            Err(error) if error.code == Code::NotFound => return Ok(End::Done(vec![])),
            Err(error) => return Err(error),
        }
        let (stored, head) = Stored::find(ports, account, id).await?;
        let Making { converted, frame } = Making::new(&stored, id)?;
        let ended = {
            let made = pin!(self.made(job, &converted, &frame));
            let left = pin!(self.unwanted(account, id));
            let made = pin!(select(made, left));
            match select(made, ports.clock.sleep(ANSWER_LIMIT)).await {
                Either::Left((Either::Left((made, _)), _)) => made,
                Either::Left((Either::Right(_), _)) => return Ok(End::Done(vec![])),
                Either::Right(_) => Err(Ended::Failed(too_long())),
            }
        };
        let response = match ended {
            Ok(response) => response,
            Err(Ended::Failed(error)) => frame.failed(&error),
            Err(Ended::NotBefore(at)) => return Ok(End::NotBefore(at)),
            Err(Ended::Ours(error)) => return Err(error),
        };
        self.end(job, &frame, stored, response, head.parts())
            .map(End::Done)
    }

    /// The steps that keep the response as it ended; one that is too long for that has failed.
    fn end(
        &self,
        job: &Job,
        frame: &Frame,
        stored: Stored,
        response: Value,
        parts: usize,
    ) -> Result<Vec<Step>> {
        let (ports, id) = (&self.app.ports, job.id());
        match stored.answered(response).steps(ports, id, None, parts) {
            Err(error) if error.code == Code::PayloadTooLarge => {
                let failed = Stored {
                    response: frame.failed(&error),
                    items: vec![],
                    before: 0,
                    request: None,
                };
                failed.steps(ports, id, None, parts)
            }
            steps => steps,
        }
    }

    /// Asks the model, as a request of the key that asked for the response.
    async fn made(&self, job: &Job, converted: &Converted, frame: &Frame) -> Made {
        let payload: Payload = job.payload()?;
        let (app, account) = (&self.app, job.account());
        let (ports, key) = (&app.ports, &payload.key);
        let holder = &app.authenticator;
        let holder = holder.stand_in(ports, key, payload.generation, None).await;
        let (_, caller) = holder.map_err(refused)?;
        if caller.account.id != *account {
            return Err(Ended::Failed(Error::unauthorized(
                "The key is another account's",
            )));
        }
        let gate = RequestQuota::counted_before(app.clone(), caller, payload.route);
        let request = ChatRequest::parse(&converted.chat).map_err(refused)?;
        let asked = Asked {
            request: &request,
            body: converted.chat.clone(),
            stream: true,
            endpoint: Endpoint::Responses,
            verbatim: Some(converted.verbatim.clone()),
        };
        let name = request_id(job);
        let prepared = PreparedChat::of(app, &gate, &name, asked);
        let prepared = prepared.map_err(|error| refused(error.0))?;
        let admitted = prepared.admit(&gate).await.map_err(|error| {
            let now = ports.clock.now();
            let is_crowded = error.0.code == Code::RateLimitExceeded;
            match is_crowded && now < payload.asked + MAX_WAIT {
                true => Ended::NotBefore(now + CROWDED),
                false => refused(error.0),
            }
        })?;
        let slot = Arc::default();
        let writer = Gathered {
            events: EventStream::new(frame.clone(), None),
            frame: frame.clone(),
            slot: Arc::clone(&slot),
        };
        let admitted = admitted.ending_when_dropped();
        let answer = respond(app, admitted, Box::new(writer)).await;
        read_through(answer.map_err(|error| refused(error.0))?).await?;
        let mut slot = slot.lock().unwrap_or_else(PoisonError::into_inner);
        slot.take().ok_or_else(|| {
            Ended::Ours(Error::internal(
                "the stream of a response ended without one",
            ))
        })
    }

    /// Resolves when the response was cancelled or deleted.
    async fn unwanted(&self, account: &str, id: &str) {
        let ports = &self.app.ports;
        loop {
            ports.clock.sleep(LOOK).await;
            match Head::of(ports, account, id).await {
                Ok(Some(head)) if head.status.is_some_and(Status::is_pending) => {}
                Ok(_) => return,
                // The store may answer the next time.
                Err(_) => {}
            }
        }
    }

    async fn give_up_on(&self, job: &Job) -> Result<Vec<Step>> {
        let (stored, head) = Stored::find(&self.app.ports, job.account(), job.id()).await?;
        let Making { frame, .. } = Making::new(&stored, job.id())?;
        let message = "The response could not be made";
        let failed = frame.failed(&Error::new(Code::Internal, message));
        self.end(job, &frame, stored, failed, head.parts())
    }
}

impl Consumer for ResponseJobs {
    fn topic(&self) -> &'static str {
        TOPIC
    }

    fn time_limit(&self) -> Duration {
        TIME_LIMIT
    }

    fn lease(&self) -> Option<Duration> {
        Some(LEASE)
    }

    fn pauses(&self) -> &[Duration] {
        &PAUSES
    }

    fn work<'a>(&'a self, job: &'a Job) -> BoxFuture<'a, End> {
        async move {
            self.work_on(job).await.unwrap_or_else(|error| {
                let cause = error.cause.as_deref().unwrap_or_default();
                tracing::warn!(response = job.id(), %error, cause, "a response could not be made");
                End::failed(error.to_string())
            })
        }
        .boxed()
    }

    fn give_up<'a>(&'a self, job: &'a Job, _reason: &'a str) -> BoxFuture<'a, Vec<Step>> {
        async move { self.give_up_on(job).await.unwrap_or_default() }.boxed()
    }
}

/// A response that is being made.
struct Making {
    converted: Converted,
    frame: Frame,
}

impl Making {
    fn new(stored: &Stored, id: &str) -> Result<Self> {
        let asked = stored.request.as_deref().unwrap_or("{}");
        let mut fields: Object = parse(parse_text(asked.as_bytes())?, "")?;
        // A stream tells early that a model is at work, however long it thinks.
        fields.set("stream", "true");
        let converted = Converted::of(fields, stored.items.clone(), stored.before)?;
        let model = stored.response["model"].as_str().unwrap_or_default();
        let created = stored.response["created_at"].as_i64().unwrap_or_default();
        let request = id.trim_start_matches("resp_");
        let frame = Frame::new(&converted, model.to_owned(), request, created);
        Ok(Self { converted, frame })
    }
}

/// Why there is no answer.
enum Ended {
    /// The response has failed, as a request would have.
    Failed(Error),
    /// There is no room for it before this time.
    NotBefore(Timestamp),
    /// What is ours is in trouble: another attempt may help.
    Ours(Error),
}

type Made = std::result::Result<Value, Ended>;

impl From<Error> for Ended {
    fn from(error: Error) -> Self {
        Self::Ours(error)
    }
}

fn refused(error: Error) -> Ended {
    match error.code {
        Code::Internal | Code::ProviderUnavailable => Ended::Ours(error),
        _ => Ended::Failed(error),
    }
}

fn too_long() -> Error {
    let minutes = ANSWER_LIMIT.as_secs() / 60;
    let message = format!("The answer took longer than {minutes} minutes");
    Error::new(Code::ProviderTimeout, message)
}

/// Each attempt is a request of its own: the first has the id of the one that asked.
fn request_id(job: &Job) -> RequestId {
    let own = job.id().trim_start_matches("resp_");
    RequestId(match job.attempt() {
        0 | 1 => format!("req_{own}").into(),
        more => format!("req_{own}_{more}").into(),
    })
}

/// Reads an answer to its end, and settles it by that. One that is no stream says why.
async fn read_through(answer: Response) -> std::result::Result<(), Ended> {
    let is_whole = !answer.status().is_success();
    let mut body = answer.into_body().into_data_stream();
    let mut whole = vec![];
    while let Some(piece) = body.next().await {
        let piece = piece.map_err(|error| Ended::Ours(Error::internal(error)))?;
        if is_whole {
            whole.extend_from_slice(&piece);
        }
    }
    match is_whole {
        true => Err(Ended::Failed(told(&whole))),
        false => Ok(()),
    }
}

/// The error in a body of ours.
fn told(body: &[u8]) -> Error {
    #[derive(Deserialize)]
    struct Body {
        error: Told,
    }
    #[derive(Deserialize)]
    struct Told {
        code: String,
        message: String,
    }
    match serde_json::from_slice::<Body>(body) {
        Ok(Body { error }) => {
            let code = Code::named(&error.code).unwrap_or(Code::Internal);
            Error::new(code, error.message)
        }
        Err(error) => Error::internal(error),
    }
}

/// Takes the response that a stream ends with.
struct Gathered {
    events: EventStream,
    frame: Frame,
    slot: Arc<Mutex<Option<Value>>>,
}

impl Gathered {
    fn take(&self, response: Value) {
        *self.slot.lock().unwrap_or_else(PoisonError::into_inner) = Some(response);
    }
}

impl EventWriter for Gathered {
    fn chunk(&mut self, chunk: &Chunk, out: &mut BytesMut) {
        self.events.chunk(chunk, out);
    }

    fn before_end(
        &mut self,
        usage: &TokenUsage,
        cost: Money,
    ) -> Option<BoxFuture<'static, Result<()>>> {
        let kept = self.events.before_end(usage, cost);
        if let Some(response) = &self.events.ended {
            self.take(response.clone());
        }
        kept
    }

    fn end(&mut self, usage: &TokenUsage, cost: Money, out: &mut BytesMut) {
        self.events.end(usage, cost, out);
    }

    fn error(&mut self, error: &Error, out: &mut BytesMut) {
        self.take(self.frame.failed(error));
        self.events.error(error, out);
    }
}
