use crate::{context::SkillsContext, run::run};
use axum::{Extension, extract::State};
use openclaw_web::{App, Id, Json, RequestId, RequestQuota, Result};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// `POST /skills/{id}/execute`.
#[derive(Deserialize)]
pub(crate) struct ExecuteSkill {
    command: String,
    #[serde(default)]
    parameters: Option<Value>,
}

/// What came of it.
#[derive(Serialize)]
pub(crate) struct SkillResult {
    skill: String,
    command: String,
    result: Value,
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
