use axum::{Extension, extract::State};
use openclaw_schema::usage::{UsageQuery, UsageReport};
use openclaw_usage::{Retention, report, settle_orphans};
use openclaw_web::{App, Json, Query, RequestQuota, Result};

/// The account's usage in a span of whole hours; 400 for a span that is none.
pub(crate) async fn get_usage(
    State(app): State<App>,
    Extension(quota): Extension<RequestQuota>,
    Query(query): Query<UsageQuery>,
) -> Result<Json<UsageReport>> {
    let now = app.ports.clock.now();
    let asked = query.check(now)?;
    let (ledger, account) = (&*app.ports.ledger, &quota.caller().account.id);
    // A request whose function was killed is in the report, too: where nobody else looks for such,
    // whoever reads does.
    settle_orphans(ledger, account, now, now).await?;
    let kept = Retention::from(&app.config.analytics);
    let mut report = report(ledger, account, &asked, kept).await?;
    if !report.by_key.is_empty() {
        report.name_keys(&app.directory().key_names(account).await?);
    }
    Ok(Json(report))
}
