//! Objects in S3, by its REST API signed by AWS's own signer. Why not by the SDK's crate:
//! docs/decisions/aws-sdk.md.

mod requests;

use crate::{Settings, http::whole, retry::Backoff, signed::text};
use ::http::{HeaderMap, Response, StatusCode, header};
use bytes::Bytes;
use futures_util::{
    FutureExt, StreamExt, TryStreamExt,
    future::{Either, select},
    stream,
};
use openclaw_core::{
    Blob, BoxFuture, ByteStream, Clock, Error, Http, HttpResponse, Result, Spawn, StoreError,
    blob::{BlobSource, ensure_key, parts},
};
use requests::{CompletedPart, ListedKeys, Object, UploadId};
use std::{ops::Range, sync::Arc, time::Duration};

/// Bytes of a part of a long blob: S3 wants at least 5 MiB of all but the last.
const PART: usize = 5 << 20;

/// How long one call may take until the head of its answer: a part goes up with it.
const ATTEMPT: Duration = Duration::from_secs(20);

/// [`Blob`] in an S3 bucket.
///
/// What fits into one part is put at once, what does not is a multipart upload. One that is cut off is
/// aborted; a rule of the bucket ends what a process's end left, after a day. Every call may be repeated,
/// and is for 5 s where S3 is busy.
#[derive(Clone)]
pub struct S3Blob(Arc<Inner>);

struct Inner {
    settings: Settings,
    http: Arc<dyn Http>,
    clock: Arc<dyn Clock>,
    spawn: Arc<dyn Spawn>,
}

impl S3Blob {
    /// The bucket that the settings name; uploads that are cut off are ended through `spawn`.
    pub fn new(
        settings: Settings,
        http: Arc<dyn Http>,
        clock: Arc<dyn Clock>,
        spawn: Arc<dyn Spawn>,
    ) -> Self {
        Self(Arc::new(Inner {
            settings,
            http,
            clock,
            spawn,
        }))
    }

    async fn write(&self, key: &str, source: BlobSource<'_>) -> Result<u64> {
        ensure_key(key)?;
        let mut parts = parts(source, PART);
        let first = parts.try_next().await?.unwrap_or_default();
        let second = match first.len() {
            PART => parts.try_next().await?,
            _ => None,
        };
        match second {
            Some(second) => self.upload(key, [first, second], parts).await,
            None => {
                let size = first.len() as u64;
                let call = Object(key).put(first);
                self.0.ask(call).await.and_then(done)?;
                Ok(size)
            }
        }
    }

    async fn upload(&self, key: &str, begun: [Bytes; 2], rest: BlobSource<'_>) -> Result<u64> {
        let answer = self.0.whole(Object(key).begin_upload()).await?;
        let UploadId { upload_id } = requests::parse(&answer)?;
        let mut upload = AbortOnDrop {
            store: self.clone(),
            upload: Some((key.to_owned(), upload_id.clone())),
        };
        let (mut completed, mut size) = (Vec::new(), 0);
        let mut parts = stream::iter(begun.map(Ok)).chain(rest);
        while let Some(part) = parts.try_next().await? {
            size += part.len() as u64;
            let number = completed.len() + 1;
            let call = Object(key).put_part(&upload_id, number, part);
            let answer = self.0.ask(call).await.and_then(done)?;
            let tag = tag(answer.headers())?;
            completed.push(CompletedPart::new(number, tag));
        }
        let call = Object(key).complete_upload(&upload_id, completed)?;
        // S3 may begin to answer 200 and fail after it.
        requests::parse_completed(&self.0.whole(call).await?)?;
        upload.upload = None;
        Ok(size)
    }

    async fn read(
        &self,
        key: &str,
        range: Option<Range<u64>>,
    ) -> Result<Option<ByteStream>, StoreError> {
        ensure_key(key)?;
        let answer = self.0.ask(Object(key).get(range)).await?;
        Ok(found(answer)?.map(Response::into_body))
    }

    async fn size(&self, key: &str) -> Result<Option<u64>, StoreError> {
        ensure_key(key)?;
        let Some(answer) = found(self.0.ask(Object(key).head()).await?)? else {
            return Ok(None);
        };
        let length = answer.headers().get(header::CONTENT_LENGTH);
        let length = length.and_then(|length| length.to_str().ok()?.parse().ok());
        let length =
            length.ok_or_else(|| StoreError::Fault("S3: a head without a length".into()))?;
        Ok(Some(length))
    }

    async fn keys(&self, prefix: &str) -> Result<Vec<String>, StoreError> {
        ensure_key(prefix)?;
        let answer = self.0.whole(requests::list(prefix)).await?;
        let ListedKeys { contents } = requests::parse(&answer)?;
        Ok(contents.into_iter().map(|listed| listed.key).collect())
    }
}

impl Inner {
    /// Makes a call until it is answered with something that does not pass by itself.
    async fn ask(&self, call: requests::Call) -> Result<HttpResponse, StoreError> {
        let mut backoff = Backoff::new(&*self.clock);
        loop {
            let request = call.signed(&self.settings).map_err(StoreError::Fault)?;
            let time = self.clock.sleep(ATTEMPT);
            let why = match select(self.http.send(request), time).await {
                Either::Left((Ok(answer), _)) if !is_busy(answer.status()) => return Ok(answer),
                Either::Left((Ok(answer), _)) => format!("S3: {}", answer.status()),
                Either::Left((Err(error), _)) => format!("S3: {error}"),
                Either::Right(_) => "S3 took too long".into(),
            };
            backoff.pause(why).await?;
        }
    }

    /// The whole answer of a call that succeeds.
    async fn whole(&self, call: requests::Call) -> Result<Bytes, StoreError> {
        let answer = done(self.ask(call).await?)?;
        let read = whole(answer.into_body()).await;
        read.map_err(|error| StoreError::Unavailable(format!("S3: {error}")))
    }
}

fn is_busy(status: StatusCode) -> bool {
    status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS
}

/// The answer of a success.
fn done(answer: HttpResponse) -> Result<HttpResponse, StoreError> {
    match answer.status() {
        status if status.is_success() => Ok(answer),
        status => Err(StoreError::Fault(format!("S3 answered {status}"))),
    }
}

/// The answer of a success, `None` where there is no such object.
fn found(answer: HttpResponse) -> Result<Option<HttpResponse>, StoreError> {
    match answer.status() {
        StatusCode::NOT_FOUND => Ok(None),
        _ => done(answer).map(Some),
    }
}

fn tag(headers: &HeaderMap) -> Result<String, StoreError> {
    let tag = headers.get(header::ETAG).and_then(|tag| tag.to_str().ok());
    let tag = tag.ok_or_else(|| StoreError::Fault("S3: a part without a tag".into()))?;
    Ok(tag.to_owned())
}

/// A multipart upload that is aborted unless it was completed.
struct AbortOnDrop {
    store: S3Blob,
    /// Its key and its id.
    upload: Option<(String, String)>,
}

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        let Some((key, id)) = self.upload.take() else {
            return;
        };
        let store = self.store.clone();
        let abort = async move {
            let aborted = store.0.ask(Object(&key).abort_upload(&id)).await;
            if let Err(error) = aborted.and_then(done) {
                tracing::warn!(%error, "an upload to S3 stays until the bucket's rule ends it");
            }
        };
        self.store.0.spawn.spawn(abort.boxed());
    }
}

impl Blob for S3Blob {
    fn put<'a>(&'a self, key: &'a str, source: BlobSource<'a>) -> BoxFuture<'a, Result<u64>> {
        self.write(key, source).boxed()
    }

    fn get<'a>(
        &'a self,
        key: &'a str,
        range: Option<Range<u64>>,
    ) -> BoxFuture<'a, Result<Option<ByteStream>, StoreError>> {
        self.read(key, range).boxed()
    }

    fn head<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Option<u64>, StoreError>> {
        self.size(key).boxed()
    }

    fn delete<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<(), StoreError>> {
        async move {
            ensure_key(key)?;
            found(self.0.ask(Object(key).delete()).await?).map(drop)
        }
        .boxed()
    }

    fn list<'a>(&'a self, prefix: &'a str) -> BoxFuture<'a, Result<Vec<String>, StoreError>> {
        self.keys(prefix).boxed()
    }
}

impl From<requests::Malformed> for Error {
    fn from(error: requests::Malformed) -> Self {
        StoreError::from(error).into()
    }
}

impl From<requests::Malformed> for StoreError {
    fn from(error: requests::Malformed) -> Self {
        Self::Fault(text(error))
    }
}
