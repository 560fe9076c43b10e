use axum::response::{IntoResponse, Response};
use http::{HeaderValue, header};

/// This API in OpenAPI 3.1, as `cargo xtask openapi` writes it.
pub(crate) async fn get_openapi() -> Response {
    json(include_bytes!("../../../docs/openapi.json"))
}

/// The WebSocket in AsyncAPI 3.0, as `cargo xtask openapi` writes it of docs/asyncapi.yaml.
pub(crate) async fn get_asyncapi() -> Response {
    json(include_bytes!("../../../docs/asyncapi.json"))
}

fn json(document: &'static [u8]) -> Response {
    let headers = [
        (header::CONTENT_TYPE, "application/json"),
        (header::CACHE_CONTROL, "public, max-age=300"),
    ];
    let headers = headers.map(|(name, value)| (name, HeaderValue::from_static(value)));
    (headers, document).into_response()
}
