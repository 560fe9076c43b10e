use crate::{rows::Rows, settings::Settings};
use axum::extract::State;
use bytes::Bytes;
use openclaw_core::{Error, Result as CoreResult};
use openclaw_providers::{Providers, built_in_rows};
use openclaw_schema::{chat::ChatRequest, config::overlay};
use openclaw_web::{App, Id, Json, Parsed, RequestId, Result};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::sync::Arc;

/// The only model of the configuration that is tried.
const TRIAL: &str = "trial";

/// Milliseconds that a provider has.
const TIME: u64 = 20_000;

/// `POST /providers/{id}/test`.
#[derive(Default, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(default)]
pub(crate) struct TestProvider {
    /// The model's name at the provider; default: that of the first configured model which it serves.
    model: Option<String>,
}

/// What came of the call.
#[derive(Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub(crate) struct ProviderTest {
    /// The provider's id.
    provider: String,
    /// The model's name there.
    model: String,
    /// Whether it answered.
    ok: bool,
    /// Milliseconds.
    duration_ms: u64,
    /// What is wrong, as a chat would be told.
    error: Option<Value>,
}

/// Asks a provider for one token, once, by the configuration as it is stored. 400 where no model is known of it,
/// 404.
pub(crate) async fn test_provider(
    State(app): State<App>,
    Id(provider): Id,
    request: RequestId,
    Json(TestProvider { model }): Json<TestProvider>,
) -> Result<Json<ProviderTest>> {
    let settings = Settings::new(&app);
    let parsed = settings.current().await?;
    Rows::Providers.one(&parsed, &provider)?;
    let model = model.or_else(|| served(&parsed, &provider));
    let model = model
        .ok_or_else(|| Error::invalid("model", "is required: no model names this provider"))?;
    let providers = trial(settings, &parsed, &provider, &model)?;
    let began = app.ports.clock.now();
    let answer = ask(&app, Arc::new(providers), &request.0).await;
    let duration = app.ports.clock.now().as_millisecond() - began.as_millisecond();
    let error = answer.err().map(|error| serde_json::to_value(error.body()));
    Ok(Json(ProviderTest {
        provider,
        model,
        ok: error.is_none(),
        duration_ms: u64::try_from(duration).unwrap_or_default(),
        error: error.transpose().map_err(Error::internal)?,
    }))
}

/// The name of the first model that has a target at the provider, built-in ones included.
fn served(parsed: &Parsed, provider: &str) -> Option<String> {
    let whole = parsed.overlay.over(&parsed.base);
    let configured = whole["models"].as_array().cloned().unwrap_or_default();
    let models = configured.into_iter().chain(built_in_rows("models"));
    let mut targets = models
        .filter_map(|model| model["targets"].as_array().cloned())
        .flatten();
    let target = targets.find(|target| target["provider"] == provider)?;
    target["model"].as_str().map(str::to_owned)
}

/// The stored configuration with one model at the provider, which is called once.
fn trial(
    settings: Settings<'_>,
    parsed: &Parsed,
    provider: &str,
    model: &str,
) -> CoreResult<Providers> {
    let mut whole = parsed.overlay.over(&parsed.base);
    whole["models"] = json!([{
        "id": TRIAL, "context_length": 4096, "targets": [{"provider": provider, "model": model}],
    }]);
    whole["routing"] = json!({
        "attempts": 1, "first_byte_timeout_ms": TIME, "first_token_timeout_ms": TIME, "idle_timeout_ms": TIME,
    });
    let config = overlay::read(&whole).map_err(Error::internal)?;
    let providers = Providers::new(&config, |name| settings.credential(parsed, name));
    providers.map_err(Error::internal)
}

async fn ask(app: &App, providers: Arc<Providers>, request: &str) -> CoreResult<()> {
    let Some(model) = providers.model(TRIAL) else {
        return Err(Error::unauthorized("The provider's key is not set"));
    };
    let body = json!({
        "model": TRIAL, "messages": [{"role": "user", "content": "Hi"}], "max_tokens": 1,
    });
    let body = Bytes::from(body.to_string());
    let parsed = ChatRequest::parse(&body)?;
    let plan = providers.plan(&model, &parsed, body.clone(), false, request, None, None)?;
    let answer = plan.complete(app.ports.clone()).await;
    answer.map(drop).map_err(|failure| failure.error)
}
