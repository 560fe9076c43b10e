//! Signatures by the Standard Webhooks specification, version 1: symmetric ones.

use base64::{Engine, prelude::BASE64_STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use openclaw_core::{Error, Random, Result, Secret};
use sha2::Sha256;

/// What a secret begins with; the rest is base64.
const PREFIX: &str = "whsec_";

/// Bytes of a secret: the specification wants 24 to 64.
const BYTES: usize = 32;

/// A new secret.
pub(crate) fn new_secret(random: &dyn Random) -> Secret {
    let mut bytes = [0; BYTES];
    random.fill(&mut bytes);
    Secret::new(format!("{PREFIX}{}", BASE64_STANDARD.encode(bytes)))
}

/// `v1,…`: the signature of a message by one secret.
pub fn signature(secret: &Secret, id: &str, timestamp: i64, body: &[u8]) -> Result<String> {
    let encoded = secret.reveal().strip_prefix(PREFIX);
    let encoded = encoded.ok_or_else(|| Error::internal("a webhook's secret has no prefix"))?;
    let key = BASE64_STANDARD.decode(encoded);
    let key = key.map_err(|_| Error::internal("a webhook's secret is not base64"))?;
    let mac = Hmac::<Sha256>::new_from_slice(&key).map_err(Error::internal)?;
    let mac = mac
        .chain_update(format!("{id}.{timestamp}."))
        .chain_update(body);
    let signature = BASE64_STANDARD.encode(mac.finalize().into_bytes());
    Ok(format!("v1,{signature}"))
}

/// The value of `webhook-signature`: the signatures by each of `secrets`.
pub fn signed_by(secrets: &[Secret], id: &str, timestamp: i64, body: &[u8]) -> Result<String> {
    let signatures = secrets
        .iter()
        .map(|secret| signature(secret, id, timestamp, body));
    Ok(signatures.collect::<Result<Vec<_>>>()?.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use openclaw_testkit::SeededRandom;

    /// From the specification's own test data: `libraries/` of standard-webhooks.
    #[test]
    fn the_specifications_example_is_signed_as_it_says() {
        let secret = Secret::new("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
        let body = br#"{"test": 2432232314}"#;
        let id = "msg_p5jXN8AQM9LWM0D4loKWxJek";
        let signed = signature(&secret, id, 1_614_265_330, body).unwrap();
        assert_eq!(signed, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn secrets_are_random_and_long_enough() {
        let random = SeededRandom::new(1);
        let (one, two) = (new_secret(&random), new_secret(&random));
        assert_ne!(one.reveal(), two.reveal());
        assert_eq!(one.reveal().len(), PREFIX.len() + 44);
        let both = signed_by(&[one.clone(), two.clone()], "evt_1", 1, b"{}").unwrap();
        let each = [one, two].map(|secret| signature(&secret, "evt_1", 1, b"{}").unwrap());
        assert_eq!(both, each.join(" "));
    }
}
