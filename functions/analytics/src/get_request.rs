use axum::{Extension, extract::State};
use openclaw_schema::usage::RequestDetail;
use openclaw_usage::{Retention, request, settle_orphans};
use openclaw_web::{App, Id, Json, RequestQuota, Result};

/// A request with its attempts and what it cost by class; 404.
pub(crate) async fn get_request(
    State(app): State<App>,
    Extension(quota): Extension<RequestQuota>,
    Id(id): Id,
) -> Result<Json<RequestDetail>> {
    let now = app.ports.clock.now();
    let (ledger, account) = (&*app.ports.ledger, &quota.caller().account.id);
    settle_orphans(ledger, account, now, now).await?;
    let kept = Retention::from(&app.config.analytics);
    Ok(Json(request(&app.ports, account, &id, kept).await?))
}
