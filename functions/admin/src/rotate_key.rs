use crate::{
    owner::{Caller, manager, owner_of_key},
    spending::new_with_spending,
};
use axum::extract::State;
use openclaw_schema::key::{KeySpending, NewKey, RotateKey};
use openclaw_web::{App, Id, Json, Result, SecretJson};

/// The key with a new secret; the old one works on for `grace_period` seconds. 400, 404, 403 where it
/// may more than the key that asks.
pub(crate) async fn rotate_key(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id,
    Json(request): Json<RotateKey>,
) -> Result<SecretJson<NewKey<KeySpending>>> {
    let account = owner_of_key(&app, &caller, &id).await?;
    if let Some(maker) = manager(&caller)? {
        app.directory()
            .key(&account, &id)
            .await?
            .ensure_within(maker)?;
    }
    let key = app.directory().rotate_key(&account, &id, &request).await?;
    Ok(SecretJson(new_with_spending(&app, key).await?))
}
