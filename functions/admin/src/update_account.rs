use axum::extract::State;
use openclaw_guardrails::check;
use openclaw_schema::account::{Account, UpdateAccount};
use openclaw_web::{App, Id, Json, Result};

/// What is absent stays, `null` removes; 400, 404.
pub(crate) async fn update_account(
    State(app): State<App>,
    Id(id): Id,
    Json(change): Json<UpdateAccount>,
) -> Result<Json<Account>> {
    // The compiler's bounds come after those of number and length.
    change.validate()?;
    check(
        "guardrails",
        change.guardrails.as_deref().unwrap_or_default(),
    )?;
    Ok(Json(app.directory().update_account(&id, change).await?))
}
