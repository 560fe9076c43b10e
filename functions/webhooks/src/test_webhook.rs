use crate::{
    caller::{Caller, account},
    webhooks,
};
use axum::extract::State;
use http::StatusCode;
use openclaw_schema::event::EventType;
use openclaw_web::{App, Id, Json, Result};
use openclaw_webhooks::Delivery;
use serde::Deserialize;

/// What to send.
#[derive(Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub(crate) struct TestWebhook {
    /// The type of the event.
    event: EventType,
}

/// 202: the delivery of an event that says it is a test; 400, 404.
pub(crate) async fn test_webhook(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id,
    Json(TestWebhook { event }): Json<TestWebhook>,
) -> Result<(StatusCode, Json<Delivery>)> {
    let sent = webhooks(&app).test(account(&caller), &id, event).await?;
    Ok((StatusCode::ACCEPTED, Json(sent)))
}
