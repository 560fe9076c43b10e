use crate::BoxFuture;
use bytes::Bytes;

/// Signatures by private keys that the operator configured.
pub trait Signer: Send + Sync {
    /// RS256 (RFC 7518, section 3.3: RSASSA-PKCS1-v1_5 with SHA-256) of `message`; `key` is RSA, as PKCS #8 in DER.
    fn rs256(&self, key: Bytes, message: Bytes) -> BoxFuture<'static, Result<Bytes, SignError>>;
}

/// Why nothing was signed: the key is none that the platform takes. The text is for the log.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("cannot sign: {0}")]
pub struct SignError(pub String);
