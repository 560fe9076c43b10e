use crate::context::SkillsContext;
use axum::Extension;
use openclaw_schema::list::{List, Page};
use openclaw_skills::Execution;
use openclaw_web::{Id, Json, Query, RequestQuota, Result};

/// The last `limit`, the newest first: when, how long and how they ended, nothing of their content. 404.
pub(crate) async fn list_executions(
    Extension(context): Extension<SkillsContext>,
    Extension(quota): Extension<RequestQuota>,
    Id(id): Id,
    Query(page): Query<Page>,
) -> Result<Json<List<Execution>>> {
    page.validate()?;
    let account = &quota.caller().account.id;
    let found = context.skills.executions(account, &id, page.limit + 1);
    Ok(Json(List::page(found.await?, &page)))
}
