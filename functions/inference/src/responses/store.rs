//! Responses that are kept, so that a conversation can go on from them.

use super::background;
use bytes::Bytes;
use openclaw_core::{
    Code, Error, Ports, Result,
    documents::{apply, encode, put_until},
    ledger::{Step, When},
    queue::Job,
    time::{self, DAY},
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Days for which a response is kept.
const DAYS: i64 = 30;

/// Bytes of a part: an item of the ledger has at most 300 KiB.
const PART: usize = 250 << 10;

/// The most parts: what a transaction can hold. A longer conversation is answered and not kept.
const MAX_PARTS: usize = 14;

/// How often a response that changes meanwhile is read again.
const MAX_READS: usize = 5;

/// A response and the conversation that led to it.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct Stored {
    /// As it was answered.
    pub(super) response: Value,
    /// Items of the conversation up to and with what was answered.
    pub(super) items: Vec<Value>,
    /// How many of these were there before this response's own input.
    pub(super) before: usize,
    /// What was asked beside the items, a JSON object: while the response is being made in the background.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) request: Option<String>,
}

/// The first part: what is under `response/ID`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub(super) struct Head {
    parts: usize,
    /// Of a response in the background that did not come to its end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) status: Option<Status>,
}

/// How far a response in the background is, where it is not answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Status {
    Queued,
    InProgress,
    Cancelled,
}

impl Status {
    /// Whether an answer may come.
    pub(super) const fn is_pending(self) -> bool {
        matches!(self, Self::Queued | Self::InProgress)
    }

    /// In OpenAI's words.
    const fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::InProgress => "in_progress",
            Self::Cancelled => "cancelled",
        }
    }
}

fn key(id: &str) -> String {
    format!("response/{id}")
}

fn part_key(id: &str, part: usize) -> String {
    format!("response-part/{id}/{part:02}")
}

/// 404 for an id that is none of ours, without a look into the ledger.
fn ensure_id(id: &str) -> Result<()> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    match id.len() <= 100 && id.starts_with("resp_") && id.bytes().all(is_plain) {
        true => Ok(()),
        false => Err(not_found(id)),
    }
}

fn not_found(id: &str) -> Error {
    Error::not_found(format_args!("response '{id}'"))
}

impl Stored {
    /// The same, as it was answered.
    pub(super) fn answered(mut self, response: Value) -> Self {
        let output = response["output"].as_array().cloned();
        self.items.extend(output.unwrap_or_default());
        Self {
            response,
            request: None,
            ..self
        }
    }

    /// The steps that keep it under this id in place of what has so many parts there; 413 where it is too long.
    pub(super) fn steps(
        &self,
        ports: &Ports,
        id: &str,
        status: Option<Status>,
        before: usize,
    ) -> Result<Vec<Step>> {
        let bytes = encode(self)?;
        let parts = bytes.len().div_ceil(PART);
        if parts > MAX_PARTS {
            let message = "The conversation is too long to be kept";
            return Err(Error::new(Code::PayloadTooLarge, message));
        }
        let expires = Some(time::shift(ports.clock.now(), DAYS * DAY));
        let head = Head { parts, status };
        let mut steps = vec![put_until(key(id), &head, When::Always, expires)?];
        let pieces = bytes.chunks(PART).enumerate();
        steps.extend(pieces.map(|(at, part)| Step::Put {
            key: part_key(id, at),
            document: bytes.slice_ref(part),
            when: When::Always,
            expires,
        }));
        steps.extend((parts..before).map(|at| delete(part_key(id, at))));
        Ok(steps)
    }

    /// Keeps it under this id, unless it is too long for that; resolves when a crash can no longer lose it.
    pub(super) async fn keep(&self, ports: &Ports, account: &str, id: &str) -> Result<()> {
        let steps = match self.steps(ports, id, None, 0) {
            Err(error) if error.code == Code::PayloadTooLarge => return Ok(()),
            steps => steps?,
        };
        match apply(&*ports.ledger, account, steps).await? {
            true => Ok(()),
            false => Err(Error::internal("a response was not kept")),
        }
    }

    /// The response of that id, and its head; 404.
    pub(super) async fn find(ports: &Ports, account: &str, id: &str) -> Result<(Self, Head)> {
        ensure_id(id)?;
        let mut found = head(ports, account, id).await?;
        for _ in 0..MAX_READS {
            let prefix = format!("response-part/{id}/");
            let parts = ports.ledger.query(account, &prefix, None, MAX_PARTS);
            let parts = parts.await?;
            let parts: Vec<_> = parts
                .iter()
                .filter_map(|(_, item)| item.document())
                .collect();
            let (head, _) = &found;
            let is_whole = parts.len() == head.parts;
            if !is_whole || head.status.is_some() {
                // It may have been answered between the two reads.
                let again = self::head(ports, account, id).await?;
                if again != found {
                    found = again;
                    continue;
                }
            }
            if !is_whole {
                break;
            }
            let bytes = parts.into_iter().fold(vec![], |mut all, part| {
                all.extend_from_slice(part);
                all
            });
            let mut stored: Self = serde_json::from_slice(&bytes).map_err(Error::internal)?;
            if let Some(status) = head.status {
                stored.response["status"] = status.as_str().into();
            }
            return Ok((stored, *head));
        }
        Err(not_found(id))
    }

    /// Deletes it, and with it the work on it; 404.
    pub(super) async fn delete(ports: &Ports, account: &str, id: &str) -> Result<()> {
        ensure_id(id)?;
        let (head, _) = head(ports, account, id).await?;
        let keys = (0..head.parts).map(|at| part_key(id, at)).chain([key(id)]);
        let mut steps: Vec<_> = keys.map(delete).collect();
        steps.push(Job::cancel(background::TOPIC, id));
        match apply(&*ports.ledger, account, steps).await? {
            true => Ok(()),
            false => Err(not_found(id)),
        }
    }
}

impl Head {
    /// How a response stands; `None` where there is none any more.
    pub(super) async fn of(ports: &Ports, account: &str, id: &str) -> Result<Option<Self>> {
        match head(ports, account, id).await {
            Ok((head, _)) => Ok(Some(head)),
            Err(error) if error.code == Code::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// How many parts the response has.
    pub(super) const fn parts(self) -> usize {
        self.parts
    }

    /// Notes how far a response is that is pending, with `more`; what it is then.
    pub(super) async fn note(
        ports: &Ports,
        account: &str,
        id: &str,
        status: Status,
        more: &[Step],
    ) -> Result<Self> {
        for _ in 0..MAX_READS {
            let (head, found) = head(ports, account, id).await?;
            let is_pending = head.status.is_some_and(Status::is_pending);
            if !is_pending || head.status == Some(status) {
                return Ok(head);
            }
            let noted = Self {
                status: Some(status),
                ..head
            };
            let expires = Some(time::shift(ports.clock.now(), DAYS * DAY));
            let mut steps = vec![put_until(key(id), &noted, When::Equals(found), expires)?];
            steps.extend_from_slice(more);
            if apply(&*ports.ledger, account, steps).await? {
                return Ok(noted);
            }
        }
        Err(Error::internal("a response changes all the time"))
    }
}

fn delete(key: String) -> Step {
    Step::Delete {
        key,
        when: When::Always,
    }
}

async fn head(ports: &Ports, account: &str, id: &str) -> Result<(Head, Bytes)> {
    let item = ports.ledger.get(account, &key(id)).await?;
    let now = ports.clock.now();
    let item = item.filter(|item| item.is_live(now));
    let document = item.as_ref().and_then(|item| item.document());
    let document = document.ok_or_else(|| not_found(id))?;
    let head = serde_json::from_slice(document).map_err(Error::internal)?;
    Ok((head, document.clone()))
}
