use crate::{
    caller::{Caller, files},
    get_content::protect,
};
use axum::{extract::State, response::Response};
use futures_util::{StreamExt, TryStreamExt};
use http::{HeaderValue, header};
use openclaw_web::{App, Id, Result, streamed};

/// The text, in UTF-8; 404, 409 where there is none yet, or none that can be read.
pub(crate) async fn get_text(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id,
) -> Result<Response> {
    let files = files(&app, &caller);
    let file = files.get(&id).await?;
    let text = files.text(&file).await?;
    let mut response = Response::new(streamed(text.map_err(axum::Error::new).boxed()));
    let headers = response.headers_mut();
    protect(headers);
    let kind = HeaderValue::from_static("text/plain; charset=utf-8");
    headers.insert(header::CONTENT_TYPE, kind);
    Ok(response)
}
