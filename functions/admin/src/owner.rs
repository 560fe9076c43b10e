use axum::Extension;
use openclaw_core::{Code, Error};
use openclaw_schema::key::Key;
use openclaw_web::{App, RequestQuota, Result};

/// The caller's quota; the operator has none.
pub(crate) type Caller = Option<Extension<RequestQuota>>;

/// The account to work on: the caller's own, or the one the operator names in `account`.
pub(crate) fn owner(caller: &Caller, named: Option<String>) -> Result<String> {
    let own = caller
        .as_ref()
        .map(|Extension(quota)| &quota.caller().account.id);
    match (own, named) {
        (Some(own), Some(named)) if *own != named => {
            forbidden("A key works on its own account only")
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
        Some(Extension(quota)) => Ok(quota.caller().account.id.clone()),
        None => Ok(app.directory().account_of_key(id).await?),
    }
}

/// The key that manages keys; `None` for the operator, whom nothing bounds. 403 for a token that was
/// not made for it: it lives for a day at most, and must not make a key that lives for ever.
pub(crate) fn manager(caller: &Caller) -> Result<Option<&Key>> {
    match caller {
        None => Ok(None),
        Some(Extension(quota)) if !quota.caller().manages_keys() => forbidden(
            "This token manages no keys: use the key itself, or a token made with `manage_keys`",
        ),
        Some(Extension(quota)) => Ok(Some(&quota.caller().key)),
    }
}

pub(crate) fn forbidden<T>(message: &'static str) -> Result<T> {
    Err(Error::new(Code::Forbidden, message).into())
}
