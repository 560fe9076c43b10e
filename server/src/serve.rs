//! `openclaw-api serve`

use crate::{
    admin_context::plain,
    config::{self, ConfigArgs},
    connections::Connections,
    cores::Cores,
    inspect::ChildProcess,
    listen::{ClientLimits, listen},
    metrics::{Metrics, Probes},
    output::print_error,
    reload::{Configured, LiveConsumers, LiveRouter, variable},
    secrets,
    telemetry::Telemetry,
    websocket::{self, Sessions},
};
use anyhow::{Context, Result, anyhow};
use axum::{Router, middleware::from_fn_with_state, routing::get};
use futures_util::FutureExt;
use openclaw_core::{Http, Secret, Timestamp};
use openclaw_function_realtime::{Limits, SessionBackend};
use openclaw_native::{DataFolder, Leftover, Native, SqliteQueue};
use openclaw_rate_limit::connections;
use openclaw_schema::config::Server;
use openclaw_usage::settle_orphans;
use openclaw_web::{App, Consumers, InProcess, Routes, stack};
use serde_json::Value;
use std::{
    io::{ErrorKind, IsTerminal, stderr},
    sync::Arc,
    time::Duration,
};
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;
use tracing_subscriber::{
    Layer, filter::Targets, fmt, layer::SubscriberExt, util::SubscriberInitExt,
};

/// How long a shutdown waits for what is in flight.
const GRACE: Duration = Duration::from_secs(30);

/// Runs the gateway until SIGTERM or SIGINT.
pub(crate) fn serve(port: Option<u16>, arguments: &ConfigArgs) -> Result<()> {
    start_log()?;
    let (mut config, document) = config::load_document(arguments)?;
    config.server.port = port.unwrap_or(config.server.port);
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?
        .block_on(run(config.server, &document))
}

/// `OPENCLAW_LOG`: levels by target, such as `warn` or `openclaw_web=debug,warn`; `info` by default.
/// `OPENCLAW_LOG_FORMAT`: `text`, or `json` for a JSON object a line.
fn start_log() -> Result<()> {
    let wanted = std::env::var("OPENCLAW_LOG").ok();
    let wanted = wanted.filter(|wanted| !wanted.is_empty());
    let filter = wanted.map(|wanted| wanted.parse::<Targets>()).transpose();
    let mut filter = filter.context("OPENCLAW_LOG is wrong")?.unwrap_or_default();
    if filter.default_level().is_none() {
        filter = filter.with_default(tracing::Level::INFO);
    }
    let lines = fmt::layer()
        .with_ansi(stderr().is_terminal())
        .with_writer(stderr);
    let format = std::env::var("OPENCLAW_LOG_FORMAT").unwrap_or_default();
    let lines = match &*format {
        "" | "text" => lines.boxed(),
        "json" => lines.json().flatten_event(true).boxed(),
        _ => anyhow::bail!("OPENCLAW_LOG_FORMAT must be text or json"),
    };
    tracing_subscriber::registry()
        .with(lines.with_filter(filter))
        .init();
    Ok(())
}

async fn run(server: Server, document: &Value) -> Result<()> {
    let stop = stop_signal()?;
    let folder = DataFolder::open(&server.data_dir)?;
    let address = (server.host.as_str(), server.port);
    let mut lock = folder.lock(&format!("{}:{}", address.0, address.1))?;
    let listener = bind(address).await?;
    let address = listener.local_addr()?;
    lock.announce(&address.to_string())?;
    let native = Native::for_server(&lock, server.durability)?;
    let secrets = secrets::load(&folder)?;
    let configured = Configured::new(native.ports(), secrets, document)?;
    let (app, documents) = configured.app().await?;
    settle_interrupted(&native).await?;
    free_places(&native).await?;
    if let Some(seconds) = variable(openclaw_tokio::CLOCK_OFFSET) {
        tracing::warn!(seconds, "the clock is set wrong on purpose");
    }
    tracing::info!(%address, models = app.providers.models().count(), "listening");
    let cores = Arc::new(Cores::start()?);
    let on_cores = cores.clone();
    let run_job = Arc::new(move |job| on_cores.spawn(job));
    let workers = LiveConsumers::new(consumers(&app));
    let queue = Arc::new(SqliteQueue::start(&native, workers.each(), run_job).await?);
    let limits = client_limits(&app.config.server);
    let telemetry = Telemetry::from_environment()?;
    let metrics = Metrics::new(
        app.totals.clone(),
        probes(&app, &native, &queue),
        variable("OPENCLAW_METRICS_TOKEN").map(Secret::new),
        telemetry.clone(),
    );
    let ending = CancellationToken::new();
    let live = LiveRouter::default();
    let sessions = sessions(&app, live.clone(), ending.clone());
    let route = |app: &App| router(app.clone(), metrics.clone(), sessions.clone());
    live.set(route(&app));
    let told = async {
        stop.await;
        ending.cancel();
    };
    let served = listen(listener, live.clone(), &cores, &limits, &ending, GRACE);
    let first = (app, documents);
    let watched = configured.watch(first, |app| {
        live.set(route(app));
        workers.set(consumers(app));
    });
    let watched = ending.run_until_cancelled(watched);
    let (finished, (), _) = tokio::join!(served, told, watched);
    let finished = sessions.wait(GRACE).await && finished;
    // Jobs that are cut off are worked on again by the next server.
    queue.stop(GRACE).await;
    let settled = native.spawn.close_and_wait(GRACE).await;
    native.ledger.flush().await?;
    if let Some(telemetry) = telemetry {
        telemetry.shutdown().await;
    }
    if !(finished && settled) {
        print_error("openclaw-api: some requests were cut off after 30 s");
    }
    Ok(())
}

/// What the metrics ask for.
fn probes(app: &App, native: &Native, queue: &Arc<SqliteQueue>) -> Probes {
    let (app, ledger, queue) = (app.clone(), native.ledger.clone(), queue.clone());
    Probes {
        queued_jobs: Box::new(move || queue.len()),
        cooling_targets: Box::new(move || {
            let now = app.ports.clock.now();
            app.providers.cooling_targets(now)
        }),
        unwritten_changes: Box::new(move || ledger.unwritten()),
    }
}

fn client_limits(server: &Server) -> ClientLimits {
    ClientLimits {
        connections: Connections::new(server.max_connections, server.max_connections_per_address),
        write_timeout: Duration::from_secs(server.write_timeout_seconds),
    }
}

async fn bind((host, port): (&str, u16)) -> Result<TcpListener> {
    TcpListener::bind((host, port))
        .await
        .map_err(|error| match error.kind() {
            ErrorKind::AddrInUse => {
                anyhow!("port {port} on {host} is in use; choose another with --port")
            }
            _ => anyhow!("cannot listen on {host}:{port}: {error}"),
        })
}

/// The WebSocket's sessions: their requests are those of every other client.
fn sessions(app: &App, live: LiveRouter, ending: CancellationToken) -> Sessions {
    let dispatch = move |request| {
        let answer = live.get().oneshot(request);
        answer
            .map(|answer| answer.map_err(|never| match never {}))
            .boxed()
    };
    let limits = Limits::default();
    let backend = SessionBackend::new(app.clone(), Arc::new(dispatch), limits.lease);
    Sessions::new(backend, limits, ending)
}

/// Everything that is served.
fn router(app: App, metrics: Metrics, sessions: Sessions) -> Router {
    let socket = Routes::new().route("/ws", get(websocket::connect).with_state(sessions));
    let functions = functions(&app).merge(socket);
    with_middleware(app, metrics, functions)
}

/// All functions, merged.
pub(crate) fn functions(app: &App) -> Routes {
    Routes::new()
        .merge(openclaw_function_admin::router(app))
        .merge(openclaw_function_analytics::router(app))
        .merge(openclaw_function_auth::router())
        .merge(openclaw_function_chat::router(app))
        .merge(openclaw_function_files::router(app))
        .merge(openclaw_function_health::router())
        .merge(openclaw_function_inference::router(app))
        .merge(openclaw_function_models::router(app))
        .merge(openclaw_function_skills::router(app, chat(app)))
        .merge(openclaw_function_webhooks::router(app))
        .merge(openclaw_function_workflows::router(app))
}

/// The chat endpoints, for what calls models beside them.
fn chat(app: &App) -> Arc<dyn Http> {
    Arc::new(InProcess::new(app, openclaw_function_chat::router(app)))
}

/// The endpoints that the steps of workflows call.
fn called_by_steps(app: &App) -> Arc<dyn Http> {
    let chat = openclaw_function_chat::router(app);
    let skills = openclaw_function_skills::router(app, self::chat(app));
    Arc::new(InProcess::new(app, Routes::new().merge(chat).merge(skills)))
}

/// Who works on jobs, of all functions.
fn consumers(app: &App) -> Consumers {
    let extract = openclaw_function_extract::consumer(app, Arc::new(ChildProcess::default()));
    [
        openclaw_function_files::consumers(app),
        openclaw_function_inference::consumers(app),
        openclaw_function_webhooks::consumers(app),
        openclaw_function_workflows::consumers(app, called_by_steps(app)),
        vec![extract],
    ]
    .concat()
}

/// `functions` behind what every request passes: the middleware stack and its metrics.
fn with_middleware(app: App, metrics: Metrics, functions: Routes) -> Router {
    let shown = || get(Metrics::show).with_state(metrics.clone());
    let functions = functions.route("/metrics", shown());
    let beside = Router::new()
        .route("/metrics", shown())
        .merge(openclaw_function_health::beside())
        .merge(openclaw_dashboard::router(true));
    stack(app, functions, beside).layer(from_fn_with_state(metrics, Metrics::count))
}

/// What a crash left: the folder's lock is ours, so nobody else is going to settle it.
async fn settle_interrupted(native: &Native) -> Result<()> {
    let (ports, mut settled) = (native.ports(), 0);
    for account in native.ledger.accounts_with(Leftover::Reservations).await? {
        let now = ports.clock.now();
        let swept = settle_orphans(&*ports.ledger, &account, Timestamp::MAX, now).await;
        settled += swept.map_err(plain)?.settled;
    }
    if settled > 0 {
        tracing::warn!(
            settled,
            "requests that a crash cut off are accounted as interrupted"
        );
    }
    Ok(())
}

/// The places of connections that a crash ended.
async fn free_places(native: &Native) -> Result<()> {
    let ports = native.ports();
    for account in native.ledger.accounts_with(Leftover::Places).await? {
        let freed = connections::release_all(&*ports.ledger, &account).await;
        freed.map_err(plain)?;
    }
    Ok(())
}

fn stop_signal() -> Result<impl Future<Output = ()>> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}
