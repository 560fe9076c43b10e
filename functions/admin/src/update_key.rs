use crate::{
    owner::{Caller, forbidden, manager, owner_of_key},
    spending::{spending, with_spending},
};
use axum::extract::State;
use openclaw_schema::key::{KeySpending, UpdateKey};
use openclaw_web::{App, Id, Json, Result};

/// What is absent stays, `null` removes; 400, 404, 403 where it would have more than the key that
/// changes it.
pub(crate) async fn update_key(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id,
    Json(change): Json<UpdateKey>,
) -> Result<Json<KeySpending>> {
    if let Some(maker) = manager(&caller)? {
        if maker.id == id && !change.is_name_only() {
            return forbidden("A key changes nothing of itself but its name");
        }
        change.ensure_within(maker)?;
    }
    let account = owner_of_key(&app, &caller, &id).await?;
    let key = app.directory().update_key(&account, &id, change).await?;
    let spending = spending(&app, &account).await?;
    Ok(Json(with_spending(key, &spending)))
}
