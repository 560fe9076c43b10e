use crate::owner::{Caller, owner_of_key};
use axum::extract::State;
use openclaw_schema::key::{NewKey, RotateKey};
use openclaw_web::{App, Id, Json, Result, SecretJson};

/// The key with a new secret; the old one works on for `grace_period` seconds. 400, 404.
pub(crate) async fn rotate_key(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id,
    Json(request): Json<RotateKey>,
) -> Result<SecretJson<NewKey>> {
    let account = owner_of_key(&app, &caller, &id).await?;
    Ok(SecretJson(
        app.directory().rotate_key(&account, &id, &request).await?,
    ))
}
