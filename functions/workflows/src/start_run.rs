use crate::{
    context::{WorkflowsContext, starter},
    run_events::watched,
};
use axum::{
    Extension,
    extract::State,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, StatusCode, header};
use openclaw_web::{App, Id, Json, RequestQuota, Result};
use openclaw_workflows::RunView;
use serde::Deserialize;
use serde_json::Value;

/// `POST /workflows/{id}/runs`.
#[derive(Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub(crate) struct StartRun {
    /// The run's parameters, an object.
    #[serde(default)]
    parameters: Option<Value>,
}

/// 202 with the run; where `Accept` asks for `text/event-stream`, what happens in it. 400, 404, 409 where
/// the workflow is disabled, 429 where the account has as many runs as it may.
pub(crate) async fn start_run(
    State(app): State<App>,
    Extension(WorkflowsContext { workflows }): Extension<WorkflowsContext>,
    Extension(quota): Extension<RequestQuota>,
    Id(id): Id,
    headers: HeaderMap,
    Json(StartRun { parameters }): Json<StartRun>,
) -> Result<Response> {
    let run = workflows.start(starter(&quota), &id, parameters).await?;
    let accept = headers.get(header::ACCEPT);
    let accept = accept
        .and_then(|accept| accept.to_str().ok())
        .unwrap_or_default();
    if accept.contains("text/event-stream") {
        let account = quota.caller().account.id.clone();
        return watched(&app, workflows, account, run.id, 0).await;
    }
    Ok((StatusCode::ACCEPTED, Json(RunView::summary(run))).into_response())
}
