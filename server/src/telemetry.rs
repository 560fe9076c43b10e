//! OpenTelemetry: a span and measurements for each request that is accounted, sent by OTLP over HTTP, as
//! JSON. It is there where `OTEL_EXPORTER_OTLP_ENDPOINT` is set; the exporter reads the standard's other
//! variables itself. Without it there is nothing at all.
//!
//! Names and units follow the semantic conventions for generative AI
//! (<https://opentelemetry.io/docs/specs/semconv/gen-ai/>). Nothing of prompts and answers is sent.

use crate::reload::variable;
use anyhow::{Context as _, Result};
use bytes::Bytes;
use futures_util::TryStreamExt;
use http::{Request, Response};
use openclaw_core::Http;
use openclaw_tokio::HyperHttp;
use openclaw_usage::{Attempt, Endpoint, Status, UsageRow};
use opentelemetry::{
    Context, KeyValue,
    metrics::{Histogram, MeterProvider},
    trace::{
        Span, SpanContext, SpanId, SpanKind, Status as SpanStatus, TraceContextExt, TraceFlags,
        TraceId, TraceState, Tracer, TracerProvider,
    },
};
use opentelemetry_http::{HttpClient, HttpError};
use opentelemetry_otlp::{
    MetricExporter, Protocol, SpanExporter, WithExportConfig, WithHttpConfig,
};
use opentelemetry_sdk::{
    Resource,
    metrics::SdkMeterProvider,
    trace::{IdGenerator, RandomIdGenerator, SdkTracer, SdkTracerProvider},
};
use std::{
    cell::Cell,
    fmt,
    sync::Arc,
    time::{Duration, SystemTime},
};
use tokio::runtime::Handle;

const SCOPE: &str = "openclaw-api";

/// How long an export may take.
const LIMIT: Duration = Duration::from_secs(10);

/// Bounds of the histograms, as the conventions have them: seconds, and tokens.
const SECONDS: [f64; 14] = [
    0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92,
];
const TOKENS: [f64; 14] = [
    1.0,
    4.0,
    16.0,
    64.0,
    256.0,
    1024.0,
    4096.0,
    16384.0,
    65536.0,
    262_144.0,
    1_048_576.0,
    4_194_304.0,
    16_777_216.0,
    67_108_864.0,
];

/// Spans and measurements on their way out.
#[derive(Clone)]
pub(crate) struct Telemetry(Arc<Inner>);

struct Inner {
    traces: SdkTracerProvider,
    meters: SdkMeterProvider,
    tracer: SdkTracer,
    duration: Histogram<f64>,
    first_token: Histogram<f64>,
    tokens: Histogram<u64>,
}

impl Telemetry {
    /// `None` where the environment names no collector. Within a runtime, on which exports run.
    pub(crate) fn from_environment() -> Result<Option<Self>> {
        if variable("OTEL_EXPORTER_OTLP_ENDPOINT").is_none() {
            return Ok(None);
        }
        let client = || Client {
            http: Arc::new(HyperHttp::new()),
            runtime: Handle::current(),
        };
        let spans = SpanExporter::builder()
            .with_http()
            .with_http_client(client())
            .with_protocol(Protocol::HttpJson)
            .build()
            .context("OTEL_EXPORTER_OTLP_ENDPOINT")?;
        let measurements = MetricExporter::builder()
            .with_http()
            .with_http_client(client())
            .with_protocol(Protocol::HttpJson)
            .build()
            .context("OTEL_EXPORTER_OTLP_ENDPOINT")?;
        // OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES say otherwise.
        let resource = match variable("OTEL_SERVICE_NAME") {
            Some(_) => Resource::builder().build(),
            None => Resource::builder().with_service_name(SCOPE).build(),
        };
        let traces = SdkTracerProvider::builder()
            .with_batch_exporter(spans)
            .with_id_generator(ChosenIds::default())
            .with_resource(resource.clone())
            .build();
        let meters = SdkMeterProvider::builder()
            .with_periodic_exporter(measurements)
            .with_resource(resource)
            .build();
        let meter = meters.meter(SCOPE);
        let seconds = |name| {
            let histogram = meter.f64_histogram(name).with_unit("s");
            histogram.with_boundaries(SECONDS.into()).build()
        };
        let tokens = meter.u64_histogram("gen_ai.client.token.usage");
        Ok(Some(Self(Arc::new(Inner {
            tracer: traces.tracer(SCOPE),
            duration: seconds("gen_ai.client.operation.duration"),
            first_token: seconds("gen_ai.server.time_to_first_token"),
            tokens: tokens
                .with_unit("{token}")
                .with_boundaries(TOKENS.into())
                .build(),
            traces,
            meters,
        }))))
    }

    /// Tells of a request that was accounted.
    pub(crate) fn observe(&self, row: &UsageRow) {
        self.0.measure(row);
        self.0.trace(row);
    }

    /// Sends what is left.
    pub(crate) async fn shutdown(self) {
        // It waits for tasks of this runtime.
        let ended = tokio::task::spawn_blocking(move || {
            let traces = self.0.traces.shutdown();
            traces.and(self.0.meters.shutdown())
        });
        match ended.await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::warn!(%error, "the last telemetry was not sent"),
            Err(error) => tracing::warn!(%error, "the last telemetry was not sent"),
        }
    }
}

impl Inner {
    fn measure(&self, row: &UsageRow) {
        let mut about = about(row);
        let seconds = |ms: u64| Duration::from_millis(ms).as_secs_f64();
        if let Some(ms) = row.first_token_ms {
            self.first_token.record(seconds(ms), &about);
        }
        for (kind, count) in [
            ("input", row.usage.prompt()),
            ("output", row.usage.completion()),
        ] {
            about.push(KeyValue::new("gen_ai.token.type", kind));
            self.tokens.record(count, &about);
            about.pop();
        }
        about.extend(error_of(row));
        self.duration.record(seconds(row.duration_ms), &about);
    }

    fn trace(&self, row: &UsageRow) {
        let micros = u64::try_from(row.started.as_microsecond()).unwrap_or_default();
        let started = SystemTime::UNIX_EPOCH + Duration::from_micros(micros);
        let mut attributes = about(row);
        attributes.extend(error_of(row));
        attributes.extend([
            KeyValue::new("gen_ai.usage.input_tokens", number(row.usage.prompt())),
            KeyValue::new("gen_ai.usage.output_tokens", number(row.usage.completion())),
            KeyValue::new("openclaw.request.id", row.request.clone()),
            KeyValue::new("openclaw.key.id", row.key.clone()),
            KeyValue::new("openclaw.endpoint", row.endpoint.as_str()),
            KeyValue::new("openclaw.status", row.status.as_str()),
            KeyValue::new("openclaw.cost_nanos", row.cost),
        ]);
        if let Some(ms) = row.first_token_ms {
            attributes.push(KeyValue::new("openclaw.first_token_ms", number(ms)));
        }
        let name = format!("{} {}", operation(row.endpoint), row.model);
        let span = self.tracer.span_builder(name.trim_end().to_owned());
        let span = span
            .with_kind(SpanKind::Server)
            .with_start_time(started)
            .with_attributes(attributes);
        let mut span = span.start_with_context(&self.tracer, &caller(row));
        if let Some(code) = &row.code {
            span.set_status(SpanStatus::error(code.clone()));
        }
        let within = Context::new().with_remote_span_context(span.span_context().clone());
        let mut at = started;
        for attempt in &row.attempts {
            at = self.attempt(row, attempt, at, &within);
        }
        span.end_with_timestamp(started + Duration::from_millis(row.duration_ms));
    }

    /// A call of a provider that began at `start`; when it was over. Pauses between calls are not told.
    fn attempt(
        &self,
        row: &UsageRow,
        attempt: &Attempt,
        start: SystemTime,
        within: &Context,
    ) -> SystemTime {
        let end = start + Duration::from_millis(attempt.duration_ms);
        let operation = operation(row.endpoint);
        let mut attributes = vec![
            KeyValue::new("gen_ai.operation.name", operation),
            KeyValue::new("gen_ai.provider.name", attempt.provider.clone()),
            KeyValue::new("gen_ai.request.model", attempt.model.clone()),
        ];
        if let Some(status) = attempt.status {
            attributes.push(KeyValue::new(
                "http.response.status_code",
                i64::from(status),
            ));
        }
        if let Some(code) = &attempt.code {
            attributes.push(KeyValue::new("error.type", code.clone()));
        }
        let span = attempt.span.as_deref();
        let span = span.and_then(|span| SpanId::from_hex(span).ok());
        let _chosen = span.map(Chosen::new);
        let builder = self
            .tracer
            .span_builder(format!("{operation} {}", attempt.model));
        let builder = builder
            .with_kind(SpanKind::Client)
            .with_start_time(start)
            .with_attributes(attributes);
        let mut span = builder.start_with_context(&self.tracer, within);
        if let Some(code) = &attempt.code {
            span.set_status(SpanStatus::error(code.clone()));
        }
        span.end_with_timestamp(end);
        end
    }
}

/// What spans and measurements have in common.
fn about(row: &UsageRow) -> Vec<KeyValue> {
    let mut about = vec![
        KeyValue::new("gen_ai.operation.name", operation(row.endpoint)),
        KeyValue::new("gen_ai.request.model", row.model.clone()),
    ];
    if let Some(provider) = &row.provider {
        about.push(KeyValue::new("gen_ai.provider.name", provider.clone()));
    }
    if let Some(model) = &row.served_model {
        about.push(KeyValue::new("gen_ai.response.model", model.clone()));
    }
    about
}

fn error_of(row: &UsageRow) -> Option<KeyValue> {
    let error = match (&row.code, row.status) {
        (Some(code), _) => code.clone(),
        (None, Status::Interrupted) => "interrupted".into(),
        (None, _) => return None,
    };
    Some(KeyValue::new("error.type", error))
}

/// As the conventions name it.
const fn operation(endpoint: Endpoint) -> &'static str {
    match endpoint {
        Endpoint::Chat | Endpoint::Messages | Endpoint::Responses => "chat",
        Endpoint::Completions => "text_completion",
        Endpoint::Embeddings => "embeddings",
        Endpoint::Skills => "execute_tool",
        Endpoint::Images | Endpoint::Speech | Endpoint::Transcriptions => "generate_content",
        Endpoint::Moderations => "moderation",
        Endpoint::Rerank => "rerank",
    }
}

fn number(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// The caller's span, where it told one.
fn caller(row: &UsageRow) -> Context {
    let ids = || {
        let trace = TraceId::from_hex(row.trace.as_deref()?).ok()?;
        let parent = SpanId::from_hex(row.trace_parent.as_deref()?).ok()?;
        Some((trace, parent))
    };
    let Some((trace, parent)) = ids() else {
        return Context::new();
    };
    let caller = SpanContext::new(trace, parent, TraceFlags::SAMPLED, true, TraceState::NONE);
    Context::new().with_remote_span_context(caller)
}

thread_local!(static CHOSEN: Cell<Option<SpanId>> = const { Cell::new(None) });

/// While it lives, the next span that this thread starts has this id: what the provider was told.
struct Chosen;

impl Chosen {
    fn new(span: SpanId) -> Self {
        CHOSEN.set(Some(span));
        Self
    }
}

impl Drop for Chosen {
    fn drop(&mut self) {
        CHOSEN.set(None);
    }
}

/// Random ids, but for one that was chosen.
#[derive(Debug, Default)]
struct ChosenIds(RandomIdGenerator);

impl IdGenerator for ChosenIds {
    fn new_trace_id(&self) -> TraceId {
        self.0.new_trace_id()
    }

    fn new_span_id(&self) -> SpanId {
        CHOSEN.take().unwrap_or_else(|| self.0.new_span_id())
    }
}

/// The gateway's HTTP client for the exporters, which run on threads of their own.
struct Client {
    http: Arc<HyperHttp>,
    runtime: Handle,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Client")
    }
}

#[async_trait::async_trait]
impl HttpClient for Client {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let http = self.http.clone();
        // Whoever polls this has no timers.
        let sending = self.runtime.spawn(async move {
            let exchange = async move {
                let (parts, body) = http.send(request).await?.into_parts();
                let pieces: Vec<Bytes> = body.try_collect().await?;
                Ok::<_, openclaw_core::HttpError>(Response::from_parts(
                    parts,
                    pieces.concat().into(),
                ))
            };
            tokio::time::timeout(LIMIT, exchange).await
        });
        Ok(sending.await???)
    }
}
