use axum::extract::State;
use openclaw_web::{App, Json};
use serde::Serialize;

/// `{"status","version","uptime","models","checks"}`.
#[derive(Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub(crate) struct Health {
    /// `healthy`, or `degraded` while a check fails.
    status: &'static str,
    /// The gateway's.
    version: &'static str,
    /// Seconds since this process or isolate started.
    uptime: i64,
    /// Those of the built-in catalog: what the operator calls its own, only keys are shown.
    models: Vec<String>,
    /// What was looked at.
    checks: Checks,
}

/// Each `ok` or `failing`.
#[derive(Serialize)]
#[cfg_attr(
    feature = "openapi",
    derive(schemars::JsonSchema),
    schemars(rename = "HealthChecks")
)]
pub(crate) struct Checks {
    /// Whether the store answers.
    storage: &'static str,
    /// Whether there are models.
    models: &'static str,
}

impl Health {
    pub(crate) async fn of(app: &App) -> Self {
        let providers = &app.providers;
        let has_models = providers.models().next().is_some();
        let ids = providers.models().map(|model| &model.id);
        let models = ids
            .filter(|id| providers.is_built_in(id))
            .cloned()
            .collect();
        // Reading a key that is never written tells whether the store answers.
        let storage = app.ports.kv.get("health").await.is_ok();
        let word = |ok| if ok { "ok" } else { "failing" };
        let checks = Checks {
            storage: word(storage),
            models: word(has_models),
        };
        let healthy = storage && has_models;
        Self {
            status: if healthy { "healthy" } else { "degraded" },
            version: env!("CARGO_PKG_VERSION"),
            uptime: app.ports.clock.now().as_second() - app.started.as_second(),
            models,
            checks,
        }
    }

    /// Whether requests can be served: a gateway without models still serves its other routes.
    pub(crate) fn is_ready(&self) -> bool {
        self.checks.storage == "ok"
    }
}

/// Always 200: the process answers.
pub(crate) async fn get_health(State(app): State<App>) -> Json<Health> {
    Json(Health::of(&app).await)
}
