use axum::{Extension, extract::State};
use openclaw_schema::usage::{UsageQuery, UsageReport};
use openclaw_usage::report;
use openclaw_web::{App, Gate, Json, Query, Result};

/// What the account used in a span of whole hours; 400 for a span that is none.
pub(crate) async fn get_usage(
    State(app): State<App>,
    Extension(gate): Extension<Gate>,
    Query(query): Query<UsageQuery>,
) -> Result<Json<UsageReport>> {
    let span = query.span(app.ports.clock.now())?;
    let account = &gate.caller().account.id;
    Ok(Json(report(&*app.ports.ledger, account, span).await?))
}
