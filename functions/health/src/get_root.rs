use axum::{
    body::Body,
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    response::Response,
};
use openclaw_core::Error;
use openclaw_web::Result;

/// Relative, so that no prefix of a proxy is lost.
const DASHBOARD: HeaderValue = HeaderValue::from_static("dashboard/");

/// `/`: a browser goes on to the dashboard; to everybody else it is 404 like any path that is not there.
pub(crate) async fn get_root(method: Method, headers: HeaderMap) -> Result<Response> {
    let accept = headers.get(header::ACCEPT).map(HeaderValue::as_bytes);
    let wants_page =
        accept.is_some_and(|accept| accept.windows(9).any(|word| word == b"text/html"));
    if !wants_page || !matches!(method, Method::GET | Method::HEAD) {
        return Err(Error::not_found("endpoint").into());
    }
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::FOUND;
    response.headers_mut().insert(header::LOCATION, DASHBOARD);
    Ok(response)
}
