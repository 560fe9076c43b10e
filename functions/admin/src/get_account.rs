use axum::extract::State;
use openclaw_schema::account::Account;
use openclaw_web::{App, Id, Json, Result};

/// One account; 404.
pub(crate) async fn get_account(State(app): State<App>, Id(id): Id) -> Result<Json<Account>> {
    Ok(Json(app.directory().account(&id).await?))
}
