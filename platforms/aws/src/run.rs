use crate::{
    Settings,
    app::{Function, variable},
    events::{Events, Sockets},
    invocation::Begun,
};
use axum::body::Body;
use lambda_http::{Adapter, Error, Request, StreamAdapter, lambda_runtime::Runtime, service_fn};
use openclaw_web::{Endpoints, not_configured};
use std::{convert::Infallible, io, process::ExitCode, sync::Arc};
use tower::Service;
use tracing_subscriber::{filter::Targets, fmt, layer::SubscriberExt, util::SubscriberInitExt};

/// How a function answers. API Gateway must be told the same: one function never does both.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Whole.
    Buffered,
    /// As it comes, plain answers included.
    Streaming,
}

/// The whole life of the function with these endpoints: takes invocations until Lambda ends it.
pub fn run(endpoints: Endpoints, mode: Mode) -> ExitCode {
    until_ended(begin(endpoints, mode))
}

/// The same of a function that is called for the connections of a WebSocket API as well, and by
/// itself to work on their sessions; HTTP requests it answers whole.
pub fn run_sockets(endpoints: Endpoints, sockets: impl Sockets) -> ExitCode {
    until_ended(begin_sockets(endpoints, sockets))
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

/// One JSON line an event, which Lambda takes to CloudWatch. `OPENCLAW_LOG` is a level, or levels by
/// module, such as `info,openclaw_aws=debug`.
fn log() {
    let levels = variable("OPENCLAW_LOG").and_then(|levels| levels.parse::<Targets>().ok());
    let levels = levels.unwrap_or_else(|| Targets::new().with_default(tracing::Level::INFO));
    let lines = fmt::layer().json().flatten_event(true);
    tracing_subscriber::registry()
        .with(lines)
        .with(levels)
        .init();
}

fn function(endpoints: Endpoints) -> Result<(Arc<Function>, Begun), Error> {
    log();
    let begun = Begun::new();
    let settings = Settings::new(variable)?;
    let function = Function::new(settings, endpoints, begun.clone());
    Ok((Arc::new(function), begun))
}

/// One thread: a function has a part of a core, and one request.
fn runtime() -> io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
}

fn begin_sockets(endpoints: Endpoints, sockets: impl Sockets) -> Result<(), Error> {
    let (function, begun) = function(endpoints)?;
    let events = Arc::new(Events::new(function, sockets));
    let service = lambda_runtime::service_fn(move |event| events.clone().answer(event));
    runtime()?.block_on(Runtime::new(service).layer(begun).run())
}

fn begin(endpoints: Endpoints, mode: Mode) -> Result<(), Error> {
    let (function, begun) = function(endpoints)?;
    let answering = move |request| {
        let function = function.clone();
        async move { Ok::<_, Infallible>(answer(&function, request).await) }
    };
    runtime()?.block_on(async {
        match mode {
            Mode::Buffered => {
                let service = Adapter::from(service_fn(answering));
                Runtime::new(service).layer(begun).run().await
            }
            Mode::Streaming => {
                let holding = begun.clone();
                let held = move |request| {
                    let (answer, begun) = (answering(request), holding.clone());
                    async move { Ok::<_, Infallible>(answer.await?.map(|body| begun.hold(body))) }
                };
                let service = StreamAdapter::from(service_fn(held));
                Runtime::new(service).layer(begun).run().await
            }
        }
    })
}

pub(crate) async fn answer(function: &Function, request: Request) -> http::Response<Body> {
    let mut router = match function.built().await {
        Ok((_, router)) => router,
        Err(cause) => return not_configured(&*function.ports().random, cause),
    };
    match router.call(request).await {
        Ok(response) => response,
        Err(never) => match never {},
    }
}
