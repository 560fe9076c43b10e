use axum::extract::State;
use openclaw_schema::{
    account::Account,
    list::{List, Page},
};
use openclaw_web::{App, Json, Query, Result};

/// In order of their ids.
pub(crate) async fn list_accounts(
    State(app): State<App>,
    Query(page): Query<Page>,
) -> Result<Json<List<Account>>> {
    page.validate()?;
    Ok(Json(app.directory().list_accounts(&page).await?))
}
