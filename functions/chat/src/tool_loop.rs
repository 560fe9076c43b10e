//! Chats that offer skills to the model: it calls them, the gateway runs them and asks it again, until it
//! answers without.
//!
//! A request is one however many rounds it takes: counted once, one usage row with what all rounds took.
//! The caller's own tools end the loop as they end any answer. Where a model calls both at once, the caller
//! gets its own calls, and those of skills are not run: the model makes them again if it still wants to.

mod conversation;
mod toolbox;
mod turn;
mod visible;

use bytes::Bytes;
use conversation::Conversation;
use futures_util::{FutureExt, StreamExt, stream::FuturesUnordered};
use openclaw_chat::{Next, PreparedChat, Ran, Rounds, Running};
use openclaw_core::{BoxFuture, Code, Error, Ports, Result, Timestamp};
use openclaw_providers::{Chunk, Plan};
use openclaw_schema::{chat::ChatRequest, key::Scope};
use openclaw_usage::{Settlement, Spender};
use openclaw_web::{App, RequestId, RequestQuota};
use serde_json::{Value, json};
use std::time::Duration;
use toolbox::Toolbox;
use turn::{Call, Turn};
use visible::Visible;

/// How often a model is asked for one request.
const MAX_ROUNDS: u32 = 8;

/// How long a request may take until no further round is begun.
const MAX_TIME: Duration = Duration::from_secs(300);

/// How many calls of one round are run.
const MAX_CALLS: usize = 32;

/// How much of a skill's result a model is told, in bytes.
const MAX_RESULT: usize = 256 << 10;

/// The rounds of one request.
pub(crate) struct ToolLoop {
    app: App,
    quota: RequestQuota,
    id: RequestId,
    stream: bool,
    toolbox: Toolbox,
    conversation: Conversation,
    visible: Visible,
    /// The round that is on its way, from 1.
    round: u32,
    ends_at: Timestamp,
    /// The calls of the round that are run, and what they came to.
    calls: Vec<(Call, Option<String>)>,
}

/// The skills that a request names; `None` where it offers none.
pub(crate) fn skills_of(request: &ChatRequest<'_>) -> Result<Option<Vec<String>>> {
    let names: Option<Vec<String>> = request.field("skills")?;
    Ok(names.filter(|names| !names.is_empty()))
}

impl ToolLoop {
    /// The first round of the request in `body`, which offers these skills: 400, 403.
    pub(crate) async fn prepare(
        app: &App,
        quota: &RequestQuota,
        id: &RequestId,
        body: &Bytes,
        stream: bool,
        skills: &[String],
    ) -> openclaw_web::Result<PreparedChat> {
        if !quota.caller().key.opens(Scope::Skills) {
            let message = "The key lacks the scope 'skills'";
            return Err(Error::new(Code::Forbidden, message).into());
        }
        let toolbox = Toolbox::open(app, quota, id, skills).await?;
        let conversation = {
            let request = ChatRequest::parse(body)?;
            Conversation::new(&request, &toolbox.definitions())?
        };
        let now = app.ports.clock.now();
        let tools = Self {
            app: app.clone(),
            quota: quota.clone(),
            id: id.clone(),
            stream,
            toolbox,
            conversation,
            visible: Visible::default(),
            round: 1,
            ends_at: now.checked_add(MAX_TIME).unwrap_or(Timestamp::MAX),
            calls: vec![],
        };
        let mut prepared = tools.prepare_round()?;
        prepared.rounds = Some(Box::new(tools));
        Ok(prepared)
    }

    fn prepare_round(&self) -> openclaw_web::Result<PreparedChat> {
        let body = self.conversation.body(self.round == MAX_ROUNDS);
        let request = ChatRequest::parse(&body)?;
        PreparedChat::new(
            &self.app,
            &self.quota,
            &self.id,
            &request,
            &body,
            self.stream,
        )
    }

    fn run(&self) -> Running {
        let clock = self.app.ports.clock.clone();
        let calls = self.calls.iter().enumerate();
        let running = calls.map(|(at, (call, _))| {
            let clock = clock.clone();
            let begun = clock.now();
            let work = match at < MAX_CALLS {
                true => self.toolbox.run(&call.name, &call.arguments),
                false => {
                    let issue = format!("at most {MAX_CALLS} calls are run at once");
                    std::future::ready(Err(Error::invalid("tool_calls", issue))).boxed()
                }
            };
            work.map(move |outcome| Ran {
                call: at,
                outcome,
                took: clock.now().duration_since(begun),
            })
        });
        running.collect::<FuturesUnordered<_>>().boxed()
    }

    async fn next_round(&mut self, settlement: &mut Settlement) -> Result<Plan> {
        for (call, result) in std::mem::take(&mut self.calls) {
            let result = result.unwrap_or_default();
            self.conversation.push_result(&call.id, &result);
        }
        self.round += 1;
        let prepared = self.prepare_round().map_err(|error| error.0)?;
        let caller = self.quota.caller();
        let spender = Spender {
            account: &caller.account,
            key: &caller.key,
        };
        let tokens = prepared.prompt_tokens();
        settlement
            .next_round(tokens, prepared.max_cost, spender)
            .await?;
        Ok(prepared.plan.traced(self.quota.trace()))
    }

    fn progress(&self, at: usize, status: &str, took: Duration) -> Chunk {
        let call = self.calls.get(at).map(|(call, _)| call);
        let (skill, command) = call
            .and_then(|call| self.toolbox.find(&call.name))
            .map_or(("", ""), |tool| (&*tool.skill, &*tool.command));
        self.visible.progress(&json!({
            "id": call.map(|call| &call.id),
            "skill": skill,
            "command": command,
            "status": status,
            "duration_ms": u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
        }))
    }
}

impl Rounds for ToolLoop {
    fn ports(&self) -> Ports {
        self.app.ports.clone()
    }

    fn after(&mut self, answer: &Bytes) -> Result<Next> {
        let turn = Turn::read(answer)?;
        let calls = turn.calls();
        let is_ours = |name: &str| self.toolbox.has(name);
        let ours = calls.iter().filter(|call| is_ours(&call.name)).count();
        if ours == 0 {
            let answer = answer.clone();
            let is_cut = false;
            return Ok(Next::Done { answer, is_cut });
        }
        let is_late = self.app.ports.clock.now() >= self.ends_at;
        if ours < calls.len() || self.round >= MAX_ROUNDS || is_late {
            return Ok(Next::Done {
                answer: turn.without(is_ours).into(),
                is_cut: ours == calls.len(),
            });
        }
        self.conversation.push(turn.message());
        self.calls = calls.into_iter().map(|call| (call, None)).collect();
        Ok(Next::Run(self.run()))
    }

    /// The model is told, failures included.
    fn ran(&mut self, ran: Ran) -> Chunk {
        let Ran {
            call: at,
            outcome,
            took,
        } = ran;
        let status = if outcome.is_ok() {
            "completed"
        } else {
            "failed"
        };
        let text = match outcome {
            Ok(Value::String(text)) => text,
            Ok(value) => value.to_string(),
            Err(error) => json!({"error": error.body()}).to_string(),
        };
        let chunk = self.progress(at, status, took);
        if let Some((_, result)) = self.calls.get_mut(at) {
            *result = Some(shortened(text));
        }
        chunk
    }

    fn go_on<'a>(&'a mut self, settlement: &'a mut Settlement) -> BoxFuture<'a, Result<Plan>> {
        self.next_round(settlement).boxed()
    }

    fn show(&mut self, chunk: &Chunk) -> Option<Chunk> {
        let toolbox = &self.toolbox;
        self.visible.chunk(chunk, |name| toolbox.has(name))
    }

    fn after_stream(&mut self) -> Result<(Vec<Chunk>, Option<Running>)> {
        let answer = self.visible.round_over()?;
        match self.after(&answer)? {
            Next::Done { is_cut, .. } => Ok((vec![self.visible.end(is_cut)], None)),
            Next::Run(running) => {
                let calls = 0..self.calls.len();
                let begun = calls.map(|at| self.progress(at, "running", Duration::ZERO));
                Ok((begun.collect(), Some(running)))
            }
        }
    }
}

/// A result that a model can be told: its beginning, where it is longer than that.
fn shortened(mut text: String) -> String {
    if text.len() > MAX_RESULT {
        let end = (0..=MAX_RESULT).rev().find(|at| text.is_char_boundary(*at));
        text.truncate(end.unwrap_or_default());
        text.push_str("… (cut off: the result is longer)");
    }
    text
}
