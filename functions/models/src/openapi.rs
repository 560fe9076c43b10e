//! The endpoints, for the OpenAPI document.

use crate::view::ModelView;
use openclaw_openapi::{Group, get};
use openclaw_schema::{key::Scope, list::List};
use openclaw_web::Access;

/// The resources.
#[must_use]
pub fn groups() -> Vec<Group> {
    let about = "The models that can be called.";
    let models = Group::new("models", about, Some(Access::Scope(Scope::Models)))
        .with(
            get("/models", "list", "List the models, all on one page")
                .gives::<List<ModelView<'_>>>(200),
        )
        .with(
            get("/models/{*id}", "get", "Show a model")
                .about("Ids with `/` and `:` may be percent-encoded or plain.")
                .gives::<ModelView<'_>>(200),
        );
    vec![models]
}
