use super::{Item, Ledger};
use crate::StoreError;

/// All items of an account whose key starts with a prefix, in key order, page by page.
pub struct Pages<'a> {
    ledger: &'a dyn Ledger,
    account: &'a str,
    prefix: &'a str,
    /// The last key that was read, or the one after which reading begins.
    after: Option<String>,
    limit: usize,
    is_over: bool,
}

impl<'a> Pages<'a> {
    /// Those after the key `after`, `limit` at a time.
    pub const fn new(
        ledger: &'a dyn Ledger,
        account: &'a str,
        prefix: &'a str,
        after: Option<String>,
        limit: usize,
    ) -> Self {
        Self {
            ledger,
            account,
            prefix,
            after,
            limit,
            is_over: false,
        }
    }

    /// The next page, which has items; `None` after the last.
    pub async fn next(&mut self) -> Result<Option<Vec<(String, Item)>>, StoreError> {
        if self.is_over {
            return Ok(None);
        }
        let after = self.after.as_deref();
        let page = self
            .ledger
            .query(self.account, self.prefix, after, self.limit);
        let page = page.await?;
        match page.last() {
            Some((last, _)) => self.after = Some(last.clone()),
            // A page may be short although more follow.
            None => self.is_over = true,
        }
        Ok((!self.is_over).then_some(page))
    }
}
