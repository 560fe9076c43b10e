use futures_util::FutureExt;
use openclaw_auth::Caller as Known;
use openclaw_core::{BoxFuture, Error, Result};
use openclaw_schema::account::Account;
use openclaw_web::App;
use openclaw_workflows::{Caller, RunRecord};
use std::sync::Arc;

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
        let (authenticator, ports) = (&app.authenticator, &app.ports);
        authenticator.stand_in(ports, key, generation, run).await
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
