use crate::{context::SkillsContext, view::SkillView};
use axum::Extension;
use openclaw_web::{Id, Json, RequestQuota, Result};

/// Reads the tools of the skill's MCP server again; 404, 409 for a skill without one.
pub(crate) async fn refresh_skill(
    Extension(context): Extension<SkillsContext>,
    Extension(quota): Extension<RequestQuota>,
    Id(id): Id,
) -> Result<Json<SkillView>> {
    let account = &quota.caller().account.id;
    let skill = context.skills.refresh(account, &id).await?;
    Ok(Json(SkillView::whole(skill)))
}
