//! What a session cannot do by itself: find out who calls, hold a place among the account's
//! connections, call an endpoint.

use crate::{answer, call::Call, event::Event, session::Grant};
use axum::body::Body;
use futures_util::{FutureExt, Stream, StreamExt, stream};
use http::{Request, Response, request::Parts};
use openclaw_auth::Identity;
use openclaw_core::{BoxFuture, Code, Error, Result, Timestamp};
use openclaw_rate_limit::connections::{self, connection_limit};
use openclaw_web::App;
use std::{sync::Arc, time::Duration};

/// Seconds for which the token of one call is good: the least there is. It only begins the call.
const TOKEN_SECONDS: i64 = 60;

/// Hands a request to the endpoint that its path names.
pub type Dispatch =
    Arc<dyn Fn(Request<Body>) -> BoxFuture<'static, Result<Response<Body>>> + Send + Sync>;

/// The same for all sessions of a process or isolate.
#[derive(Clone)]
pub struct Desk {
    app: App,
    dispatch: Dispatch,
    lease: Duration,
}

impl Desk {
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

    /// The grant of a handshake that carries a credential; `None` where it carries none. 401, 403,
    /// 429.
    pub async fn handshake(&self, parts: &Parts) -> Result<Option<Grant>> {
        match openclaw_web::presented(parts)? {
            Some(credential) => self.authenticate(&credential, None).await.map(Some),
            None => Ok(None),
        }
    }

    /// Whose credential it is, with a place among the account's connections: that of `known`,
    /// whom it must belong to as well, or a new one. 401, 403, 409, 429.
    pub async fn authenticate(&self, credential: &str, known: Option<Grant>) -> Result<Grant> {
        let app = &self.app;
        let (identity, expires_at) = app
            .authenticator
            .authenticate_until(&app.ports, credential)
            .await?;
        let Identity::Caller(caller) = identity else {
            let message = "Needs an account's API key";
            return Err(Error::new(Code::Forbidden, message));
        };
        let (account, key) = (&caller.account, &caller.key);
        let slot = match known {
            Some(known) if known.key == key.id => known.slot,
            Some(_) => {
                let message = "The connection is another key's: open a new one";
                return Err(Error::new(Code::Conflict, message));
            }
            None => self.claim(account).await?,
        };
        Ok(Grant {
            account: account.id.clone(),
            key: key.id.clone(),
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

    /// Holds the place of `grant` for another lease. Where that fails the next renewal is in time.
    pub async fn renew(&self, grant: &Grant) -> Result<()> {
        let (ledger, until) = (&*self.app.ports.ledger, self.now() + self.lease);
        connections::renew(ledger, &grant.account, grant.slot, until).await
    }

    /// Gives the place of `grant` back. Where that fails it comes back by itself.
    pub async fn release(&self, grant: &Grant) -> Result<()> {
        connections::release(&*self.app.ports.ledger, &grant.account, grant.slot).await
    }

    /// Makes a call for the key of that id: the events of its answer. Dropped, it drops the call.
    pub fn call(&self, key: &str, call: Call) -> impl Stream<Item = Event> + Send + use<> {
        let answer = self
            .app
            .authenticator
            .pass(key, TOKEN_SECONDS, self.now())
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
