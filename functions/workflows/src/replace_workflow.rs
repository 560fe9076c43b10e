use crate::context::{WorkflowsContext, starter};
use axum::{Extension, extract::State};
use http::StatusCode;
use openclaw_web::{App, Id, Json, RawJson, RequestQuota, Result};
use openclaw_workflows::WorkflowView;

/// Another definition in place of a workflow's, or 201 where there was none; 400 with every fault.
pub(crate) async fn replace_workflow(
    State(app): State<App>,
    Extension(WorkflowsContext { workflows }): Extension<WorkflowsContext>,
    Extension(quota): Extension<RequestQuota>,
    Id(id): Id,
    RawJson(body): RawJson,
) -> Result<(StatusCode, Json<WorkflowView>)> {
    let account = &quota.caller().account.id;
    let has_model = |id: &str| app.providers.model(id).is_some();
    let definition = workflows.read(account, &body, has_model).await?;
    let (workflow, is_new) = workflows.replace(starter(&quota), &id, definition).await?;
    let status = match is_new {
        true => StatusCode::CREATED,
        false => StatusCode::OK,
    };
    let view = WorkflowView::whole(&workflow, app.ports.clock.now());
    Ok((status, Json(view)))
}
