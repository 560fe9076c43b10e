//! The endpoints, for the OpenAPI document.

use crate::get_health::Health;
use openclaw_openapi::{Group, get, json};

/// The resources.
#[must_use]
pub fn groups() -> Vec<Group> {
    let health = Group::new("health", "Whether the gateway works.", None)
        .with(get("/health", "get", "Say how the gateway is").gives::<Health>(200))
        .with(
            get(
                "/health/ready",
                "ready",
                "Say whether requests can be served",
            )
            .gives::<Health>(200)
            .gives::<Health>(503),
        );
    let object = json!({"type": "object"});
    let documents = Group::new("documents", "What describes this API.", None)
        .with(get("/openapi.json", "openapi", "This document").gives_as(
            200,
            "application/json",
            object.clone(),
        ))
        .with(
            get(
                "/asyncapi.json",
                "asyncapi",
                "The AsyncAPI document of the WebSocket",
            )
            .gives_as(200, "application/json", object),
        );
    vec![health, documents]
}
