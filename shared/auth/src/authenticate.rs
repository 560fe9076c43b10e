//! A credential in, an identity out.

use crate::{
    Directory, Secrets,
    api_key::{self, hashes_match},
    directory,
    jwt::{self, Claims},
    record::{Credential, KEY, decode},
};
use bytes::Bytes;
use openclaw_core::{Error, Ports, Result, Timestamp, ledger::Step, time};
use openclaw_schema::{
    account::{Account, Status},
    key::{Key, Token},
};
use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, PoisonError},
};
use subtle::ConstantTimeEq;

/// Who calls.
#[derive(Clone, Debug)]
pub enum Identity {
    /// The holder of `OPENCLAW_ADMIN_TOKEN`.
    Operator,
    /// The holder of a key, or of a token made from one.
    Caller(Arc<Caller>),
}

/// A key and its account.
#[derive(Clone, Debug)]
pub struct Caller {
    /// The key.
    pub key: Key,
    /// The account it belongs to.
    pub account: Account,
}

/// A stored key as requests are checked against it: decoded once, until what is stored changes.
struct Known {
    stored: Bytes,
    hash: String,
    previous: Option<(String, Timestamp)>,
    caller: Arc<Caller>,
}

impl Known {
    fn decode(stored: Bytes) -> Result<Self> {
        let Credential {
            key,
            hash,
            previous,
            account,
        } = decode(&stored)?;
        Ok(Self {
            hash,
            previous,
            caller: Arc::new(Caller { key, account }),
            stored,
        })
    }

    /// Whether `hash` is that of its text, or of the one before within the grace period.
    fn accepts(&self, hash: &str, now: Timestamp) -> bool {
        hashes_match(&self.hash, hash)
            || self
                .previous
                .as_ref()
                .is_some_and(|(old, until)| now < *until && hashes_match(old, hash))
    }

    /// Whether it opens anything `now`.
    fn ensure_usable(&self, now: Timestamp) -> Result<()> {
        if self.caller.key.expires_at.is_some_and(|at| at <= now) {
            return Err(Error::unauthorized("The API key has expired"));
        }
        if self.caller.account.status == Status::Suspended {
            return Err(Error::unauthorized("The account is suspended"));
        }
        Ok(())
    }
}

/// More decoded keys than this are not held.
const MAX_KNOWN: usize = 10_000;

/// Knows the secrets; checks credentials against them and against the stored keys.
pub struct Authenticator {
    secrets: Secrets,
    known: Mutex<HashMap<String, Arc<Known>>>,
    touched: Mutex<Touched>,
}

/// The keys whose use has been noted in this minute.
#[derive(Default)]
struct Touched {
    minute: Timestamp,
    keys: HashSet<String>,
}

impl Authenticator {
    /// Over these secrets.
    pub fn new(secrets: Secrets) -> Self {
        Self {
            secrets,
            known: Mutex::default(),
            touched: Mutex::default(),
        }
    }

    /// The accounts and keys.
    pub const fn directory<'a>(&'a self, ports: &'a Ports) -> Directory<'a> {
        Directory::new(ports, &self.secrets.pepper)
    }

    /// Whose credential this is: the operator's token, an API key or a JWT; 401.
    pub async fn authenticate(&self, ports: &Ports, credential: &str) -> Result<Identity> {
        let (identity, _) = self.authenticate_until(ports, credential).await?;
        Ok(identity)
    }

    /// The same, and when the key or token ends.
    pub async fn authenticate_until(
        &self,
        ports: &Ports,
        credential: &str,
    ) -> Result<(Identity, Option<Timestamp>)> {
        if self.is_operator(credential) {
            return Ok((Identity::Operator, None));
        }
        if credential.starts_with(api_key::PREFIX) {
            let caller = self.key(ports, credential).await?;
            let end = caller.key.expires_at;
            return Ok((Identity::Caller(caller), end));
        }
        let claims = jwt::verify(&self.secrets.jwt, credential, ports.clock.now())?;
        let known = self.find(ports, &claims.sub).await?;
        let caller = admit(ports, &known)?;
        let end = time::from_second(claims.exp);
        let end = caller.key.expires_at.map_or(end, |key| key.min(end));
        Ok((Identity::Caller(caller), Some(end)))
    }

    /// A token of the key with that id, for a request that this process makes for its holder in
    /// the next `seconds`.
    pub fn pass(&self, key: &str, seconds: i64, now: Timestamp) -> Result<String> {
        let now = time::whole_second(now).as_second();
        let claims = Claims {
            sub: key.into(),
            iat: now,
            nbf: now,
            exp: now.saturating_add(seconds),
        };
        jwt::sign(&self.secrets.jwt, &claims)
    }

    /// Whose API key this is; 401.
    pub async fn key(&self, ports: &Ports, text: &str) -> Result<Arc<Caller>> {
        let id = api_key::parse(text).ok_or_else(invalid_key)?;
        let known = self.find(ports, &id).await?;
        let hash = api_key::hash(&self.secrets.pepper, text);
        if !known.accepts(&hash, ports.clock.now()) {
            return Err(invalid_key());
        }
        admit(ports, &known)
    }

    /// The step in the account's ledger that notes that `key` is used at `now`; `None` where this
    /// process has taken it in this minute already. Whoever takes it writes it, with whatever else
    /// is to be written; losing it is harmless.
    pub fn note_use(&self, key: &Key, now: Timestamp) -> Option<Step> {
        let note = || directory::note_use(&key.id, now);
        self.is_first_use(&key.id, now).then(note)?.ok()
    }

    /// A token that stands for `key` for the next `seconds`, never longer than the key lives.
    pub fn token(&self, key: &Key, seconds: u64, now: Timestamp) -> Result<Token> {
        let now = time::whole_second(now);
        let wanted = time::shift(now, i64::try_from(seconds).unwrap_or(i64::MAX));
        let expires_at = key
            .expires_at
            .map_or(wanted, |end| wanted.min(time::whole_second(end)));
        let claims = Claims {
            sub: key.id.clone(),
            iat: now.as_second(),
            nbf: now.as_second(),
            exp: expires_at.as_second(),
        };
        Ok(Token {
            token: jwt::sign(&self.secrets.jwt, &claims)?,
            expires_at,
            token_type: "Bearer",
            expires_in: u64::try_from(claims.exp - claims.iat).unwrap_or_default(),
        })
    }

    fn is_operator(&self, credential: &str) -> bool {
        let token = self.secrets.admin_token.reveal();
        credential.as_bytes().ct_eq(token.as_bytes()).into()
    }

    async fn find(&self, ports: &Ports, id: &str) -> Result<Arc<Known>> {
        let stored = ports
            .kv
            .get(&format!("{KEY}{id}"))
            .await?
            .ok_or_else(invalid_key)?;
        let known = self
            .known
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(id)
            .cloned();
        match known {
            Some(known) if known.stored == stored => Ok(known),
            _ => Ok(self.remember(id, Known::decode(stored)?)),
        }
    }

    fn remember(&self, id: &str, known: Known) -> Arc<Known> {
        let known = Arc::new(known);
        let mut all = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= MAX_KNOWN {
            all.clear();
        }
        all.insert(id.to_string(), known.clone());
        known
    }

    /// Whether this process asks this of the key for the first time in this minute.
    fn is_first_use(&self, id: &str, now: Timestamp) -> bool {
        let minute = time::floor(now, time::MINUTE);
        let mut touched = self.touched.lock().unwrap_or_else(PoisonError::into_inner);
        if touched.minute != minute {
            *touched = Touched {
                minute,
                keys: HashSet::new(),
            };
        }
        !touched.keys.contains(id) && touched.keys.insert(id.to_string())
    }
}

fn admit(ports: &Ports, known: &Known) -> Result<Arc<Caller>> {
    known.ensure_usable(ports.clock.now())?;
    Ok(known.caller.clone())
}

fn invalid_key() -> Error {
    Error::unauthorized("Invalid API key")
}
