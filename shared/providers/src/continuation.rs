//! Answers that broke off, and whoever goes on with them.

use crate::{
    catalog::Target,
    order::Candidate,
    plan::{Content, Plan},
    reply::Served,
    tokens,
    verbatim::Verbatim,
};
use bytes::Bytes;
use openclaw_core::{Error, Result, json::Object};
use openclaw_schema::chat::ChatRequest;
use serde_json::{json, value::RawValue};
use std::sync::Arc;

/// What a target is told that does not go on with its own last message by itself.
const INSTRUCTION: &str = "Your answer above was cut off. Go on exactly where it ends: write only what comes \
    next, repeat nothing of it, and add no remark.";

/// The names of a bound of the answer.
const BOUNDS: [&str; 2] = ["max_completion_tokens", "max_tokens"];

impl Plan {
    /// Whether another target may go on with an answer that breaks off: the model says so, there is one
    /// answer, and every target can be asked for it. One that is streamed as it came cannot be gone on with.
    pub fn may_continue(&self) -> bool {
        let asked = self.models.first().is_some_and(|model| model.continues);
        let Content::Chat(chat) = &self.content else {
            return false;
        };
        let has_one_answer = || ChatRequest::parse(&chat.body).is_ok_and(|request| request.n == 1);
        let is_convertible = |verbatim: &Verbatim| verbatim.unconvertible.is_none();
        let is_convertible = chat.verbatim.as_ref().is_none_or(is_convertible);
        asked && is_convertible && has_one_answer()
    }

    /// The same request for the targets that are left, with the text of the answer so far; `None` where no
    /// target is left.
    #[must_use]
    pub fn after(mut self, broke_off: &Served, so_far: &str) -> Option<Self> {
        let skipped = (broke_off.model.id.clone(), Arc::clone(&broke_off.provider));
        self.skipped.push(skipped);
        let is_left = self.models.iter().any(|model| {
            let mut targets = model.targets.iter();
            targets.any(|target| !self.is_skipped(&model.id, &target.provider.id))
        });
        match &mut self.content {
            Content::Chat(chat) if is_left => {
                chat.so_far = (!so_far.trim().is_empty()).then(|| so_far.into());
                Some(self)
            }
            Content::Chat(_) | Content::Forward(_) => None,
        }
    }

    pub(crate) fn skips(&self, candidate: &Candidate) -> bool {
        self.is_skipped(&candidate.model.id, &candidate.target().provider.id)
    }

    fn is_skipped(&self, model: &str, provider: &str) -> bool {
        if self.route.place(provider).is_none() {
            return true;
        }
        let mut skipped = self.skipped.iter();
        skipped.any(|(of, at)| of == model && **at == *provider)
    }
}

/// The chat with the answer so far at its end, and less room for the rest of it.
pub(crate) fn going_on(body: &Bytes, so_far: &str, target: &Target) -> Result<Bytes> {
    let mut object: Object = serde_json::from_slice(body).map_err(Error::internal)?;
    let messages = object.get("messages").unwrap_or("[]");
    let messages: Vec<&RawValue> = serde_json::from_str(messages).map_err(Error::internal)?;
    let mut messages: Vec<_> = messages
        .into_iter()
        .map(|json| json.get().to_owned())
        .collect();
    let provider = &target.provider;
    let prefills = provider.dialect.takes_prefill(&target.model, &provider.row);
    let mut said = json!({"role": "assistant", "content": so_far});
    if prefills && provider.row.prefill {
        said["prefix"] = true.into();
    }
    messages.push(said.to_string());
    if !prefills {
        messages.push(json!({"role": "user", "content": INSTRUCTION}).to_string());
    }
    object.set("messages", format!("[{}]", messages.join(",")));
    let written = tokens::estimate(so_far);
    for name in BOUNDS {
        let most = object.get(name).and_then(|most| most.parse::<u64>().ok());
        if let Some(most) = most {
            object.set(name, most.saturating_sub(written).max(1).to_string());
        }
    }
    Ok(object.to_string().into())
}
