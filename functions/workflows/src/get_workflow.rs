use crate::context::WorkflowsContext;
use axum::{Extension, extract::State};
use openclaw_web::{App, Id, Json, RequestQuota, Result};
use openclaw_workflows::WorkflowView;

/// One workflow, with its steps; 404.
pub(crate) async fn get_workflow(
    State(app): State<App>,
    Extension(WorkflowsContext { workflows }): Extension<WorkflowsContext>,
    Extension(quota): Extension<RequestQuota>,
    Id(id): Id,
) -> Result<Json<WorkflowView>> {
    let workflow = workflows.find(&quota.caller().account.id, &id).await?;
    Ok(Json(WorkflowView::whole(&workflow, app.ports.clock.now())))
}
