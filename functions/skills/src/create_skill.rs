use crate::{context::SkillsContext, manifest_body::ManifestBody, view::SkillView};
use axum::Extension;
use http::StatusCode;
use openclaw_web::{Json, RequestQuota, Result};

/// 201; 400 with every fault of the manifest, 409 where there is one of its id.
pub(crate) async fn create_skill(
    Extension(context): Extension<SkillsContext>,
    Extension(quota): Extension<RequestQuota>,
    body: ManifestBody,
) -> Result<(StatusCode, Json<SkillView>)> {
    let account = &quota.caller().account.id;
    let manifest = context.skills.with_tools(account, body.manifest()?).await?;
    let skill = context.skills.install(account, manifest).await?;
    Ok((StatusCode::CREATED, Json(SkillView::whole(skill))))
}
