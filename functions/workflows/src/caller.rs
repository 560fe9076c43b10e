use futures_util::FutureExt;
use openclaw_auth::{Caller as Known, Identity};
use openclaw_core::{BoxFuture, Error, Result};
use openclaw_schema::account::Account;
use openclaw_web::App;
use openclaw_workflows::{Caller, RunRecord};
use std::sync::Arc;

/// Lifetime of the token of a step's request in seconds: the shortest there is. It only begins the request.
const TOKEN_SECONDS: i64 = 60;

/// Whoever started a run, known by the key.
pub(crate) struct KeyCaller(pub(crate) App);

impl KeyCaller {
    /// A token of the key, and its holder as the ledger has it by now.
    async fn known(
        &self,
        key: &str,
        generation: u64,
        run: Option<&str>,
    ) -> Result<(String, Arc<Known>)> {
        let Self(app) = self;
        let (authenticator, now) = (&app.authenticator, app.ports.clock.now());
        let token = authenticator.pass_for_run(key, generation, TOKEN_SECONDS, now, run)?;
        match authenticator.authenticate(&app.ports, &token).await? {
            Identity::Caller(caller) => {
                let caller = authenticator.confirm(&app.ports, &caller).await?;
                Ok((token, caller))
            }
            Identity::Operator => Err(Error::internal("a key's token is the operator's")),
        }
    }
}

impl Caller for KeyCaller {
    fn token<'a>(&'a self, account: &'a str, run: &'a RunRecord) -> BoxFuture<'a, Result<String>> {
        async move {
            let known = self.known(&run.key, run.generation, Some(&run.id)).await;
            let (token, caller) = known?;
            match caller.account.id == account {
                true => Ok(token),
                false => Err(Error::unauthorized("The key is another account's")),
            }
        }
        .boxed()
    }

    fn account<'a>(&'a self, key: &'a str, generation: u64) -> BoxFuture<'a, Result<Account>> {
        async move {
            let (_, caller) = self.known(key, generation, None).await?;
            Ok(caller.account.clone())
        }
        .boxed()
    }
}
