//! Calls to an account's object.

use crate::{glue, timer::Timer};
use futures_util::future::{Either, select};
use js_sys::{Promise, Reflect, Uint8Array};
use openclaw_core::StoreError;
use std::time::Duration;
use wasm_bindgen::{JsCast, JsValue, prelude::wasm_bindgen};
use wasm_bindgen_futures::JsFuture;
use worker_sys::DurableObjectNamespace;

/// How long a call may take. What it was to do may be done all the same.
pub(super) const DEADLINE: Duration = Duration::from_secs(10);

#[wasm_bindgen]
extern "C" {
    /// The methods of the class in `platforms/cloudflare/ledger/worker.mjs`.
    type Remote;

    #[wasm_bindgen(method, catch)]
    fn transact(this: &Remote, batch: Uint8Array) -> Result<Promise, JsValue>;

    #[wasm_bindgen(method, catch)]
    fn query(this: &Remote, range: Uint8Array) -> Result<Promise, JsValue>;
}

/// The accounts' objects.
pub(super) struct Objects(DurableObjectNamespace);

impl Objects {
    pub(super) fn new(namespace: DurableObjectNamespace) -> Self {
        Self(namespace)
    }

    /// Calls `transact`. Not tried again: it may have been done, and once more is twice.
    pub(super) async fn transact(
        &self,
        account: &str,
        batch: &[u8],
    ) -> Result<Vec<u8>, StoreError> {
        let stub = self.stub(account)?;
        let answer = answer(stub.transact(batch.into())).await;
        answer.map_err(|failed| failed.error)
    }

    /// Calls `query`, and once more where the platform says that this may help.
    pub(super) async fn query(&self, account: &str, range: &[u8]) -> Result<Vec<u8>, StoreError> {
        match self.ask(account, range).await {
            Err(failed) if failed.retry => self.ask(account, range).await,
            answer => answer,
        }
        .map_err(|failed| failed.error)
    }

    async fn ask(&self, account: &str, range: &[u8]) -> Result<Vec<u8>, Failed> {
        answer(self.stub(account)?.query(range.into())).await
    }

    /// A stub belongs to the request that makes it, and is of no use after an error.
    fn stub(&self, account: &str) -> Result<Remote, StoreError> {
        let stub = self.0.get_by_name(account);
        let stub = stub.map_err(|error| StoreError::Fault(glue::thrown(&error)))?;
        Ok(stub.unchecked_into())
    }
}

/// Why a call failed, and whether the platform takes it to be worth another one.
struct Failed {
    error: StoreError,
    retry: bool,
}

impl From<StoreError> for Failed {
    fn from(error: StoreError) -> Self {
        let retry = false;
        Self { error, retry }
    }
}

/// An object that was reset, cannot be reached or has too much to do: a later call may go better.
/// One that has too much to do is not to be asked again at once.
impl From<JsValue> for Failed {
    fn from(thrown: JsValue) -> Self {
        let property = |name: &str| Reflect::get(&thrown, &name.into()).ok();
        let is = |name| property(name).is_some_and(|value| value.is_truthy());
        let message = property("message").and_then(|message| message.as_string());
        let message = message.unwrap_or_else(|| format!("{thrown:?}"));
        Self {
            error: StoreError::Unavailable(format!("the account's object: {message}")),
            retry: is("retryable") && !is("overloaded"),
        }
    }
}

async fn answer(call: Result<Promise, JsValue>) -> Result<Vec<u8>, Failed> {
    match select(JsFuture::from(call?), Timer::new(DEADLINE)).await {
        Either::Left((answer, _)) => Ok(Uint8Array::new(&answer?).to_vec()),
        Either::Right(_) => Err(late().into()),
    }
}

/// Nobody answered in time.
pub(super) fn late() -> StoreError {
    StoreError::Unavailable("the account's object did not answer in time".into())
}
