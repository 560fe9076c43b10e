use axum::{Extension, extract::State};
use openclaw_guardrails::check;
use openclaw_schema::account::{AccountGuardrails, UpdateAccount};
use openclaw_web::{App, Json, RequestQuota, Result};

/// In place of all that were there; 400 that names what is wrong with one.
pub(crate) async fn put_guardrails(
    State(app): State<App>,
    Extension(quota): Extension<RequestQuota>,
    Json(AccountGuardrails { guardrails }): Json<AccountGuardrails>,
) -> Result<Json<AccountGuardrails>> {
    let change = UpdateAccount {
        guardrails: Some(guardrails),
        ..UpdateAccount::default()
    };
    // The compiler's bounds come after those of number and length.
    change.validate()?;
    check(
        "guardrails",
        change.guardrails.as_deref().unwrap_or_default(),
    )?;
    let id = &quota.caller().account.id;
    let account = app.directory().update_account(id, change).await?;
    Ok(Json(AccountGuardrails {
        guardrails: account.guardrails,
    }))
}
