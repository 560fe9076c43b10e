use super::{BLOCK, Block, FILES, File, GoingOn, SETTLED, STATE, State, folder, time_of};
use crate::{Retention, row::LOG};
use bytes::Bytes;
use flate2::{Compression, write::GzEncoder};
use futures_util::{StreamExt, stream};
use openclaw_core::{
    Error, Ports, Result, Timestamp,
    documents::{self, Stored, document},
    id,
    ledger::{Pages, Step, When},
    time::{self, DAY, HOUR},
};
use std::{io::Write, mem};

/// Rows that are read at a time.
const READ: usize = 500;

/// Rows of a file, at most: some 3 MB, which are held in memory.
const MAX_ROWS: usize = 20_000;

/// Rows from which on a file ends with its hour; smaller ones go on to the end of the day.
const HOURLY: usize = 1000;

/// What [`move_out`] has done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Moved {
    /// Whether all rows that are old enough are in files, and no file is too old.
    pub(crate) is_done: bool,
    /// Rows that it wrote.
    pub(crate) rows: usize,
    /// Whether there are files, or rows that will be in some.
    pub(crate) is_needed: bool,
}

/// Writes rows that are old enough into files, at most `files` of them, and removes files that are too old.
pub(crate) async fn move_out(
    ports: &Ports,
    account: &str,
    kept: Retention,
    files: usize,
) -> Result<Moved> {
    let now = ports.clock.now();
    let mut moved = Moved::default();
    for _ in 0..files {
        let job = Archive::open(ports, account, now, kept).await?;
        match job.write_file().await? {
            Some(rows) => moved.rows += rows,
            None => {
                moved.is_done = true;
                break;
            }
        }
    }
    let mut job = Archive::open(ports, account, now, kept).await?;
    job.remove_old().await?;
    moved.is_needed = job.is_needed().await?;
    Ok(moved)
}

struct Archive<'a> {
    ports: &'a Ports,
    account: &'a str,
    now: Timestamp,
    kept: Retention,
    stored: Option<Stored<State>>,
    state: State,
}

impl<'a> Archive<'a> {
    async fn open(
        ports: &'a Ports,
        account: &'a str,
        now: Timestamp,
        kept: Retention,
    ) -> Result<Self> {
        let stored: Option<Stored<State>> = documents::find(&*ports.ledger, account, STATE).await?;
        let state = stored.as_ref().map(|stored| stored.value.clone());
        let first = time::shift(now, -(kept.request_days + 2) * DAY);
        Ok(Self {
            ports,
            account,
            now,
            kept,
            stored,
            state: state.unwrap_or(State {
                until: time::from_second(0),
                going_on: None,
                removed: time::floor(first, DAY),
                latest: None,
            }),
        })
    }

    /// Writes one file; how many rows it has. `None` where no rows are old enough.
    async fn write_file(mut self) -> Result<Option<usize>> {
        let target = time::floor(time::shift(self.now, -SETTLED), HOUR);
        let going_on = match self.state.going_on.take() {
            Some(going_on) => going_on,
            None if target <= self.state.until => return Ok(None),
            None => GoingOn {
                // The keys of rows that are made a millisecond before it sort after this.
                after: id::backwards(millisecond_before(target)),
                target,
            },
        };
        let draft = self.gather(&going_on.after).await?;
        let rows = draft.rows;
        let Some(written) = draft.finish()? else {
            self.state.until = going_on.target;
            self.note(vec![]).await?;
            // Rows that have grown old meanwhile are the next call's.
            return Ok(Some(0));
        };
        let (bytes, file, last, day, latest) = written;
        self.state.latest = self.state.latest.max(Some(time::floor(latest, DAY)));
        self.state.going_on = Some(GoingOn {
            after: last.clone(),
            target: going_on.target,
        });
        let blob = format!(
            "{}/{}",
            folder(self.account, day),
            id::new(&*self.ports.random, "")
        );
        let source = stream::iter([Ok(Bytes::from(bytes))]).boxed();
        self.ports.blob.put(&blob, source).await?;
        let file = File { blob, ..file };
        let expires = time::shift(latest, (self.kept.request_days + 1) * DAY);
        let key = format!("{FILES}{last}");
        let step = documents::put_until(key, &file, When::Always, Some(expires))?;
        self.note(vec![step]).await?;
        Ok(Some(rows))
    }

    /// The rows of the next file: those after the key `after`.
    async fn gather(&self, after: &str) -> Result<Draft> {
        let mut draft = Draft::default();
        let (ledger, after) = (&*self.ports.ledger, format!("{LOG}{after}"));
        let mut pages = Pages::new(ledger, self.account, LOG, Some(after), READ);
        while let Some(page) = pages.next().await? {
            for (key, item) in &page {
                let key = &key[LOG.len()..];
                let at = time_of(key).unwrap_or_default();
                if at < self.state.until || !draft.takes(at) {
                    return Ok(draft);
                }
                draft.push(key, at, document(item)?)?;
            }
        }
        Ok(draft)
    }

    /// Notes the state; fails where someone else did meanwhile.
    async fn note(&self, mut steps: Vec<Step>) -> Result<()> {
        let when = self.stored.as_ref().map_or(When::Absent, Stored::unchanged);
        steps.push(documents::put(STATE.to_owned(), &self.state, when)?);
        match documents::apply(&*self.ports.ledger, self.account, steps).await? {
            true => Ok(()),
            false => Err(Error::internal("someone else works on the same rows")),
        }
    }

    /// Removes the files of the days that are too old, those too that a crash left without a description.
    async fn remove_old(&mut self) -> Result<()> {
        let kept = time::shift(self.now, -(self.kept.request_days + 1) * DAY);
        let (mut day, end) = (self.state.removed, time::floor(kept, DAY));
        if day >= end {
            return Ok(());
        }
        while day < end {
            let folder = folder(self.account, day);
            loop {
                let keys = self.ports.blob.list(&folder).await?;
                if keys.is_empty() {
                    break;
                }
                for key in keys {
                    self.ports.blob.delete(&key).await?;
                }
            }
            day = time::shift(day, DAY);
        }
        self.state.removed = end;
        self.note(vec![]).await
    }

    async fn is_needed(&self) -> Result<bool> {
        let has_files = self
            .state
            .latest
            .is_some_and(|day| day >= self.state.removed);
        if has_files {
            return Ok(true);
        }
        let rows = self.ports.ledger.query(self.account, LOG, None, 1).await?;
        Ok(!rows.is_empty())
    }
}

fn millisecond_before(at: Timestamp) -> Timestamp {
    Timestamp::from_millisecond(at.as_millisecond() - 1).unwrap_or(at)
}

/// A file that is being made.
#[derive(Default)]
struct Draft {
    bytes: Vec<u8>,
    blocks: Vec<Block>,
    rows: usize,
    /// The rows of the block that is not full, a line each.
    lines: Vec<u8>,
    in_block: usize,
    first: Option<Timestamp>,
    last: String,
    last_at: Timestamp,
}

impl Draft {
    /// Whether a row of this time belongs to the file.
    fn takes(&self, at: Timestamp) -> bool {
        let same = |seconds| time::floor(at, seconds) == time::floor(self.last_at, seconds);
        self.rows == 0
            || (self.rows < MAX_ROWS && same(if self.rows < HOURLY { DAY } else { HOUR }))
    }

    fn push(&mut self, key: &str, at: Timestamp, row: &[u8]) -> Result<()> {
        self.first.get_or_insert(at);
        self.last = key.to_owned();
        self.last_at = at;
        self.rows += 1;
        self.in_block += 1;
        self.lines.extend_from_slice(row);
        self.lines.push(b'\n');
        match self.in_block == BLOCK {
            true => self.end_block(),
            false => Ok(()),
        }
    }

    fn end_block(&mut self) -> Result<()> {
        let mut encoder = GzEncoder::new(mem::take(&mut self.bytes), Compression::fast());
        encoder
            .write_all(&mem::take(&mut self.lines))
            .map_err(Error::internal)?;
        self.bytes = encoder.finish().map_err(Error::internal)?;
        self.in_block = 0;
        self.blocks.push(Block {
            last: self.last.clone(),
            end: self.bytes.len() as u64,
        });
        Ok(())
    }

    /// The bytes, their description, the key of the last row, its day, and the time of the latest row.
    #[expect(clippy::type_complexity, reason = "taken apart at its only call")]
    fn finish(mut self) -> Result<Option<(Vec<u8>, File, String, Timestamp, Timestamp)>> {
        let Some(latest) = self.first else {
            return Ok(None);
        };
        if self.in_block > 0 {
            self.end_block()?;
        }
        let file = File {
            blob: String::new(),
            rows: self.rows,
            blocks: self.blocks,
        };
        let day = time::floor(self.last_at, DAY);
        Ok(Some((self.bytes, file, self.last, day, latest)))
    }
}
