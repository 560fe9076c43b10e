//! Whether a caller whose request is under way may go on.

use openclaw_core::{Code, Error};
use openclaw_schema::account::Status;
use openclaw_web::App;

/// Why the key of an account may no longer call, as the ledger has it now; `None` where it may, or
/// where the ledger does not say: the next look may.
pub(crate) async fn revocation(app: &App, account: &str, key: &str) -> Option<Error> {
    let directory = app.directory();
    let is_gone = |error: &Error| error.code == Code::NotFound;
    match directory.key(account, key).await {
        Err(error) if is_gone(&error) => {
            let message = "The API key was revoked";
            return Some(Error::new(Code::Unauthorized, message));
        }
        Ok(key)
            if key
                .expires_at
                .is_some_and(|end| end <= app.ports.clock.now()) =>
        {
            return Some(Error::new(Code::Unauthorized, "The API key has expired"));
        }
        _ => {}
    }
    match directory.account(account).await {
        Err(error) if is_gone(&error) => {
            let message = "The account was deleted";
            Some(Error::new(Code::Unauthorized, message))
        }
        Ok(account) if account.status == Status::Suspended => {
            Some(Error::new(Code::Forbidden, "The account is suspended"))
        }
        _ => None,
    }
}
