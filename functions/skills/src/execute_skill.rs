use crate::{context::SkillsContext, run::run};
use axum::{Extension, extract::State};
use openclaw_web::{App, Id, Json, RequestId, RequestQuota, Result};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// `POST /skills/{id}/execute`.
#[derive(Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub(crate) struct ExecuteSkill {
    /// One of the skill's.
    command: String,
    /// As the command's schema wants them; an empty object by default.
    #[serde(default)]
    parameters: Option<Value>,
}

/// What came of it.
#[derive(Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub(crate) struct SkillResult {
    /// The skill's id.
    skill: String,
    /// What was executed.
    command: String,
    /// What came out.
    result: Value,
    /// Milliseconds.
    duration_ms: u64,
}

/// The result of a command; 400, 404, 409 for a skill that is disabled, 413, 502 `skill_failed`, 504
/// `skill_timeout`, and what the skill makes of its answers.
pub(crate) async fn execute_skill(
    State(app): State<App>,
    Extension(context): Extension<SkillsContext>,
    Extension(quota): Extension<RequestQuota>,
    request: RequestId,
    Id(skill): Id,
    Json(ExecuteSkill {
        command,
        parameters,
    }): Json<ExecuteSkill>,
) -> Result<Json<SkillResult>> {
    let parameters = parameters.unwrap_or_else(|| Value::Object(Map::new()));
    let executed = run(
        &app,
        &context,
        &quota,
        &request,
        (&skill, &command),
        &parameters,
    )
    .await?;
    let duration_ms = executed.execution.duration_ms;
    Ok(Json(SkillResult {
        result: executed.result?,
        skill,
        command,
        duration_ms,
    }))
}
