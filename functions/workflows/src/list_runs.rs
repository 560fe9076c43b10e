use crate::context::WorkflowsContext;
use axum::Extension;
use openclaw_schema::list::{List, Page};
use openclaw_web::{Id, Json, Query, RequestQuota, Result};
use openclaw_workflows::{RunFilter, RunView};

/// Those of all workflows, the newest first.
pub(crate) async fn list_runs(
    Extension(WorkflowsContext { workflows }): Extension<WorkflowsContext>,
    Extension(quota): Extension<RequestQuota>,
    Query(filter): Query<RunFilter>,
    Query(page): Query<Page>,
) -> Result<Json<List<RunView>>> {
    page.validate()?;
    let runs = workflows
        .runs(&quota.caller().account.id, &filter, &page)
        .await?;
    Ok(Json(runs.map(RunView::summary)))
}

/// Those of one workflow; it may be gone.
pub(crate) async fn list_workflow_runs(
    context: Extension<WorkflowsContext>,
    quota: Extension<RequestQuota>,
    Id(id): Id,
    Query(filter): Query<RunFilter>,
    page: Query<Page>,
) -> Result<Json<List<RunView>>> {
    let filter = RunFilter {
        workflow: Some(id),
        ..filter
    };
    list_runs(context, quota, Query(filter), page).await
}
