//! The items in an object's SQLite database.

use super::items::{Changes, Rows};
use openclaw_core::{
    StoreError,
    ledger::{Item, codec},
};
use std::fmt::Write;
use worker::{SqlStorage, SqlStorageValue};

/// The platform binds at most 100 values to a statement; a row has three.
const ROWS: usize = 33;
const KEYS: usize = 100;

/// `expires` is there for whoever looks for what has expired, in milliseconds; the exact time is
/// in the item. Without a row id there is no index to write beside the table.
const TABLE: &str = "CREATE TABLE IF NOT EXISTS items (
    key TEXT PRIMARY KEY, expires INTEGER, item BLOB NOT NULL
) WITHOUT ROWID, STRICT";

/// Rows one look for what has expired goes over.
const LOOKED_AT: i64 = 10_000;

/// [`Rows`] of an object.
pub(super) struct SqlRows(SqlStorage);

impl SqlRows {
    pub(super) fn open(sql: SqlStorage) -> Result<Self, StoreError> {
        sql.exec(TABLE, None).map_err(failed)?;
        Ok(Self(sql))
    }

    /// Removes what had expired before `now` (Unix milliseconds) among the rows behind `last`, as
    /// far as one look goes; where the next one starts, `None` behind the last row.
    pub(super) fn remove_expired(
        &self,
        last: &str,
        now: i64,
    ) -> Result<Option<String>, StoreError> {
        let end = self.exec(
            "SELECT key FROM items WHERE key > ? ORDER BY key LIMIT 1 OFFSET ?",
            vec![last.into(), LOOKED_AT.into()],
        )?;
        let end = match rows(end).next() {
            None => None,
            Some(row) => Some(text(&mut row?.into_iter())?),
        };
        let (statement, mut values) = match &end {
            None => ("DELETE FROM items WHERE key > ? AND expires < ?", vec![]),
            Some(end) => (
                "DELETE FROM items WHERE key > ? AND expires < ? AND key < ?",
                vec![SqlStorageValue::from(&**end)],
            ),
        };
        values.splice(0..0, [last.into(), now.into()]);
        self.exec(statement, values)?;
        Ok(end)
    }

    fn exec(
        &self,
        statement: &str,
        values: Vec<SqlStorageValue>,
    ) -> Result<worker::SqlCursor, StoreError> {
        self.0.exec(statement, values).map_err(failed)
    }

    fn put(&self, rows: &[(&str, &Item)]) -> Result<(), StoreError> {
        let mut statement =
            String::from("INSERT OR REPLACE INTO items (key, expires, item) VALUES ");
        let mut values = Vec::with_capacity(rows.len() * 3);
        for (at, (key, item)) in rows.iter().enumerate() {
            statement.push_str(if at == 0 { "(?,?,?)" } else { ",(?,?,?)" });
            let mut bytes = vec![];
            codec::put_item(&mut bytes, Some(item));
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
        let values = keys.iter().map(|key| (*key).into()).collect();
        self.exec(&statement, values).map(drop)
    }
}

impl Rows for SqlRows {
    fn find(&self, key: &str) -> Result<Option<Item>, StoreError> {
        let found = self.exec("SELECT item FROM items WHERE key = ?", vec![key.into()])?;
        match rows(found).next() {
            None => Ok(None),
            Some(row) => item(&mut row?.into_iter()).map(Some),
        }
    }

    fn from(
        &self,
        first: &str,
        after: Option<&str>,
    ) -> Result<impl Iterator<Item = Result<(String, Item), StoreError>>, StoreError> {
        let found = match after {
            None => self.exec(
                "SELECT key, item FROM items WHERE key >= ? ORDER BY key",
                vec![first.into()],
            ),
            Some(after) => self.exec(
                "SELECT key, item FROM items WHERE key > ? ORDER BY key",
                vec![after.into()],
            ),
        };
        Ok(rows(found?).map(|row| {
            let mut row = row?.into_iter();
            Ok((text(&mut row)?, item(&mut row)?))
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

type Row = Vec<SqlStorageValue>;

fn rows(found: worker::SqlCursor) -> impl Iterator<Item = Result<Row, StoreError>> {
    found.raw().map(|row| row.map_err(failed))
}

fn text(row: &mut impl Iterator<Item = SqlStorageValue>) -> Result<String, StoreError> {
    match row.next() {
        Some(SqlStorageValue::String(text)) => Ok(text),
        other => Err(strange("a text", other)),
    }
}

fn item(row: &mut impl Iterator<Item = SqlStorageValue>) -> Result<Item, StoreError> {
    match row.next() {
        Some(SqlStorageValue::Blob(bytes)) => match codec::take_item(&mut bytes.into()) {
            Ok(Some(item)) => Ok(item),
            _ => Err(StoreError::Fault("an item is damaged".into())),
        },
        other => Err(strange("an item", other)),
    }
}

fn strange(wanted: &str, found: Option<SqlStorageValue>) -> StoreError {
    let mut cause = String::new();
    let _ = write!(cause, "{wanted} was stored, {found:?} was read");
    StoreError::Fault(cause)
}

fn failed(error: worker::Error) -> StoreError {
    StoreError::Fault(format!("the object's SQLite: {error}"))
}
