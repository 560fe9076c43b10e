//! `GET /metrics`: what this process has done since it started, in Prometheus' text format. No
//! account, key or content is in it.

use crate::telemetry::Telemetry;
use axum::{
    extract::{MatchedPath, Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use http::{Method, header, request::Parts};
use openclaw_core::{Error, Secret};
use openclaw_usage::{Totals, UsageRow};
use openclaw_web::{ApiError, presented};
use prometheus_client::{
    encoding::{EncodeLabelSet, text::encode},
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram},
    registry::{Registry, Unit},
};
use std::{
    sync::{Arc, atomic::Ordering},
    time::Instant,
};
use subtle::ConstantTimeEq;

/// The media type of the format `encode` writes.
const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Labels {
    method: &'static str,
    route: String,
    status: u16,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Kind {
    kind: &'static str,
}

/// Providers are as many as the configuration has.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfProvider {
    provider: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfCode {
    code: String,
}

/// What is asked for when the metrics are.
pub(crate) struct Probes {
    /// Jobs that wait or run.
    pub(crate) queued_jobs: Box<dyn Fn() -> usize + Send + Sync>,
    /// Targets that are passed over because they failed.
    pub(crate) cooling_targets: Box<dyn Fn() -> usize + Send + Sync>,
    /// Changes of the ledger that SQLite does not have yet.
    pub(crate) unwritten_changes: Box<dyn Fn() -> usize + Send + Sync>,
}

/// The metrics of this process.
#[derive(Clone)]
pub(crate) struct Metrics(Arc<Inner>);

struct Inner {
    registry: Registry,
    requests: Family<Labels, Counter>,
    seconds: Histogram,
    in_flight: Gauge,
    accounted: Family<Kind, Gauge>,
    tokens: Family<Kind, Gauge>,
    cost: Gauge<f64, std::sync::atomic::AtomicU64>,
    rows: RowMetrics,
    queued_jobs: Gauge,
    cooling_targets: Gauge,
    unwritten_changes: Gauge,
    probes: Probes,
    totals: Arc<Totals>,
    token: Option<Secret>,
}

/// What is told of each request that is accounted.
#[derive(Clone)]
struct RowMetrics {
    seconds: Family<OfProvider, Histogram, fn() -> Histogram>,
    first_token: Family<OfProvider, Histogram, fn() -> Histogram>,
    calls: Family<OfProvider, Counter>,
    failed_calls: Family<OfProvider, Counter>,
    errors: Family<OfCode, Counter>,
}

impl RowMetrics {
    fn new() -> Self {
        Self {
            seconds: Family::new_with_constructor(of_models),
            first_token: Family::new_with_constructor(of_models),
            calls: Family::default(),
            failed_calls: Family::default(),
            errors: Family::default(),
        }
    }

    fn register(&self, registry: &mut Registry) {
        let help = "Time from the admission of an answered request to its settlement";
        registry.register_with_unit("chat", help, Unit::Seconds, self.seconds.clone());
        let help = "Time from the admission of a stream to its first token";
        registry.register_with_unit("first_token", help, Unit::Seconds, self.first_token.clone());
        registry.register("provider_calls", "Calls of providers", self.calls.clone());
        let help = "Calls of providers that failed";
        registry.register("provider_failed_calls", help, self.failed_calls.clone());
        let help = "Accounted requests that failed, by the error's code";
        registry.register("chat_errors", help, self.errors.clone());
    }

    fn observe(&self, row: &UsageRow) {
        let of = |provider: &String| OfProvider {
            provider: provider.clone(),
        };
        let seconds = |ms: u64| ms as f64 / 1000.0;
        for attempt in &row.attempts {
            let labels = of(&attempt.provider);
            self.calls.get_or_create(&labels).inc();
            if attempt.code.is_some() {
                self.failed_calls.get_or_create(&labels).inc();
            }
        }
        if let Some(code) = &row.code {
            self.errors
                .get_or_create(&OfCode { code: code.clone() })
                .inc();
        }
        if let Some(labels) = row.provider.as_ref().map(of) {
            let histogram = self.seconds.get_or_create(&labels);
            histogram.observe(seconds(row.duration_ms));
            if let Some(ms) = row.first_token_ms {
                let histogram = self.first_token.get_or_create(&labels);
                histogram.observe(seconds(ms));
            }
        }
    }
}

/// A model takes from tenths of seconds to minutes.
fn of_models() -> Histogram {
    Histogram::new([
        0.1, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 30.0, 60.0, 120.0, 300.0,
    ])
}

impl Metrics {
    /// Shown to whoever presents `token`; to everybody where there is none.
    ///
    /// Each row that is accounted is told to `telemetry`, too.
    pub(crate) fn new(
        totals: Arc<Totals>,
        probes: Probes,
        token: Option<Secret>,
        telemetry: Option<Telemetry>,
    ) -> Self {
        let buckets = [
            0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0,
        ];
        let mut inner = Inner {
            registry: Registry::with_prefix("openclaw"),
            requests: Family::default(),
            seconds: Histogram::new(buckets),
            in_flight: Gauge::default(),
            accounted: Family::default(),
            tokens: Family::default(),
            cost: Gauge::default(),
            rows: RowMetrics::new(),
            queued_jobs: Gauge::default(),
            cooling_targets: Gauge::default(),
            unwritten_changes: Gauge::default(),
            probes,
            totals,
            token,
        };
        inner.register();
        let rows = inner.rows.clone();
        let observer = Box::new(move |row: &UsageRow| {
            rows.observe(row);
            if let Some(telemetry) = &telemetry {
                telemetry.observe(row);
            }
        });
        inner.totals.observe(observer);
        Self(Arc::new(inner))
    }

    /// The text; 401 without the token.
    pub(crate) async fn show(
        State(Self(inner)): State<Self>,
        request: Request,
    ) -> Result<Response, ApiError> {
        inner.authenticate(&request.into_parts().0)?;
        inner.read_totals();
        inner.read_probes();
        let mut text = String::new();
        // Writing to a string cannot fail.
        let _ = encode(&mut text, &inner.registry);
        Ok(([(header::CONTENT_TYPE, OPEN_METRICS)], text).into_response())
    }

    /// Counts a request; its time is that until the head of the response.
    pub(crate) async fn count(
        State(Self(inner)): State<Self>,
        request: Request,
        next: Next,
    ) -> Response {
        let started = Instant::now();
        let method = known_method(request.method());
        let route = request
            .extensions()
            .get::<MatchedPath>()
            .map(|path| path.as_str().to_string());
        let in_flight = InFlight::enter(inner.in_flight.clone());
        let response = next.run(request).await;
        drop(in_flight);
        let labels = Labels {
            method,
            route: route.unwrap_or_else(|| "none".into()),
            status: response.status().as_u16(),
        };
        inner.requests.get_or_create(&labels).inc();
        inner.seconds.observe(started.elapsed().as_secs_f64());
        response
    }
}

impl Inner {
    fn register(&mut self) {
        let registry = &mut self.registry;
        registry.register("http_requests", "Requests answered", self.requests.clone());
        let help = "Time until the head of the response";
        registry.register_with_unit("http_request", help, Unit::Seconds, self.seconds.clone());
        registry.register(
            "http_in_flight",
            "Requests being handled",
            self.in_flight.clone(),
        );
        let help = "Chat requests accounted since the start, by how they ended";
        registry.register("chats_accounted", help, self.accounted.clone());
        registry.register(
            "tokens",
            "Tokens accounted since the start",
            self.tokens.clone(),
        );
        registry.register(
            "cost_dollars",
            "Dollars accounted since the start",
            self.cost.clone(),
        );
        let gauges = [
            ("queued_jobs", "Jobs that wait or run", &self.queued_jobs),
            (
                "cooling_targets",
                "Targets that are passed over because they failed",
                &self.cooling_targets,
            ),
            (
                "ledger_unwritten_changes",
                "Changes of the ledger that its journal has and SQLite not yet",
                &self.unwritten_changes,
            ),
        ];
        for (name, help, gauge) in gauges {
            registry.register(name, help, gauge.clone());
        }
        self.rows.register(registry);
    }

    /// In constant time: how much of a guess is right does not show.
    fn authenticate(&self, request: &Parts) -> Result<(), Error> {
        let Some(token) = &self.token else {
            return Ok(());
        };
        let presented = presented(request)?.unwrap_or_default();
        match bool::from(presented.as_bytes().ct_eq(token.reveal().as_bytes())) {
            true => Ok(()),
            false => Err(Error::unauthorized(
                "The token for /metrics is missing or wrong",
            )),
        }
    }

    fn read_probes(&self) {
        let count = |probe: &dyn Fn() -> usize| i64::try_from(probe()).unwrap_or(i64::MAX);
        self.queued_jobs.set(count(&self.probes.queued_jobs));
        self.cooling_targets
            .set(count(&self.probes.cooling_targets));
        self.unwritten_changes
            .set(count(&self.probes.unwritten_changes));
    }

    fn read_totals(&self) {
        let set = |family: &Family<Kind, Gauge>, kind, value: &std::sync::atomic::AtomicU64| {
            let value = value.load(Ordering::Relaxed).try_into().unwrap_or(i64::MAX);
            family.get_or_create(&Kind { kind }).set(value);
        };
        set(&self.accounted, "completed", &self.totals.completed);
        set(&self.accounted, "failed", &self.totals.failed);
        set(&self.accounted, "interrupted", &self.totals.interrupted);
        set(&self.tokens, "prompt", &self.totals.prompt_tokens);
        set(&self.tokens, "completion", &self.totals.completion_tokens);
        self.cost
            .set(self.totals.cost_nanos.load(Ordering::Relaxed) as f64 / 1e9);
    }
}

/// The methods of RFC 9110 and PATCH (RFC 5789) by their names; any other as `OTHER`, because a label
/// stays in memory for good and a client may send any token as its method.
fn known_method(method: &Method) -> &'static str {
    match *method {
        Method::CONNECT => "CONNECT",
        Method::DELETE => "DELETE",
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::OPTIONS => "OPTIONS",
        Method::PATCH => "PATCH",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::TRACE => "TRACE",
        _ => "OTHER",
    }
}

/// Counts down also when the request's future is dropped.
struct InFlight(Gauge);

impl InFlight {
    fn enter(gauge: Gauge) -> Self {
        gauge.inc();
        Self(gauge)
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.dec();
    }
}
