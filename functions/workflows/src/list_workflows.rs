use crate::context::WorkflowsContext;
use axum::{Extension, extract::State};
use openclaw_schema::list::{List, Page};
use openclaw_web::{App, Json, Query, RequestQuota, Result};
use openclaw_workflows::WorkflowView;

/// In the order of their ids, without their steps.
pub(crate) async fn list_workflows(
    State(app): State<App>,
    Extension(WorkflowsContext { workflows }): Extension<WorkflowsContext>,
    Extension(quota): Extension<RequestQuota>,
    Query(page): Query<Page>,
) -> Result<Json<List<WorkflowView>>> {
    page.validate()?;
    let list = workflows.list(&quota.caller().account.id, &page).await?;
    let now = app.ports.clock.now();
    Ok(Json(
        list.map(|workflow| WorkflowView::summary(&workflow, now)),
    ))
}
