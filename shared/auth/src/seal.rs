//! Sealing: what tenants entrust to the gateway is stored encrypted and authenticated.

use crate::secret::mac;
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use chacha20poly1305::{
    Key, KeyInit, XChaCha20Poly1305, XNonce,
    aead::{Aead, Payload},
};
use hmac::Mac;
use openclaw_core::{Error, Random, Result, Secret};

/// The form of what is sealed: its version, then nonce and ciphertext in base64.
const VERSION: &str = "v1.";

/// Bytes of a nonce: random ones never meet.
const NONCE: usize = 24;

/// Seals under keys that are derived from `OPENCLAW_MASTER_KEY`, with XChaCha20-Poly1305.
#[derive(Clone, Debug)]
pub struct Sealer(Vec<Secret>);

impl Sealer {
    /// The shortest master key, in bytes.
    pub const MIN_LENGTH: usize = 32;

    /// One master key, or several, separated by commas: the first seals, all open. The error names the
    /// variable.
    pub fn parse(master_keys: &str) -> std::result::Result<Self, String> {
        let keys = master_keys.split(',').map(str::trim).map(|key| {
            if key.len() < Self::MIN_LENGTH {
                let least = Self::MIN_LENGTH;
                return Err(format!(
                    "OPENCLAW_MASTER_KEY: each key must have at least {least} bytes"
                ));
            }
            Ok(Secret::new(key))
        });
        Ok(Self(keys.collect::<std::result::Result<_, _>>()?))
    }

    /// Seals `text` for `place`, which is where it is stored: it opens nowhere else.
    pub fn seal(&self, random: &dyn Random, place: &str, text: &Secret) -> Result<String> {
        let key = self
            .0
            .first()
            .ok_or_else(|| Error::internal("no master key"))?;
        let mut nonce = [0; NONCE];
        random.fill(&mut nonce);
        let payload = Payload {
            msg: text.reveal().as_bytes(),
            aad: place.as_bytes(),
        };
        let sealed = cipher(key).encrypt(&XNonce::from(nonce), payload);
        let sealed = sealed.map_err(|_| Error::internal("a secret cannot be sealed"))?;
        let whole = [&nonce[..], &sealed].concat();
        Ok(format!("{VERSION}{}", BASE64_URL_SAFE_NO_PAD.encode(whole)))
    }

    /// What was sealed for `place`. An error where it was changed, comes from elsewhere, or was sealed
    /// under another master key.
    pub fn open(&self, place: &str, sealed: &str) -> Result<Secret> {
        let unreadable = || Error::internal("a sealed secret cannot be opened");
        let encoded = sealed.strip_prefix(VERSION).ok_or_else(unreadable)?;
        let whole = BASE64_URL_SAFE_NO_PAD.decode(encoded);
        let whole = whole.map_err(|_| unreadable())?;
        let (nonce, sealed) = whole.split_first_chunk::<NONCE>().ok_or_else(unreadable)?;
        let payload = || Payload {
            msg: sealed,
            aad: place.as_bytes(),
        };
        let open = |key| cipher(key).decrypt(&XNonce::from(*nonce), payload()).ok();
        let text = self.0.iter().find_map(open).ok_or_else(unreadable)?;
        let text = String::from_utf8(text).map_err(|_| unreadable())?;
        Ok(Secret::new(text))
    }
}

/// The cipher under the key that is derived from a master key for sealing.
fn cipher(master: &Secret) -> XChaCha20Poly1305 {
    let derived = mac(master, b"openclaw sealing v1").finalize().into_bytes();
    XChaCha20Poly1305::new(&Key::from(<[u8; 32]>::from(derived)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use openclaw_testkit::SeededRandom;

    const ONE: &str = "one master key of the tests with 32 bytes";
    const TWO: &str = "two master keys of the tests with 32 bytes";

    fn sealed(place: &str) -> String {
        let sealer = Sealer::parse(ONE).unwrap();
        let random = SeededRandom::new(1);
        sealer.seal(&random, place, &Secret::new("hush")).unwrap()
    }

    #[test]
    fn what_is_sealed_opens_in_its_place_only() {
        let sealer = Sealer::parse(ONE).unwrap();
        let text = sealed("acct_1/skill/NAME");
        assert!(text.starts_with("v1.") && !text.contains("hush"));
        assert_eq!(
            sealer.open("acct_1/skill/NAME", &text).unwrap().reveal(),
            "hush"
        );
        assert!(sealer.open("acct_2/skill/NAME", &text).is_err());
        let mut changed = text.clone();
        let last = changed.pop().unwrap();
        changed.push(if last == 'A' { 'E' } else { 'A' });
        assert!(sealer.open("acct_1/skill/NAME", &changed).is_err());
        for broken in ["", "v1.", "v2.AAAA", "v1.!"] {
            assert!(
                sealer.open("acct_1/skill/NAME", broken).is_err(),
                "{broken}"
            );
        }
    }

    #[test]
    fn a_new_master_key_seals_and_the_old_one_still_opens() {
        let text = sealed("x");
        let both = Sealer::parse(&format!("{TWO}, {ONE}")).unwrap();
        assert_eq!(both.open("x", &text).unwrap().reveal(), "hush");
        let random = SeededRandom::new(1);
        let new = both.seal(&random, "x", &Secret::new("hush")).unwrap();
        assert!(Sealer::parse(ONE).unwrap().open("x", &new).is_err());
        assert!(Sealer::parse(TWO).unwrap().open("x", &new).is_ok());
    }

    /// Stored bytes of before must open.
    #[test]
    fn the_form_stays() {
        let stored = "v1.wVwCiewtCpFn7I5loY3rvl5VMvvuopP4lycQrr_-2XInnQA-mW8x6kUsEN0";
        assert_eq!(sealed("x"), stored, "the nonce is of the tests' entropy");
        let again = Sealer::parse(ONE).unwrap().open("x", stored).unwrap();
        assert_eq!(again.reveal(), "hush");
    }

    #[test]
    fn short_master_keys_are_refused_by_name() {
        for keys in ["", "short", &format!("{ONE},short")] {
            let error = Sealer::parse(keys).unwrap_err();
            assert!(error.contains("OPENCLAW_MASTER_KEY"), "{error}");
        }
    }
}
