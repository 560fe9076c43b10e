use crate::context::WorkflowsContext;
use axum::Extension;
use openclaw_web::{Id, Json, RequestQuota, Result};
use openclaw_workflows::RunView;

/// One run, with its steps; 404.
pub(crate) async fn get_run(
    Extension(WorkflowsContext { workflows }): Extension<WorkflowsContext>,
    Extension(quota): Extension<RequestQuota>,
    Id(id): Id,
) -> Result<Json<RunView>> {
    let account = &quota.caller().account.id;
    Ok(Json(workflows.view(account, &id).await?))
}
