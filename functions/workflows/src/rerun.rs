use crate::context::{WorkflowsContext, starter};
use axum::Extension;
use http::StatusCode;
use openclaw_web::{Id, Json, RequestQuota, Result};
use openclaw_workflows::RunView;
use serde::Deserialize;

/// `POST /runs/{id}/rerun`.
#[derive(Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub(crate) struct Rerun {
    /// A step of the workflow's own list; from the beginning where it is not there.
    #[serde(default)]
    from_step: Option<String>,
}

/// Starts a run with the definition and parameters of another one, from its beginning or from a step on:
/// 202; 400, 404, 429.
pub(crate) async fn rerun(
    Extension(WorkflowsContext { workflows }): Extension<WorkflowsContext>,
    Extension(quota): Extension<RequestQuota>,
    Id(id): Id,
    Json(Rerun { from_step }): Json<Rerun>,
) -> Result<(StatusCode, Json<RunView>)> {
    let run = workflows.rerun(starter(&quota), &id, from_step.as_deref());
    Ok((StatusCode::ACCEPTED, Json(RunView::summary(run.await?))))
}
