use crate::caller::{Caller, files};
use axum::extract::State;
use http::{HeaderMap, StatusCode, header::CONTENT_TYPE};
use openclaw_schema::file::File;
use openclaw_web::{App, BodyStream, Json, Result};

/// 201; 400, 413, 415, 507.
pub(crate) async fn upload_file(
    State(app): State<App>,
    caller: Caller,
    headers: HeaderMap,
    mut body: BodyStream,
) -> Result<(StatusCode, Json<File>)> {
    let files = files(&app, &caller);
    match files.receive(content_type(&headers), body.pieces()).await {
        Ok(file) => Ok((StatusCode::CREATED, Json(file.show()))),
        Err(error) => {
            body.discard().await;
            Err(error.into())
        }
    }
}

/// The body's media type, with its parameters.
pub(crate) fn content_type(headers: &HeaderMap) -> Option<&str> {
    headers.get(CONTENT_TYPE)?.to_str().ok()
}
