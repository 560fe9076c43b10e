use axum::Extension;
use openclaw_core::{Code, Error};
use openclaw_web::{App, RequestQuota, Result};

/// The caller's gate; the operator has none.
pub(crate) type Caller = Option<Extension<RequestQuota>>;

/// The account to work on: the caller's own, or the one the operator names in `account`.
pub(crate) fn owner(caller: &Caller, named: Option<String>) -> Result<String> {
    let own = caller
        .as_ref()
        .map(|Extension(gate)| &gate.caller().account.id);
    match (own, named) {
        (Some(own), Some(named)) if *own != named => {
            Err(Error::new(Code::Forbidden, "A key works on its own account only").into())
        }
        (Some(own), _) => Ok(own.clone()),
        (None, Some(named)) => Ok(named),
        (None, None) => Err(Error::invalid("account", "is required for the operator").into()),
    }
}

/// The account in which to look for the key `id`: the caller's own, or for the operator the
/// key's; 404.
pub(crate) async fn owner_of_key(app: &App, caller: &Caller, id: &str) -> Result<String> {
    match caller {
        Some(Extension(gate)) => Ok(gate.caller().account.id.clone()),
        None => Ok(app.directory().account_of_key(id).await?),
    }
}
