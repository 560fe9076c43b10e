use crate::{context::SkillsContext, view::SkillView};
use axum::Extension;
use openclaw_web::{Id, Json, RequestQuota, Result};

/// One skill with its commands; 404.
pub(crate) async fn get_skill(
    Extension(context): Extension<SkillsContext>,
    Extension(quota): Extension<RequestQuota>,
    Id(id): Id,
) -> Result<Json<SkillView>> {
    let skill = context.skills.find(&quota.caller().account.id, &id).await?;
    Ok(Json(SkillView::whole(skill)))
}
