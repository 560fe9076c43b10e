//! The endpoints, for the OpenAPI document.

use openclaw_openapi::{Group, get};
use openclaw_schema::{
    key::Scope,
    usage::{UsageQuery, UsageReport},
};
use openclaw_web::Access;

/// The resources.
#[must_use]
pub fn groups() -> Vec<Group> {
    let about = "What the account has used.";
    let analytics = Group::new("analytics", about, Some(Access::Scope(Scope::Analytics))).with(
        get(
            "/analytics/usage",
            "usage",
            "Sum up a span of whole UTC hours",
        )
        .query::<UsageQuery>()
        .gives::<UsageReport>(200),
    );
    vec![analytics]
}
