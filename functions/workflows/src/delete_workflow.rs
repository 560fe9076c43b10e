use crate::context::WorkflowsContext;
use axum::Extension;
use openclaw_schema::list::Deleted;
use openclaw_web::{Id, Json, RequestQuota, Result};

/// Removes a workflow; its runs go on. 404, 409 for one that ships.
pub(crate) async fn delete_workflow(
    Extension(WorkflowsContext { workflows }): Extension<WorkflowsContext>,
    Extension(quota): Extension<RequestQuota>,
    Id(id): Id,
) -> Result<Json<Deleted>> {
    workflows.remove(&quota.caller().account.id, &id).await?;
    Ok(Json(Deleted::new(id, "workflow")))
}
