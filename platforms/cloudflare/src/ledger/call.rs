//! Calls to an account's object.

use crate::scope;
use futures_util::future::{Either, select};
use js_sys::{Promise, Reflect, Uint8Array};
use openclaw_core::StoreError;
use std::time::Duration;
use wasm_bindgen::{JsValue, prelude::wasm_bindgen};
use wasm_bindgen_futures::JsFuture;
use worker::ObjectNamespace;

/// How long a call may take. The object may do its work all the same.
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
pub(super) struct Objects(ObjectNamespace);

impl Objects {
    pub(super) fn new(namespace: ObjectNamespace) -> Self {
        Self(namespace)
    }

    /// Calls `transact`. A call that failed is not tried again: the object may have done it.
    pub(super) async fn transact(
        &self,
        account: &str,
        batch: &[u8],
    ) -> Result<Vec<u8>, StoreError> {
        let stub = self.stub(account)?;
        let answer = answer(stub.transact(batch.into())).await;
        answer.map_err(|failed| failed.error)
    }

    /// Calls `query`, and a second time where the platform says that this may help.
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
        let stub = stub.map_err(|error| StoreError::Fault(error.to_string()))?;
        Ok(stub.into_rpc())
    }
}

/// Why a call failed, and whether the platform suggests another one.
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

/// An object was reset, cannot be reached or is overloaded: a later call may succeed. An overloaded
/// object is not called again at once.
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
    match select(JsFuture::from(call?), scope::timer(DEADLINE)).await {
        Either::Left((answer, _)) => Ok(Uint8Array::new(&answer?).to_vec()),
        Either::Right(_) => Err(late().into()),
    }
}

/// No answer came in time.
pub(super) fn late() -> StoreError {
    StoreError::Unavailable("the account's object did not answer in time".into())
}
