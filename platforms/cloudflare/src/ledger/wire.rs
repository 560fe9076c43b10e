//! What goes to an account's object and comes back: bytes, because a structured clone of many
//! small JavaScript values costs more than the call.

use bytes::{Buf, BufMut, Bytes, TryGetError};
use openclaw_core::{
    StoreError, Timestamp,
    ledger::{
        Applied, Delta, Durable, Item, Outcome, Step, Value, When,
        codec::{
            put_bytes, put_item, put_time, put_value, take_bytes, take_item, take_text, take_time,
        },
    },
};

/// One transaction, at the time of its caller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Transaction {
    pub(super) now: Timestamp,
    pub(super) steps: Vec<Step>,
}

/// How a transaction ended in the object, whose answer leaves only when it is durable.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// The value behind each step.
    Applied(Vec<Option<Value>>),
    /// The step that was not allowed.
    Refused(usize),
}

impl From<Answer> for Outcome {
    fn from(answer: Answer) -> Self {
        match answer {
            Answer::Refused(step) => Self::Refused { step },
            Answer::Applied(values) => Self::Applied(Applied {
                values,
                durable: Durable::now(),
            }),
        }
    }
}

/// What a query asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Range {
    pub(super) now: Timestamp,
    pub(super) prefix: String,
    pub(super) after: Option<String>,
    pub(super) limit: usize,
}

/// Items of a range, in order.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Page {
    pub(super) items: Vec<(String, Item)>,
    /// Whether it ends early because it is large, not because there is no more to show.
    pub(super) cut: bool,
}

const PUT: u8 = 0;
const DELETE: u8 = 1;
const ADD: u8 = 2;

const APPLIED: u8 = 0;
const REFUSED: u8 = 1;
const FAULT: u8 = 2;
const UNAVAILABLE: u8 = 3;

/// Adds a transaction to a batch.
pub(super) fn put_transaction(to: &mut Vec<u8>, transaction: &Transaction) {
    put_time(to, transaction.now);
    to.put_u32_le(transaction.steps.len() as u32);
    for step in &transaction.steps {
        put_step(to, step);
    }
}

fn put_step(to: &mut Vec<u8>, step: &Step) {
    match step {
        Step::Put {
            key,
            document,
            when,
            expires,
        } => {
            to.put_slice(&[PUT, *when as u8]);
            put_bytes(to, key.as_bytes());
            put_bytes(to, document);
            put_option(to, *expires, put_time);
        }
        Step::Delete { key, when } => {
            to.put_slice(&[DELETE, *when as u8]);
            put_bytes(to, key.as_bytes());
        }
        Step::Add {
            key,
            deltas,
            expires,
        } => {
            to.put_slice(&[ADD, When::Always as u8]);
            put_bytes(to, key.as_bytes());
            put_option(to, *expires, put_time);
            to.put_u32_le(deltas.len() as u32);
            for delta in deltas {
                put_bytes(to, delta.field.as_bytes());
                to.put_i64_le(delta.by);
                put_option(to, delta.at_most, |to, bound| to.put_i64_le(bound));
            }
        }
    }
}

fn put_option<T>(to: &mut Vec<u8>, value: Option<T>, put: impl FnOnce(&mut Vec<u8>, T)) {
    to.put_u8(u8::from(value.is_some()));
    if let Some(value) = value {
        put(to, value);
    }
}

/// The transactions of a batch.
pub(super) fn take_transactions(mut from: Bytes) -> Result<Vec<Transaction>, StoreError> {
    let mut batch = vec![];
    while from.has_remaining() {
        batch.push(take_transaction(&mut from).map_err(torn)?);
    }
    Ok(batch)
}

fn take_transaction(from: &mut Bytes) -> Result<Transaction, TryGetError> {
    let now = take_time(from)?;
    let count = from.try_get_u32_le()?;
    let steps = (0..count)
        .map(|_| take_step(from))
        .collect::<Result<_, _>>()?;
    Ok(Transaction { now, steps })
}

fn take_step(from: &mut Bytes) -> Result<Step, TryGetError> {
    let (kind, when) = (from.try_get_u8()?, take_when(from)?);
    let key = take_text(from)?;
    Ok(match kind {
        PUT => Step::Put {
            key,
            document: take_bytes(from)?,
            when,
            expires: take_option(from, take_time)?,
        },
        DELETE => Step::Delete { key, when },
        _ => Step::Add {
            key,
            expires: take_option(from, take_time)?,
            deltas: take_deltas(from)?,
        },
    })
}

fn take_when(from: &mut Bytes) -> Result<When, TryGetError> {
    Ok(match from.try_get_u8()? {
        when if when == When::Absent as u8 => When::Absent,
        when if when == When::Present as u8 => When::Present,
        _ => When::Always,
    })
}

fn take_deltas(from: &mut Bytes) -> Result<Vec<Delta>, TryGetError> {
    let count = from.try_get_u32_le()?;
    (0..count)
        .map(|_| {
            Ok(Delta {
                field: take_text(from)?,
                by: from.try_get_i64_le()?,
                at_most: take_option(from, |from| from.try_get_i64_le())?,
            })
        })
        .collect()
}

fn take_option<T>(
    from: &mut Bytes,
    take: impl FnOnce(&mut Bytes) -> Result<T, TryGetError>,
) -> Result<Option<T>, TryGetError> {
    Ok(match from.try_get_u8()? {
        0 => None,
        _ => Some(take(from)?),
    })
}

/// Adds how a transaction ended to the answers of its batch.
pub(super) fn put_answer(to: &mut Vec<u8>, answer: &Result<Answer, StoreError>) {
    match answer {
        Ok(Answer::Applied(values)) => {
            to.put_u8(APPLIED);
            to.put_u32_le(values.len() as u32);
            for value in values {
                put_value(to, value.as_ref(), None);
            }
        }
        Ok(Answer::Refused(step)) => {
            to.put_u8(REFUSED);
            to.put_u32_le(*step as u32);
        }
        Err(error) => put_error(to, error),
    }
}

fn put_error(to: &mut Vec<u8>, error: &StoreError) {
    let (kind, cause) = match error {
        StoreError::Fault(cause) => (FAULT, cause),
        StoreError::Unavailable(cause) => (UNAVAILABLE, cause),
    };
    to.put_u8(kind);
    put_bytes(to, cause.as_bytes());
}

/// Reads the next answer of a batch.
pub(super) fn take_answer(from: &mut Bytes) -> Result<Answer, StoreError> {
    match from.try_get_u8().map_err(torn)? {
        APPLIED => take_values(from).map(Answer::Applied).map_err(torn),
        REFUSED => match from.try_get_u32_le() {
            Ok(step) => Ok(Answer::Refused(step as usize)),
            Err(error) => Err(torn(error)),
        },
        kind => Err(take_error(from, kind)),
    }
}

fn take_values(from: &mut Bytes) -> Result<Vec<Option<Value>>, TryGetError> {
    let count = from.try_get_u32_le()?;
    (0..count)
        .map(|_| Ok(take_item(from)?.map(|item| item.value)))
        .collect()
}

fn take_error(from: &mut Bytes, kind: u8) -> StoreError {
    match take_text(from) {
        Err(error) => torn(error),
        Ok(cause) if kind == UNAVAILABLE => StoreError::Unavailable(cause),
        Ok(cause) => StoreError::Fault(cause),
    }
}

/// Writes a query.
pub(super) fn put_range(to: &mut Vec<u8>, range: &Range) {
    put_time(to, range.now);
    put_bytes(to, range.prefix.as_bytes());
    put_option(to, range.after.as_deref(), |to, after| {
        put_bytes(to, after.as_bytes());
    });
    to.put_u64_le(range.limit as u64);
}

/// Reads a query.
pub(super) fn take_range(mut from: Bytes) -> Result<Range, StoreError> {
    let mut range = || {
        Ok(Range {
            now: take_time(&mut from)?,
            prefix: take_text(&mut from)?,
            after: take_option(&mut from, take_text)?,
            limit: from.try_get_u64_le()? as usize,
        })
    };
    range().map_err(torn)
}

/// Writes what a query found.
pub(super) fn put_page(to: &mut Vec<u8>, page: &Result<Page, StoreError>) {
    match page {
        Ok(page) => {
            to.put_slice(&[APPLIED, u8::from(page.cut)]);
            for (key, item) in &page.items {
                put_bytes(to, key.as_bytes());
                put_item(to, Some(item));
            }
        }
        Err(error) => put_error(to, error),
    }
}

/// Reads what a query found.
pub(super) fn take_page(mut from: Bytes) -> Result<Page, StoreError> {
    match from.try_get_u8().map_err(torn)? {
        APPLIED => take_items(&mut from).map_err(torn),
        kind => Err(take_error(&mut from, kind)),
    }
}

fn take_items(from: &mut Bytes) -> Result<Page, TryGetError> {
    let cut = from.try_get_u8()? != 0;
    let mut items = vec![];
    while from.has_remaining() {
        let key = take_text(from)?;
        items.extend(take_item(from)?.map(|item| (key, item)));
    }
    Ok(Page { items, cut })
}

fn torn(error: TryGetError) -> StoreError {
    StoreError::Fault(format!("a message to or from the ledger's object: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use openclaw_core::time;

    fn at(second: i64) -> Timestamp {
        time::from_second(second)
    }

    fn steps() -> Vec<Step> {
        let mut steps = vec![Step::Add {
            key: "counts".into(),
            deltas: vec![Delta::new("a", -1), Delta::bounded("b", 1, i64::MAX)],
            expires: Some(at(5)),
        }];
        for when in [When::Always, When::Absent, When::Present] {
            steps.push(Step::Put {
                key: "ключ".into(),
                document: vec![0, 255].into(),
                when,
                expires: Some(at(7)).filter(|_| when == When::Absent),
            });
            steps.push(Step::Delete {
                key: String::new(),
                when,
            });
        }
        steps
    }

    #[test]
    fn a_batch_arrives_as_it_was_sent_and_half_of_it_is_an_error() {
        let batch = [1, 2].map(|second| Transaction {
            now: at(second),
            steps: steps(),
        });
        let mut sent = vec![];
        batch
            .iter()
            .for_each(|transaction| put_transaction(&mut sent, transaction));
        assert_eq!(take_transactions(sent.clone().into()), Ok(batch.to_vec()));
        for length in (1..sent.len()).filter(|length| length * 2 != sent.len()) {
            let half = Bytes::copy_from_slice(&sent[..length]);
            assert!(take_transactions(half).is_err(), "{length}");
        }
    }

    #[test]
    fn answers_arrive_as_they_were_sent() {
        let counters = Value::Counters([("n".into(), 7)].into());
        let answers = [
            Ok(Answer::Applied(vec![
                None,
                Some(Value::Document("x".into())),
                Some(counters),
            ])),
            Ok(Answer::Refused(19)),
            Err(StoreError::Fault("why".into())),
            Err(StoreError::Unavailable("later".into())),
        ];
        let mut sent = vec![];
        answers
            .iter()
            .for_each(|answer| put_answer(&mut sent, answer));
        let mut sent = Bytes::from(sent);
        for answer in answers {
            assert_eq!(take_answer(&mut sent), answer);
        }
        assert!(take_answer(&mut sent).is_err());
    }

    #[test]
    fn queries_and_pages_arrive_as_they_were_sent() {
        for after in [None, Some("b".to_owned())] {
            let range = Range {
                now: at(1),
                prefix: "a/".into(),
                after,
                limit: usize::MAX,
            };
            let mut sent = vec![];
            put_range(&mut sent, &range);
            assert_eq!(take_range(sent.into()), Ok(range));
        }
        let item = Item {
            value: Value::Document("x".into()),
            expires: Some(at(3)),
        };
        let page = Page {
            items: vec![("k".into(), item)],
            cut: true,
        };
        for page in [Ok(page), Err(StoreError::Fault("why".into()))] {
            let mut sent = vec![];
            put_page(&mut sent, &page);
            assert_eq!(take_page(sent.into()), page);
        }
    }
}
