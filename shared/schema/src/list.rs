//! Lists and their paging.

use openclaw_core::{Error, Result};
use serde::{Deserialize, Serialize};

/// `{"object":"list","data":[...],"has_more":false}`.
#[derive(Debug, Serialize)]
#[cfg_attr(
    feature = "openapi",
    derive(schemars::JsonSchema),
    schemars(rename = "{T}List")
)]
pub struct List<T> {
    /// Always `list`.
    object: &'static str,
    /// One page.
    data: Vec<T>,
    /// Whether there are more after the last one: ask again with its id as `after`.
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
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
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
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct Deleted {
    /// What is gone.
    id: String,
    /// The kind of thing.
    object: &'static str,
    /// Always true.
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
