//! Stored bytes of any kind are read or refused.
#![allow(clippy::unwrap_used, reason = "tests: what goes wrong is a failure")]

use bytes::Bytes;
use openclaw_core::{
    ledger::{
        Counters, Item, Value,
        codec::{put_item, take_item},
    },
    time,
};
use openclaw_testkit::hostile;
use proptest::prelude::*;

fn stored() -> Vec<Vec<u8>> {
    let document = Value::Document(Bytes::from_static(b"{\"id\":1}"));
    let counters = Value::Counters(Counters::from([("a".into(), 1), ("b".into(), i64::MIN)]));
    let items = [
        None,
        Some(Item {
            value: document,
            expires: None,
        }),
        Some(Item {
            value: counters,
            expires: Some(time::from_second(1)),
        }),
    ];
    let encode = |item: &Option<Item>| {
        let mut bytes = vec![];
        put_item(&mut bytes, item.as_ref());
        bytes
    };
    items.iter().map(encode).collect()
}

proptest! {
    #[test]
    fn hostile_items_are_read_or_refused(bytes in hostile(stored())) {
        let Ok(item) = take_item(&mut Bytes::from(bytes)) else {
            return Ok(());
        };
        let mut again = vec![];
        put_item(&mut again, item.as_ref());
        prop_assert_eq!(take_item(&mut Bytes::from(again)).unwrap(), item);
    }
}
