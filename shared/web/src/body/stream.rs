use super::read::{MAX_DISCARDED, Pace, TOTAL, is_gzip};
use crate::{ApiError, App, Result};
use axum::{
    body::BodyDataStream,
    extract::{FromRequest, Request},
};
use bytes::Bytes;
use futures_util::{StreamExt, stream};
use openclaw_core::{Code, Error, blob::BlobSource};

/// A request's body as it comes, whatever its length: for handlers that hold it to limits of their own.
/// It may come as slowly as any body may. 415 where it is compressed.
pub struct BodyStream {
    chunks: BodyDataStream,
    pace: Pace,
}

impl BodyStream {
    /// Its pieces. The first error is the last item that matters.
    pub fn pieces(&mut self) -> BlobSource<'_> {
        stream::unfold(self, |body| async move {
            let piece = body.next().await.transpose()?;
            Some((piece, body))
        })
        .boxed()
    }

    /// Reads on and throws away, up to 16 MiB: a client that is still writing gets to read a refusal
    /// instead of a reset connection.
    pub async fn discard(mut self) {
        let mut left = MAX_DISCARDED;
        while let Ok(Some(piece)) = self.next().await {
            match left.checked_sub(piece.len()) {
                Some(rest) => left = rest,
                None => return,
            }
        }
    }

    async fn next(&mut self) -> Result<Option<Bytes>, Error> {
        self.pace.next(&mut self.chunks).await
    }
}

impl FromRequest<App> for BodyStream {
    type Rejection = ApiError;

    async fn from_request(request: Request, app: &App) -> Result<Self> {
        if is_gzip(request.headers())? {
            let message = "Content-Encoding must be identity here";
            return Err(Error::new(Code::UnsupportedMediaType, message).into());
        }
        Ok(Self {
            pace: Pace::new(app.ports.clock.clone(), TOTAL),
            chunks: request.into_body().into_data_stream(),
        })
    }
}
