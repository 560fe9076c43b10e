//! Tokens: JWTs (RFC 7519) signed with HMAC-SHA256, whose `kid` says with which of our secrets.
//!
//! A token stands for a key, it does not replace it: every use looks the key up, so revoking the
//! key ends its tokens. Secrets rotate by putting a new one in front of the list.

use hmac::{Hmac, Mac};
use jsonwebtoken::{
    Algorithm, DecodingKey, EncodingKey, Header, Validation,
    crypto::{CryptoProvider, JwtSigner, JwtVerifier, KeyUtils},
    errors::{Error as JwtError, ErrorKind},
    signature::{Error as SignatureError, Signer, Verifier},
};
use openclaw_core::{Error, Result, Secret, Timestamp};
use serde::{Deserialize, Serialize};
use sha2::Sha256;

/// Who makes tokens, and for whom: a token that a program signed with the same secret for
/// something else is none of ours.
const ISSUER: &str = "openclaw";
const AUDIENCE: &str = "openclaw-api";
/// For whom the code in a sign-in link is: it opens no endpoint, and is exchanged for a token once.
const SIGN_IN: &str = "openclaw-sign-in";

/// For whom a token of the operator is.
const OPERATOR: &str = "openclaw-operator";

/// The claims of a token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    /// The id of the key it stands for.
    pub sub: String,
    /// The number of the key's secret that it was made from, and with which it ends.
    #[serde(rename = "gen")]
    pub generation: u64,
    /// Issued at, Unix seconds.
    pub iat: i64,
    /// Not valid before, Unix seconds.
    pub nbf: i64,
    /// Not valid from here on, Unix seconds.
    pub exp: i64,
    /// Whether it may make, change, rotate and revoke keys where its key may.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub manage_keys: bool,
    /// The id of a code, by which its use is noted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jti: Option<String>,
    iss: String,
    aud: String,
    /// The run of a workflow whose step it was made for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<String>,
}

impl Claims {
    /// A token for that secret of the key `sub`, from `iat` to `exp` (Unix seconds).
    pub fn new(sub: &str, generation: u64, iat: i64, exp: i64) -> Self {
        Self {
            sub: sub.into(),
            generation,
            iat,
            nbf: iat,
            exp,
            manage_keys: false,
            jti: None,
            iss: ISSUER.into(),
            aud: AUDIENCE.into(),
            run: None,
        }
    }

    /// A token of the operator's. `generation` tells by which token of the environment it was asked for.
    pub(crate) fn operator(generation: u64, iat: i64, exp: i64) -> Self {
        Self {
            aud: OPERATOR.into(),
            ..Self::new("operator", generation, iat, exp)
        }
    }

    /// A code for a sign-in link with that id, in place of a token.
    #[must_use]
    pub fn into_code(self, jti: String) -> Self {
        Self {
            jti: Some(jti),
            aud: SIGN_IN.into(),
            ..self
        }
    }
}

/// Signs `claims` with the first of `secrets`.
pub fn sign(secrets: &[(String, Secret)], claims: &Claims) -> Result<String> {
    install_provider();
    let (kid, secret) = secrets
        .first()
        .ok_or_else(|| Error::internal("no JWT secret"))?;
    let header = Header {
        kid: Some(kid.clone()),
        ..Header::new(Algorithm::HS256)
    };
    let key = EncodingKey::from_secret(secret.reveal().as_bytes());
    jsonwebtoken::encode(&header, claims, &key).map_err(Error::internal)
}

/// The claims of a token that one of `secrets` signed for us and that is valid `now`.
pub fn verify(secrets: &[(String, Secret)], token: &str, now: Timestamp) -> Result<Claims> {
    verify_for(AUDIENCE, secrets, token, now)
}

/// The same for a token of the operator's.
pub(crate) fn verify_operator(
    secrets: &[(String, Secret)],
    token: &str,
    now: Timestamp,
) -> Result<Claims> {
    verify_for(OPERATOR, secrets, token, now)
}

/// The same for the code of a sign-in link.
pub fn verify_code(secrets: &[(String, Secret)], code: &str, now: Timestamp) -> Result<Claims> {
    verify_for(SIGN_IN, secrets, code, now)
}

fn verify_for(
    audience: &str,
    secrets: &[(String, Secret)],
    token: &str,
    now: Timestamp,
) -> Result<Claims> {
    install_provider();
    let claims = signed(audience, secrets, token);
    let claims = claims.ok_or_else(|| Error::unauthorized("Invalid token"))?;
    let now = now.as_second();
    if now >= claims.exp {
        return Err(Error::unauthorized("The token has expired"));
    }
    if now < claims.nbf {
        return Err(Error::unauthorized("The token is not valid yet"));
    }
    Ok(claims)
}

/// The claims of a well-signed token. Its times are compared with the port's clock, not here.
fn signed(audience: &str, secrets: &[(String, Secret)], token: &str) -> Option<Claims> {
    let kid = jsonwebtoken::decode_header(token).ok()?.kid?;
    let (_, secret) = secrets.iter().find(|(id, _)| *id == kid)?;
    let key = DecodingKey::from_secret(secret.reveal().as_bytes());
    let mut ours = Validation::new(Algorithm::HS256);
    ours.set_required_spec_claims(&["iss", "aud"]);
    ours.set_issuer(&[ISSUER]);
    ours.set_audience(&[audience]);
    ours.validate_exp = false;
    Some(jsonwebtoken::decode(token, &key, &ours).ok()?.claims)
}

/// jsonwebtoken without its own cryptography: all of it together is three times the size of a
/// function, and a provider that knows one algorithm cannot be talked into another.
static HS256_ONLY: CryptoProvider = CryptoProvider {
    signer_factory: |algorithm, key| Ok(Box::new(Hs256::new(algorithm, key.as_bytes())?)),
    verifier_factory: |algorithm, key| {
        Ok(Box::new(Hs256::new(algorithm, key.try_get_as_bytes()?)?))
    },
    key_utils: KeyUtils::new_unimplemented(),
};

fn install_provider() {
    // A second installation fails and changes nothing.
    let _ = HS256_ONLY.install_default();
}

struct Hs256(Hmac<Sha256>);

impl Hs256 {
    fn new(algorithm: &Algorithm, key: &[u8]) -> Result<Self, JwtError> {
        use hmac::KeyInit;
        if *algorithm != Algorithm::HS256 {
            return Err(ErrorKind::InvalidAlgorithm.into());
        }
        Hmac::new_from_slice(key)
            .map(Self)
            .map_err(|_| ErrorKind::InvalidKeyFormat.into())
    }
}

impl Signer<Vec<u8>> for Hs256 {
    fn try_sign(&self, message: &[u8]) -> Result<Vec<u8>, SignatureError> {
        Ok(self
            .0
            .clone()
            .chain_update(message)
            .finalize()
            .into_bytes()
            .to_vec())
    }
}

impl Verifier<Vec<u8>> for Hs256 {
    fn verify(&self, message: &[u8], signature: &Vec<u8>) -> Result<(), SignatureError> {
        let mac = self.0.clone().chain_update(message);
        mac.verify_slice(signature)
            .map_err(|_| SignatureError::new())
    }
}

impl JwtSigner for Hs256 {
    fn algorithm(&self) -> Algorithm {
        Algorithm::HS256
    }
}

impl JwtVerifier for Hs256 {
    fn algorithm(&self) -> Algorithm {
        Algorithm::HS256
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

    fn secrets(list: &[(&str, &str)]) -> Vec<(String, Secret)> {
        list.iter()
            .map(|(kid, secret)| (kid.to_string(), Secret::new(*secret)))
            .collect()
    }

    fn claims() -> Claims {
        Claims::new("key_1", 3, 1000, 2000)
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn a_token_is_valid_in_its_time_only() {
        let secrets = secrets(&[("k1", "secret")]);
        let token = sign(&secrets, &claims()).unwrap();
        assert_eq!(verify(&secrets, &token, at(1000)).unwrap(), claims());
        assert_eq!(verify(&secrets, &token, at(1999)).unwrap(), claims());
        assert!(verify(&secrets, &token, at(999)).is_err());
        assert!(verify(&secrets, &token, at(2000)).is_err());
    }

    #[test]
    fn a_code_is_no_token_and_a_token_no_code() {
        let secrets = secrets(&[("k1", "secret")]);
        let token = sign(&secrets, &claims()).unwrap();
        let code = sign(&secrets, &claims().into_code("code_1".into())).unwrap();
        assert!(verify_code(&secrets, &token, at(1500)).is_err());
        assert!(verify(&secrets, &code, at(1500)).is_err());
        let read = verify_code(&secrets, &code, at(1500)).unwrap();
        assert_eq!(read.jti.as_deref(), Some("code_1"));
        assert!(verify_code(&secrets, &code, at(2000)).is_err());
    }

    #[test]
    fn an_older_secret_still_verifies_and_an_unknown_one_does_not() {
        let token = sign(&secrets(&[("k0", "old")]), &claims()).unwrap();
        assert!(verify(&secrets(&[("k1", "new"), ("k0", "old")]), &token, at(1500)).is_ok());
        assert!(verify(&secrets(&[("k1", "old")]), &token, at(1500)).is_err());
        assert!(verify(&secrets(&[("k0", "new")]), &token, at(1500)).is_err());
    }

    #[test]
    fn a_token_for_something_else_is_refused() {
        let secrets = secrets(&[("k1", "secret")]);
        for (field, value) in [("iss", "other"), ("aud", "other")] {
            let mut other = serde_json::to_value(claims()).unwrap();
            other[field] = value.into();
            let other: Claims = serde_json::from_value(other).unwrap();
            let token = sign(&secrets, &other).unwrap();
            assert!(verify(&secrets, &token, at(1500)).is_err(), "{field}");
        }
        // As tokens were before they named whom they are for.
        let bare = serde_json::json!({"sub": "key_1", "iat": 1000, "nbf": 1000, "exp": 2000});
        let header = Header {
            kid: Some("k1".into()),
            ..Header::new(Algorithm::HS256)
        };
        let key = EncodingKey::from_secret(b"secret");
        let token = jsonwebtoken::encode(&header, &bare, &key).unwrap();
        assert!(verify(&secrets, &token, at(1500)).is_err());
    }

    #[test]
    fn another_algorithm_is_refused_even_when_well_signed() {
        let secrets = secrets(&[("k1", "secret")]);
        let token = sign(&secrets, &claims()).unwrap();
        let [_, payload, _] = token.split('.').collect::<Vec<_>>()[..] else {
            panic!()
        };
        // {"typ":"JWT","alg":"none","kid":"k1"} and the same with RS256
        for header in [
            "eyJ0eXAiOiJKV1QiLCJhbGciOiJub25lIiwia2lkIjoiazEifQ",
            "eyJ0eXAiOiJKV1QiLCJhbGciOiJSUzI1NiIsImtpZCI6ImsxIn0",
        ] {
            let message = format!("{header}.{payload}");
            let hs = Hs256::new(&Algorithm::HS256, b"secret").unwrap();
            let signature = URL_SAFE_NO_PAD.encode(hs.try_sign(message.as_bytes()).unwrap());
            for forged in [format!("{message}."), format!("{message}.{signature}")] {
                assert!(verify(&secrets, &forged, at(1500)).is_err(), "{forged}");
            }
        }
    }
}
