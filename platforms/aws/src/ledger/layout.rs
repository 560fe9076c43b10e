//! How items of the ledger stand in the table.
//!
//! A ledger key is a base and a part: what is in front of its first `#`, and the rest. All parts of
//! a base are attributes of one item of the table, so that a transaction on them is one update, which
//! gives back what it made of them. A part `P` that is there has
//!
//! - `eP` (number): its expiry in Unix microseconds, [`NEVER`] where it has none,
//! - `dP` (bytes): its document, or else for each counter `nL:PF` (number), where `L` is the length
//!   of `P` in bytes and `F` the counter's name.
//!
//! Beside them an item has `a` (account), `k` (`-` and the base: no key may be empty), `v` (changes
//! with each write), `ttl`, for DynamoDB's expiry of whole items, and `p`, where it has parts. `ttl`
//! is a number (Unix seconds) only where the item has nothing but its base: DynamoDB takes no heed
//! of it otherwise.

use aws_sdk_dynamodb::{primitives::Blob, types::AttributeValue};
use bytes::Bytes;
use openclaw_core::{
    Timestamp,
    ledger::{Counters, Item, Value},
    time,
};
use std::collections::{BTreeMap, HashMap};

pub(super) const ACCOUNT: &str = "a";
pub(super) const KEY: &str = "k";
pub(super) const VERSION: &str = "v";
pub(super) const TTL: &str = "ttl";
pub(super) const PARTS: &str = "p";

/// Later than any time, and one digit to DynamoDB, which charges by the digit.
const NEVER: &str = "100000000000000000000";

/// An item as the SDK has it.
pub(super) type Attributes = HashMap<String, AttributeValue>;

/// The base of a ledger key, and the part.
pub(super) fn split(key: &str) -> (&str, &str) {
    key.split_at(key.find('#').unwrap_or(key.len()))
}

/// The primary key of an account's item.
pub(super) fn primary_key(account: &str, base: &str) -> Attributes {
    [
        (ACCOUNT.into(), text(account)),
        (KEY.into(), text(&sort_key(base))),
    ]
    .into()
}

pub(super) fn sort_key(base: &str) -> String {
    format!("-{base}")
}

/// The ledger's key of a changed item, by the text of its attribute of that name.
pub(crate) fn job_key<'a>(text: impl Fn(&str) -> Option<&'a str>) -> Option<&'a str> {
    text(KEY)?.strip_prefix('-')
}

/// The document of a changed item without parts, by the bytes of its attribute of that name.
pub(crate) fn document_of<'a>(bytes: impl Fn(&str) -> Option<&'a str>) -> Option<&'a str> {
    bytes(&document_name(""))
}

pub(super) fn text(text: &str) -> AttributeValue {
    AttributeValue::S(text.to_owned())
}

pub(super) fn number(number: i64) -> AttributeValue {
    AttributeValue::N(number.to_string())
}

pub(super) fn bytes(bytes: &Bytes) -> AttributeValue {
    AttributeValue::B(Blob::new(bytes.to_vec()))
}

pub(super) fn expiry(at: Option<Timestamp>) -> AttributeValue {
    at.map_or(AttributeValue::N(NEVER.into()), |at| {
        number(at.as_microsecond())
    })
}

/// When DynamoDB may remove an item: not before it has expired.
pub(super) fn ttl(at: Option<Timestamp>) -> AttributeValue {
    at.map_or(AttributeValue::Bool(false), |at| {
        number(at.as_second().saturating_add(1))
    })
}

pub(super) fn document_name(part: &str) -> String {
    format!("d{part}")
}

pub(super) fn expiry_name(part: &str) -> String {
    format!("e{part}")
}

pub(super) fn counter_name(part: &str, field: &str) -> String {
    format!("n{}:{part}{field}", part.len())
}

/// An item of the table as it was read.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Snapshot {
    pub(super) base: String,
    pub(super) version: Option<AttributeValue>,
    pub(super) has_parts: bool,
    parts: BTreeMap<String, Part>,
}

/// Attributes of one part.
#[derive(Clone, Debug, Default, PartialEq)]
struct Part {
    document: Option<Bytes>,
    expires: Option<String>,
    counters: Counters,
}

impl Snapshot {
    /// `None`: there is no such item.
    pub(super) fn read(base: &str, attributes: Option<Attributes>) -> Self {
        let mut snapshot = Self {
            base: base.to_owned(),
            ..Self::default()
        };
        for (name, value) in attributes.into_iter().flatten() {
            match (name.as_str(), value) {
                (ACCOUNT | KEY | TTL, _) => {}
                (VERSION, version) => snapshot.version = Some(version),
                (PARTS, _) => snapshot.has_parts = true,
                (name, value) => snapshot.add(name, value),
            }
        }
        snapshot
    }

    fn add(&mut self, name: &str, value: AttributeValue) {
        let Some((kind, rest)) = name.split_at_checked(1) else {
            return;
        };
        match (kind, value) {
            ("d", AttributeValue::B(blob)) => {
                self.part(rest).document = Some(blob.into_inner().into());
            }
            ("e", AttributeValue::N(at)) => self.part(rest).expires = Some(at),
            ("n", AttributeValue::N(count)) => {
                if let Some((part, field)) = counter_of(rest) {
                    let count = saturated(&count);
                    self.part(part).counters.insert(field.to_owned(), count);
                }
            }
            // Not of this program.
            _ => {}
        }
    }

    fn part(&mut self, part: &str) -> &mut Part {
        self.parts.entry(part.to_owned()).or_default()
    }

    /// The ledger's item with this part; it may have expired.
    pub(super) fn item(&self, part: &str) -> Option<Item> {
        self.parts.get(part)?.item()
    }

    /// All the ledger's items in it by their keys; some may have expired.
    pub(super) fn items(&self) -> impl Iterator<Item = (String, Item)> {
        self.parts.iter().filter_map(|(part, attributes)| {
            let key = format!("{}{part}", self.base);
            Some((key, attributes.item()?))
        })
    }

    /// The names of all attributes of a part.
    pub(super) fn names(&self, part: &str) -> Vec<String> {
        let Some(attributes) = self.parts.get(part) else {
            return vec![];
        };
        let document = attributes.document.iter().map(|_| document_name(part));
        let expires = attributes.expires.iter().map(|_| expiry_name(part));
        let fields = attributes.counters.keys();
        let counters = fields.map(|field| counter_name(part, field));
        document.chain(expires).chain(counters).collect()
    }

    /// The parts that expired before `at`, with their expiry as it is written.
    pub(super) fn expired(&self, at: Timestamp) -> Vec<(String, AttributeValue)> {
        let gone = self.parts.iter().filter(|(_, part)| {
            let item = part.item();
            item.is_some_and(|item| !item.is_live(at))
        });
        gone.filter_map(|(part, attributes)| {
            let expires = attributes.expires.clone()?;
            Some((part.clone(), AttributeValue::N(expires)))
        })
        .collect()
    }
}

impl Part {
    fn item(&self) -> Option<Item> {
        let expires = self.expires.as_ref()?;
        let value = match &self.document {
            Some(document) => Value::Document(document.clone()),
            None => Value::Counters(self.counters.clone()),
        };
        // What is beyond 64 bits is NEVER.
        let expires = expires.parse().ok().map(time::from_microsecond);
        Some(Item { value, expires })
    }
}

/// The part and the field of a counter's name without its `n`.
fn counter_of(name: &str) -> Option<(&str, &str)> {
    let (length, rest) = name.split_once(':')?;
    rest.split_at_checked(length.parse().ok()?)
}

/// DynamoDB's numbers have 38 digits; additions beyond 64 bits stay at the end of those.
fn saturated(number: &str) -> i64 {
    let whole: Result<i128, _> = number.parse();
    let bound = |number: i128| number.clamp(i64::MIN.into(), i64::MAX.into());
    whole
        .ok()
        .and_then(|number| bound(number).try_into().ok())
        .unwrap_or(if number.starts_with('-') {
            i64::MIN
        } else {
            i64::MAX
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_split_at_its_first_hash() {
        assert_eq!(split("gate#r/1#2"), ("gate", "#r/1#2"));
        assert_eq!(split("row/1"), ("row/1", ""));
        assert_eq!(split("#"), ("", "#"));
    }

    #[test]
    fn attributes_of_any_part_and_field_are_told_apart() {
        let mut attributes = Attributes::from([
            (ACCOUNT.to_owned(), text("a")),
            (KEY.to_owned(), text("-k")),
        ]);
        let awkward = ["", "#", "#a", "#a:b", "#1:", "#ключ"];
        for part in awkward {
            attributes.insert(expiry_name(part), expiry(None));
            for field in awkward {
                attributes.insert(counter_name(part, field), number(1));
            }
        }
        let snapshot = Snapshot::read("k", Some(attributes.clone()));
        assert_eq!(snapshot.items().count(), awkward.len());
        for part in awkward {
            let item = snapshot.item(part).unwrap();
            assert_eq!(item.counters().unwrap().len(), awkward.len());
            assert_eq!(item.expires, None);
            assert!(
                snapshot
                    .names(part)
                    .iter()
                    .all(|name| attributes.contains_key(name))
            );
        }
    }

    #[test]
    fn numbers_beyond_64_bits_stay_at_the_end() {
        assert_eq!(saturated("9007199254740993"), 9_007_199_254_740_993);
        assert_eq!(saturated("9223372036854775808"), i64::MAX);
        assert_eq!(saturated("-9223372036854775809"), i64::MIN);
        assert_eq!(saturated(&"9".repeat(60)), i64::MAX);
    }
}
