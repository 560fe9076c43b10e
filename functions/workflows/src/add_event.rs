use crate::context::WorkflowsContext;
use axum::Extension;
use http::StatusCode;
use openclaw_core::Error;
use openclaw_web::{Id, Json, RequestQuota, Result};
use openclaw_workflows::RunView;
use serde::Deserialize;
use serde_json::Value;

/// `POST /runs/{id}/events`.
#[derive(Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub(crate) struct AddEvent {
    /// Its name.
    name: String,
    /// What the step that waits for it gives.
    #[serde(default)]
    data: Value,
}

/// Sends a run an event: 202; 400, 404, 409 where the run has ended.
pub(crate) async fn add_event(
    Extension(WorkflowsContext { workflows }): Extension<WorkflowsContext>,
    Extension(quota): Extension<RequestQuota>,
    Id(id): Id,
    Json(AddEvent { name, data }): Json<AddEvent>,
) -> Result<(StatusCode, Json<RunView>)> {
    let is_name = |c: char| c.is_ascii_alphanumeric() || "_.-".contains(c);
    if !(1..=64).contains(&name.len()) || !name.chars().all(is_name) {
        let issue = "must be letters, digits, _, - and ., at most 64";
        return Err(Error::invalid("name", issue).into());
    }
    let account = &quota.caller().account.id;
    let run = workflows.send_event(account, &id, &name, data).await?;
    Ok((StatusCode::ACCEPTED, Json(RunView::summary(run))))
}
