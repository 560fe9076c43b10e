use crate::context::SkillsContext;
use axum::Extension;
use openclaw_schema::list::Deleted;
use openclaw_web::{Id, Json, RequestQuota, Result};

/// Removes its secrets, too; 404, 409 for one that ships.
pub(crate) async fn delete_skill(
    Extension(context): Extension<SkillsContext>,
    Extension(quota): Extension<RequestQuota>,
    Id(id): Id,
) -> Result<Json<Deleted>> {
    let account = &quota.caller().account.id;
    context.skills.remove(account, &id).await?;
    Ok(Json(Deleted::new(id, "skill")))
}
