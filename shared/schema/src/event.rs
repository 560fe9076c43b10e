//! Events: what an account's webhooks are told of.

use crate::account::Account;
use openclaw_core::{Error, Result, Timestamp, ledger::Step, queue::Job, time};
use serde::{Deserialize, Serialize};
use serde_json::value::{RawValue, to_raw_value};

/// The topic of the jobs that hand an event to each webhook which wants it.
pub const TOPIC: &str = "event";

/// What an endpoint says that wants all types.
pub const ALL: &str = "*";

macro_rules! types {
    ($($(#[doc = $doc:literal])* $name:ident = $text:literal),* $(,)?) => {
        /// What happened.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
        #[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
        pub enum EventType {
            $($(#[doc = $doc])* #[serde(rename = $text)] $name,)*
        }

        impl EventType {
            /// Each of them.
            pub const EVERY: &[Self] = &[$(Self::$name),*];

            /// As on the wire.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)*
                }
            }
        }
    };
}

types! {
    /// A chat has a whole answer.
    ChatCompleted = "chat.completed",
    /// A chat failed, or its client left.
    ChatFailed = "chat.failed",
    /// A skill's command was executed.
    SkillExecuted = "skill.executed",
    /// A run has begun.
    WorkflowStarted = "workflow.started",
    /// A run has its result.
    WorkflowCompleted = "workflow.completed",
    /// A run failed.
    WorkflowFailed = "workflow.failed",
    /// A file's text is there.
    FileProcessed = "file.processed",
    /// A file could not be processed.
    FileFailed = "file.failed",
    /// A key was made.
    KeyCreated = "key.created",
    /// A key has a new secret.
    KeyRotated = "key.rotated",
    /// A key was revoked.
    KeyRevoked = "key.revoked",
    /// The month's spending has passed 80 % or 100 % of the account's budget.
    UsageThreshold = "usage.threshold",
    /// The requests of a minute are used up; told once a minute.
    RateLimitExceeded = "rate_limit.exceeded",
}

impl EventType {
    /// The type with this name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::EVERY
            .iter()
            .copied()
            .find(|event| event.as_str() == text)
    }

    /// Whether one of `wanted`, names and `*`, means it.
    pub fn is_wanted(self, wanted: &[String]) -> bool {
        wanted
            .iter()
            .any(|name| name == ALL || name == self.as_str())
    }
}

/// An event as receivers get it: `{type, timestamp, data}`.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Event {
    /// What happened.
    #[serde(rename = "type")]
    pub kind: EventType,
    /// When.
    pub timestamp: Timestamp,
    /// To what. It holds nothing of a prompt or an answer.
    pub data: Box<RawValue>,
}

impl Event {
    /// Something that happened at `at`.
    pub fn new(kind: EventType, at: Timestamp, data: &impl Serialize) -> Result<Self> {
        Ok(Self {
            kind,
            timestamp: time::whole_second(at),
            data: to_raw_value(data).map_err(Error::internal)?,
        })
    }

    /// The step that has the webhooks of `account` told of it. `id` names what happened within the
    /// account and the type: the event's id is made of both, so that it is the same however often this is
    /// done.
    pub fn step(&self, account: &str, id: &str, at: Timestamp) -> Result<Step> {
        // The specification wants no full stop in it.
        let kind = self.kind.as_str().replace('.', "_");
        Job::named(account, TOPIC, &format!("evt_{kind}_{id}"), at, self)?.step()
    }
}

impl Account {
    /// The step that tells the account's webhooks what `data` says, where one of them wants to know;
    /// for `id` see [`Event::step`].
    pub fn tell(
        &self,
        kind: EventType,
        id: &str,
        at: Timestamp,
        data: impl FnOnce() -> serde_json::Value,
    ) -> Result<Option<Step>> {
        if !kind.is_wanted(&self.events) {
            return Ok(None);
        }
        let event = Event::new(kind, at, &data())?;
        event.step(&self.id, id, at).map(Some)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_has_the_name_that_it_is_found_by() {
        for event in EventType::EVERY {
            assert_eq!(EventType::parse(event.as_str()), Some(*event));
            let json = serde_json::to_value(event).unwrap();
            assert_eq!(json, event.as_str());
        }
        assert_eq!(EventType::parse("*"), None);
    }

    #[test]
    fn an_account_is_told_what_it_wants_and_pays_nothing_otherwise() {
        let mut account = Account {
            id: "acct_1".into(),
            ..Account::default()
        };
        let tell = |account: &Account| {
            let data = || serde_json::json!({"id": "key_1"});
            let told = account.tell(EventType::KeyCreated, "key_1", Timestamp::UNIX_EPOCH, data);
            told.unwrap().map(|step| step.key().to_owned())
        };
        assert_eq!(tell(&account), None);
        account.events = vec!["chat.completed".into()];
        assert_eq!(tell(&account), None);
        for name in ["key.created", "*"] {
            account.events = vec!["chat.completed".into(), name.into()];
            assert_eq!(
                tell(&account).as_deref(),
                Some("job/event/evt_key_created_key_1")
            );
        }
    }
}
