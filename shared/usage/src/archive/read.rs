use super::{Block, FILES, File};
use crate::{UsageRow, row::LOG};
use bytes::Bytes;
use flate2::read::GzDecoder;
use futures_util::{
    StreamExt, TryStreamExt,
    stream::{self, BoxStream},
};
use openclaw_core::{
    Blob, Error, Ledger, Ports, Result, Timestamp,
    documents::{decode, document},
    id,
};
use std::{collections::VecDeque, io::Read, sync::Arc};

/// Files whose descriptions are read at a time.
const FILES_AT_ONCE: usize = 20;

/// The rows of an account that are in files, the newest first.
pub(crate) struct Archived {
    ledger: Arc<dyn Ledger>,
    blob: Arc<dyn Blob>,
    account: String,
    /// The key, without its prefix, of the last row that was given or skipped.
    after: String,
    files: VecDeque<File>,
    /// After which file descriptions are read next; `None` after the last one.
    next_file: Option<String>,
    rows: VecDeque<(String, UsageRow)>,
}

impl Archived {
    /// Those after `after`, the key of a row without its prefix.
    pub(crate) fn after(ports: &Ports, account: &str, after: String) -> Self {
        Self {
            ledger: ports.ledger.clone(),
            blob: ports.blob.clone(),
            account: account.to_owned(),
            next_file: Some(format!("{FILES}{after}")),
            after,
            files: VecDeque::new(),
            rows: VecDeque::new(),
        }
    }

    /// The next row and its key.
    pub(crate) async fn next(&mut self) -> Result<Option<(String, UsageRow)>> {
        loop {
            if let Some((key, row)) = self.rows.pop_front() {
                self.after.clone_from(&key);
                return Ok(Some((format!("{LOG}{key}"), row)));
            }
            if self.files.is_empty() && !self.read_files().await? {
                return Ok(None);
            }
            self.read_block().await?;
        }
    }

    /// Whether there are more files.
    async fn read_files(&mut self) -> Result<bool> {
        let Some(after) = self.next_file.take() else {
            return Ok(false);
        };
        let ledger = &self.ledger;
        let page = ledger
            .query(&self.account, FILES, Some(&after), FILES_AT_ONCE)
            .await?;
        for (_, item) in &page {
            self.files.push_back(decode(document(item)?)?);
        }
        self.next_file = page.into_iter().next_back().map(|(last, _)| last);
        Ok(!self.files.is_empty())
    }

    /// Reads the next block of the first file; the file is done where it has none.
    async fn read_block(&mut self) -> Result<()> {
        let Some(file) = self.files.front() else {
            return Ok(());
        };
        let next = file.blocks.iter().position(|block| block.last > self.after);
        let Some(next) = next else {
            self.files.pop_front();
            return Ok(());
        };
        let start = next
            .checked_sub(1)
            .map_or(0, |before| file.blocks[before].end);
        let Block { last, end } = &file.blocks[next];
        let bytes = self.blob.get(&file.blob, Some(start..*end)).await?;
        let gone = || Error::internal("a file of the request log is gone");
        let pieces: Vec<Bytes> = bytes
            .ok_or_else(gone)?
            .map_err(|error| Error::internal(error.to_string()))
            .try_collect()
            .await?;
        let mut text = String::new();
        GzDecoder::new(&*pieces.concat())
            .read_to_string(&mut text)
            .map_err(Error::internal)?;
        let last = last.clone();
        for line in text.lines() {
            let row: UsageRow = decode(line.as_bytes())?;
            let key = row.ledger_key();
            let key = key[LOG.len()..].to_owned();
            if key > self.after {
                self.rows.push_back((key, row));
            }
        }
        // Whatever was in it, the block is done.
        if self.rows.is_empty() {
            self.after = last;
        }
        Ok(())
    }
}

/// The rows of an account that are in files and were admitted before `before`, the newest first.
pub fn archived(
    ports: &Ports,
    account: &str,
    before: Timestamp,
) -> BoxStream<'static, Result<UsageRow>> {
    let start = Archived::after(ports, account, id::backwards(before));
    stream::try_unfold(start, |mut rows| async move {
        let next = rows.next().await?;
        Ok(next.map(|(_, row)| (row, rows)))
    })
    .boxed()
}
