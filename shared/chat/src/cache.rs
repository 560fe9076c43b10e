//! Answers that are kept for requests that are exactly the same: asked for by each request, and never
//! across accounts.

use bytes::Bytes;
use http::HeaderMap;
use openclaw_core::{
    Error, Ports, Result,
    json::Object,
    ledger::{Outcome, Step, When},
    time,
};
use openclaw_providers::{Completion, PROVIDER_HEADER, Served};
use openclaw_schema::usage::TokenUsage;
use serde::{Deserialize, Serialize};
use serde_json::value::{RawValue, to_raw_value};
use sha2::{Digest, Sha256};
use std::fmt::Write;

/// How long an answer may be kept, in seconds.
const HEADER: &str = "x-openclaw-cache-ttl";

/// The longest time, in seconds: 30 days.
const MAX_TTL: i64 = 30 * time::DAY;

/// Bytes of the longest answer that is kept: an item of the ledger has at most 300 KiB.
const MAX_ANSWER: usize = 256 << 10;

/// Fields that change nothing of what is answered.
const INDIFFERENT: &[&str] = &[
    "stream",
    "stream_options",
    "user",
    "metadata",
    "safety_identifier",
];

/// The place of one request's answer.
#[derive(Clone)]
pub struct Cache {
    ports: Ports,
    account: String,
    key: String,
    ttl: i64,
}

/// An answer that was kept.
#[derive(Deserialize, Serialize)]
pub(crate) struct Entry {
    /// A `chat.completion`.
    body: Box<RawValue>,
    usage: Option<TokenUsage>,
    estimated_completion_tokens: u64,
    /// Who gave it.
    pub(crate) provider: String,
    pub(crate) model: String,
}

impl Entry {
    pub(crate) fn completion(&self) -> Completion {
        Completion {
            body: Bytes::copy_from_slice(self.body.get().as_bytes()),
            is_verbatim: false,
            usage: self.usage,
            estimated_completion_tokens: self.estimated_completion_tokens,
        }
    }
}

impl Cache {
    /// For the request in `body`; `None` where it asks for none. 400 for a time that is none.
    pub fn of(
        ports: &Ports,
        account: &str,
        headers: &HeaderMap,
        body: &Bytes,
    ) -> Result<Option<Self>> {
        let Some(ttl) = headers.get(HEADER) else {
            return Ok(None);
        };
        let ttl = ttl.to_str().ok().and_then(|text| text.parse().ok());
        let ttl = ttl.filter(|ttl| (0..=MAX_TTL).contains(ttl));
        let Some(ttl) = ttl else {
            let issue = format!("must be whole seconds from 0 to {MAX_TTL}");
            return Err(Error::invalid(HEADER, issue));
        };
        if ttl == 0 {
            return Ok(None);
        }
        Ok(Some(Self {
            ports: ports.clone(),
            account: account.into(),
            key: format!("cache/{}", fingerprint(headers, body)?),
            ttl,
        }))
    }

    /// The answer that is there. A cache that cannot be read has none.
    pub(crate) async fn find(&self) -> Option<Entry> {
        let found = self.ports.ledger.get(&self.account, &self.key).await;
        let item = match found {
            Ok(item) => item?,
            Err(error) => {
                tracing::warn!(%error, "the cache was not read");
                return None;
            }
        };
        let is_live = item.is_live(self.ports.clock.now());
        serde_json::from_slice(item.document().filter(|_| is_live)?).ok()
    }

    /// Keeps an answer, unless it is too long. One that is not kept is no failure of the request.
    pub(crate) async fn keep(&self, answer: &Completion, served: &Served) {
        if let Err(error) = self.put(answer, served).await {
            tracing::warn!(%error, "an answer was not kept");
        }
    }

    async fn put(&self, answer: &Completion, served: &Served) -> Result<()> {
        if answer.body.len() > MAX_ANSWER || answer.is_verbatim {
            return Ok(());
        }
        let body: &RawValue = serde_json::from_slice(&answer.body).map_err(Error::internal)?;
        let entry = Entry {
            body: to_raw_value(body).map_err(Error::internal)?,
            usage: answer.usage,
            estimated_completion_tokens: answer.estimated_completion_tokens,
            provider: served.provider.to_string(),
            model: served.model.id.clone(),
        };
        let document = serde_json::to_vec(&entry).map_err(Error::internal)?;
        let step = Step::Put {
            key: self.key.clone(),
            document: document.into(),
            when: When::Always,
            expires: Some(time::shift(self.ports.clock.now(), self.ttl)),
        };
        match self
            .ports
            .ledger
            .transact(&self.account, vec![step])
            .await?
        {
            Outcome::Applied(applied) => Ok(applied.durable.await?),
            Outcome::Refused { .. } => Ok(()),
        }
    }
}

/// The same for requests whose fields are the same, in whatever order they stand, and that may go to the same
/// providers.
fn fingerprint(headers: &HeaderMap, body: &Bytes) -> Result<String> {
    let object: Object = serde_json::from_slice(body).map_err(Error::internal)?;
    let mut names: Vec<_> = object
        .names()
        .filter(|name| !INDIFFERENT.contains(name))
        .collect();
    names.sort_unstable();
    let mut hash = Sha256::new();
    let mut add = |part: &[u8]| {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part);
    };
    for name in names {
        add(name.as_bytes());
        add(object.get(name).unwrap_or_default().as_bytes());
    }
    // Another provider answers differently.
    if let Some(providers) = headers.get(PROVIDER_HEADER) {
        add(PROVIDER_HEADER.as_bytes());
        add(providers.as_bytes());
    }
    let mut text = String::new();
    for byte in hash.finalize() {
        // Writing to a string does not fail.
        let _ = write!(text, "{byte:02x}");
    }
    Ok(text)
}
