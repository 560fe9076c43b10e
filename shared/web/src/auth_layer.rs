use crate::{
    ApiError, App, RequestId, RequestQuota, Result, Routes,
    audit::Change,
    body::BodyLimit,
    credential::credential,
    idempotency::{self, Owner},
};
use axum::{
    extract::{Request, State},
    middleware::{Next, from_fn_with_state},
    response::{IntoResponse, Response},
};
use http::{Method, request::Parts};
use openclaw_auth::{Caller, Identity};
use openclaw_core::{Code, Error};
use openclaw_schema::key::Scope;
use std::{net::IpAddr, sync::Arc};

/// Who may call a group of routes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Any key.
    Key,
    /// Keys with this scope.
    Scope(Scope),
    /// Keys with this scope, and the operator.
    ScopeOrOperator(Scope),
    /// The operator alone.
    Operator,
}

/// Who may call a group of routes, and where its requests are counted. Handlers inside of it find
/// the caller's [`RequestQuota`] (none for the operator) in the request's extensions.
#[derive(Clone)]
pub struct AuthLayer {
    app: App,
    access: Access,
    counted_by_handler: bool,
    is_audited: bool,
}

impl AuthLayer {
    /// Requests are counted before the handler runs.
    pub const fn new(app: App, access: Access) -> Self {
        Self {
            app,
            access,
            counted_by_handler: false,
            is_audited: false,
        }
    }

    /// Each request that changes something is in the audit log.
    #[must_use]
    pub const fn audited(mut self) -> Self {
        self.is_audited = true;
        self
    }

    /// The handler counts, through [`RequestQuota::admit`]; a request that it answers without (its
    /// body was wrong) is counted after it.
    #[must_use]
    pub const fn counted_by_handler(mut self) -> Self {
        self.counted_by_handler = true;
        self
    }

    /// Puts it before `routes`.
    pub fn protect(self, routes: Routes) -> Routes {
        let layer = from_fn_with_state(self, authenticated);
        routes.map(|methods| methods.route_layer(layer.clone()))
    }

    fn ensure_access(&self, identity: &Identity) -> Result<()> {
        match (self.access, identity) {
            (Access::Operator | Access::ScopeOrOperator(_), Identity::Operator) => Ok(()),
            (Access::Scope(scope) | Access::ScopeOrOperator(scope), Identity::Caller(caller)) => {
                if caller.key.opens(scope) {
                    return Ok(());
                }
                forbidden(format!("The key lacks the scope '{}'", scope.as_str()))
            }
            (Access::Key, Identity::Caller(_)) => Ok(()),
            (Access::Operator, Identity::Caller(_)) => forbidden("For the operator only"),
            (Access::Key | Access::Scope(_), Identity::Operator) => {
                forbidden("Needs an account's API key")
            }
        }
    }

    /// The answer for an account's key.
    async fn called(
        &self,
        quota: RequestQuota,
        address: Option<IpAddr>,
        request: Request,
        next: Next,
    ) -> Response {
        let access = self.ensure_access(&Identity::Caller(quota.caller.clone()));
        let mut response = match access {
            Err(error) => uncounted(&quota, error.into_response()).await,
            Ok(()) => match self.count(&quota, idempotency::applies(&request)).await {
                Err(error) => error.into_response(),
                Ok(()) => {
                    let owner = Owner::Caller(quota.caller.clone());
                    let response = self.run(owner, address, request, next).await;
                    uncounted(&quota, response).await
                }
            },
        };
        quota.write_headers(response.headers_mut());
        response.extensions_mut().insert(CallerLog {
            caller: quota.caller.clone(),
            is_accounted: quota.is_accounted(),
        });
        response
    }

    /// Runs what answers the request. A change is written down before it is made.
    async fn run(
        &self,
        owner: Owner,
        address: Option<IpAddr>,
        request: Request,
        next: Next,
    ) -> Response {
        if !self.is_audited || request.method().is_safe() {
            return idempotency::run(&self.app, owner, request, next).await;
        }
        let change = Change::new(&self.app, owner.actor(), &request, address);
        if let Err(error) = change.begin(&self.app).await {
            return ApiError(error).into_response();
        }
        let response = idempotency::run(&self.app, owner, request, next).await;
        change.end(&self.app, response.status()).await;
        response
    }

    /// Counts the request, unless the handler will. An idempotent one is counted here in any case:
    /// nothing is written for one that is over the limit.
    async fn count(&self, quota: &RequestQuota, is_idempotent: bool) -> Result<()> {
        if self.counted_by_handler && !is_idempotent {
            return quota.ensure_left();
        }
        quota.admit(Vec::new()).await.map(drop)
    }
}

/// Who called, left on the response for the log.
#[derive(Clone)]
pub(crate) struct CallerLog {
    pub(crate) caller: Arc<Caller>,
    /// Whether the request's settlement logs it.
    pub(crate) is_accounted: bool,
}

fn forbidden(message: impl Into<std::borrow::Cow<'static, str>>) -> Result<()> {
    Err(Error::new(Code::Forbidden, message).into())
}

async fn authenticated(State(layer): State<AuthLayer>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    let app = &layer.app;
    let address = app.client_address(&parts);
    let identity = match identify(app, address, &parts).await {
        Ok(identity) => identity,
        Err(error) => return error.into_response(),
    };
    parts
        .extensions
        .insert(BodyLimit(app.config.limits.body_bytes));
    match identity {
        Identity::Caller(caller) => {
            let quota = RequestQuota::new(app.clone(), caller).with_headers(&parts.headers);
            parts.extensions.insert(quota.clone());
            let request = Request::from_parts(parts, body);
            layer.called(quota, address, request, next).await
        }
        Identity::Operator => {
            let act = Act::new(&parts, address);
            let request = Request::from_parts(parts, body);
            let response = match layer.ensure_access(&Identity::Operator) {
                Ok(()) => layer.run(Owner::Operator, address, request, next).await,
                Err(error) => error.into_response(),
            };
            act.log(&response);
            response
        }
    }
}

async fn identify(app: &App, address: Option<IpAddr>, parts: &Parts) -> Result<Identity> {
    let credential = credential(parts)?;
    let authenticate = async {
        let identity = app
            .authenticator
            .authenticate(&app.ports, &credential.text)
            .await?;
        match identity {
            Identity::Operator if credential.in_url => Err(Error::unauthorized(
                "The operator's token is taken from a header only",
            )),
            identity => Ok(identity),
        }
    };
    let identity = app.attempt(address, &credential.text, authenticate).await;
    Ok(identity?)
}

/// Something the operator does: a line in the log for each, its reads included.
struct Act {
    request: Option<RequestId>,
    method: Method,
    path: String,
    address: Option<IpAddr>,
}

impl Act {
    fn new(parts: &Parts, address: Option<IpAddr>) -> Self {
        Self {
            request: parts.extensions.get().cloned(),
            method: parts.method.clone(),
            path: parts.uri.path().to_owned(),
            address,
        }
    }

    fn log(&self, response: &Response) {
        let request = self.request.as_ref().map_or("", |RequestId(id)| id);
        let (method, path, status) = (&self.method, &*self.path, response.status().as_u16());
        let address = self.address.map(tracing::field::display);
        tracing::info!(target: "openclaw::audit", request, %method, path, status, address, "the operator");
    }
}

/// Counts a request that was answered without being counted; the limit's refusal goes first.
async fn uncounted(quota: &RequestQuota, response: Response) -> Response {
    if quota.is_decided() {
        return response;
    }
    match quota.admit(Vec::new()).await {
        Ok(_) => response,
        Err(error) => error.into_response(),
    }
}
