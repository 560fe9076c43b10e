use crate::App;
use http::{HeaderName, HeaderValue, Method, header};
use std::time::Duration;
use tower_http::cors::{AllowHeaders, AllowOrigin, CorsLayer};

/// Headers of ours that a browser's script may read.
const EXPOSED: [&str; 8] = [
    "x-request-id",
    "x-ratelimit-limit",
    "x-ratelimit-remaining",
    "x-ratelimit-reset",
    "retry-after",
    "x-openclaw-provider",
    "x-openclaw-cache",
    "x-openclaw-attempts",
];

/// Cross-origin requests from the configured origins; preflights are answered here, before
/// anything asks for a credential.
pub(crate) fn layer(app: &App) -> CorsLayer {
    let origins = &app.config.cors.origins;
    let origin = if origins.iter().any(|origin| origin == "*") {
        AllowOrigin::any()
    } else {
        AllowOrigin::list(
            origins
                .iter()
                .filter_map(|origin| HeaderValue::from_str(origin).ok()),
        )
    };
    CorsLayer::new()
        .allow_origin(origin)
        .allow_methods([
            Method::GET,
            Method::POST,
            Method::PUT,
            Method::PATCH,
            Method::DELETE,
        ])
        .allow_headers(AllowHeaders::mirror_request())
        .expose_headers(EXPOSED.map(HeaderName::from_static))
        .max_age(Duration::from_secs(86_400))
        .vary([header::ORIGIN, header::ACCESS_CONTROL_REQUEST_HEADERS])
}
