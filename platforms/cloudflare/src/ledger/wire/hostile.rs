//! Messages of any kind are read or refused.

use super::{
    Page, Range, put_page, put_range, put_transaction, put_version, take_answers, take_page,
    take_range, take_transactions,
    tests::{at, batch, sent},
};
use bytes::Bytes;
use openclaw_testkit::hostile;
use proptest::prelude::*;

fn messages() -> Vec<Vec<u8>> {
    let range = Range {
        now: at(1),
        prefix: "a/".into(),
        after: Some("a/b".into()),
        limit: 3,
    };
    let (mut question, mut page) = (vec![], vec![]);
    put_range(&mut question, &range);
    put_page(&mut page, &Ok(Page::default()));
    vec![sent(&batch()).0, question, page]
}

proptest! {
    #[test]
    fn hostile_messages_are_read_or_refused(bytes in hostile(messages())) {
        let bytes = Bytes::from(bytes);
        prop_assert_eq!(take_answers(bytes.clone(), 3).len(), 3);
        drop(take_page(bytes.clone()));
        if let Ok(range) = take_range(bytes.clone()) {
            let mut again = vec![];
            put_range(&mut again, &range);
            prop_assert_eq!(take_range(again.into()), Ok(range));
        }
        if let Ok(batch) = take_transactions(bytes) {
            let mut again = vec![];
            put_version(&mut again);
            batch.iter().for_each(|transaction| put_transaction(&mut again, transaction));
            prop_assert_eq!(take_transactions(again.into()), Ok(batch));
        }
    }
}
