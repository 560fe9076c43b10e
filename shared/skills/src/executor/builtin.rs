//! What the gateway does by itself.

use super::{Call, Executor};
use futures_util::{FutureExt, future};
use openclaw_core::{BoxFuture, Result, time::whole_second};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// `{"type": "builtin", "name": …}`.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[cfg_attr(
    feature = "openapi",
    derive(schemars::JsonSchema),
    schemars(rename = "BuiltinExecutor")
)]
pub struct Builtin {
    /// Which.
    pub name: Function,
}

/// The functions that there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(
    feature = "openapi",
    derive(schemars::JsonSchema),
    schemars(rename = "BuiltinFunction")
)]
#[serde(rename_all = "lowercase")]
pub enum Function {
    /// The time now: `{"time": "2026-02-28T12:00:00Z"}`.
    Time,
}

impl Executor for Builtin {
    fn execute<'a>(&'a self, call: &'a Call<'a>) -> BoxFuture<'a, Result<Value>> {
        let result = match self.name {
            Function::Time => json!({"time": whole_second(call.ports.clock.now())}),
        };
        future::ready(Ok(result)).boxed()
    }
}
