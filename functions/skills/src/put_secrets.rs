use crate::context::SkillsContext;
use axum::Extension;
use openclaw_web::{Id, Json, RequestQuota, Result};
use serde::Serialize;
use std::collections::BTreeMap;

/// The names of a skill's secrets; nothing shows their values.
#[derive(Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub(crate) struct SecretNames {
    /// Always `skill.secrets`.
    object: &'static str,
    /// The skill's id.
    skill: String,
    /// In order.
    names: Vec<String>,
}

/// Sets secrets by name, `null` removes one, the others stay; 400, 404, 409 for a skill that ships.
pub(crate) async fn put_secrets(
    Extension(context): Extension<SkillsContext>,
    Extension(quota): Extension<RequestQuota>,
    Id(id): Id,
    Json(change): Json<BTreeMap<String, Option<String>>>,
) -> Result<Json<SecretNames>> {
    let account = &quota.caller().account.id;
    let names = context.skills.set_secrets(account, &id, change).await?;
    Ok(Json(SecretNames {
        object: "skill.secrets",
        skill: id,
        names,
    }))
}
