use crate::{context::SkillsContext, view::SkillView};
use axum::Extension;
use openclaw_skills::SkillStatus;
use openclaw_web::{Id, Json, RequestQuota, Result};
use serde::Deserialize;

/// `PATCH /skills/{id}`.
#[derive(Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub(crate) struct UpdateSkill {
    /// Whether it may be executed.
    status: SkillStatus,
}

/// Enables or disables it; 400, 404, 409 for one that ships.
pub(crate) async fn update_skill(
    Extension(context): Extension<SkillsContext>,
    Extension(quota): Extension<RequestQuota>,
    Id(id): Id,
    Json(UpdateSkill { status }): Json<UpdateSkill>,
) -> Result<Json<SkillView>> {
    let account = &quota.caller().account.id;
    let skill = context.skills.set_status(account, &id, status).await?;
    Ok(Json(SkillView::whole(skill)))
}
