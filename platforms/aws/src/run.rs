use crate::{
    Settings,
    app::{Function, variable},
    events::{EventRouter, SocketHandler},
    invocation::InvocationTasks,
    log,
};
use lambda_http::{Adapter, Error, StreamAdapter, lambda_runtime::Runtime, service_fn};
use openclaw_web::Endpoints;
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
    let events = Arc::new(EventRouter::new(function, handler));
    let service = lambda_runtime::service_fn(move |event| events.clone().answer(event));
    runtime()?.block_on(Runtime::new(service).layer(tasks).run())
}

fn begin(endpoints: Endpoints, mode: Mode) -> Result<(), Error> {
    let (function, tasks) = function(endpoints)?;
    let answering = move |request| {
        let function = function.clone();
        async move { Ok::<_, Infallible>(function.answer(request).await) }
    };
    runtime()?.block_on(async {
        match mode {
            Mode::Buffered => {
                let service = Adapter::from(service_fn(answering));
                Runtime::new(service).layer(tasks).run().await
            }
            Mode::Streaming => {
                let holding = tasks.clone();
                let held = move |request| {
                    let (answer, tasks) = (answering(request), holding.clone());
                    async move { Ok::<_, Infallible>(answer.await?.map(|body| tasks.track(body))) }
                };
                let service = StreamAdapter::from(service_fn(held));
                Runtime::new(service).layer(tasks).run().await
            }
        }
    })
}
