use crate::body;
use bytes::Bytes;
use futures_util::{FutureExt, StreamExt, TryStreamExt};
use openclaw_core::{
    Blob, BoxFuture, ByteStream, Error, HttpError, Result, Spawn, StoreError,
    blob::{BlobSource, MAX_LISTED, ensure_key, parts},
};
use send_wrapper::SendWrapper;
use std::{ops::Range, sync::Arc};
use worker::{Bucket, Env, MultipartUpload, Object, web_sys::ReadableStream};

/// Bytes of a part of a long blob: R2 wants all but the last of one size, and at least 5 MiB.
const PART: usize = 5 << 20;

/// [`Blob`] in an R2 bucket.
///
/// What fits into one part is put at once, what does not is an R2 multipart upload. One that is cut off
/// is aborted; R2 itself ends what an isolate's end left, after seven days.
pub struct R2Blob {
    bucket: SendWrapper<Bucket>,
    spawn: Arc<dyn Spawn>,
}

impl R2Blob {
    /// The bucket bound as `binding`; uploads that are cut off are ended through `spawn`.
    pub fn bound(env: &Env, binding: &str, spawn: Arc<dyn Spawn>) -> worker::Result<Self> {
        Ok(Self {
            bucket: SendWrapper::new(env.bucket(binding)?),
            spawn,
        })
    }

    async fn write(&self, key: &str, source: BlobSource<'_>) -> Result<u64> {
        ensure_key(key)?;
        let mut parts = parts(source, PART);
        let first = parts.try_next().await?.unwrap_or_default();
        if first.len() < PART {
            let size = first.len() as u64;
            self.put(key, first).await?;
            return Ok(size);
        }
        match parts.try_next().await? {
            None => {
                self.put(key, first).await?;
                Ok(PART as u64)
            }
            Some(second) => self.upload(key, [first, second], parts).await,
        }
    }

    async fn put(&self, key: &str, bytes: Bytes) -> Result<(), StoreError> {
        let put = self.bucket.put(key, Vec::from(bytes)).execute().await;
        put.map(drop).map_err(failed)
    }

    async fn upload(&self, key: &str, begun: [Bytes; 2], rest: BlobSource<'_>) -> Result<u64> {
        let upload = self.bucket.create_multipart_upload(key).execute().await;
        let mut upload = AbortOnDrop {
            upload: Some(SendWrapper::new(upload.map_err(failed)?)),
            spawn: self.spawn.clone(),
        };
        let (mut uploaded, mut size) = (Vec::new(), 0);
        let mut parts = futures_util::stream::iter(begun.map(Ok)).chain(rest);
        while let Some(part) = parts.try_next().await? {
            size += part.len() as u64;
            let number = u16::try_from(uploaded.len() + 1).map_err(Error::internal)?;
            let part = upload.get()?.upload_part(number, Vec::from(part)).await;
            uploaded.push(part.map_err(failed)?);
        }
        let complete = upload.take()?.complete(uploaded).await;
        complete.map_err(failed)?;
        Ok(size)
    }

    async fn read(
        &self,
        key: &str,
        range: Option<Range<u64>>,
    ) -> Result<Option<ByteStream>, StoreError> {
        ensure_key(key)?;
        let mut get = self.bucket.get(key);
        if let Some(Range { start, end }) = range {
            get = get.range(worker::Range::OffsetWithLength {
                offset: start,
                length: end - start,
            });
        }
        let found = get.execute().await.map_err(failed)?;
        found.map(bytes).transpose()
    }

    async fn keys(&self, prefix: &str) -> Result<Vec<String>, StoreError> {
        ensure_key(prefix)?;
        let list = self.bucket.list().prefix(format!("{prefix}/"));
        let found = list.limit(MAX_LISTED as u32).execute().await;
        let found = found.map_err(failed)?;
        Ok(found.objects().iter().map(Object::key).collect())
    }
}

/// An object's bytes as they come.
fn bytes(object: Object) -> Result<ByteStream, StoreError> {
    let absent = || StoreError::Fault("R2: an object without a body".into());
    let body = object.body().ok_or_else(absent)?.response_body();
    let worker::ResponseBody::Stream(stream) = body.map_err(failed)? else {
        return Err(absent());
    };
    let stream: ReadableStream = stream;
    let pieces = body::pieces(&stream).map_err(HttpError::Broken);
    Ok(SendWrapper::new(pieces).boxed())
}

fn failed(error: worker::Error) -> StoreError {
    StoreError::Unavailable(format!("R2: {error}"))
}

/// A multipart upload that is aborted unless it is taken.
struct AbortOnDrop {
    upload: Option<SendWrapper<MultipartUpload>>,
    spawn: Arc<dyn Spawn>,
}

impl AbortOnDrop {
    fn get(&self) -> Result<&MultipartUpload> {
        let upload = self.upload.as_deref();
        upload.ok_or_else(|| Error::internal("an upload that was taken"))
    }

    fn take(&mut self) -> Result<MultipartUpload> {
        let upload = self.upload.take().map(SendWrapper::take);
        upload.ok_or_else(|| Error::internal("an upload that was taken"))
    }
}

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        let Some(upload) = self.upload.take() else {
            return;
        };
        let abort = async move {
            if let Err(error) = upload.abort().await {
                tracing::warn!(%error, "an upload to R2 stays until R2 ends it");
            }
        };
        self.spawn.spawn(SendWrapper::new(abort).boxed());
    }
}

impl Blob for R2Blob {
    fn put<'a>(&'a self, key: &'a str, source: BlobSource<'a>) -> BoxFuture<'a, Result<u64>> {
        SendWrapper::new(self.write(key, source)).boxed()
    }

    fn get<'a>(
        &'a self,
        key: &'a str,
        range: Option<Range<u64>>,
    ) -> BoxFuture<'a, Result<Option<ByteStream>, StoreError>> {
        SendWrapper::new(self.read(key, range)).boxed()
    }

    fn head<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Option<u64>, StoreError>> {
        let head = async move {
            ensure_key(key)?;
            let found = self.bucket.head(key).await.map_err(failed)?;
            Ok(found.map(|object| object.size()))
        };
        SendWrapper::new(head).boxed()
    }

    fn delete<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<(), StoreError>> {
        let delete = async move {
            ensure_key(key)?;
            self.bucket.delete(key).await.map_err(failed)
        };
        SendWrapper::new(delete).boxed()
    }

    fn list<'a>(&'a self, prefix: &'a str) -> BoxFuture<'a, Result<Vec<String>, StoreError>> {
        SendWrapper::new(self.keys(prefix)).boxed()
    }
}
