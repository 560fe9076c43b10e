use crate::database::{column, timestamp};
use bytes::Bytes;
use openclaw_core::{
    Timestamp,
    ledger::{Counters, Item, Value},
};
use rusqlite::{Connection, OptionalExtension, Row, Transaction, types::Type};

use super::record::Entry;

/// `items.kind`.
const DOCUMENT: i64 = 0;
const COUNTERS: i64 = 1;

/// What a query asks for.
pub(super) struct Range {
    pub(super) account: String,
    pub(super) prefix: String,
    pub(super) after: Option<String>,
    pub(super) limit: usize,
    pub(super) now: Timestamp,
}

/// One item, expired or not.
pub(super) fn find(
    reader: &Connection,
    account: &str,
    key: &str,
) -> rusqlite::Result<Option<Item>> {
    reader
        .prepare_cached("SELECT kind, expires, value FROM items WHERE account = ?1 AND key = ?2")?
        .query_row((account, key), |row| item(row, 0))
        .optional()
}

/// The live items of a range.
pub(super) fn query(reader: &Connection, range: &Range) -> rusqlite::Result<Vec<(String, Item)>> {
    // The end of the prefix is found by looking: there is no string that is the next one.
    let mut statement = reader.prepare_cached(
        "SELECT key, kind, expires, value FROM items
         WHERE account = ?1 AND key >= ?2 AND key IS NOT ?3 ORDER BY key",
    )?;
    let after = range.after.as_deref();
    let first = after.map_or(&*range.prefix, |after| after.max(&range.prefix));
    let mut rows = statement.query((&range.account, first, after))?;
    let mut found = Vec::new();
    while found.len() < range.limit
        && let Some(row) = rows.next()?
    {
        let key: String = row.get(0)?;
        if !key.starts_with(&range.prefix) {
            break;
        }
        let item = item(row, 1)?;
        if item.is_live(range.now) {
            found.push((key, item));
        }
    }
    Ok(found)
}

/// What a server leaves behind when it crashes, each kind with an index of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leftover {
    /// Requests that were admitted and not settled: `gate#r/…`.
    Reservations,
    /// Places that connections hold: `ws/…`.
    Places,
}

/// The accounts that hold a leftover, each once: as many steps as there are leftovers. The conditions are those of
/// the indexes, word for word.
pub(super) fn accounts_with(
    reader: &Connection,
    leftover: Leftover,
) -> rusqlite::Result<Vec<String>> {
    let mut accounts = reader.prepare_cached(match leftover {
        Leftover::Reservations => {
            "SELECT DISTINCT account FROM items INDEXED BY reservations
             WHERE key >= 'gate#r/' AND key < 'gate#r0' ORDER BY account"
        }
        Leftover::Places => {
            "SELECT DISTINCT account FROM items INDEXED BY places
             WHERE key >= 'ws/' AND key < 'ws0' ORDER BY account"
        }
    })?;
    accounts.query_map([], |row| row.get(0))?.collect()
}

/// Account, key and document of each job. The condition is that of the index, word for word.
pub(crate) fn jobs(reader: &Connection) -> rusqlite::Result<Vec<(String, String, Vec<u8>)>> {
    let mut jobs = reader.prepare_cached(
        "SELECT account, key, value FROM items INDEXED BY jobs WHERE key >= 'job/' AND key < 'job0'",
    )?;
    let jobs = jobs.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    jobs.collect()
}

/// Writes changes, in order; how many rows.
pub(super) fn write(transaction: &Transaction<'_>, changes: &[Entry]) -> rusqlite::Result<usize> {
    let mut put = transaction.prepare_cached(
        "INSERT OR REPLACE INTO items (account, key, kind, expires, value)
         VALUES (?1, ?2, ?3, ?4, ?5)",
    )?;
    let mut delete =
        transaction.prepare_cached("DELETE FROM items WHERE account = ?1 AND key = ?2")?;
    for (account, key, item) in changes {
        let Some(item) = item else {
            delete.execute((account, key))?;
            continue;
        };
        let expires = item.expires.map(column);
        match &item.value {
            Value::Document(bytes) => put.execute((account, key, DOCUMENT, expires, &bytes[..]))?,
            Value::Counters(counters) => {
                put.execute((account, key, COUNTERS, expires, encode(counters)?))?
            }
        };
    }
    Ok(changes.len())
}

/// The item in the columns `kind, expires, value` from `at` on.
fn item(row: &Row<'_>, at: usize) -> rusqlite::Result<Item> {
    let expires: Option<i64> = row.get(at + 1)?;
    let bytes = row.get_ref(at + 2)?.as_blob()?;
    let value = match row.get(at)? {
        DOCUMENT => Value::Document(Bytes::copy_from_slice(bytes)),
        COUNTERS => Value::Counters(decode(bytes, at + 2)?),
        kind => return Err(rusqlite::Error::IntegralValueOutOfRange(at, kind)),
    };
    Ok(Item {
        value,
        expires: expires.map(timestamp),
    })
}

/// Counters stand as a JSON object, for whoever looks into the file.
fn encode(counters: &Counters) -> rusqlite::Result<Vec<u8>> {
    serde_json::to_vec(counters)
        .map_err(|error| rusqlite::Error::ToSqlConversionFailure(error.into()))
}

fn decode(bytes: &[u8], column: usize) -> rusqlite::Result<Counters> {
    serde_json::from_slice(bytes).map_err(|error| {
        rusqlite::Error::FromSqlConversionFailure(column, Type::Blob, error.into())
    })
}
