//! Lists and their paging.

use openclaw_core::{Error, Result};
use serde::{Deserialize, Serialize};

/// `{"object":"list","data":[...],"has_more":false}`.
#[derive(Debug, Serialize)]
pub struct List<T> {
    object: &'static str,
    data: Vec<T>,
    has_more: bool,
}

impl<T> List<T> {
    /// Everything there is.
    pub const fn whole(data: Vec<T>) -> Self {
        Self {
            object: "list",
            data,
            has_more: false,
        }
    }

    /// The same list of what `show` makes of each.
    pub fn map<U>(self, show: impl FnMut(T) -> U) -> List<U> {
        List {
            object: self.object,
            data: self.data.into_iter().map(show).collect(),
            has_more: self.has_more,
        }
    }

    /// The things themselves.
    pub fn into_data(self) -> Vec<T> {
        self.data
    }

    /// A page, from `data` that was read with one item more than `page` shows.
    pub fn page(mut data: Vec<T>, page: &Page) -> Self {
        let has_more = data.len() > page.limit;
        data.truncate(page.limit);
        Self {
            object: "list",
            data,
            has_more,
        }
    }
}

/// The query parameters of a list: `limit` from 1 to 100 (default 20), `after` an id.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Page {
    /// How many at most.
    pub limit: usize,
    /// The id after which to start.
    pub after: Option<String>,
}

impl Default for Page {
    fn default() -> Self {
        Self {
            limit: 20,
            after: None,
        }
    }
}

impl Page {
    /// Checks the bounds.
    pub fn validate(&self) -> Result<()> {
        if !(1..=100).contains(&self.limit) {
            return Err(Error::invalid("limit", "must be from 1 to 100"));
        }
        Ok(())
    }
}

/// `{"id":…,"object":…,"deleted":true}`.
#[derive(Debug, Serialize)]
pub struct Deleted {
    id: String,
    object: &'static str,
    deleted: bool,
}

impl Deleted {
    /// The thing of the kind `object` under `id` is gone.
    pub const fn new(id: String, object: &'static str) -> Self {
        Self {
            id,
            object,
            deleted: true,
        }
    }
}
