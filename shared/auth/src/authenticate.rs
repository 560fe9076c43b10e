//! A credential in, an identity out.

use crate::{
    Directory, Secrets, api_key,
    jwt::{self, Claims},
    keys,
    known::{Holder, Known},
    record::{Credential, KEY, KeyRecord, decode},
    standing::{Seen, State},
    store::{self, Stored},
};
use openclaw_core::{Code, Error, Ports, Result, Timestamp, ledger::Step, time};
use openclaw_schema::key::{Key, Token};
use std::{
    collections::HashSet,
    ops::Deref,
    sync::{Arc, Mutex, PoisonError},
};
use subtle::ConstantTimeEq;

/// Lifetime in seconds of the token for a request that is made in a caller's place: the shortest there is. It only
/// begins the request.
const PASS_SECONDS: i64 = 60;

/// Who calls.
#[derive(Clone, Debug)]
pub enum Identity {
    /// The holder of `OPENCLAW_ADMIN_TOKEN`.
    Operator,
    /// The holder of a key, or of a token made from one.
    Caller(Arc<Caller>),
}

/// A key, its account, and the credential that was shown for it.
#[derive(Clone, Debug)]
pub struct Caller {
    holder: Arc<Holder>,
    generation: u64,
    manages_keys: bool,
    run: Option<String>,
}

/// The code of a sign-in link.
#[derive(Clone, Debug)]
pub struct SignInCode {
    /// By which its use is noted.
    pub id: String,
    /// When it stops working.
    pub ends: Timestamp,
}

/// What a token is for.
#[derive(Clone, Debug, Default)]
pub struct TokenUse {
    /// Whether it may make, change, rotate and revoke keys where its key may.
    pub manages_keys: bool,
    /// The id of the code for a sign-in link that is made in place of a token.
    pub code: Option<String>,
}

impl Caller {
    /// The run of a workflow that the request is a step of.
    pub fn run(&self) -> Option<&str> {
        self.run.as_deref()
    }

    /// The number of the key's secret that was shown, or that the token was made from.
    pub const fn generation(&self) -> u64 {
        self.generation
    }

    /// Whether the key itself was shown, or a token that may stand for it where keys are managed.
    pub const fn manages_keys(&self) -> bool {
        self.manages_keys
    }

    /// That what was shown opens anything `now`; 401, 403.
    fn ensure_usable(&self, now: Timestamp) -> Result<()> {
        if !self.holder.accepts(self.generation, now) {
            return Err(invalid_key());
        }
        if self.key.expires_at.is_some_and(|at| at <= now) {
            return Err(Error::unauthorized("The API key has expired"));
        }
        if self.holder.is_suspended() {
            return Err(suspended());
        }
        Ok(())
    }
}

impl Deref for Caller {
    type Target = Holder;

    fn deref(&self) -> &Holder {
        &self.holder
    }
}

/// Knows the secrets; checks credentials against them and against the stored keys.
pub struct Authenticator {
    secrets: Secrets,
    known: Known,
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
            known: Known::default(),
            touched: Mutex::default(),
        }
    }

    /// The accounts and keys.
    pub const fn directory<'a>(&'a self, ports: &'a Ports) -> Directory<'a> {
        Directory::new(ports, &self.secrets.pepper)
    }

    /// Whose credential this is: the operator's token, an API key or a JWT; 401, 403.
    ///
    /// A caller is known as this process last read it. Only an admission with the step of
    /// [`check`](Self::check) in it, or [`confirm`](Self::confirm), says whether that still holds.
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
        let now = ports.clock.now();
        if let Some(end) = self.operator_until(credential, now) {
            return Ok((Identity::Operator, Some(end)));
        }
        let (caller, end) = self.token_holder(ports, credential).await?;
        let end = caller.key.expires_at.map_or(end, |key| key.min(end));
        Ok((Identity::Caller(caller), Some(end)))
    }

    /// Whose API key this is; 401, 403.
    pub async fn key(&self, ports: &Ports, text: &str) -> Result<Arc<Caller>> {
        let id = api_key::parse(text).ok_or_else(invalid_key)?;
        let hash = api_key::hash(&self.secrets.pepper, text);
        self.find(ports, &id, true, |holder, now| {
            holder.generation_of(&hash, now)
        })
        .await
    }

    /// Whose API key this is, or whose code of a sign-in link; 401, 403. Whoever takes a code notes its use.
    pub async fn key_or_code(
        &self,
        ports: &Ports,
        text: &str,
    ) -> Result<(Arc<Caller>, Option<SignInCode>)> {
        if text.starts_with(api_key::PREFIX) || !text.contains('.') {
            return Ok((self.key(ports, text).await?, None));
        }
        let claims = jwt::verify_code(&self.secrets.jwt, text, ports.clock.now())?;
        let caller = self.claimant(ports, &claims).await?;
        let id = claims
            .jti
            .ok_or_else(|| Error::unauthorized("Invalid token"))?;
        let ends = time::from_second(claims.exp);
        Ok((caller, Some(SignInCode { id, ends })))
    }

    async fn token_holder(&self, ports: &Ports, token: &str) -> Result<(Arc<Caller>, Timestamp)> {
        let claims = jwt::verify(&self.secrets.jwt, token, ports.clock.now())?;
        let caller = self.claimant(ports, &claims).await?;
        Ok((caller, time::from_second(claims.exp)))
    }

    async fn claimant(&self, ports: &Ports, claims: &Claims) -> Result<Arc<Caller>> {
        let generation = claims.generation;
        let caller = self.find(ports, &claims.sub, claims.manage_keys, |holder, now| {
            holder.accepts(generation, now).then_some(generation)
        });
        let caller = caller.await?;
        Ok(match &claims.run {
            None => caller,
            Some(run) => Arc::new(Caller {
                run: Some(run.clone()),
                ..Caller::clone(&caller)
            }),
        })
    }

    /// The caller, and the step of its admission that demands that its account, and the account's
    /// keys, are as this process knows them; where that step is refused, [`confirm`](Self::confirm)
    /// says how they are by now. 401, 403.
    pub async fn check(&self, ports: &Ports, caller: &Arc<Caller>) -> Result<(Arc<Caller>, Step)> {
        let known = self.known.standing(&caller.account.id);
        if known.standing.allows(&caller.key.id, caller.revision()) {
            return Ok((caller.clone(), known.check()));
        }
        let caller = self.confirm(ports, caller).await?;
        let known = self.known.standing(&caller.account.id);
        Ok((caller, known.check()))
    }

    /// The caller as the ledger has it by now: 401 where its key was revoked or its secret
    /// replaced, 403 where its account is suspended.
    pub async fn confirm(&self, ports: &Ports, caller: &Caller) -> Result<Arc<Caller>> {
        let account = &caller.account.id;
        let seen = Seen::read(&*ports.ledger, account).await?;
        self.known.note_standing(account, &seen);
        match seen.standing.state {
            State::Active => {}
            State::Suspended => return Err(suspended()),
            State::Deleted => return Err(invalid_key()),
        }
        let is_current = seen.standing.allows(&caller.key.id, caller.revision());
        let holder = match is_current {
            true => caller.holder.clone(),
            false => self.read(ports, &caller.holder).await?,
        };
        let caller = Caller {
            holder,
            ..caller.clone()
        };
        caller.ensure_usable(ports.clock.now())?;
        Ok(Arc::new(caller))
    }

    /// A token of the key with that id and that secret, for a request that this process makes for
    /// its holder in the next `seconds`.
    pub fn pass(&self, key: &str, generation: u64, seconds: i64, now: Timestamp) -> Result<String> {
        self.pass_for_run(key, generation, seconds, now, None)
    }

    /// The same for a request that is a step of a workflow's run: what it costs is noted as that run's.
    pub fn pass_for_run(
        &self,
        key: &str,
        generation: u64,
        seconds: i64,
        now: Timestamp,
        run: Option<&str>,
    ) -> Result<String> {
        let now = time::whole_second(now).as_second();
        let end = now.saturating_add(seconds);
        let mut claims = Claims::new(key, generation, now, end);
        claims.run = run.map(str::to_owned);
        jwt::sign(&self.secrets.jwt, &claims)
    }

    /// The holder of the key with that id and that secret as the ledger has it by now, and a token for
    /// requests that this process makes for it; 401, 403.
    pub async fn stand_in(
        &self,
        ports: &Ports,
        key: &str,
        generation: u64,
        run: Option<&str>,
    ) -> Result<(String, Arc<Caller>)> {
        let token = self.pass_for_run(key, generation, PASS_SECONDS, ports.clock.now(), run)?;
        match self.authenticate(ports, &token).await? {
            Identity::Caller(caller) => Ok((token, self.confirm(ports, &caller).await?)),
            Identity::Operator => Err(Error::internal("a key's token is the operator's")),
        }
    }

    /// The step in the account's ledger that notes that `key` is used at `now`; `None` where this
    /// process has taken it in this minute already. Whoever takes it writes it, with whatever else
    /// is to be written; losing it is harmless.
    pub fn note_use(&self, key: &Key, now: Timestamp) -> Option<Step> {
        let note = || keys::note_use(&key.id, now);
        self.is_first_use(&key.id, now).then(note)?.ok()
    }

    /// A token that stands for the caller's key for the next `seconds`, never longer than the key
    /// lives, nor than the secret that was shown for it. It may no more than the caller.
    pub fn token(
        &self,
        caller: &Caller,
        seconds: u64,
        wanted_for: TokenUse,
        now: Timestamp,
    ) -> Result<Token> {
        let now = time::whole_second(now);
        let wanted = time::shift(now, i64::try_from(seconds).unwrap_or(i64::MAX));
        let ends = [caller.key.expires_at, caller.secret_end(caller.generation)];
        let ends = ends.into_iter().flatten().map(time::whole_second);
        let expires_at = ends.fold(wanted, std::cmp::min);
        let (iat, exp) = (now.as_second(), expires_at.as_second());
        let mut claims = Claims::new(&caller.key.id, caller.generation, iat, exp);
        claims.manage_keys = wanted_for.manages_keys && caller.manages_keys;
        if let Some(code) = wanted_for.code {
            claims = claims.into_code(code);
        }
        Ok(Token {
            token: jwt::sign(&self.secrets.jwt, &claims)?,
            expires_at,
            token_type: "Bearer",
            expires_in: u64::try_from(exp - iat).unwrap_or_default(),
        })
    }

    /// A token that stands for the operator for the next `seconds`, for whom the operator's own token is
    /// `credential`; `None` where it is not, or this function does not know it.
    pub fn operator_token(
        &self,
        credential: &str,
        seconds: u64,
        now: Timestamp,
    ) -> Option<Result<Token>> {
        let generation = self.operator_generation()?;
        if !self.is_operator(credential) {
            return None;
        }
        let now = time::whole_second(now);
        let expires_at = time::shift(now, i64::try_from(seconds).unwrap_or(i64::MAX));
        let claims = Claims::operator(generation, now.as_second(), expires_at.as_second());
        let token = jwt::sign(&self.secrets.jwt, &claims);
        Some(token.map(|token| Token {
            token,
            expires_at,
            token_type: "Bearer",
            expires_in: seconds,
        }))
    }

    /// When a token that stands for the operator ends; `None` where `credential` is none.
    fn operator_until(&self, credential: &str, now: Timestamp) -> Option<Timestamp> {
        let generation = self.operator_generation()?;
        let claims = jwt::verify_operator(&self.secrets.jwt, credential, now).ok()?;
        (claims.generation == generation).then(|| time::from_second(claims.exp))
    }

    /// What ends the tokens that stand for the operator when the operator's own token is replaced: a number
    /// of 52 bits, which says nothing of that token.
    fn operator_generation(&self) -> Option<u64> {
        let token = self.secrets.admin_token.as_ref()?;
        let hash = api_key::hash(&self.secrets.pepper, token.reveal());
        u64::from_str_radix(hash.get(..13)?, 16).ok()
    }

    fn is_operator(&self, credential: &str) -> bool {
        let token = self.secrets.admin_token.as_ref();
        token.is_some_and(|token| {
            let token = token.reveal().as_bytes();
            credential.as_bytes().ct_eq(token).into()
        })
    }

    /// The caller whose secret's number `judge` finds in the key `id`. Where it finds none, what
    /// is known of the key may be old: the ledger is asked, though not for every guess.
    async fn find(
        &self,
        ports: &Ports,
        id: &str,
        manages_keys: bool,
        judge: impl Fn(&Holder, Timestamp) -> Option<u64>,
    ) -> Result<Arc<Caller>> {
        let now = ports.clock.now();
        let mut holder = self.holder(ports, id).await?;
        let mut generation = judge(&holder, now);
        if generation.is_none() && self.known.may_be_old(id, now) {
            holder = self.read(ports, &holder).await?;
            generation = judge(&holder, now);
        }
        let caller = Caller {
            holder,
            generation: generation.ok_or_else(invalid_key)?,
            manages_keys,
            run: None,
        };
        caller.ensure_usable(now)?;
        Ok(Arc::new(caller))
    }

    /// The key `id`, as this process knows it or as it is stored.
    async fn holder(&self, ports: &Ports, id: &str) -> Result<Arc<Holder>> {
        let projected = ports.kv.get(&format!("{KEY}{id}")).await?;
        let projected = projected.ok_or_else(invalid_key)?;
        match self.known.find(id, &projected, ports.clock.now()) {
            Some(holder) => holder.ok_or_else(invalid_key),
            None => {
                let credential: Credential = decode(&projected)?;
                let holder = Holder::new(credential, projected);
                self.read(ports, &holder).await
            }
        }
    }

    /// The key as its account's ledger has it. Where that has none, the projection is a leftover:
    /// whoever revoked the key, or was about to change it, was cut off.
    async fn read(&self, ports: &Ports, holder: &Holder) -> Result<Arc<Holder>> {
        let (now, key) = (ports.clock.now(), format!("{KEY}{}", holder.key.id));
        let found = store::find(&*ports.ledger, &holder.account.id, &key).await?;
        let found = found.map(|found: Stored<KeyRecord>| Arc::new(holder.with(found.value)));
        self.known.remember(holder, found.clone(), now);
        if found.is_none() {
            // Where this fails, it is tried again when the key is read the next time.
            let _ = ports.kv.delete(&key).await;
        }
        found.ok_or_else(invalid_key)
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

fn invalid_key() -> Error {
    Error::unauthorized("Invalid API key")
}

fn suspended() -> Error {
    Error::new(Code::AccountSuspended, "The account is suspended")
}
