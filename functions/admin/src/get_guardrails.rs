use axum::{Extension, extract::State};
use openclaw_schema::account::AccountGuardrails;
use openclaw_web::{App, Json, RequestQuota, Result};

/// What the account of the key lets into its chats and out of them.
pub(crate) async fn get_guardrails(
    State(app): State<App>,
    Extension(quota): Extension<RequestQuota>,
) -> Result<Json<AccountGuardrails>> {
    let account = app.directory().account(&quota.caller().account.id).await?;
    Ok(Json(AccountGuardrails {
        guardrails: account.guardrails,
    }))
}
