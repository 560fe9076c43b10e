use axum::Extension;
use openclaw_web::RequestQuota;

/// Who calls.
pub(crate) type Caller = Extension<RequestQuota>;

/// Whose webhooks are meant.
pub(crate) fn account(Extension(quota): &Caller) -> &str {
    &quota.caller().account.id
}
