use crate::OpenError;
use bytes::BytesMut;
use futures_util::{FutureExt, StreamExt, TryStreamExt, stream};
use openclaw_core::{
    Blob, BoxFuture, ByteStream, Error, HttpError, Result, StoreError,
    blob::{BlobSource, MAX_LISTED, ensure_key},
};
use openclaw_schema::config::Durability;
use std::{
    collections::VecDeque,
    fs, io,
    ops::Range,
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
};
use tokio::{
    fs::File,
    io::{AsyncReadExt, AsyncSeekExt, AsyncWriteExt},
    task::spawn_blocking,
};

/// Where blobs are while they are written. No key has such a name.
const INCOMING: &str = ".incoming";

/// Bytes of one write: each is handed to a thread.
const WRITE: usize = 512 * 1024;

/// Bytes of one read.
const READ: usize = 128 * 1024;

/// [`Blob`] in files below a folder: the names of a key are folders and the file.
///
/// A blob is written under a name of its own and renamed when it is whole. `durability` says whether
/// file and folder are synchronised before [`Blob::put`] returns. What a crash leaves half-written is
/// removed by the next start.
#[derive(Debug)]
pub struct FileBlob {
    folder: PathBuf,
    durability: Durability,
    written: AtomicU64,
}

impl FileBlob {
    /// The store in `folder`, which is made where it is missing.
    pub fn open(folder: PathBuf, durability: Durability) -> Result<Self, OpenError> {
        let incoming = folder.join(INCOMING);
        fs::create_dir_all(&incoming).map_err(OpenError::io(&incoming))?;
        Ok(Self {
            folder,
            durability,
            written: AtomicU64::new(0),
        })
    }

    /// Removes what an earlier process left half-written: only for the one server of the folder.
    pub fn remove_unfinished(&self) -> Result<(), OpenError> {
        let incoming = self.folder.join(INCOMING);
        let remove = || {
            for entry in fs::read_dir(&incoming)? {
                fs::remove_file(entry?.path())?;
            }
            Ok(())
        };
        remove().map_err(OpenError::io(&incoming))
    }

    fn path(&self, key: &str) -> Result<PathBuf, StoreError> {
        ensure_key(key)?;
        Ok(self.folder.join(key))
    }

    /// A file that is removed unless it is renamed.
    fn incoming(&self) -> Incoming {
        let number = self.written.fetch_add(1, Ordering::Relaxed);
        let name = format!("{}-{number}", std::process::id());
        Incoming(self.folder.join(INCOMING).join(name))
    }

    async fn write(&self, key: &str, mut source: BlobSource<'_>) -> Result<u64> {
        let path = self.path(key)?;
        let incoming = self.incoming();
        let mut file = File::create(&incoming.0).await.map_err(failed)?;
        let (mut held, mut size) = (BytesMut::with_capacity(WRITE), 0);
        while let Some(piece) = source.try_next().await? {
            size += piece.len() as u64;
            held.extend_from_slice(&piece);
            if held.len() >= WRITE {
                file.write_all(&held).await.map_err(failed)?;
                held.clear();
            }
        }
        file.write_all(&held).await.map_err(failed)?;
        file.flush().await.map_err(failed)?;
        let file = file.into_std().await;
        let durability = self.durability;
        let placed = spawn_blocking(move || place(&file, &incoming, &path, durability));
        placed.await.map_err(Error::internal)?.map_err(failed)?;
        Ok(size)
    }

    async fn read(
        &self,
        key: &str,
        range: Option<Range<u64>>,
    ) -> Result<Option<ByteStream>, StoreError> {
        let path = self.path(key)?;
        let Some(mut file) = found(File::open(path).await)? else {
            return Ok(None);
        };
        let Range { start, end } = range.unwrap_or(0..u64::MAX);
        if start > 0 {
            let moved = file.seek(io::SeekFrom::Start(start)).await;
            moved.map_err(failed)?;
        }
        let pieces = stream::try_unfold(file.take(end - start), |mut file| async move {
            let mut piece = BytesMut::with_capacity(READ);
            let read = file.read_buf(&mut piece).await;
            let length = read.map_err(|error| HttpError::Broken(error.to_string()))?;
            Ok((length > 0).then(|| (piece.freeze(), file)))
        });
        Ok(Some(pieces.boxed()))
    }
}

/// Moves a whole file to where its key says.
fn place(
    file: &fs::File,
    incoming: &Incoming,
    path: &Path,
    durability: Durability,
) -> io::Result<()> {
    let folder = path.parent().unwrap_or(path);
    fs::create_dir_all(folder)?;
    match durability {
        Durability::Process => fs::rename(&incoming.0, path),
        Durability::Power => {
            file.sync_all()?;
            fs::rename(&incoming.0, path)?;
            // The names: of the file, and of folders that were made for it.
            for folder in path.ancestors().skip(1).take(4) {
                fs::File::open(folder)?.sync_all()?;
            }
            Ok(())
        }
    }
}

/// A file on its way in.
struct Incoming(PathBuf);

impl Drop for Incoming {
    fn drop(&mut self) {
        // It is not there any more where it was renamed.
        let _ = fs::remove_file(&self.0);
    }
}

fn failed(error: io::Error) -> StoreError {
    StoreError::Unavailable(format!("files: {error}"))
}

/// What a call found; nothing where there is no such file.
fn found<T>(result: io::Result<T>) -> Result<Option<T>, StoreError> {
    match result {
        Ok(found) => Ok(Some(found)),
        Err(error) if is_absent(&error) => Ok(None),
        Err(error) => Err(failed(error)),
    }
}

fn is_absent(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
    )
}

/// The keys of the files below `folder`, whose own key is `prefix`.
fn walk(folder: PathBuf, prefix: String) -> Result<Vec<String>, StoreError> {
    let (mut keys, mut folders) = (Vec::new(), VecDeque::from([(folder, prefix)]));
    while let Some((folder, prefix)) = folders.pop_front() {
        let Some(entries) = found(fs::read_dir(folder))? else {
            continue;
        };
        for entry in entries {
            let entry = entry.map_err(failed)?;
            let key = format!("{prefix}/{}", entry.file_name().to_string_lossy());
            match entry.file_type().map_err(failed)?.is_dir() {
                true => folders.push_back((entry.path(), key)),
                false => keys.push(key),
            }
            if keys.len() == MAX_LISTED {
                return Ok(keys);
            }
        }
    }
    Ok(keys)
}

impl Blob for FileBlob {
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
        async move {
            let metadata = tokio::fs::metadata(self.path(key)?).await;
            Ok(found(metadata)?.map(|metadata| metadata.len()))
        }
        .boxed()
    }

    fn delete<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<(), StoreError>> {
        async move {
            let removed = tokio::fs::remove_file(self.path(key)?).await;
            found(removed).map(drop)
        }
        .boxed()
    }

    fn list<'a>(&'a self, prefix: &'a str) -> BoxFuture<'a, Result<Vec<String>, StoreError>> {
        async move {
            let (folder, prefix) = (self.path(prefix)?, prefix.to_owned());
            let walked = spawn_blocking(move || walk(folder, prefix)).await;
            walked.map_err(|error| StoreError::Fault(error.to_string()))?
        }
        .boxed()
    }
}
