//! The gateway's own secrets.

use crate::Sealer;
use hmac::{Hmac, KeyInit, Mac};
use openclaw_core::Secret;
use sha2::Sha256;

/// HMAC-SHA256 (RFC 2104) over `message`, keyed with `secret`.
pub(crate) fn mac(secret: &Secret, message: &[u8]) -> Hmac<Sha256> {
    // A key of any length is allowed: HMAC hashes long ones, so the error of the general
    // interface cannot occur and an empty key stands in for it.
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.reveal().as_bytes())
        .unwrap_or_else(|_| Hmac::<Sha256>::new(&Default::default()));
    mac.update(message);
    mac
}

/// Everything the gateway keeps secret about itself; it comes from the runtime's environment.
#[derive(Clone, Debug)]
pub struct Secrets {
    /// `OPENCLAW_ADMIN_TOKEN`: the operator's bearer token. A function that serves nothing to the operator
    /// does not get it.
    pub admin_token: Option<Secret>,
    /// `OPENCLAW_JWT_SECRETS`: key id and secret of each; the first signs, all verify.
    pub jwt: Vec<(String, Secret)>,
    /// `OPENCLAW_KEY_PEPPER`: what stored hashes of API keys are keyed with.
    pub pepper: Secret,
    /// `OPENCLAW_MASTER_KEY`: what is sealed with. A function that opens nothing sealed does not get it.
    pub sealer: Option<Sealer>,
}

impl Secrets {
    /// The shortest secret that is taken, in bytes: as long as the output of the hash that it keys
    /// (RFC 7518, section 3.2).
    pub const MIN_LENGTH: usize = 32;
    /// The shortest pepper that is taken: another one ends all keys, so shorter ones of before
    /// stay.
    pub const MIN_PEPPER: usize = 16;

    /// Checks the values of the three variables; the error names the one at fault.
    pub fn parse(
        admin_token: Option<&str>,
        jwt_secrets: &str,
        pepper: &str,
    ) -> Result<Self, String> {
        let at_least = |length: usize, name: &str, text: &str| {
            if text.len() < length {
                return Err(format!("{name} must have at least {length} bytes"));
            }
            Ok(Secret::new(text))
        };
        let check = |name: &str, text: &str| at_least(Self::MIN_LENGTH, name, text);
        let jwt = jwt_secrets
            .split(',')
            .map(|pair| match pair.trim().split_once(':') {
                Some((kid, secret)) if !kid.is_empty() => Ok((
                    kid.to_string(),
                    check("OPENCLAW_JWT_SECRETS: each secret", secret)?,
                )),
                _ => {
                    Err("OPENCLAW_JWT_SECRETS must be kid:secret, separated by commas".to_string())
                }
            })
            .collect::<Result<Vec<_>, _>>()?;
        Ok(Self {
            admin_token: admin_token
                .map(|token| check("OPENCLAW_ADMIN_TOKEN", token))
                .transpose()?,
            pepper: at_least(Self::MIN_PEPPER, "OPENCLAW_KEY_PEPPER", pepper)?,
            jwt,
            sealer: None,
        })
    }

    /// Of a function whose endpoints authenticate nobody: no credential is good there, and none is made.
    pub fn none() -> Self {
        Self {
            admin_token: None,
            jwt: vec![],
            pepper: Secret::new(""),
            sealer: None,
        }
    }

    /// The same with a master key; the error names its variable.
    pub fn with_master_key(self, master_key: &str) -> Result<Self, String> {
        let sealer = Some(Sealer::parse(master_key)?);
        Ok(Self { sealer, ..self })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: &str = "0123456789abcdef0123456789abcdef";

    #[test]
    fn the_variable_at_fault_is_named() {
        let jwt = format!("k1:{LONG}");
        assert!(
            Secrets::parse(Some(&LONG[1..]), &jwt, LONG)
                .unwrap_err()
                .contains("ADMIN_TOKEN")
        );
        assert!(
            Secrets::parse(Some(LONG), LONG, LONG)
                .unwrap_err()
                .contains("JWT_SECRETS")
        );
        assert!(
            Secrets::parse(Some(LONG), &jwt[..jwt.len() - 1], LONG)
                .unwrap_err()
                .contains("JWT_SECRETS")
        );
        assert!(
            Secrets::parse(Some(LONG), &jwt, &LONG[..15])
                .unwrap_err()
                .contains("PEPPER")
        );
    }

    #[test]
    fn secrets_are_not_shown() {
        assert!(Secrets::parse(Some(LONG), &format!("k1:{LONG}"), &LONG[..16]).is_ok());
        let secrets = Secrets::parse(Some(LONG), &format!("k1:{LONG},k0:{LONG}"), LONG).unwrap();
        assert_eq!(secrets.jwt.len(), 2);
        assert!(!format!("{secrets:?}").contains(LONG));
    }
}
