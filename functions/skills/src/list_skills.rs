use crate::{context::SkillsContext, view::SkillView};
use axum::Extension;
use openclaw_schema::list::{List, Page};
use openclaw_web::{Json, Query, RequestQuota, Result};

/// In the order of their ids, without their commands.
pub(crate) async fn list_skills(
    Extension(context): Extension<SkillsContext>,
    Extension(quota): Extension<RequestQuota>,
    Query(page): Query<Page>,
) -> Result<Json<List<SkillView>>> {
    page.validate()?;
    let account = &quota.caller().account.id;
    let list = context.skills.list(account, &page).await?;
    Ok(Json(list.map(SkillView::summary)))
}
