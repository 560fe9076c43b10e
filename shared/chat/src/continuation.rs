//! A stream that breaks off, and the next target that goes on with it: opt-in of a model
//! (`continue = true`).
//!
//! The client sees one answer. Each call is billed in its own prices, on one usage row. What cannot be gone on
//! with ends as an error: a call of a tool that began, several answers, what a provider streams in the caller's
//! dialect, as it came.

use bytes::Bytes;
use openclaw_core::{Money, Result};
use openclaw_providers::{Chunk, Plan, Served};
use openclaw_schema::chat::Answer;
use openclaw_usage::{Settlement, Spender};
use openclaw_web::RequestQuota;
use serde_json::{Map, Value};

/// What goes on with an answer.
pub(crate) struct Continuation {
    /// What was asked, for the targets that are left.
    plan: Plan,
    /// Our estimate of the tokens in.
    prompt_tokens: u64,
    /// The most that a call can cost.
    max_cost: Money,
    quota: RequestQuota,
    served: Option<Served>,
    /// The text so far.
    so_far: String,
    /// Whether something was said that nobody can go on with.
    is_bound: bool,
    /// The first chunk's fields that all chunks share, once another target goes on.
    envelope: Option<Map<String, Value>>,
    first: Bytes,
    /// Whether the next text begins with white space that the text so far ends with.
    trims: bool,
}

impl Continuation {
    /// Of a request with this plan; `None` where nobody goes on.
    pub(crate) fn new(
        plan: &Plan,
        prompt_tokens: u64,
        max_cost: Money,
        quota: &RequestQuota,
    ) -> Option<Self> {
        plan.may_continue().then(|| Self {
            plan: plan.clone(),
            prompt_tokens,
            max_cost,
            quota: quota.clone(),
            served: None,
            so_far: String::new(),
            is_bound: false,
            envelope: None,
            first: Bytes::new(),
            trims: false,
        })
    }

    /// Who answers now.
    pub(crate) fn served(&mut self, served: &Served) {
        self.served = Some(served.clone());
    }

    /// Takes a chunk of the answer, and gives it as one of the answer that began.
    pub(crate) fn chunk(&mut self, chunk: &Chunk) -> Option<Chunk> {
        if self.first.is_empty() {
            self.first.clone_from(&chunk.json);
        }
        self.is_bound |= chunk.event.is_some() || chunk.finished;
        if let Ok(answer) = serde_json::from_slice::<Answer<'_>>(&chunk.json) {
            for said in answer
                .choices
                .iter()
                .filter_map(|choice| choice.delta.as_ref())
            {
                self.is_bound |= said
                    .tool_calls
                    .as_ref()
                    .is_some_and(|calls| !calls.is_empty());
                self.is_bound |= said.refusal.is_some();
                if self.envelope.is_none() {
                    self.so_far.push_str(&said.text());
                }
            }
        }
        self.renamed(chunk)
    }

    /// The chunk with the id and the model of the answer that began, and no second role.
    fn renamed(&mut self, chunk: &Chunk) -> Option<Chunk> {
        let envelope = self.envelope.as_ref()?;
        let mut json: Map<String, Value> = serde_json::from_slice(&chunk.json).ok()?;
        for name in ["id", "created", "model", "system_fingerprint"] {
            match envelope.get(name) {
                Some(value) => json.insert(name.into(), value.clone()),
                None => json.remove(name),
            };
        }
        let choices = json.get_mut("choices").and_then(Value::as_array_mut);
        for choice in choices.into_iter().flatten() {
            let Some(delta) = choice.get_mut("delta").and_then(Value::as_object_mut) else {
                continue;
            };
            delta.remove("role");
            if let Some(Value::String(text)) = delta.get_mut("content") {
                if self.trims {
                    *text = text.trim_start().to_owned();
                    self.trims = text.is_empty();
                }
                self.so_far.push_str(text);
            }
        }
        Some(Chunk {
            json: Value::Object(json).to_string().into(),
            ..chunk.clone()
        })
    }

    /// Whether a target may go on where the answer broke off.
    pub(crate) fn is_possible(&self) -> bool {
        let served = self.served.as_ref();
        let plan = served.and_then(|served| self.plan.clone().after(served, &self.so_far));
        !self.is_bound && plan.is_some()
    }

    /// The call that goes on, with its budget held: 402.
    pub(crate) async fn next(&mut self, settlement: &mut Settlement) -> Result<Option<Plan>> {
        let Some(served) = self.served.take().filter(|_| !self.is_bound) else {
            return Ok(None);
        };
        let Some(plan) = self.plan.clone().after(&served, &self.so_far) else {
            return Ok(None);
        };
        let caller = self.quota.caller();
        let spender = Spender {
            account: &caller.account,
            key: &caller.key,
        };
        let written = openclaw_providers::tokens::estimate(&self.so_far);
        let tokens = self.prompt_tokens.saturating_add(written);
        settlement
            .next_round(tokens, self.max_cost, spender)
            .await?;
        if self.envelope.is_none() {
            self.envelope = serde_json::from_slice(&self.first).ok();
        }
        self.trims = self.so_far.ends_with(char::is_whitespace);
        self.plan = plan.clone();
        Ok(Some(plan.traced(self.quota.trace())))
    }
}
