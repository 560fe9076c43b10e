use super::record::{Entry, Records};
use openclaw_schema::config::Durability;
use std::{
    fs::{File, OpenOptions},
    io::{self, Read, Write},
    path::{Path, PathBuf},
};

/// What was applied and is not in SQLite yet, in two files that take turns: while one is appended
/// to, what the other holds goes into SQLite, and then it is emptied.
///
/// A record holds items as they are to be, not what happened to them: taking one up twice, or one
/// that SQLite has already, changes nothing.
#[derive(Debug)]
pub(super) struct Journal {
    /// Appended to.
    current: Half,
    /// Empty, or on its way into SQLite.
    other: Half,
    durability: Durability,
}

#[derive(Debug)]
struct Half {
    file: File,
    /// How far it is good.
    length: u64,
    /// Whether something is behind that which does not belong there.
    torn: bool,
}

impl Journal {
    /// Opens the two files in `folder`. What they hold, the older file first, is given to
    /// `replay`; when that returns `Ok`, they are empty. For whoever holds the folder's lock.
    pub(super) fn open(
        folder: &Path,
        durability: Durability,
        replay: impl FnOnce(Vec<Entry>) -> io::Result<()>,
    ) -> io::Result<Self> {
        let [one, two] = paths(folder);
        let (mut one, mut two) = (Half::open(&one)?, Half::open(&two)?);
        if durability == Durability::Power {
            // The files' names are to survive too.
            File::open(folder)?.sync_all()?;
        }
        let found = in_order(one.read()?, two.read()?);
        if !found.is_empty() {
            tracing::info!(
                records = found.len(),
                "taking up what the last server left in its journal"
            );
            replay(found.into_iter().flat_map(|(_, entries)| entries).collect())?;
        }
        let mut journal = Self {
            current: one,
            other: two,
            durability,
        };
        journal.current.empty(durability)?;
        journal.other.empty(durability)?;
        Ok(journal)
    }

    /// Appends a record: when this returns `Ok`, it is durable; otherwise it is not there.
    pub(super) fn append(&mut self, record: &[u8]) -> io::Result<()> {
        self.current.append(record, self.durability)
    }

    /// Bytes in the file that is appended to.
    pub(super) fn length(&self) -> u64 {
        self.current.length
    }

    /// Whether the caller of [`append`](Self::append) waits for the disk.
    pub(super) fn waits(&self) -> bool {
        self.durability == Durability::Power
    }

    /// Lets the files change places, unless the other still holds what SQLite was not given.
    pub(super) fn switch(&mut self) -> io::Result<()> {
        if self.other.length == 0 {
            // Nobody reads what is behind something torn, in the next file neither.
            self.current.mend()?;
            std::mem::swap(&mut self.current, &mut self.other);
        }
        Ok(())
    }

    /// SQLite has what the other file holds.
    pub(super) fn empty_other(&mut self) -> io::Result<()> {
        match self.other.length {
            0 => Ok(()),
            _ => self.other.empty(self.durability),
        }
    }
}

/// The two files.
pub(super) fn paths(folder: &Path) -> [PathBuf; 2] {
    ["openclaw.journal-1", "openclaw.journal-2"].map(|name| folder.join(name))
}

type Found = Vec<(u64, Vec<Entry>)>;

/// All records of both files. Nothing behind a torn record is taken, in the newer file neither:
/// it is about what stood there.
fn in_order((one, one_whole): (Found, bool), (two, two_whole): (Found, bool)) -> Found {
    let number = |found: &Found| found.first().map(|(sequence, _)| *sequence);
    let ((mut older, whole), newer) = match number(&one) < number(&two) {
        // `None`, an empty file, is the least.
        true => ((one, one_whole), two),
        false => ((two, two_whole), one),
    };
    if whole || older.is_empty() {
        older.extend(newer);
    } else if !newer.is_empty() {
        tracing::error!(
            records = newer.len(),
            "the journal is damaged: what stood behind the damage is lost"
        );
    }
    older
}

impl Half {
    fn open(path: &Path) -> io::Result<Self> {
        let mut options = OpenOptions::new();
        options.read(true).append(true).create(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        Ok(Self {
            file: options.open(path)?,
            length: 0,
            torn: true,
        })
    }

    /// Its records, and whether they are all there is in it.
    fn read(&mut self) -> io::Result<(Found, bool)> {
        let mut bytes = Vec::new();
        self.file.read_to_end(&mut bytes)?;
        let mut records = Records(bytes.into());
        let found = records.by_ref().collect();
        Ok((found, records.0.is_empty()))
    }

    fn append(&mut self, record: &[u8], durability: Durability) -> io::Result<()> {
        self.mend()?;
        let written = self.file.write_all(record).and_then(|()| match durability {
            Durability::Process => Ok(()),
            Durability::Power => self.file.sync_data(),
        });
        match written {
            Ok(()) => self.length += record.len() as u64,
            // A part of it may be there. Where it cannot be removed now it is before the next.
            Err(_) => {
                self.torn = true;
                let _ = self.mend();
            }
        }
        written
    }

    /// Removes what does not belong there.
    fn mend(&mut self) -> io::Result<()> {
        if self.torn {
            self.file.set_len(self.length)?;
            self.torn = false;
        }
        Ok(())
    }

    fn empty(&mut self, durability: Durability) -> io::Result<()> {
        self.file.set_len(0)?;
        (self.length, self.torn) = (0, false);
        match durability {
            Durability::Process => Ok(()),
            Durability::Power => self.file.sync_data(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{super::record::Record, *};
    use openclaw_core::{
        ledger::{Item, Value},
        time,
    };
    use std::fs;
    use tempfile::TempDir;

    fn folder() -> TempDir {
        tempfile::tempdir().unwrap()
    }

    /// Opens, and what was replayed.
    fn open(folder: &TempDir) -> (Journal, Vec<Entry>) {
        let mut replayed = Vec::new();
        let journal = Journal::open(folder.path(), Durability::Process, |entries| {
            replayed = entries;
            Ok(())
        });
        (journal.unwrap(), replayed)
    }

    fn entries(sequence: u64) -> Vec<Entry> {
        let document = Item {
            value: Value::Document(vec![sequence as u8; 3].into()),
            expires: None,
        };
        let counters = Item {
            value: Value::Counters([("n".into(), -3), ("ü".into(), i64::MAX)].into()),
            expires: Some(time::from_second(1_772_280_000)),
        };
        let entry = |key: &str, item| ("acct".to_owned(), format!("{key}{sequence}"), item);
        vec![
            entry("document", Some(document)),
            entry("counters", Some(counters)),
            entry("removed", None),
        ]
    }

    fn record(sequence: u64) -> Vec<u8> {
        let mut record = Record::default();
        record.clear();
        for (account, key, item) in entries(sequence) {
            record.push(&account, &key, item.as_ref());
        }
        record.finish(sequence).unwrap().to_vec()
    }

    fn all(sequences: impl IntoIterator<Item = u64>) -> Vec<Entry> {
        sequences.into_iter().flat_map(entries).collect()
    }

    #[test]
    fn what_was_appended_is_replayed_once_across_both_files_in_order() {
        let folder = folder();
        let (mut journal, _) = open(&folder);
        for sequence in 1..=3 {
            journal.append(&record(sequence)).unwrap();
        }
        journal.switch().unwrap();
        journal.append(&record(4)).unwrap();
        // The other still holds something.
        journal.switch().unwrap();
        journal.append(&record(5)).unwrap();
        assert_eq!(open(&folder).1, all(1..=5));
        let (mut journal, left) = open(&folder);
        assert_eq!(left, []);
        // In the other order.
        journal.switch().unwrap();
        journal.append(&record(6)).unwrap();
        journal.switch().unwrap();
        journal.append(&record(7)).unwrap();
        assert_eq!(open(&folder).1, all(6..=7));
    }

    #[test]
    fn what_sqlite_has_is_not_replayed() {
        let folder = folder();
        let (mut journal, _) = open(&folder);
        journal.append(&record(1)).unwrap();
        journal.switch().unwrap();
        journal.append(&record(2)).unwrap();
        journal.empty_other().unwrap();
        journal.switch().unwrap();
        journal.append(&record(3)).unwrap();
        assert_eq!(open(&folder).1, all(2..=3));
    }

    #[test]
    fn what_could_not_be_replayed_is_kept() {
        let folder = folder();
        open(&folder).0.append(&record(1)).unwrap();
        let full = Journal::open(folder.path(), Durability::Power, |_| {
            Err(io::ErrorKind::StorageFull.into())
        });
        assert!(full.is_err());
        assert_eq!(open(&folder).1, all([1]));
    }

    #[test]
    fn a_torn_tail_loses_the_last_record_only_wherever_it_is_torn() {
        let folder = folder();
        let [path, _] = paths(folder.path());
        let good = [record(1), record(2)].concat();
        let last = record(3);
        for at in 0..last.len() {
            fs::write(&path, [&good, &last[..at]].concat()).unwrap();
            let (mut journal, found) = open(&folder);
            assert_eq!(found, all(1..=2), "torn at {at}");
            // The next is not behind it.
            journal.append(&record(4)).unwrap();
            assert_eq!(open(&folder).1, all([4]), "torn at {at}");
        }
    }

    #[test]
    fn nothing_behind_damage_is_taken() {
        let folder = folder();
        let files = paths(folder.path());
        let good = [record(1), record(2), record(3)].concat();
        let first = record(1).len();
        for at in first..2 * first {
            let mut bad = good.clone();
            bad[at] ^= 0x10;
            fs::write(&files[0], &bad).unwrap();
            fs::write(&files[1], record(4)).unwrap();
            assert_eq!(open(&folder).1, all([1]), "damaged at {at}");
        }
        // A length that is none.
        fs::write(&files[0], [record(1), vec![0xff; 20]].concat()).unwrap();
        assert_eq!(open(&folder).1, all([1]));
        // In the newer file the older one is not touched by it.
        fs::write(&files[0], [record(3), vec![0; 20]].concat()).unwrap();
        fs::write(&files[1], [record(1), record(2)].concat()).unwrap();
        assert_eq!(open(&folder).1, all(1..=3));
    }

    #[test]
    fn what_was_torn_is_removed_before_the_next_record_and_before_the_files_change() {
        let folder = folder();
        let (mut journal, _) = open(&folder);
        journal.append(&record(1)).unwrap();
        // What a write leaves that has failed half-way.
        let tear = |journal: &mut Journal| {
            journal.current.file.write_all(b"half a record").unwrap();
            journal.current.torn = true;
        };
        tear(&mut journal);
        journal.append(&record(2)).unwrap();
        tear(&mut journal);
        journal.switch().unwrap();
        journal.append(&record(3)).unwrap();
        assert_eq!(open(&folder).1, all(1..=3));
    }
}
