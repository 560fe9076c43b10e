use crate::caller::{Caller, files};
use axum::extract::State;
use openclaw_schema::{
    file::{File, ListFiles},
    list::List,
};
use openclaw_web::{App, Json, Query, Result};

/// The newest first, unless the query says otherwise; 400.
pub(crate) async fn list_files(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<ListFiles>,
) -> Result<Json<List<File>>> {
    Ok(Json(files(&app, &caller).list(&query).await?))
}
