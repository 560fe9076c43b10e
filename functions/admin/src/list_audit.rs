use axum::extract::State;
use openclaw_schema::{
    audit::{AuditEntry, AuditFilter},
    list::{List, Page},
};
use openclaw_web::{App, Json, Query, Result, audit_log};

/// Changes of accounts, keys and the configuration, the newest first.
pub(crate) async fn list_audit(
    State(app): State<App>,
    Query(filter): Query<AuditFilter>,
    Query(page): Query<Page>,
) -> Result<Json<List<AuditEntry>>> {
    page.validate()?;
    Ok(Json(audit_log(&app, &filter, &page).await?))
}
