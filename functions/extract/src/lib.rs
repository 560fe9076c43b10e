//! Looks into files: a function without endpoints, which works on the jobs of uploaded files. It is one of
//! its own, because parsers are large, and what breaks them is to cost nothing else.

mod in_process;
#[cfg(feature = "worker")]
mod worker;

pub use in_process::InProcess;

use openclaw_core::queue::Consumer;
use openclaw_extract::{Limits, extract};
use openclaw_files::{Found, Inspect, ProcessFile};
use openclaw_web::{App, Consumers, Routes};
use std::sync::Arc;

/// What an isolate of 128 MB has room for.
const MAX_BYTES: u64 = 16 << 20;

/// No routes.
pub fn router(_: &App) -> Routes {
    Routes::new()
}

/// Who works on the jobs, in an isolate.
pub fn consumers(app: &App) -> Consumers {
    vec![consumer(app, Arc::new(InProcess::new(MAX_BYTES)))]
}

/// Who works on the jobs, by means of `inspect`.
pub fn consumer(app: &App, inspect: Arc<dyn Inspect>) -> Arc<dyn Consumer> {
    let limits = app.config.limits.clone();
    Arc::new(ProcessFile::new(app.ports.clone(), limits, inspect))
}

/// The type and text of a file that its sender calls `name`; the error is for the file's owner.
pub fn inspect(bytes: &[u8], name: &str) -> Result<Found, String> {
    let extracted = extract(bytes, name, Limits::default()).map_err(|error| error.to_string())?;
    Ok(Found {
        content_type: extracted.content_type.into(),
        text: extracted.text,
    })
}
