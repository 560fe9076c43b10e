use axum::extract::State;
use http::StatusCode;
use openclaw_guardrails::check;
use openclaw_schema::account::{Account, CreateAccount};
use openclaw_web::{App, Json, Result};

/// 201; 400.
pub(crate) async fn create_account(
    State(app): State<App>,
    Json(request): Json<CreateAccount>,
) -> Result<(StatusCode, Json<Account>)> {
    // The compiler's bounds come after those of number and length.
    request.validate()?;
    check("guardrails", &request.guardrails)?;
    let account = app.directory().create_account(request).await?;
    Ok((StatusCode::CREATED, Json(account)))
}
