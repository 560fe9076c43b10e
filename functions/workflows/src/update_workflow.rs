use crate::context::{WorkflowsContext, starter};
use axum::{Extension, extract::State};
use openclaw_web::{App, Id, Json, RequestQuota, Result};
use openclaw_workflows::{WorkflowStatus, WorkflowView};
use serde::Deserialize;

/// `PATCH /workflows/{id}`.
#[derive(Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub(crate) struct UpdateWorkflow {
    /// Whether it may be run.
    status: WorkflowStatus,
}

/// Enables or disables it; 400, 404, 409 for one that ships.
pub(crate) async fn update_workflow(
    State(app): State<App>,
    Extension(WorkflowsContext { workflows }): Extension<WorkflowsContext>,
    Extension(quota): Extension<RequestQuota>,
    Id(id): Id,
    Json(UpdateWorkflow { status }): Json<UpdateWorkflow>,
) -> Result<Json<WorkflowView>> {
    let workflow = workflows.set_status(starter(&quota), &id, status).await?;
    Ok(Json(WorkflowView::whole(&workflow, app.ports.clock.now())))
}
