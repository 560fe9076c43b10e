//! An account's jobs on their way from its object to the topics' queues.
//!
//! The object hands a job over in the turn that stores it: the platform lets the message out once the
//! turn's changes are durable. What is not due waits for the object's alarm. So does everything
//! that was handed over, because a message may be lost and a worker may die: as long as a job is there,
//! the object wakes for it.

use super::{
    items::{Changes, Items, Rows},
    wire::Range,
};
use crate::{bindings, glue};
use openclaw_core::{
    StoreError, Timestamp,
    ledger::Item,
    queue::{JOBS, JobState, topic_of},
};
use serde_json::json;
use std::{collections::BTreeMap, time::Duration};
use wasm_bindgen::JsValue;
use worker::Env;

/// How long the object waits for a job that it handed over to be claimed, before it does so again.
const AGAIN: Duration = Duration::from_secs(60);

/// Jobs that are read at a time.
const PAGE: usize = 500;

/// Messages that the platform takes in one call.
const MESSAGES: usize = 100;

/// The way to the queues.
pub(super) struct Jobs {
    env: Env,
}

/// Jobs by topic: the keys of those to hand over, and when to look again.
#[derive(Debug, Default)]
struct Due {
    messages: BTreeMap<String, Vec<String>>,
    wake: Option<Timestamp>,
}

impl Jobs {
    pub(super) const fn new(env: Env) -> Self {
        Self { env }
    }

    /// Hands over the jobs among `changes` that are due. When the object is to look at those that
    /// changed again; `None` where there is none.
    pub(super) fn hand_over(&self, changes: &Changes, now: Timestamp) -> Option<Timestamp> {
        let mut due = Due::default();
        let jobs = changes.range(JOBS.to_owned()..);
        for (key, item) in jobs.take_while(|(key, _)| key.starts_with(JOBS)) {
            if let Some(item) = item {
                due.add(key, item, now);
            }
        }
        self.send(due)
    }

    /// The same for all jobs that are stored.
    pub(super) fn hand_over_all<R: Rows>(
        &self,
        items: &Items<R>,
        now: Timestamp,
    ) -> Result<Option<Timestamp>, StoreError> {
        let mut due = Due::default();
        let mut after = None;
        loop {
            let page = items.query(&Range {
                now,
                prefix: JOBS.to_owned(),
                after: after.take(),
                limit: PAGE,
            })?;
            for (key, item) in &page.items {
                due.add(key, item, now);
            }
            match page.items.into_iter().next_back() {
                Some((last, _)) => after = Some(last),
                None => return Ok(self.send(due)),
            }
        }
    }

    fn send(&self, due: Due) -> Option<Timestamp> {
        for (topic, messages) in due.messages {
            for some in messages.chunks(MESSAGES) {
                let some = some.iter().map(|message| JsValue::from_str(message));
                glue::send_jobs(self.env.as_ref(), &bindings::jobs(&topic), some.collect());
            }
        }
        due.wake
    }
}

impl Due {
    fn add(&mut self, key: &str, item: &Item, now: Timestamp) {
        let state = item.document().map(|bytes| JobState::read(bytes));
        let (Some(topic), Some(Ok(state))) = (topic_of(key), state) else {
            tracing::error!(key, "a stored job cannot be read");
            return;
        };
        let wake = match state.due <= now {
            false => state.due,
            true => {
                let message = json!({ "account": state.account, "key": key }).to_string();
                let messages = self.messages.entry(topic.to_owned()).or_default();
                messages.push(message);
                now + AGAIN
            }
        };
        self.wake = Some(self.wake.map_or(wake, |earlier| earlier.min(wake)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use openclaw_core::{ledger::Value, time};

    fn job(due: i64) -> Item {
        let due = time::from_second(due);
        let document = format!(r#"{{"account":"acct_1","due":"{due}","payload":1}}"#);
        Item {
            value: Value::Document(document.into()),
            expires: None,
        }
    }

    #[test]
    fn what_is_due_goes_by_topic_and_everything_is_looked_at_again() {
        let now = time::from_second(100);
        let mut due = Due::default();
        due.add("job/mail/1", &job(300), now);
        assert_eq!(
            (due.messages.len(), due.wake),
            (0, Some(time::from_second(300)))
        );
        due.add("job/mail/2", &job(100), now);
        due.add("job/file/1", &job(50), now);
        due.add("job/broken", &job(50), now);
        assert_eq!(due.wake, Some(now + AGAIN));
        assert_eq!(
            due.messages["file"],
            [r#"{"account":"acct_1","key":"job/file/1"}"#]
        );
        assert_eq!(
            due.messages["mail"],
            [r#"{"account":"acct_1","key":"job/mail/2"}"#]
        );
    }
}
