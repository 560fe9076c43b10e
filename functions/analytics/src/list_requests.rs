use crate::csv;
use axum::{
    Extension,
    extract::State,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, header};
use openclaw_schema::usage::{MAX_EXPORTED, RequestFilter};
use openclaw_usage::{Retention, requests, settle_orphans};
use openclaw_web::{App, Json, Query, RequestQuota, Result};

/// The account's requests, the newest first; as CSV where that is what is accepted.
pub(crate) async fn list_requests(
    State(app): State<App>,
    Extension(quota): Extension<RequestQuota>,
    headers: HeaderMap,
    Query(filter): Query<RequestFilter>,
) -> Result<Response> {
    let as_csv = accepts_csv(&headers);
    let limit = filter.limit(if as_csv { MAX_EXPORTED } else { 100 })?;
    let now = app.ports.clock.now();
    let (ledger, account) = (&*app.ports.ledger, &quota.caller().account.id);
    settle_orphans(ledger, account, now, now).await?;
    let kept = Retention::from(&app.config.analytics);
    let list = requests(&app.ports, account, &filter, limit, kept).await?;
    Ok(match as_csv {
        true => csv::response(&list)?,
        false => Json(list).into_response(),
    })
}

fn accepts_csv(headers: &HeaderMap) -> bool {
    let accept = headers.get(header::ACCEPT);
    let accept = accept
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let mut kinds = accept
        .split(',')
        .map(|kind| kind.split(';').next().unwrap_or_default());
    kinds.any(|kind| kind.trim().eq_ignore_ascii_case("text/csv"))
}
