//! Tokens: JWTs (RFC 7519) signed with HMAC-SHA256, whose `kid` says with which of our secrets.
//!
//! A token stands for a key, it does not replace it: every use looks the key up, so revoking the
//! key ends its tokens. Secrets rotate by putting a new one in front of the list.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, Mac};
use jsonwebtoken::{
    Algorithm, DecodingKey, EncodingKey, Header,
    crypto::{self, CryptoProvider, JwtSigner, JwtVerifier, KeyUtils},
    errors::{Error as JwtError, ErrorKind},
    signature::{Error as SignatureError, Signer, Verifier},
};
use openclaw_core::{Error, Result, Secret, Timestamp, json::read, record};
use serde::Serialize;
use sha2::Sha256;

/// What a token says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Claims {
    /// The id of the key it stands for.
    pub sub: String,
    /// Issued at, Unix seconds.
    pub iat: i64,
    /// Not valid before, Unix seconds.
    pub nbf: i64,
    /// Not valid from here on, Unix seconds.
    pub exp: i64,
}

record!(Claims {
    sub: required,
    iat: required,
    nbf: required,
    exp: required,
    ..
});

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

/// The claims of a token that one of `secrets` signed and that is valid `now`.
pub fn verify(secrets: &[(String, Secret)], token: &str, now: Timestamp) -> Result<Claims> {
    install_provider();
    let claims = signed(secrets, token).ok_or_else(|| Error::unauthorized("Invalid token"))?;
    let now = now.as_second();
    if now >= claims.exp {
        return Err(Error::unauthorized("The token has expired"));
    }
    if now < claims.nbf {
        return Err(Error::unauthorized("The token is not valid yet"));
    }
    Ok(claims)
}

/// What is read of a token's header.
#[derive(Default)]
struct Signed<'a> {
    alg: &'a str,
    kid: &'a str,
}

record!(Signed<'a> {
    alg: required,
    kid: required,
    ..
});

/// What a well-signed token says: HS256 and nothing else. `jsonwebtoken::decode` would do, but it
/// reads every kind of key that a header can carry, a tenth of the size of a Worker.
fn signed(secrets: &[(String, Secret)], token: &str) -> Option<Claims> {
    let (message, signature) = token.rsplit_once('.')?;
    let (header, claims) = message.split_once('.')?;
    let header = URL_SAFE_NO_PAD.decode(header).ok()?;
    let header: Signed<'_> = read(&header).ok()?;
    let (_, secret) = secrets.iter().find(|(id, _)| id == header.kid)?;
    let key = DecodingKey::from_secret(secret.reveal().as_bytes());
    let is_ours = header.alg == "HS256"
        && crypto::verify(signature, message.as_bytes(), &key, Algorithm::HS256).ok()?;
    let claims = URL_SAFE_NO_PAD.decode(claims).ok()?;
    is_ours.then(|| read(&claims).ok())?
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

    fn secrets(list: &[(&str, &str)]) -> Vec<(String, Secret)> {
        list.iter()
            .map(|(kid, secret)| (kid.to_string(), Secret::new(*secret)))
            .collect()
    }

    fn claims() -> Claims {
        Claims {
            sub: "key_1".into(),
            iat: 1000,
            nbf: 1000,
            exp: 2000,
        }
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
    fn an_older_secret_still_verifies_and_an_unknown_one_does_not() {
        let token = sign(&secrets(&[("k0", "old")]), &claims()).unwrap();
        assert!(verify(&secrets(&[("k1", "new"), ("k0", "old")]), &token, at(1500)).is_ok());
        assert!(verify(&secrets(&[("k1", "old")]), &token, at(1500)).is_err());
        assert!(verify(&secrets(&[("k0", "new")]), &token, at(1500)).is_err());
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
