use crate::{
    caller::{Caller, files},
    upload_file::content_type,
};
use axum::extract::State;
use http::HeaderMap;
use openclaw_schema::upload::UploadPart;
use openclaw_web::{App, BodyStream, Id, Json, Result};

/// 200, as OpenAI has it; 400, 404, 409, 413, 415.
pub(crate) async fn add_part(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id,
    headers: HeaderMap,
    mut body: BodyStream,
) -> Result<Json<UploadPart>> {
    let files = files(&app, &caller);
    match files
        .add_part(&id, content_type(&headers), body.pieces())
        .await
    {
        Ok(part) => Ok(Json(part)),
        Err(error) => {
            body.discard().await;
            Err(error.into())
        }
    }
}
