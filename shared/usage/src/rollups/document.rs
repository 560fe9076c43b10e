//! The stored form: names of counters once, then each series' counters by the places of their names.
//! [Postcard](https://postcard.jamesmunns.com) writes it, after a byte that says the version.

use crate::counts::{Counted, Field};
use openclaw_core::{Error, Result, ledger::Counters};
use serde::{Deserialize, Serialize};
use std::{borrow::Cow, collections::BTreeMap};

const VERSION: u8 = 1;

/// Bytes of a document, at most, by an estimate that is never too low: items may have 300 KiB.
const MAX_BYTES: usize = 250_000;

/// Bytes of one counter, at most: its place and its count.
const COUNTER: usize = 15;

/// The counters of each series, by its name.
pub(super) type Entries = BTreeMap<String, Counters>;

#[derive(Default, Deserialize, Serialize)]
struct Document<'a> {
    #[serde(borrow)]
    fields: Vec<Cow<'a, str>>,
    #[serde(borrow)]
    entries: Vec<Entry<'a>>,
}

#[derive(Deserialize, Serialize)]
struct Entry<'a> {
    name: &'a str,
    counters: Vec<(u32, i64)>,
}

/// The documents that hold `entries`, each of a size that an item may have.
pub(super) fn encode(entries: &Entries) -> Result<Vec<Vec<u8>>> {
    let (mut documents, mut document) = (vec![], Document::default());
    let (mut places, mut bytes) = (BTreeMap::<&str, u32>::new(), 0);
    for (name, counters) in entries {
        let new = counters
            .keys()
            .filter(|name| !places.contains_key(&***name));
        let names = new.map(|name| name.len() + 3).sum::<usize>();
        let more = name.len() + 6 + counters.len() * COUNTER + names;
        if bytes + more > MAX_BYTES && !document.entries.is_empty() {
            documents.push(write(&std::mem::take(&mut document))?);
            (places, bytes) = (BTreeMap::new(), 0);
        }
        bytes += more;
        let mut counted = Vec::with_capacity(counters.len());
        for (field, count) in counters.iter().filter(|(_, count)| **count != 0) {
            let place = match places.get(&**field) {
                Some(place) => *place,
                None => {
                    let place = u32::try_from(places.len()).map_err(Error::internal)?;
                    places.insert(field, place);
                    document.fields.push(field.into());
                    place
                }
            };
            counted.push((place, *count));
        }
        document.entries.push(Entry {
            name,
            counters: counted,
        });
    }
    if !document.entries.is_empty() {
        documents.push(write(&document)?);
    }
    Ok(documents)
}

fn write(document: &Document<'_>) -> Result<Vec<u8>> {
    postcard::to_extend(document, vec![VERSION]).map_err(Error::internal)
}

fn read(bytes: &[u8]) -> Result<Document<'_>> {
    match bytes.split_first() {
        Some((&VERSION, rest)) => postcard::from_bytes(rest).map_err(Error::internal),
        _ => Err(Error::internal("sums of a version that is not known")),
    }
}

/// Calls `add` with the name and the counters of each series.
pub(super) fn each(bytes: &[u8], mut add: impl FnMut(&str, &Counted<'_>)) -> Result<()> {
    let document = read(bytes)?;
    let fields = Vec::from_iter(document.fields.iter().map(|name| Field::named(name)));
    let mut counted = Vec::new();
    for entry in document.entries {
        counted.clear();
        for (place, count) in entry.counters {
            let field = fields.get(place as usize);
            let field = field.ok_or_else(|| Error::internal("sums without a name"))?;
            counted.extend(u64::try_from(count).ok().map(|count| (field, count)));
        }
        add(entry.name, &counted);
    }
    Ok(())
}

/// The same by counters' names, for whoever adds documents up.
pub(super) fn add_to(entries: &mut Entries, bytes: &[u8]) -> Result<()> {
    let document = read(bytes)?;
    for entry in document.entries {
        let sums = entries.entry(entry.name.to_owned()).or_default();
        for (place, count) in entry.counters {
            let field = document.fields.get(place as usize);
            let field = field.ok_or_else(|| Error::internal("sums without a name"))?;
            add_count(sums, field, count);
        }
    }
    Ok(())
}

/// Adds an hour's item to the entry of its name.
pub(super) fn add_item(entries: &mut Entries, name: &str, counters: &Counters) {
    let sums = entries.entry(name.to_owned()).or_default();
    for (field, count) in counters {
        add_count(sums, field, *count);
    }
}

/// Adds `count` to the counter `field`.
fn add_count(sums: &mut Counters, field: &str, count: i64) {
    match sums.get_mut(field) {
        Some(sum) => *sum += count,
        None => drop(sums.insert(field.to_owned(), count)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::counts::{Plain, count};
    use proptest::prelude::*;

    fn all(documents: &[Vec<u8>]) -> Entries {
        let mut entries = Entries::new();
        for document in documents {
            add_to(&mut entries, document).unwrap();
        }
        entries
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(30))]

        #[test]
        fn what_was_written_is_read(
            entries in prop::collection::btree_map(
                "[a-z/]{1,40}",
                prop::collection::btree_map("[a-z/0-9]{1,20}", 1..i64::MAX, 1..20),
                1..20,
            ),
        ) {
            prop_assert_eq!(all(&encode(&entries).unwrap()), entries);
        }
    }

    #[test]
    fn many_series_are_parts_that_items_can_hold() {
        let counters = Counters::from_iter((0..60).map(|at| (format!("d/{at}"), i64::MAX)));
        let entries =
            Entries::from_iter((0..1500).map(|at| (format!("key_{at:0400}"), counters.clone())));
        let documents = encode(&entries).unwrap();
        assert!(documents.len() > 3);
        for document in &documents {
            assert!(document.len() <= MAX_BYTES, "{}", document.len());
        }
        assert_eq!(all(&documents), entries);
        assert_eq!(encode(&Entries::new()).unwrap(), Vec::<Vec<u8>>::new());
    }

    #[test]
    fn documents_of_the_first_version_are_read() {
        let bytes = b"\x01\x02\x08requests\x04d/96\x01\x05k/c//\x02\0\x06\x01\x02";
        let mut seen = vec![];
        each(bytes, |name, counted| {
            seen.push((
                name.to_owned(),
                count(counted, Plain::Requests),
                counted.len(),
            ));
        })
        .unwrap();
        assert_eq!(seen, [("k/c//".to_owned(), 3, 2)]);
        assert!(each(b"\x02", |_, _| {}).is_err() && each(b"", |_, _| {}).is_err());
    }
}
