//! The Worker that holds the accounts' Durable Objects. `worker.mjs` makes the platform's class of
//! what is exported here.
//!
//! The SDK's `#[durable_object]` is not used: its classes do not derive from the platform's, and only those
//! that do have methods that other Workers can call.

use std::panic::AssertUnwindSafe;
use wasm_bindgen::{JsError, prelude::wasm_bindgen};
use worker::{Env, State, worker_sys::DurableObjectState};

/// An account's object.
#[wasm_bindgen]
pub struct AccountLedger(openclaw_cloudflare::AccountLedger);

#[wasm_bindgen]
impl AccountLedger {
    /// As the platform starts it.
    #[wasm_bindgen(constructor)]
    pub fn new(state: DurableObjectState, env: Env) -> Result<Self, JsError> {
        let state = State::from(state);
        Ok(Self(openclaw_cloudflare::AccountLedger::new(&state, env)?))
    }

    /// Applies a batch of transactions.
    pub fn transact(&self, batch: Vec<u8>) -> Result<Vec<u8>, JsError> {
        Ok(self.0.transact(batch)?)
    }

    /// Answers a query.
    pub fn query(&self, range: Vec<u8>) -> Vec<u8> {
        self.0.query(range)
    }

    /// Does what is due.
    pub async fn alarm(&self) -> Result<(), JsError> {
        Ok(AssertUnwindSafe(self.0.alarm()).await?)
    }
}
