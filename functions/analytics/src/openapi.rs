//! The endpoints, for the OpenAPI document.

use openclaw_openapi::{Group, get, json};
use openclaw_schema::{
    key::Scope,
    usage::{RequestDetail, RequestFilter, RequestList, UsageQuery, UsageReport},
};
use openclaw_web::Access;

/// The resources.
#[must_use]
pub fn groups() -> Vec<Group> {
    let about = "What the account has used.";
    let analytics = Group::new("analytics", about, Some(Access::Scope(Scope::Analytics)))
        .with(
            get(
                "/analytics/usage",
                "usage",
                "Sum up a span of whole UTC hours",
            )
            .query::<UsageQuery>()
            .gives::<UsageReport>(200),
        )
        .with(
            get(
                "/analytics/requests",
                "requests",
                "List the account's requests without their content, the newest first",
            )
            .about("`Accept: text/csv` gives the page as CSV; `x-openclaw-next` is there its `last_id`.")
            .query::<RequestFilter>()
            .gives::<RequestList>(200)
            .gives_as(200, "text/csv", json!({"type": "string"})),
        )
        .with(
            get(
                "/analytics/requests/{id}",
                "request",
                "Show a request with its attempts and what each class of token cost",
            )
            .gives::<RequestDetail>(200),
        );
    vec![analytics]
}
