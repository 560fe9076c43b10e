//! Reading an account's items in the order of their keys.

use super::{
    Inner,
    layout::{ACCOUNT, Attributes, KEY, Snapshot, primary_key, sort_key, split, text},
};
use crate::retry::retry;
use aws_sdk_dynamodb::types::AttributeValue;
use openclaw_core::{StoreError, ledger::Item};
use std::collections::BTreeMap;

/// Items of the table at a time, at most.
const PAGE: usize = 500;

type Found = Vec<(String, Item)>;

impl Inner {
    pub(super) async fn get(&self, account: &str, key: &str) -> Result<Option<Item>, StoreError> {
        let (base, part) = split(key);
        let snapshot = self.snapshot(account, base).await?;
        let now = self.clock.now();
        Ok(snapshot.item(part).filter(|item| item.is_live(now)))
    }

    pub(super) async fn query(
        &self,
        account: &str,
        prefix: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Found, StoreError> {
        // An `after` that sorts before the prefix excludes nothing; one that sorts after it, everything.
        let after = after.filter(|after| *after >= prefix);
        if limit == 0 || after.is_some_and(|after| !after.starts_with(prefix)) {
            return Ok(vec![]);
        }
        let mut merge = Merge::new(self, prefix, after, limit);
        let (base, part) = split(prefix);
        if !part.is_empty() {
            merge.take(&self.snapshot(account, base).await?);
            return Ok(merge.finish());
        }
        for base in after.into_iter().flat_map(with_parts_after) {
            merge.add(&self.snapshot(account, base).await?);
        }
        let mut start = after.map(|after| primary_key(account, split(after).0));
        loop {
            let (items, next) = self.page(account, prefix, start, limit).await?;
            for item in items {
                if let Some(AttributeValue::S(key)) = item.get(KEY) {
                    let base = key.get(1..).unwrap_or_default().to_owned();
                    merge.take(&Snapshot::read(&base, Some(item)));
                }
            }
            start = next;
            if start.is_none() || merge.is_full() {
                return Ok(merge.finish());
            }
        }
    }

    async fn snapshot(&self, account: &str, base: &str) -> Result<Snapshot, StoreError> {
        let request = self
            .client
            .get_item()
            .table_name(&self.table)
            .set_key(Some(primary_key(account, base)))
            .consistent_read(true);
        let found = retry(&*self.clock, || request.clone().send()).await?;
        Ok(Snapshot::read(base, found.item))
    }

    async fn page(
        &self,
        account: &str,
        prefix: &str,
        start: Option<Attributes>,
        limit: usize,
    ) -> Result<(Vec<Attributes>, Option<Attributes>), StoreError> {
        // One more than asked: parts of the last item are final only once the next one is known.
        let size = limit.saturating_add(1).min(PAGE);
        let request = self
            .client
            .query()
            .table_name(&self.table)
            .key_condition_expression("#a = :a AND begins_with(#k, :k)")
            .expression_attribute_names("#a", ACCOUNT)
            .expression_attribute_names("#k", KEY)
            .expression_attribute_values(":a", text(account))
            .expression_attribute_values(":k", text(&sort_key(prefix)))
            .set_exclusive_start_key(start)
            .limit(i32::try_from(size).unwrap_or(i32::MAX))
            .consistent_read(true);
        let page = retry(&*self.clock, || request.clone().send()).await?;
        Ok((page.items.unwrap_or_default(), page.last_evaluated_key))
    }
}

/// Bases that sort before `after` but may have parts that sort after it: its own, and those that end
/// before a character that sorts before `#`.
fn with_parts_after(after: &str) -> impl Iterator<Item = &str> {
    let (base, _) = split(after);
    let low = base
        .char_indices()
        .filter(|(_, character)| *character < '#');
    low.map(|(at, _)| &base[..at]).chain([base])
}

/// Puts the parts of items in order: a part `a#x` sorts after the key `a b`.
struct Merge<'a> {
    ledger: &'a Inner,
    prefix: &'a str,
    after: Option<&'a str>,
    limit: usize,
    pending: BTreeMap<String, Item>,
    found: Found,
}

impl<'a> Merge<'a> {
    const fn new(ledger: &'a Inner, prefix: &'a str, after: Option<&'a str>, limit: usize) -> Self {
        Self {
            ledger,
            prefix,
            after,
            limit,
            pending: BTreeMap::new(),
            found: vec![],
        }
    }

    /// Takes the next item: what is pending and sorts before its base is final.
    fn take(&mut self, snapshot: &Snapshot) {
        while let Some(first) = self.pending.first_entry()
            && *first.key() < snapshot.base
        {
            self.found.push(first.remove_entry());
        }
        self.add(snapshot);
    }

    fn add(&mut self, snapshot: &Snapshot) {
        let now = self.ledger.clock.now();
        let fits =
            |key: &str| key.starts_with(self.prefix) && self.after.is_none_or(|after| key > after);
        let live = snapshot
            .items()
            .filter(|(key, item)| fits(key) && item.is_live(now));
        self.pending.extend(live);
    }

    fn is_full(&self) -> bool {
        self.found.len() >= self.limit
    }

    fn finish(mut self) -> Found {
        self.found.extend(self.pending);
        self.found.truncate(self.limit);
        self.found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_bases_have_parts_after_a_key() {
        let bases = |after| Vec::from_iter(with_parts_after(after));
        assert_eq!(bases("row/1"), ["row/1"]);
        assert_eq!(bases("gate#r/1"), ["gate"]);
        assert_eq!(bases("a b!c#d e"), ["a", "a b", "a b!c"]);
    }
}
