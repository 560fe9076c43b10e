//! Responses that are kept, so that a conversation can go on from them.

use bytes::Bytes;
use openclaw_core::{
    Error, Ports, Result,
    ledger::{Outcome, Step, When},
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

/// A response and the conversation that led to it.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct Stored {
    /// As it was answered.
    pub(super) response: Value,
    /// Items of the conversation up to and with what was answered.
    pub(super) items: Vec<Value>,
    /// How many of these were there before this response's own input.
    pub(super) before: usize,
}

/// The first part: what is under `response/ID`.
#[derive(Deserialize, Serialize)]
struct Head {
    parts: usize,
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
    /// Whether it is short enough to be kept.
    pub(super) fn fits(&self) -> bool {
        serde_json::to_vec(self).is_ok_and(|bytes| bytes.len() <= PART * MAX_PARTS)
    }

    /// Keeps it under this id; resolves when a crash can no longer lose it.
    pub(super) async fn keep(&self, ports: &Ports, account: &str, id: &str) -> Result<()> {
        let bytes = Bytes::from(serde_json::to_vec(self).map_err(Error::internal)?);
        let parts: Vec<_> = bytes
            .chunks(PART)
            .map(|part| bytes.slice_ref(part))
            .collect();
        let expires = Some(time::shift(ports.clock.now(), DAYS * DAY));
        let put = |key, document| Step::Put {
            key,
            document,
            when: When::Always,
            expires,
        };
        let head = serde_json::to_vec(&Head { parts: parts.len() }).map_err(Error::internal)?;
        let mut steps = vec![put(key(id), head.into())];
        let parts = parts.into_iter().enumerate();
        steps.extend(parts.map(|(at, part)| put(part_key(id, at), part)));
        match ports.ledger.transact(account, steps).await? {
            Outcome::Applied(applied) => Ok(applied.durable.await?),
            Outcome::Refused { .. } => Err(Error::internal("a response was not kept")),
        }
    }

    /// The response of that id; 404.
    pub(super) async fn find(ports: &Ports, account: &str, id: &str) -> Result<Self> {
        let head = head(ports, account, id).await?;
        let prefix = format!("response-part/{id}/");
        let parts = ports
            .ledger
            .query(account, &prefix, None, MAX_PARTS)
            .await?;
        let parts: Vec<_> = parts
            .iter()
            .filter_map(|(_, item)| item.document())
            .collect();
        if parts.len() != head.parts {
            return Err(not_found(id));
        }
        let bytes = parts.into_iter().fold(vec![], |mut all, part| {
            all.extend_from_slice(part);
            all
        });
        serde_json::from_slice(&bytes).map_err(Error::internal)
    }

    /// Deletes it; 404.
    pub(super) async fn delete(ports: &Ports, account: &str, id: &str) -> Result<()> {
        let head = head(ports, account, id).await?;
        let keys = (0..head.parts).map(|at| part_key(id, at)).chain([key(id)]);
        let steps = keys.map(|key| Step::Delete {
            key,
            when: When::Always,
        });
        match ports.ledger.transact(account, steps.collect()).await? {
            Outcome::Applied(applied) => Ok(applied.durable.await?),
            Outcome::Refused { .. } => Err(not_found(id)),
        }
    }
}

async fn head(ports: &Ports, account: &str, id: &str) -> Result<Head> {
    ensure_id(id)?;
    let key = key(id);
    let item = ports.ledger.get(account, &key).await?;
    let now = ports.clock.now();
    let item = item.filter(|item| item.is_live(now));
    let document = item.as_ref().and_then(|item| item.document());
    let document = document.ok_or_else(|| not_found(id))?;
    serde_json::from_slice(document).map_err(Error::internal)
}
