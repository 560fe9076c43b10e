//! Cross-origin requests (Fetch standard, "HTTP-CORS protocol"): few enough lines not to put a
//! service of its own around every request.

use crate::App;
use axum::{body::Body, extract::Request, response::Response};
use http::{HeaderMap, HeaderValue, Method, header};

/// Headers of ours that a browser's script may read.
const EXPOSED: &str = "x-request-id,x-ratelimit-limit,x-ratelimit-remaining,x-ratelimit-reset,\
    retry-after,x-should-retry,x-openclaw-provider,x-openclaw-cache,x-openclaw-attempts";

const METHODS: &str = "GET,POST,PUT,PATCH,DELETE";

/// How long a browser may remember a preflight's answer, in seconds.
const MAX_AGE: &str = "86400";

/// The headers about origins on the answer to one request.
pub(crate) struct Cors {
    /// The origin that may read the answer, `*` for every one.
    allowed: Option<HeaderValue>,
}

impl Cors {
    /// Of a request with these headers, by the configured origins.
    pub(crate) fn of(app: &App, headers: &HeaderMap) -> Self {
        let origins = &app.config.cors.origins;
        let allowed = if origins.iter().any(|origin| origin == "*") {
            Some(HeaderValue::from_static("*"))
        } else {
            let asking = headers.get(header::ORIGIN);
            let known = |asking: &&HeaderValue| origins.iter().any(|origin| *asking == origin);
            asking.filter(known).cloned()
        };
        Self { allowed }
    }

    /// Adds it to an answer.
    pub(crate) fn write(&self, headers: &mut HeaderMap) {
        self.allow(headers);
        headers.insert(
            header::ACCESS_CONTROL_EXPOSE_HEADERS,
            HeaderValue::from_static(EXPOSED),
        );
    }

    fn allow(&self, headers: &mut HeaderMap) {
        // An answer may vary with more than this.
        headers.append(
            header::VARY,
            HeaderValue::from_static("origin, access-control-request-headers"),
        );
        if let Some(origin) = &self.allowed {
            headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
        }
    }

    /// The answer to a preflight, given before anything asks for a credential; `None` where
    /// `request` is none.
    pub(crate) fn preflight(&self, request: &Request) -> Option<Response> {
        if request.method() != Method::OPTIONS {
            return None;
        }
        let mut response = Response::new(Body::empty());
        let headers = response.headers_mut();
        self.allow(headers);
        headers.insert(
            header::ACCESS_CONTROL_ALLOW_METHODS,
            HeaderValue::from_static(METHODS),
        );
        headers.insert(
            header::ACCESS_CONTROL_MAX_AGE,
            HeaderValue::from_static(MAX_AGE),
        );
        // Whatever is asked for: a wildcard would not cover `authorization`.
        if let Some(asked) = request
            .headers()
            .get(header::ACCESS_CONTROL_REQUEST_HEADERS)
        {
            headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, asked.clone());
        }
        Some(response)
    }
}
