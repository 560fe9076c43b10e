//! The items in an object's SQLite database.

use super::items::{Changes, Rows};
use crate::glue;
use js_sys::{Array, Uint8Array};
use openclaw_core::{
    StoreError,
    ledger::{Item, codec},
};
use wasm_bindgen::{JsCast, JsValue};
use worker_sys::{SqlStorage, SqlStorageCursor};

/// The platform binds at most 100 values to a statement; a row has three.
const ROWS: usize = 33;
const KEYS: usize = 100;

/// `expires` is there for whoever looks for what has expired, in milliseconds; the exact time is
/// in the item. Without a row id there is no index to write beside the table.
const TABLE: &str = "CREATE TABLE IF NOT EXISTS items (
    key TEXT PRIMARY KEY, expires INTEGER, item BLOB NOT NULL
) WITHOUT ROWID, STRICT";

/// Rows one look for what has expired goes over.
const LOOKED_AT: u32 = 10_000;

/// [`Rows`] of an object.
pub(super) struct SqlRows(SqlStorage);

impl SqlRows {
    pub(super) fn open(sql: SqlStorage) -> Result<Self, StoreError> {
        sql.exec(TABLE, Array::new()).map_err(failed)?;
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
            &[last.into(), LOOKED_AT.into()],
        )?;
        let end = match rows(end).next() {
            None => None,
            Some(row) => Some(text(&row?.get(0))?),
        };
        let (last, now) = (last.into(), (now as f64).into());
        match &end {
            None => self.exec(
                "DELETE FROM items WHERE key > ? AND expires < ?",
                &[last, now],
            ),
            Some(end) => self.exec(
                "DELETE FROM items WHERE key > ? AND expires < ? AND key < ?",
                &[last, now, end.into()],
            ),
        }?;
        Ok(end)
    }

    fn exec(&self, statement: &str, values: &[JsValue]) -> Result<SqlStorageCursor, StoreError> {
        let values = values.iter().collect();
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
            let expires = item.expires.map_or(JsValue::NULL, |at| {
                // Exact: no time is so many milliseconds away.
                (at.as_millisecond() as f64).into()
            });
            values.extend([(*key).into(), expires, Uint8Array::from(&bytes[..]).into()]);
        }
        self.exec(&statement, &values).map(drop)
    }

    fn delete(&self, keys: &[&str]) -> Result<(), StoreError> {
        let mut statement = String::from("DELETE FROM items WHERE key IN (");
        for at in 0..keys.len() {
            statement.push_str(if at == 0 { "?" } else { ",?" });
        }
        statement.push(')');
        let values = Vec::from_iter(keys.iter().map(|key| JsValue::from(*key)));
        self.exec(&statement, &values).map(drop)
    }
}

impl Rows for SqlRows {
    fn find(&self, key: &str) -> Result<Option<Item>, StoreError> {
        let found = self.exec("SELECT item FROM items WHERE key = ?", &[key.into()])?;
        match rows(found).next() {
            None => Ok(None),
            Some(row) => item(&row?.get(0)).map(Some),
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
                &[first.into()],
            ),
            Some(after) => self.exec(
                "SELECT key, item FROM items WHERE key > ? ORDER BY key",
                &[after.into()],
            ),
        };
        Ok(rows(found?).map(|row| {
            let row = row?;
            Ok((text(&row.get(0))?, item(&row.get(1))?))
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

/// The values of each row.
fn rows(found: SqlStorageCursor) -> impl Iterator<Item = Result<Array, StoreError>> {
    let rows = found.raw().into_iter();
    rows.map(|row| row.map(JsCast::unchecked_into).map_err(failed))
}

fn text(value: &JsValue) -> Result<String, StoreError> {
    value.as_string().ok_or_else(|| strange("a text", value))
}

fn item(value: &JsValue) -> Result<Item, StoreError> {
    if !value.is_object() {
        return Err(strange("an item", value));
    }
    let bytes = Uint8Array::new(value).to_vec();
    match codec::take_item(&mut bytes.into()) {
        Ok(Some(item)) => Ok(item),
        Ok(None) => Err(strange("an item", value)),
        Err(error) => Err(StoreError::Fault(format!("a stored item: {error}"))),
    }
}

fn strange(wanted: &str, found: &JsValue) -> StoreError {
    StoreError::Fault(format!("{wanted} was stored, {found:?} was read"))
}

fn failed(error: JsValue) -> StoreError {
    StoreError::Fault(format!("the object's SQLite: {}", glue::thrown(&error)))
}
