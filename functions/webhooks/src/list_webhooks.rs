use crate::{
    caller::{Caller, account},
    webhooks,
};
use axum::extract::State;
use openclaw_schema::list::List;
use openclaw_web::{App, Json, Result};
use openclaw_webhooks::Webhook;

/// All of the account's, at most 20; the oldest first.
pub(crate) async fn list_webhooks(
    State(app): State<App>,
    caller: Caller,
) -> Result<Json<List<Webhook>>> {
    let all = webhooks(&app).list(account(&caller)).await?;
    Ok(Json(List::whole(all)))
}
