//! The items in an object's SQLite database.

use super::items::{Changes, Rows};
use openclaw_core::{
    StoreError,
    ledger::{Item, codec},
};
use std::fmt::Debug;
use worker::{SqlCursor, SqlStorage, SqlStorageValue as Value};

/// The platform binds at most 100 values to a statement; a row has three.
const ROWS: usize = 33;
const KEYS: usize = 100;

/// `expires` (Unix milliseconds) is for the search for expired items; the item holds the exact time.
/// Without a row id there is no index to write beside the table.
const TABLE: &str = "CREATE TABLE IF NOT EXISTS items (
    key TEXT PRIMARY KEY, expires INTEGER, item BLOB NOT NULL
) WITHOUT ROWID, STRICT";

/// Rows that one search for expired items visits.
const VISITED: i32 = 10_000;

/// [`Rows`] of an object.
pub(super) struct SqlRows(SqlStorage);

impl SqlRows {
    pub(super) fn open(sql: SqlStorage) -> Result<Self, StoreError> {
        sql.exec(TABLE, None).map_err(failed)?;
        Ok(Self(sql))
    }

    /// Removes the items after the key `last` that had expired before `now` (Unix milliseconds), as far
    /// as one search goes. The key after which the next search starts, `None` after the last row.
    pub(super) fn remove_expired(
        &self,
        last: &str,
        now: i64,
    ) -> Result<Option<String>, StoreError> {
        let end = self.exec(
            "SELECT key FROM items WHERE key > ? ORDER BY key LIMIT 1 OFFSET ?",
            [last.into(), VISITED.into()],
        )?;
        let end = match rows(end).next() {
            None => None,
            Some(row) => {
                let [key] = row?;
                Some(text(key)?)
            }
        };
        let (last, now) = (last.into(), now.into());
        match end.as_deref() {
            None => self.exec(
                "DELETE FROM items WHERE key > ? AND expires < ?",
                [last, now],
            ),
            Some(end) => self.exec(
                "DELETE FROM items WHERE key > ? AND expires < ? AND key < ?",
                [last, now, end.into()],
            ),
        }?;
        Ok(end)
    }

    fn exec(
        &self,
        statement: &str,
        values: impl Into<Vec<Value>>,
    ) -> Result<SqlCursor, StoreError> {
        self.0.exec(statement, values.into()).map_err(failed)
    }

    fn put(&self, rows: &[(&str, &Item)]) -> Result<(), StoreError> {
        let mut statement =
            String::from("INSERT OR REPLACE INTO items (key, expires, item) VALUES ");
        let mut values = Vec::with_capacity(rows.len() * 3);
        for (at, (key, item)) in rows.iter().enumerate() {
            statement.push_str(if at == 0 { "(?,?,?)" } else { ",(?,?,?)" });
            let mut bytes = vec![];
            codec::put_item(&mut bytes, Some(item));
            // No time is so many milliseconds away that JavaScript's numbers are inexact.
            let expires = item.expires.map(|at| at.as_millisecond());
            values.extend([(*key).into(), expires.into(), bytes.into()]);
        }
        self.exec(&statement, values).map(drop)
    }

    fn delete(&self, keys: &[&str]) -> Result<(), StoreError> {
        let mut statement = String::from("DELETE FROM items WHERE key IN (");
        for at in 0..keys.len() {
            statement.push_str(if at == 0 { "?" } else { ",?" });
        }
        statement.push(')');
        let values = Vec::from_iter(keys.iter().map(|key| Value::from(*key)));
        self.exec(&statement, values).map(drop)
    }
}

impl Rows for SqlRows {
    fn find(&self, key: &str) -> Result<Option<Item>, StoreError> {
        let found = self.exec("SELECT item FROM items WHERE key = ?", [key.into()])?;
        let Some(row) = rows(found).next() else {
            return Ok(None);
        };
        let [found] = row?;
        item(found).map(Some)
    }

    fn from(
        &self,
        first: &str,
        after: Option<&str>,
    ) -> Result<impl Iterator<Item = Result<(String, Item), StoreError>>, StoreError> {
        let found = match after {
            None => self.exec(
                "SELECT key, item FROM items WHERE key >= ? ORDER BY key",
                [first.into()],
            ),
            Some(after) => self.exec(
                "SELECT key, item FROM items WHERE key > ? ORDER BY key",
                [after.into()],
            ),
        };
        Ok(rows(found?).map(|row| {
            let [key, found] = row?;
            Ok((text(key)?, item(found)?))
        }))
    }

    fn write(&self, changes: &Changes) -> Result<(), StoreError> {
        let put: Vec<_> = changes
            .iter()
            .filter_map(|(key, item)| Some((&**key, item.as_ref()?)))
            .collect();
        for rows in put.chunks(ROWS) {
            self.put(rows)?;
        }
        let gone = changes.iter().filter(|(_, item)| item.is_none());
        let gone: Vec<_> = gone.map(|(key, _)| &**key).collect();
        for keys in gone.chunks(KEYS) {
            self.delete(keys)?;
        }
        Ok(())
    }
}

/// The values of each row, which has `N` columns.
fn rows<const N: usize>(found: SqlCursor) -> impl Iterator<Item = Result<[Value; N], StoreError>> {
    found.raw().map(|row| {
        let row = row.map_err(failed)?;
        row.try_into()
            .map_err(|row| unexpected(&format!("{N} columns"), &row))
    })
}

fn text(value: Value) -> Result<String, StoreError> {
    match value {
        Value::String(text) => Ok(text),
        other => Err(unexpected("a text", &other)),
    }
}

fn item(value: Value) -> Result<Item, StoreError> {
    let Value::Blob(bytes) = value else {
        return Err(unexpected("an item", &value));
    };
    match codec::take_item(&mut bytes.into()) {
        Ok(Some(item)) => Ok(item),
        Ok(None) => Err(StoreError::Fault("a stored item is empty".into())),
        Err(error) => Err(StoreError::Fault(format!("a stored item: {error}"))),
    }
}

fn unexpected(wanted: &str, found: &impl Debug) -> StoreError {
    StoreError::Fault(format!("{wanted} was stored, {found:?} was read"))
}

fn failed(error: worker::Error) -> StoreError {
    StoreError::Fault(format!("the object's SQLite: {error}"))
}
