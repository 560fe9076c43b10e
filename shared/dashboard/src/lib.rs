//! The dashboard: the folder that `cargo xtask build dashboard` makes of `dashboard/`, embedded, and the routes
//! that serve it at `/dashboard/`. A build without that folder compiles, too; its dashboard says that it is
//! missing.
//!
//! It is static and public: whoever opens it signs in with a key, and only then is there something to see.

mod encoding;
mod files;
mod headers;

pub use files::router;
