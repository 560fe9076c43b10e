use crate::context::WorkflowsContext;
use axum::{Extension, extract::Path};
use openclaw_web::{Json, RequestQuota, Result};
use openclaw_workflows::StepView;

/// A step of a run, with its whole result; 404.
pub(crate) async fn get_step(
    Extension(WorkflowsContext { workflows }): Extension<WorkflowsContext>,
    Extension(quota): Extension<RequestQuota>,
    Path((id, step)): Path<(String, String)>,
) -> Result<Json<StepView>> {
    let account = &quota.caller().account.id;
    Ok(Json(workflows.step(account, &id, &step).await?))
}
