//! The messages to an account's object and its answers: bytes, because a structured clone of many
//! small JavaScript values costs more than the call.
//!
//! The Worker that sends and the one that reads may be of different versions, while they are being
//! deployed and after one of them was rolled back. So a question begins with its version
//! ([`put_version`]), and the answer has the version of its question. Whoever reads something unknown
//! refuses it: to leave out a condition would write what its sender forbade. An object also reads
//! questions from before there were versions.

use bytes::{Buf, BufMut, Bytes};
use openclaw_core::{
    StoreError, Timestamp,
    ledger::{
        Applied, Delta, Durable, Item, Outcome, Step, Value, When,
        codec::{
            DecodeError, put_bytes, put_item, put_time, put_value, take_bytes, take_item,
            take_text, take_time,
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
#[derive(Clone, Debug, PartialEq, Eq)]
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

/// The version of a question that is written here.
const VERSION: u8 = 1;

/// Stands before the version. Questions had none once and began with a time, which this number is too
/// small to be, followed by a count or a length: that many steps or bytes fit into no message, so an
/// object that knows no versions fails instead of misreading a question.
const VERSIONED: (i64, u32) = (i64::MIN, u32::MAX);

const PUT: u8 = 0;
const DELETE: u8 = 1;
const ADD: u8 = 2;
const CHECK: u8 = 3;

const ALWAYS: u8 = 0;
const ABSENT: u8 = 1;
const PRESENT: u8 = 2;
const EQUALS: u8 = 3;

const APPLIED: u8 = 0;
const REFUSED: u8 = 1;
const FAULT: u8 = 2;
const UNAVAILABLE: u8 = 3;

/// Begins a question: a batch of transactions, or a query.
pub(super) fn put_version(to: &mut Vec<u8>) {
    let (time, length) = VERSIONED;
    to.put_i64_le(time);
    to.put_u32_le(length);
    to.put_u8(VERSION);
}

/// Goes past the version of a question, where it has one that is known.
fn take_version(from: &mut Bytes) -> Result<(), DecodeError> {
    let mut versioned = from.clone();
    let begin = (versioned.try_get_i64_le(), versioned.try_get_u32_le());
    if begin != (Ok(VERSIONED.0), Ok(VERSIONED.1)) {
        return Ok(());
    }
    match versioned.try_get_u8()? {
        VERSION => {
            *from = versioned;
            Ok(())
        }
        mark => Err(unknown("version", mark)),
    }
}

const fn unknown(what: &'static str, mark: u8) -> DecodeError {
    DecodeError::Unknown { what, mark }
}

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
            put_head(to, PUT, when, key);
            put_bytes(to, document);
            put_option(to, *expires, put_time);
        }
        Step::Delete { key, when } => put_head(to, DELETE, when, key),
        Step::Check { key, when } => put_head(to, CHECK, when, key),
        Step::Add {
            key,
            deltas,
            expires,
        } => {
            put_head(to, ADD, &When::Always, key);
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

/// Writes what every step begins with.
fn put_head(to: &mut Vec<u8>, kind: u8, when: &When, key: &str) {
    to.put_u8(kind);
    match when {
        When::Always => to.put_u8(ALWAYS),
        When::Absent => to.put_u8(ABSENT),
        When::Present => to.put_u8(PRESENT),
        When::Equals(document) => {
            to.put_u8(EQUALS);
            put_bytes(to, document);
        }
    }
    put_bytes(to, key.as_bytes());
}

fn put_option<T>(to: &mut Vec<u8>, value: Option<T>, put: impl FnOnce(&mut Vec<u8>, T)) {
    to.put_u8(u8::from(value.is_some()));
    if let Some(value) = value {
        put(to, value);
    }
}

/// The transactions of a batch.
pub(super) fn take_transactions(mut from: Bytes) -> Result<Vec<Transaction>, StoreError> {
    take_batch(&mut from).map_err(unreadable)
}

fn take_batch(from: &mut Bytes) -> Result<Vec<Transaction>, DecodeError> {
    take_version(from)?;
    let mut batch = vec![];
    while from.has_remaining() {
        batch.push(take_transaction(from)?);
    }
    Ok(batch)
}

fn take_transaction(from: &mut Bytes) -> Result<Transaction, DecodeError> {
    let now = take_time(from)?;
    let count = from.try_get_u32_le()?;
    let steps = (0..count)
        .map(|_| take_step(from))
        .collect::<Result<_, _>>()?;
    Ok(Transaction { now, steps })
}

fn take_step(from: &mut Bytes) -> Result<Step, DecodeError> {
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
        CHECK => Step::Check { key, when },
        ADD => Step::Add {
            key,
            expires: take_option(from, take_time)?,
            deltas: take_deltas(from)?,
        },
        mark => return Err(unknown("step", mark)),
    })
}

fn take_when(from: &mut Bytes) -> Result<When, DecodeError> {
    Ok(match from.try_get_u8()? {
        ALWAYS => When::Always,
        ABSENT => When::Absent,
        PRESENT => When::Present,
        EQUALS => When::Equals(take_bytes(from)?),
        mark => return Err(unknown("condition", mark)),
    })
}

fn take_deltas(from: &mut Bytes) -> Result<Vec<Delta>, DecodeError> {
    let count = from.try_get_u32_le()?;
    (0..count)
        .map(|_| {
            Ok(Delta {
                field: take_text(from)?,
                by: from.try_get_i64_le()?,
                at_most: take_option(from, |from| Ok(from.try_get_i64_le()?))?,
            })
        })
        .collect()
}

fn take_option<T>(
    from: &mut Bytes,
    take: impl FnOnce(&mut Bytes) -> Result<T, DecodeError>,
) -> Result<Option<T>, DecodeError> {
    match from.try_get_u8()? {
        0 => Ok(None),
        1 => take(from).map(Some),
        mark => Err(unknown("option", mark)),
    }
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

/// Adds why a question has no answer.
pub(super) fn put_error(to: &mut Vec<u8>, error: &StoreError) {
    let (kind, cause) = match error {
        StoreError::Fault(cause) => (FAULT, cause),
        StoreError::Unavailable(cause) => (UNAVAILABLE, cause),
    };
    to.put_u8(kind);
    put_bytes(to, cause.as_bytes());
}

/// How each of the `count` transactions of a batch ended. An object that cannot read a batch answers
/// once for all of them.
pub(super) fn take_answers(mut from: Bytes, count: usize) -> Vec<Result<Answer, StoreError>> {
    let mut answers: Vec<Result<Answer, StoreError>> = Vec::with_capacity(count);
    for _ in 0..count {
        let answer = match answers.last() {
            Some(Err(error)) if from.is_empty() => Err(error.clone()),
            _ => take_answer(&mut from),
        };
        answers.push(answer);
    }
    answers
}

fn take_answer(from: &mut Bytes) -> Result<Answer, StoreError> {
    let answer = match take_kind(from)? {
        APPLIED => take_values(from).map(Answer::Applied),
        REFUSED => take_refused(from),
        mark => Err(unknown("answer", mark)),
    };
    answer.map_err(|error| {
        // Nobody knows where the next answer begins.
        from.clear();
        unreadable(error)
    })
}

/// What kind of answer comes, where it is no error.
fn take_kind(from: &mut Bytes) -> Result<u8, StoreError> {
    let kind = from
        .try_get_u8()
        .map_err(|error| unreadable(error.into()))?;
    let error = match kind {
        FAULT => StoreError::Fault,
        UNAVAILABLE => StoreError::Unavailable,
        kind => return Ok(kind),
    };
    let cause = take_text(from).map_err(unreadable)?;
    Err(error(cause))
}

fn take_refused(from: &mut Bytes) -> Result<Answer, DecodeError> {
    Ok(Answer::Refused(from.try_get_u32_le()? as usize))
}

fn take_values(from: &mut Bytes) -> Result<Vec<Option<Value>>, DecodeError> {
    let count = from.try_get_u32_le()?;
    (0..count)
        .map(|_| Ok(take_item(from)?.map(|item| item.value)))
        .collect()
}

/// Writes a query.
pub(super) fn put_range(to: &mut Vec<u8>, range: &Range) {
    put_version(to);
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
        take_version(&mut from)?;
        Ok(Range {
            now: take_time(&mut from)?,
            prefix: take_text(&mut from)?,
            after: take_option(&mut from, take_text)?,
            limit: from.try_get_u64_le()? as usize,
        })
    };
    range().map_err(unreadable)
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
    match take_kind(&mut from)? {
        APPLIED => take_items(&mut from),
        mark => Err(unknown("answer", mark)),
    }
    .map_err(unreadable)
}

fn take_items(from: &mut Bytes) -> Result<Page, DecodeError> {
    let cut = from.try_get_u8()? != 0;
    let mut items = vec![];
    while from.has_remaining() {
        let key = take_text(from)?;
        items.extend(take_item(from)?.map(|item| (key, item)));
    }
    Ok(Page { items, cut })
}

fn unreadable(error: DecodeError) -> StoreError {
    StoreError::Fault(format!("a message to or from the ledger's object: {error}"))
}

#[cfg(test)]
mod hostile;

#[cfg(test)]
mod tests {
    use super::*;
    use openclaw_core::time;

    pub(super) fn at(second: i64) -> Timestamp {
        time::from_second(second)
    }

    fn steps() -> Vec<Step> {
        let mut steps = vec![Step::Add {
            key: "counts".into(),
            deltas: vec![Delta::new("a", -1), Delta::bounded("b", 1, i64::MAX)],
            expires: Some(at(5)),
        }];
        for when in [
            When::Always,
            When::Absent,
            When::Present,
            When::Equals(vec![255, 0].into()),
        ] {
            steps.push(Step::Put {
                key: "ключ".into(),
                document: vec![0, 255].into(),
                when: when.clone(),
                expires: Some(at(7)).filter(|_| when == When::Absent),
            });
            steps.push(Step::Delete {
                key: String::new(),
                when: when.clone(),
            });
            steps.push(Step::Check {
                key: "checked".into(),
                when,
            });
        }
        steps
    }

    pub(super) fn batch() -> [Transaction; 2] {
        [1, 2].map(|second| Transaction {
            now: at(second),
            steps: steps(),
        })
    }

    /// The batch, and where each of its transactions ends.
    pub(super) fn sent(batch: &[Transaction]) -> (Vec<u8>, Vec<usize>) {
        let mut sent = vec![];
        put_version(&mut sent);
        let mut ends = vec![sent.len()];
        for transaction in batch {
            put_transaction(&mut sent, transaction);
            ends.push(sent.len());
        }
        (sent, ends)
    }

    #[test]
    fn a_batch_arrives_as_it_was_sent_and_half_of_it_is_an_error() {
        let (sent, ends) = sent(&batch());
        assert_eq!(take_transactions(sent.clone().into()), Ok(batch().to_vec()));
        for length in (1..sent.len()).filter(|length| !ends.contains(length)) {
            let half = Bytes::copy_from_slice(&sent[..length]);
            assert!(take_transactions(half).is_err(), "{length}");
        }
    }

    #[test]
    fn a_batch_from_before_there_were_versions_is_read() {
        let (sent, ends) = sent(&batch());
        let old = Bytes::copy_from_slice(&sent[ends[0]..]);
        assert_eq!(take_transactions(old), Ok(batch().to_vec()));
        let range = Range {
            now: at(1),
            prefix: "a/".into(),
            after: None,
            limit: 3,
        };
        let mut question = vec![];
        put_range(&mut question, &range);
        let old = Bytes::from(question).slice(ends[0]..);
        assert_eq!(take_range(old), Ok(range));
    }

    /// An object that knows no versions reads a time first, then so many steps or so long a text.
    #[test]
    fn an_object_that_knows_no_versions_reads_no_question() {
        let (sent, _) = sent(&batch());
        let mut batch = Bytes::from(sent);
        assert!(take_transaction(&mut batch.clone()).is_err());
        take_time(&mut batch).unwrap();
        assert!(take_text(&mut batch).is_err());
    }

    #[test]
    fn an_unknown_version_step_condition_or_option_is_refused() {
        let put = Step::Put {
            key: "k".into(),
            document: "d".into(),
            when: When::Absent,
            expires: None,
        };
        let transaction = Transaction {
            now: at(1),
            steps: vec![put],
        };
        let (sent, ends) = sent(&[transaction]);
        // After the time and the number of steps.
        let step = ends[0] + 12;
        for place in [ends[0] - 1, step, step + 1, sent.len() - 1] {
            for unknown in [100, u8::MAX] {
                let mut newer = sent.clone();
                newer[place] = unknown;
                let refused = take_transactions(newer.into()).unwrap_err().to_string();
                let expected = format!(" {unknown}");
                assert!(refused.ends_with(&expected), "{place}: {refused}");
            }
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
            Ok(Answer::Refused(0)),
        ];
        let mut sent = vec![];
        answers
            .iter()
            .for_each(|answer| put_answer(&mut sent, answer));
        let sent = Bytes::from(sent);
        assert_eq!(take_answers(sent.clone(), 5), answers);
        let more = take_answers(sent, 6);
        assert!(matches!(&more[5], Err(StoreError::Fault(_))), "{more:?}");
    }

    #[test]
    fn an_answer_that_cannot_be_read_stands_for_all_after_it() {
        let mut refused = vec![];
        put_error(&mut refused, &StoreError::Unavailable("unread".into()));
        let unread = Err(StoreError::Unavailable("unread".into()));
        assert_eq!(take_answers(refused.into(), 3), vec![unread; 3]);
        for unknown in [&[9, APPLIED, 0, 0, 0, 0][..], &[REFUSED, 1]] {
            let answers = take_answers(Bytes::copy_from_slice(unknown), 2);
            assert!(matches!(&answers[0], Err(StoreError::Fault(_))));
            assert_eq!(answers[0], answers[1]);
        }
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
