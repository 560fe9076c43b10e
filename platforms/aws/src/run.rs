use crate::{
    Settings,
    app::{Function, variable},
    calls::Calls,
    dispatch::Dispatcher,
    events::{EventRouter, SocketHandler, http},
    invocation::InvocationTasks,
    jobs::JobsInvocation,
    log,
    schedules::Schedules,
};
use bytes::Bytes;
use futures_util::Stream;
use lambda_http::{Error, StreamAdapter, request::LambdaRequest, service_fn};
use lambda_runtime::{FunctionResponse, LambdaEvent, Runtime, Service};
use openclaw_tokio::{HyperHttp, SystemClock};
use openclaw_web::Endpoints;
use serde_json::{Value, value::RawValue};
use std::{convert::Infallible, io, process::ExitCode, sync::Arc};

/// How a function answers. API Gateway must be told the same: one function never does both.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Whole.
    Buffered,
    /// As it comes, plain answers included.
    Streaming,
}

/// Runs the function with these endpoints: it takes invocations until Lambda ends it.
pub fn run(endpoints: Endpoints, mode: Mode) -> ExitCode {
    until_ended(begin(endpoints, mode))
}

/// The same for a function that also serves the connections of a WebSocket API and invokes itself to
/// work on their sessions. It answers HTTP requests whole.
pub fn run_sockets(endpoints: Endpoints, handler: impl SocketHandler) -> ExitCode {
    until_ended(begin_sockets(endpoints, handler))
}

/// Runs the function that hands jobs to those that own their topics.
pub fn run_dispatcher() -> ExitCode {
    until_ended(begin_dispatcher())
}

fn until_ended(ended: Result<(), Error>) -> ExitCode {
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(cause) => {
            tracing::error!(%cause, "the function cannot run");
            ExitCode::FAILURE
        }
    }
}

fn function(endpoints: Endpoints) -> Result<(Arc<Function>, InvocationTasks), Error> {
    log::start();
    let tasks = InvocationTasks::new();
    let settings = Settings::new(variable)?;
    let function = Function::new(settings, endpoints, tasks.clone());
    Ok((Arc::new(function), tasks))
}

/// One thread: a function has a part of a core, and one request.
fn runtime() -> io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
}

fn begin_sockets(endpoints: Endpoints, handler: impl SocketHandler) -> Result<(), Error> {
    let (function, tasks) = function(endpoints)?;
    let events = Arc::new(EventRouter::new(
        function,
        handler,
        Schedules::find(variable),
    ));
    let service = lambda_runtime::service_fn(move |event| events.clone().answer(event));
    runtime()?.block_on(Runtime::new(service).layer(tasks).run())
}

fn begin_dispatcher() -> Result<(), Error> {
    log::start();
    let settings = Settings::new(variable)?;
    let (http, clock) = (Arc::new(HyperHttp::new()), Arc::new(SystemClock));
    let dispatcher = Dispatcher::new(Calls::new(settings, http, clock), variable)?;
    let dispatcher = Arc::new(dispatcher);
    let service = lambda_runtime::service_fn(move |event| {
        let dispatcher = dispatcher.clone();
        async move { dispatcher.answer(event).await }
    });
    runtime()?.block_on(Runtime::new(service).run())
}

fn begin(endpoints: Endpoints, mode: Mode) -> Result<(), Error> {
    let (function, tasks) = function(endpoints)?;
    runtime()?.block_on(async {
        match mode {
            Mode::Buffered => {
                let service = lambda_runtime::service_fn(move |event| {
                    let function = function.clone();
                    async move { buffered(function, event).await }
                });
                Runtime::new(service).layer(tasks).run().await
            }
            Mode::Streaming => {
                let holding = tasks.clone();
                let service = lambda_runtime::service_fn(move |event| {
                    let (function, tasks) = (function.clone(), holding.clone());
                    async move { streamed(function, tasks, event).await }
                });
                Runtime::new(service).layer(tasks).run().await
            }
        }
    })
}

type Event = LambdaEvent<Box<RawValue>>;

/// Answers a request whole, or works on jobs.
async fn buffered(function: Arc<Function>, event: Event) -> Result<Value, Error> {
    let LambdaEvent { payload, context } = event;
    if let Some(jobs) = JobsInvocation::read(&payload) {
        jobs.work(&function, &context).await?;
        return Ok(Value::Null);
    }
    http(function, serde_json::from_str(payload.get())?, context).await
}

/// The pieces of a streamed answer.
trait Pieces: Stream<Item = Result<Bytes, axum::Error>> + Unpin + Send + 'static {}

impl<S: Stream<Item = Result<Bytes, axum::Error>> + Unpin + Send + 'static> Pieces for S {}

/// Answers a request as its answer comes, or works on jobs.
async fn streamed(
    function: Arc<Function>,
    tasks: InvocationTasks,
    event: Event,
) -> Result<FunctionResponse<Value, impl Pieces>, Error> {
    let LambdaEvent { payload, context } = event;
    if let Some(jobs) = JobsInvocation::read(&payload) {
        jobs.work(&function, &context).await?;
        return Ok(FunctionResponse::BufferedResponse(Value::Null));
    }
    let payload: LambdaRequest = serde_json::from_str(payload.get())?;
    let held = move |request| {
        let (function, tasks) = (function.clone(), tasks.clone());
        async move {
            let answer = function.answer(request).await;
            Ok::<_, Infallible>(answer.map(|body| tasks.track(body)))
        }
    };
    let event = LambdaEvent { payload, context };
    // The adapter itself cannot wait: it is tied to one thread.
    let answered = StreamAdapter::from(service_fn(held)).call(event);
    Ok(FunctionResponse::StreamingResponse(answered.await?))
}
