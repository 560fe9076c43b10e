use crate::context::WorkflowsContext;
use axum::Extension;
use openclaw_web::{Id, Json, RequestQuota, Result};
use openclaw_workflows::RunView;

/// Ends a run; what it does is cut off within seconds. 404, 409 where it has ended.
pub(crate) async fn cancel_run(
    Extension(WorkflowsContext { workflows }): Extension<WorkflowsContext>,
    Extension(quota): Extension<RequestQuota>,
    Id(id): Id,
) -> Result<Json<RunView>> {
    let account = &quota.caller().account.id;
    let run = workflows.cancel(account, &id).await?;
    Ok(Json(RunView::summary(run)))
}
