use crate::{
    config_view::VersionView,
    settings::{HISTORY, place},
};
use axum::extract::State;
use openclaw_auth::OPERATOR;
use openclaw_core::{Error, documents::some};
use openclaw_schema::{
    config::overlay::Overlay,
    list::{List, Page},
};
use openclaw_web::{App, Json, Query, Result};

/// The versions of what stood over the file, the newest first.
pub(crate) async fn list_versions(
    State(app): State<App>,
    Query(page): Query<Page>,
) -> Result<Json<List<VersionView>>> {
    page.validate()?;
    let after = page.after.as_deref().map(|version| {
        let version = version.parse().map(place);
        version.map_err(|_| Error::invalid("after", "must be a version's number"))
    });
    let after = after.transpose()?;
    let ledger = &*app.ports.ledger;
    let found: Vec<Overlay> =
        some(ledger, OPERATOR, HISTORY, after.as_deref(), page.limit + 1).await?;
    let versions = List::page(found, &page);
    Ok(Json(versions.map(VersionView::from)))
}
