//! The endpoints, for the OpenAPI document.

use openclaw_openapi::{Code, Group, json, post};
use openclaw_schema::key::{CreateToken, Token};

/// The resources.
#[must_use]
pub fn groups() -> Vec<Group> {
    let about = "Short-lived tokens.";
    let auth = Group::new("auth", about, None).with(
        post(
            "/auth/token",
            "token",
            "Exchange an API key for a short-lived token",
        )
        .takes::<CreateToken>()
        .example(json!({"api_key": "oc_live_…", "expires_in": 3600}))
        .gives::<Token>(200)
        .fails(&[
            Code::Unauthorized,
            Code::AccountSuspended,
            Code::RateLimitExceeded,
        ]),
    );
    vec![auth]
}
