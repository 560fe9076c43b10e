use crate::{App, Routes, stack};
use axum::{Router, body::Body};
use futures_util::{FutureExt, StreamExt, TryStreamExt};
use openclaw_core::{BoxFuture, Http, HttpError, HttpRequest, HttpResponse};
use tower::ServiceExt;

/// [`Http`] to endpoints of this process, whatever host is asked for: they answer as they answer others,
/// whose requests they count and account.
#[derive(Clone)]
pub struct InProcess(Router);

impl InProcess {
    /// To these routes.
    pub fn new(app: &App, routes: Routes) -> Self {
        Self(stack(app.clone(), routes, Router::new()))
    }
}

impl Http for InProcess {
    fn send(&self, request: HttpRequest) -> BoxFuture<'static, Result<HttpResponse, HttpError>> {
        let answer = self.0.clone().oneshot(request.map(Body::from));
        async move {
            let answer = match answer.await {
                Ok(answer) => answer,
                Err(never) => match never {},
            };
            Ok(answer.map(|body| {
                let pieces = body.into_data_stream();
                pieces
                    .map_err(|error| HttpError::Broken(error.to_string()))
                    .boxed()
            }))
        }
        .boxed()
    }
}
