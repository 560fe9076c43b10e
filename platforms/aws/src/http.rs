//! The SDK's HTTP over the port: its calls share the pool and the TLS of the providers' calls.

use aws_smithy_runtime_api::client::{
    http::{
        HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
    },
    orchestrator::{HttpRequest, HttpResponse},
    result::ConnectorError,
    runtime_components::RuntimeComponents,
};
use aws_smithy_types::body::SdkBody;
use bytes::{Bytes, BytesMut};
use futures_util::TryStreamExt;
use openclaw_core::{ByteStream, Http, HttpError};
use std::{fmt, sync::Arc};

/// [`Http`] as the SDK wants it. An error's source is the port's own
/// [`HttpError`](HttpError), which says whether anything was sent.
#[derive(Clone)]
pub(crate) struct OverPort(pub(crate) Arc<dyn Http>);

impl fmt::Debug for OverPort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OverPort")
    }
}

impl HttpClient for OverPort {
    fn http_connector(
        &self,
        _: &HttpConnectorSettings,
        _: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for OverPort {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let http = self.0.clone();
        HttpConnectorFuture::new(async move { exchange(&*http, request).await })
    }
}

/// One call; the answer is small and taken whole.
async fn exchange(http: &dyn Http, request: HttpRequest) -> Result<HttpResponse, ConnectorError> {
    let request = request.try_into_http1x().map_err(user)?;
    let request = request.map(|body| Bytes::copy_from_slice(body.bytes().unwrap_or_default()));
    let response = http.send(request).await.map_err(io)?;
    let (head, body) = response.into_parts();
    let whole = whole(body).await.map_err(io)?;
    ::http::Response::from_parts(head, SdkBody::from(whole))
        .try_into()
        .map_err(user)
}

/// A body that is small.
pub(crate) async fn whole(body: ByteStream) -> Result<Bytes, HttpError> {
    let whole = body.try_fold(BytesMut::new(), |mut whole, piece| async move {
        whole.extend_from_slice(&piece);
        Ok(whole)
    });
    Ok(whole.await?.freeze())
}

fn io(error: HttpError) -> ConnectorError {
    ConnectorError::io(Box::new(error))
}

fn user(error: aws_smithy_runtime_api::http::HttpError) -> ConnectorError {
    ConnectorError::user(Box::new(error))
}
