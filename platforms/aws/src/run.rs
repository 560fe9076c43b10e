use crate::{
    Settings,
    app::{Function, variable},
    invocation::Begun,
};
use axum::{Router, body::Body};
use lambda_http::{Adapter, Error, Request, StreamAdapter, lambda_runtime::Runtime, service_fn};
use openclaw_web::{App, not_configured};
use std::{convert::Infallible, process::ExitCode, sync::Arc};
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

/// The whole life of the function with these routes: takes invocations until Lambda ends it.
pub fn run(routes: fn(&App) -> Router<App>, mode: Mode) -> ExitCode {
    log();
    match begin(routes, mode) {
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

fn begin(routes: fn(&App) -> Router<App>, mode: Mode) -> Result<(), Error> {
    let begun = Begun::new();
    let settings = Settings::new(variable)?;
    let function = Arc::new(Function::new(settings, routes, begun.clone()));
    let answering = move |request| {
        let function = function.clone();
        async move { Ok::<_, Infallible>(answer(&function, request).await) }
    };
    // One thread: a function has a part of a core, and one request.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
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

async fn answer(function: &Function, request: Request) -> http::Response<Body> {
    let mut router = match function.router().await {
        Ok(router) => router,
        Err(cause) => return not_configured(function.random(), cause),
    };
    match router.call(request).await {
        Ok(response) => response,
        Err(never) => match never {},
    }
}
