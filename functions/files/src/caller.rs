use axum::Extension;
use openclaw_files::Files;
use openclaw_web::{App, RequestQuota};

/// Whose files a request is about.
pub(crate) type Caller = Extension<RequestQuota>;

/// The files of the caller's account.
pub(crate) fn files<'a>(app: &'a App, caller: &'a Caller) -> Files<'a> {
    Files::new(&app.ports, &caller.caller().account, &app.config.limits)
}
