use crate::{
    owner::{Caller, owner_of_key},
    spending::{spending, with_spending},
};
use axum::extract::State;
use openclaw_schema::key::KeySpending;
use openclaw_web::{App, Id, Json, Result};

/// One key, without its secret; 404.
pub(crate) async fn get_key(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id,
) -> Result<Json<KeySpending>> {
    let account = owner_of_key(&app, &caller, &id).await?;
    let key = app.directory().key(&account, &id).await?;
    let spending = spending(&app, &account).await?;
    Ok(Json(with_spending(key, &spending)))
}
