use crate::{context::SkillsContext, manifest_body::ManifestBody, view::SkillView};
use axum::Extension;
use http::StatusCode;
use openclaw_core::Error;
use openclaw_web::{Id, Json, RequestQuota, Result};

/// 200 in place of what was there, 201 where nothing was; 400 with every fault of the manifest.
pub(crate) async fn replace_skill(
    Extension(context): Extension<SkillsContext>,
    Extension(quota): Extension<RequestQuota>,
    Id(id): Id,
    body: ManifestBody,
) -> Result<(StatusCode, Json<SkillView>)> {
    let manifest = body.manifest()?;
    if manifest.id != id {
        return Err(Error::invalid("id", "must be that of the path").into());
    }
    let account = &quota.caller().account.id;
    let manifest = context.skills.with_tools(account, manifest).await?;
    let (skill, is_new) = context.skills.replace(account, manifest).await?;
    let status = match is_new {
        true => StatusCode::CREATED,
        false => StatusCode::OK,
    };
    Ok((status, Json(SkillView::whole(skill))))
}
