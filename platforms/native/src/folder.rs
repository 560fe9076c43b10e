use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io::{self, Seek, Write},
    path::{Path, PathBuf},
};

/// Why a data folder, or what is in it, cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another server has it.
    #[error("data folder {} is in use by the server {owner}", .folder.display())]
    InUse {
        /// The data folder.
        folder: PathBuf,
        /// As in `with process id 123 (127.0.0.1:3000)`.
        owner: String,
    },
    /// The file is not a database, or a broken one.
    #[error("{} is damaged: {reason}", .path.display())]
    Damaged {
        /// The database file.
        path: PathBuf,
        /// SQLite's words.
        reason: String,
    },
    /// A later release wrote the file.
    #[error(
        "{} was written by a newer release (format {found}, this one knows up to {known})",
        .path.display()
    )]
    Newer {
        /// The database file.
        path: PathBuf,
        /// Its format.
        found: i64,
        /// The newest format this build reads.
        known: i64,
    },
    /// The file system said no.
    #[error("cannot use {}: {source}", .path.display())]
    Io {
        /// What was touched.
        path: PathBuf,
        /// Why it failed.
        source: io::Error,
    },
    /// The database said no.
    #[error("cannot open {}: {source}", .path.display())]
    Database {
        /// The database file.
        path: PathBuf,
        /// Why it failed.
        source: rusqlite::Error,
    },
}

impl OpenError {
    pub(crate) fn io(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { path, source }
    }
}

/// Where a server keeps everything: the database, generated secrets, the lock.
#[derive(Clone, Debug)]
pub struct DataFolder {
    path: PathBuf,
}

impl DataFolder {
    /// Opens the folder at `path`, which is created for its owner alone (mode 0700) where it does
    /// not exist. Takes no lock: a command-line tool works beside a running server.
    pub fn open(path: impl Into<PathBuf>) -> Result<Self, OpenError> {
        let path = path.into();
        let mut builder = fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(&path).map_err(OpenError::io(&path))?;
        Ok(Self { path })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The database file.
    pub fn database_path(&self) -> PathBuf {
        self.path.join("openclaw.db")
    }

    /// The folder of the accounts' files.
    pub fn blobs_path(&self) -> PathBuf {
        self.path.join("blobs")
    }

    /// Makes this process the folder's one server until the lock is dropped or the process ends,
    /// however it ends. `address` is what it is about to listen on: a second server's
    /// [`OpenError::InUse`] names it and the process.
    pub fn lock(&self, address: &str) -> Result<ServerLock, OpenError> {
        let path = self.path.join("server.lock");
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(OpenError::io(&path))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(self.in_use(&path)),
            Err(TryLockError::Error(source)) => return Err(OpenError::Io { path, source }),
        }
        let folder = self.clone();
        let mut lock = ServerLock { file, path, folder };
        lock.announce(address)?;
        Ok(lock)
    }

    fn in_use(&self, lock: &Path) -> OpenError {
        // The owner may be between taking the lock and writing its name.
        let text = fs::read_to_string(lock).unwrap_or_default();
        let owner = match text.trim().split_once(' ') {
            Some((process, address)) => format!("with process id {process} ({address})"),
            None => "that is just starting".into(),
        };
        OpenError::InUse {
            folder: self.path.clone(),
            owner,
        }
    }
}

/// Held by the one server of a data folder; the operating system lets go of it with the process.
#[derive(Debug)]
pub struct ServerLock {
    file: File,
    path: PathBuf,
    folder: DataFolder,
}

impl ServerLock {
    /// Whose lock it is.
    pub fn folder(&self) -> &DataFolder {
        &self.folder
    }

    /// Changes the address that a second server is told, such as when port 0 became a real one.
    pub fn announce(&mut self, address: &str) -> Result<(), OpenError> {
        self.write(&format!("{} {address}\n", std::process::id()))
            .map_err(OpenError::io(&self.path))
    }

    fn write(&mut self, text: &str) -> io::Result<()> {
        self.file.set_len(0)?;
        self.file.rewind()?;
        self.file.write_all(text.as_bytes())
    }
}
