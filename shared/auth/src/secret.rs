//! The gateway's own secrets.

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
    /// `OPENCLAW_ADMIN_TOKEN`: the operator's bearer token.
    pub admin_token: Secret,
    /// `OPENCLAW_JWT_SECRETS`: key id and secret of each; the first signs, all verify.
    pub jwt: Vec<(String, Secret)>,
    /// `OPENCLAW_KEY_PEPPER`: what stored hashes of API keys are keyed with.
    pub pepper: Secret,
}

impl Secrets {
    /// The shortest secret that is taken.
    pub const MIN_LENGTH: usize = 16;
    /// The shortest operator's token that is taken: people choose it, and it opens everything.
    pub const MIN_ADMIN_TOKEN: usize = 32;

    /// Checks the values of the three variables; the error names the one at fault.
    pub fn parse(admin_token: &str, jwt_secrets: &str, pepper: &str) -> Result<Self, String> {
        let at_least = |length: usize, name: &str, text: &str| {
            if text.len() < length {
                return Err(format!("{name} must have at least {length} characters"));
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
            admin_token: at_least(Self::MIN_ADMIN_TOKEN, "OPENCLAW_ADMIN_TOKEN", admin_token)?,
            pepper: check("OPENCLAW_KEY_PEPPER", pepper)?,
            jwt,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: &str = "0123456789abcdef";
    const TOKEN: &str = "0123456789abcdef0123456789abcdef";

    #[test]
    fn the_variable_at_fault_is_named() {
        let jwt = format!("k1:{LONG}");
        assert!(
            Secrets::parse(&TOKEN[1..], &jwt, LONG)
                .unwrap_err()
                .contains("ADMIN_TOKEN")
        );
        assert!(
            Secrets::parse(TOKEN, LONG, LONG)
                .unwrap_err()
                .contains("JWT_SECRETS")
        );
        assert!(
            Secrets::parse(TOKEN, "k1:short", LONG)
                .unwrap_err()
                .contains("JWT_SECRETS")
        );
        assert!(
            Secrets::parse(TOKEN, &jwt, "")
                .unwrap_err()
                .contains("PEPPER")
        );
    }

    #[test]
    fn secrets_are_not_shown() {
        let secrets = Secrets::parse(TOKEN, &format!("k1:{LONG},k0:{LONG}"), LONG).unwrap();
        assert_eq!(secrets.jwt.len(), 2);
        assert!(!format!("{secrets:?}").contains(LONG));
    }
}
