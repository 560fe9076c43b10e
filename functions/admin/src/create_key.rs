use crate::{
    owner::{Caller, manager, owner},
    spending::new_with_spending,
};
use axum::extract::State;
use http::StatusCode;
use openclaw_schema::key::{CreateKey, KeySpending, NewKey};
use openclaw_web::{App, Json, Result, SecretJson};

/// 201, with the secret in `key` for the only time; 400, 403 where it would have more than the key
/// that makes it, 404 for the account.
pub(crate) async fn create_key(
    State(app): State<App>,
    caller: Caller,
    Json(mut request): Json<CreateKey>,
) -> Result<(StatusCode, SecretJson<NewKey<KeySpending>>)> {
    let account = owner(&caller, request.account.take())?;
    if let Some(maker) = manager(&caller)? {
        request.confine(maker)?;
    }
    let key = app.directory().create_key(&account, request).await?;
    let key = new_with_spending(&app, key).await?;
    Ok((StatusCode::CREATED, SecretJson(key)))
}
