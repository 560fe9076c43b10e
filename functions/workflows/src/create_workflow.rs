use crate::context::{WorkflowsContext, starter};
use axum::{Extension, extract::State};
use http::StatusCode;
use openclaw_web::{App, Json, RawJson, RequestQuota, Result};
use openclaw_workflows::WorkflowView;

/// 201; 400 with every fault of the definition, 409 where there is one of its id.
pub(crate) async fn create_workflow(
    State(app): State<App>,
    Extension(WorkflowsContext { workflows }): Extension<WorkflowsContext>,
    Extension(quota): Extension<RequestQuota>,
    RawJson(body): RawJson,
) -> Result<(StatusCode, Json<WorkflowView>)> {
    let account = &quota.caller().account.id;
    let has_model = |id: &str| app.providers.model(id).is_some();
    let definition = workflows.read(account, &body, has_model).await?;
    let workflow = workflows.create(starter(&quota), definition).await?;
    let view = WorkflowView::whole(&workflow, app.ports.clock.now());
    Ok((StatusCode::CREATED, Json(view)))
}
