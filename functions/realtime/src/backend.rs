//! The gateway as a session uses it: authentication, places among the account's connections, calls of
//! endpoints.

use crate::{
    answer,
    call::Call,
    event::Event,
    session::{KeySecret, SessionAuth},
};
use axum::body::Body;
use futures_util::{FutureExt, Stream, StreamExt, stream};
use http::{Request, Response, request::Parts};
use openclaw_auth::Identity;
use openclaw_core::{BoxFuture, Code, Error, Result, Timestamp};
use openclaw_rate_limit::connections::{self, connection_limit};
use openclaw_web::App;
use std::{sync::Arc, time::Duration};

/// Lifetime of the token of one call in seconds: the shortest there is. It only begins the call.
const TOKEN_SECONDS: i64 = 60;

/// Hands a request to the endpoint that its path names.
pub type Dispatch =
    Arc<dyn Fn(Request<Body>) -> BoxFuture<'static, Result<Response<Body>>> + Send + Sync>;

/// Shared by all sessions of a process or isolate.
#[derive(Clone)]
pub struct SessionBackend {
    app: App,
    dispatch: Dispatch,
    lease: Duration,
}

impl SessionBackend {
    /// `lease` is [`crate::Limits::lease`].
    pub fn new(app: App, dispatch: Dispatch, lease: Duration) -> Self {
        Self {
            app,
            dispatch,
            lease,
        }
    }

    /// The ports and settings.
    pub const fn app(&self) -> &App {
        &self.app
    }

    /// Now.
    pub fn now(&self) -> Timestamp {
        self.app.ports.clock.now()
    }

    /// Authenticates a handshake that carries a credential; `None` where it carries none. 401, 403, 429.
    pub async fn handshake(&self, parts: &Parts) -> Result<Option<SessionAuth>> {
        let Some(credential) = openclaw_web::presented(parts)? else {
            return Ok(None);
        };
        let authenticated = self.authenticate(&credential, None);
        let address = self.app.client_address(parts);
        let attempt = self.app.attempt(address, &credential, authenticated);
        attempt.await.map(Some)
    }

    /// Authenticates a credential, with a place among the account's connections: that of `known`, whose key
    /// it must be, or a new one. 401, 403, 409, 429.
    pub async fn authenticate(
        &self,
        credential: &str,
        known: Option<SessionAuth>,
    ) -> Result<SessionAuth> {
        let app = &self.app;
        let (identity, expires_at) = app
            .authenticator
            .authenticate_until(&app.ports, credential)
            .await?;
        let Identity::Caller(caller) = identity else {
            // As for any wrong credential: nobody shall learn here that a guess is the operator's token.
            return Err(Error::unauthorized("Invalid token"));
        };
        // A connection is not admitted as a request is, which would find out.
        let caller = app.authenticator.confirm(&app.ports, &caller).await?;
        let (account, key) = (&caller.account, &caller.key);
        let slot = match known {
            Some(known) if known.key == key.id => known.slot,
            Some(_) => {
                let message = "The connection is another key's: open a new one";
                return Err(Error::new(Code::Conflict, message));
            }
            None => self.claim(account).await?,
        };
        Ok(SessionAuth {
            account: account.id.clone(),
            key: key.id.clone(),
            generation: caller.generation(),
            expires_at,
            slot,
        })
    }

    async fn claim(&self, account: &openclaw_schema::account::Account) -> Result<u64> {
        let ports = &self.app.ports;
        let limit = connection_limit(account, &self.app.config.limits);
        let mut seed = [0; 8];
        ports.random.fill(&mut seed);
        let (seed, until) = (u64::from_le_bytes(seed), self.now() + self.lease);
        connections::claim(&*ports.ledger, &account.id, limit, seed, until)
            .await?
            .ok_or_else(|| {
                let message = format!("The account has {limit} connections, which is its limit");
                Error::new(Code::RateLimitExceeded, message)
            })
    }

    /// Holds the place of `auth` for another lease. After a failure the next renewal is still in time.
    pub async fn renew(&self, auth: &SessionAuth) -> Result<()> {
        let (ledger, until) = (&*self.app.ports.ledger, self.now() + self.lease);
        connections::renew(ledger, &auth.account, auth.slot, until).await
    }

    /// Gives the place of `auth` back. After a failure it expires by itself.
    pub async fn release(&self, auth: &SessionAuth) -> Result<()> {
        connections::release(&*self.app.ports.ledger, &auth.account, auth.slot).await
    }

    /// Makes a call for the holder of that secret. The stream is the events of its answer; dropped, it drops the
    /// call.
    pub fn call(&self, secret: &KeySecret, call: Call) -> impl Stream<Item = Event> + Send + use<> {
        let answer = self
            .app
            .authenticator
            .pass(&secret.key, secret.generation, TOKEN_SECONDS, self.now())
            .and_then(|token| call.request(&token));
        let (dispatch, kind) = (self.dispatch.clone(), call.kind);
        async move {
            let answer = match answer {
                Ok(request) => dispatch(request).await,
                Err(error) => Err(error),
            };
            match answer {
                Ok(answer) => answer::events(kind, answer).left_stream(),
                Err(error) => stream::once(async move { answer::failed(&error) }).right_stream(),
            }
        }
        .flatten_stream()
    }
}
