use bytes::Bytes;
use futures_util::{FutureExt, future};
use openclaw_core::{BoxFuture, SignError, Signer};
use ring::{
    rand::SystemRandom,
    signature::{RSA_PKCS1_SHA256, RsaKeyPair},
};

/// [`Signer`] by ring, which TLS is made with, too.
#[derive(Clone, Copy, Debug, Default)]
pub struct RingSigner;

impl Signer for RingSigner {
    fn rs256(&self, key: Bytes, message: Bytes) -> BoxFuture<'static, Result<Bytes, SignError>> {
        future::ready(rs256(&key, &message)).boxed()
    }
}

fn rs256(key: &[u8], message: &[u8]) -> Result<Bytes, SignError> {
    let key = RsaKeyPair::from_pkcs8(key).map_err(|error| SignError(error.to_string()))?;
    let mut signature = vec![0; key.public().modulus_len()];
    key.sign(
        &RSA_PKCS1_SHA256,
        &SystemRandom::new(),
        message,
        &mut signature,
    )
    .map_err(|error| SignError(error.to_string()))?;
    Ok(signature.into())
}
