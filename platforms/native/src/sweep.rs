use crate::{Database, database::column};
use openclaw_core::Timestamp;
use rusqlite::Connection;

/// Items one piece looks at, and the most it removes in one transaction, so that nobody waits
/// long for a write behind it.
const LOOKED_AT: usize = 10_000;
const REMOVED_AT_ONCE: usize = 1000;

/// Removes what has expired, going through the items piece by piece.
///
/// There is no index on `expires`: it would cost each row written a second page in the log, for
/// rows that nobody sees any more anyway.
#[derive(Debug, Default)]
pub(crate) struct Sweep {
    /// Account and key of the last item looked at.
    last: (String, String),
}

impl Sweep {
    /// Looks at one piece; how many rows it removed. Behind the last item the next call starts
    /// over.
    pub(crate) fn go_on(&mut self, database: &Database, now: Timestamp) -> rusqlite::Result<usize> {
        let piece = database.read(|reader| look(reader, &self.last, now))?;
        for expired in piece.expired.chunks(REMOVED_AT_ONCE) {
            remove(database, expired, now)?;
        }
        self.last = piece.last;
        let entries = database.write(|transaction| {
            transaction.execute("DELETE FROM kv WHERE expires <= ?1", [column(now)])
        })?;
        Ok(piece.expired.len() + entries)
    }
}

#[derive(Default)]
struct Piece {
    expired: Vec<(String, String)>,
    last: (String, String),
}

fn look(
    reader: &Connection,
    (account, key): &(String, String),
    now: Timestamp,
) -> rusqlite::Result<Piece> {
    let mut statement = reader.prepare_cached(
        "SELECT account, key, expires <= ?3 FROM items
         WHERE (account, key) > (?1, ?2) ORDER BY account, key",
    )?;
    let mut rows = statement.query((account, key, column(now)))?;
    let mut piece = Piece::default();
    for _ in 0..LOOKED_AT {
        let Some(row) = rows.next()? else {
            piece.last = Default::default();
            break;
        };
        piece.last = (row.get(0)?, row.get(1)?);
        if row.get::<_, Option<bool>>(2)? == Some(true) {
            piece.expired.push(piece.last.clone());
        }
    }
    Ok(piece)
}

fn remove(
    database: &Database,
    expired: &[(String, String)],
    now: Timestamp,
) -> rusqlite::Result<()> {
    database.write(|transaction| {
        // The condition again: it may have been put anew since.
        let mut delete = transaction.prepare_cached(
            "DELETE FROM items WHERE account = ?1 AND key = ?2 AND expires <= ?3",
        )?;
        for (account, key) in expired {
            delete.execute((account, key, column(now)))?;
        }
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use openclaw_core::time;
    use openclaw_schema::config::Durability;

    #[test]
    fn what_has_expired_goes_piece_by_piece_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let database = Database::open(&folder.path().join("db"), Durability::Process).unwrap();
        let now = time::from_second(1000);
        database
            .write(|transaction| {
                let mut put =
                    transaction.prepare("INSERT INTO items VALUES (?1, ?2, 0, ?3, x'')")?;
                for at in 0..2 * LOOKED_AT as i64 + 5 {
                    let expires = [None, Some(column(now)), Some(column(now) + 1)][at as usize % 3];
                    put.execute((format!("acct_{}", at % 7), format!("{at:06}"), expires))?;
                }
                transaction.execute("INSERT INTO kv VALUES ('k', x'', ?1)", [column(now)])
            })
            .unwrap();
        let count = || {
            let sql = "SELECT count(*), count(*) FILTER (WHERE expires <= ?1) FROM items";
            database
                .read(|reader| {
                    reader.query_row(sql, [column(now)], |row| Ok((row.get(0)?, row.get(1)?)))
                })
                .unwrap()
        };
        let (all, expired): (i64, i64) = count();
        let mut sweep = Sweep::default();
        let removed: Vec<_> = (0..4)
            .map(|_| sweep.go_on(&database, now).unwrap())
            .collect();
        assert!(
            removed[0] > 3000 && removed[1] > 3000 && removed[3] == 0,
            "{removed:?}"
        );
        assert_eq!(removed.iter().sum::<usize>() as i64, expired + 1);
        assert_eq!(count(), (all - expired, 0));
    }
}
