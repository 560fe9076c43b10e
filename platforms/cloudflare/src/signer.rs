use crate::glue;
use bytes::Bytes;
use futures_util::FutureExt;
use js_sys::Uint8Array;
use openclaw_core::{BoxFuture, SignError, Signer};
use send_wrapper::SendWrapper;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

/// [`Signer`] by `crypto.subtle`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SubtleSigner;

impl Signer for SubtleSigner {
    fn rs256(&self, key: Bytes, message: Bytes) -> BoxFuture<'static, Result<Bytes, SignError>> {
        SendWrapper::new(rs256(key, message)).boxed()
    }
}

async fn rs256(key: Bytes, message: Bytes) -> Result<Bytes, SignError> {
    let (key, message) = (Uint8Array::from(&*key), Uint8Array::from(&*message));
    let signed = JsFuture::from(glue::rs256(key, message)).await;
    let signature: JsValue = signed.map_err(|error| SignError(format!("{error:?}")))?;
    let signature: Uint8Array = signature.unchecked_into();
    Ok(Bytes::from(signature.to_vec()))
}
