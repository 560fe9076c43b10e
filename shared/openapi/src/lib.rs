//! The [OpenAPI 3.1](https://spec.openapis.org/oas/v3.1.1) document. Each function has a table of its
//! [operations](Operation) beside its router, in a module that only the feature `openapi` builds; schemas
//! come from the wire types by `schemars`. [`document`] puts the tables together.
//!
//! `cargo xtask openapi` writes docs/openapi.json; nothing that serves requests is built with this.

mod document;
mod errors;
mod operation;
mod schemas;
mod security;

pub use document::document;
pub use openclaw_core::Code;
pub use operation::{Group, Operation, delete, get, patch, post, put};
pub use serde_json::json;
