use crate::{App, Gate, Result, Routes, credential::credential, idempotency};
use axum::{
    extract::{Request, State},
    middleware::{Next, from_fn_with_state},
    response::{IntoResponse, Response},
};
use http::request::Parts;
use openclaw_auth::{Identity, OPERATOR};
use openclaw_core::{Code, Error};
use openclaw_schema::key::Scope;

/// Who may call a group of routes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Keys with this scope.
    Scope(Scope),
    /// Keys with this scope, and the operator.
    ScopeOrOperator(Scope),
    /// The operator alone.
    Operator,
}

/// Who may call a group of routes, and where its requests are counted. Handlers behind it find
/// the caller's [`Gate`] (none for the operator) in the request's extensions.
#[derive(Clone)]
pub struct Guard {
    app: App,
    access: Access,
    counted_by_handler: bool,
}

impl Guard {
    /// Requests are counted before the handler runs.
    pub const fn new(app: App, access: Access) -> Self {
        Self {
            app,
            access,
            counted_by_handler: false,
        }
    }

    /// The handler counts, through [`Gate::admit`]; what it answers without having done so (its
    /// body was wrong) is counted behind it.
    #[must_use]
    pub const fn counted_by_handler(mut self) -> Self {
        self.counted_by_handler = true;
        self
    }

    /// Puts it before `routes`.
    pub fn protect(self, routes: Routes) -> Routes {
        let layer = from_fn_with_state(self, guard);
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
            (Access::Operator, Identity::Caller(_)) => forbidden("For the operator only"),
            (Access::Scope(_), Identity::Operator) => forbidden("Needs an account's API key"),
        }
    }
}

fn forbidden(message: impl Into<std::borrow::Cow<'static, str>>) -> Result<()> {
    Err(Error::new(Code::Forbidden, message).into())
}

async fn guard(State(guard): State<Guard>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    let app = &guard.app;
    let identity = match identify(app, &parts).await {
        Ok(identity) => identity,
        Err(error) => return error.into_response(),
    };
    let access = guard.ensure_access(&identity);
    let Identity::Caller(caller) = identity else {
        return match access {
            Ok(()) => idempotency::run(app, OPERATOR, Request::from_parts(parts, body), next).await,
            Err(error) => error.into_response(),
        };
    };
    let account = caller.account.id.clone();
    let gate = Gate::new(app.clone(), caller);
    parts.extensions.insert(gate.clone());
    let request = Request::from_parts(parts, body);
    let mut response = match access {
        Err(error) => uncounted(&gate, error.into_response()).await,
        Ok(()) if guard.counted_by_handler => {
            let response = idempotency::run(app, &account, request, next).await;
            uncounted(&gate, response).await
        }
        Ok(()) => match gate.admit(Vec::new()).await {
            Ok(_) => idempotency::run(app, &account, request, next).await,
            Err(error) => error.into_response(),
        },
    };
    gate.write_headers(response.headers_mut());
    response
}

async fn identify(app: &App, parts: &Parts) -> Result<Identity> {
    let credential = credential(parts)?;
    let identity = app.authenticator.authenticate(&app.ports, &credential);
    Ok(identity.await?)
}

/// Counts a request that was answered without being counted; the limit's refusal goes first.
async fn uncounted(gate: &Gate, response: Response) -> Response {
    if gate.is_decided() {
        return response;
    }
    match gate.admit(Vec::new()).await {
        Ok(_) => response,
        Err(error) => error.into_response(),
    }
}
