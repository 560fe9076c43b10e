//! A streamed answer, as OpenAI's typed events
//! (<https://platform.openai.com/docs/api-reference/responses-streaming>).

use super::{
    output::{Frame, call_item, message_item, output, reasoning_item, text_part, usage_object},
    store::Stored,
};
use crate::sse::{write, write_raw};
use bytes::BytesMut;
use futures_util::{FutureExt, future::BoxFuture};
use openclaw_chat::EventWriter;
use openclaw_core::{Error, Money, Ports, Result, json::Object};
use openclaw_providers::{Chunk, CompletionBuilder};
use openclaw_schema::usage::TokenUsage;
use serde_json::{Value, json};

/// The item that is being written.
#[derive(Clone, Debug)]
enum Open {
    Reasoning(String),
    Text(String),
    Call {
        /// By its index in the chat.
        index: u64,
        id: String,
        name: String,
        arguments: String,
    },
}

/// Where a response is kept, and the conversation before it.
pub(super) struct Keeping {
    pub(super) ports: Ports,
    pub(super) account: String,
    pub(super) items: Vec<Value>,
    pub(super) before: usize,
}

/// Writes one stream.
pub(super) struct EventStream {
    frame: Frame,
    keeping: Option<Keeping>,
    sequence: u64,
    started: bool,
    open: Option<Open>,
    /// Items that are over.
    items: usize,
    whole: CompletionBuilder,
    /// The provider's own last event, with the whole response: it waits for what that cost.
    last: Option<(Vec<u8>, Object)>,
    /// The response as it ended.
    pub(super) ended: Option<Value>,
}

impl EventStream {
    pub(super) fn new(frame: Frame, keeping: Option<Keeping>) -> Self {
        Self {
            frame,
            keeping,
            sequence: 0,
            started: false,
            open: None,
            items: 0,
            whole: CompletionBuilder::default(),
            last: None,
            ended: None,
        }
    }

    fn event(&mut self, mut event: Value, out: &mut BytesMut) {
        event["sequence_number"] = self.sequence.into();
        self.sequence += 1;
        write(&event, out);
    }

    fn start(&mut self, out: &mut BytesMut) {
        if self.started {
            return;
        }
        self.started = true;
        let response = self.frame.response("in_progress", vec![]);
        for kind in ["response.created", "response.in_progress"] {
            self.event(json!({"type": kind, "response": response}), out);
        }
    }

    /// The id of the open item, and what each of its events has.
    fn item_event(&self, prefix: &str, kind: &str) -> Value {
        let id = self.frame.item_id(prefix, self.items);
        json!({"type": kind, "item_id": id, "output_index": self.items})
    }

    fn added(&mut self, item: Value, out: &mut BytesMut) {
        let kind = "response.output_item.added";
        let event = json!({"type": kind, "output_index": self.items, "item": item});
        self.event(event, out);
    }

    /// Ends the open item.
    fn close(&mut self, out: &mut BytesMut) {
        let Some(open) = self.open.take() else {
            return;
        };
        let item = match open {
            Open::Reasoning(text) => {
                let mut done = self.item_event("rs", "response.reasoning_text.done");
                done["content_index"] = 0.into();
                done["text"] = text.as_str().into();
                self.event(done, out);
                reasoning_item(&self.frame, self.items, &text, None)
            }
            Open::Text(text) => {
                let mut done = self.item_event("msg", "response.output_text.done");
                done["content_index"] = 0.into();
                done["text"] = text.as_str().into();
                done["logprobs"] = json!([]);
                self.event(done, out);
                let part = text_part(&text);
                let mut done = self.item_event("msg", "response.content_part.done");
                done["content_index"] = 0.into();
                done["part"] = part.clone();
                self.event(done, out);
                message_item(&self.frame, self.items, vec![part], "completed")
            }
            Open::Call {
                id,
                name,
                arguments,
                ..
            } => {
                let mut done = self.item_event("fc", "response.function_call_arguments.done");
                done["name"] = name.as_str().into();
                done["arguments"] = arguments.as_str().into();
                self.event(done, out);
                call_item(&self.frame, self.items, &id, &name, &arguments, "completed")
            }
        };
        let kind = "response.output_item.done";
        let event = json!({"type": kind, "output_index": self.items, "item": item});
        self.event(event, out);
        self.items += 1;
    }

    fn reasoning(&mut self, more: &str, out: &mut BytesMut) {
        if !matches!(self.open, Some(Open::Reasoning(_))) {
            self.close(out);
            self.added(reasoning_item(&self.frame, self.items, "", None), out);
            self.open = Some(Open::Reasoning(String::new()));
        }
        if let Some(Open::Reasoning(text)) = &mut self.open {
            text.push_str(more);
        }
        let mut event = self.item_event("rs", "response.reasoning_text.delta");
        event["content_index"] = 0.into();
        event["delta"] = more.into();
        self.event(event, out);
    }

    fn text(&mut self, more: &str, out: &mut BytesMut) {
        if !matches!(self.open, Some(Open::Text(_))) {
            self.close(out);
            let item = message_item(&self.frame, self.items, vec![], "in_progress");
            self.added(item, out);
            let mut part = self.item_event("msg", "response.content_part.added");
            part["content_index"] = 0.into();
            part["part"] = text_part("");
            self.event(part, out);
            self.open = Some(Open::Text(String::new()));
        }
        if let Some(Open::Text(text)) = &mut self.open {
            text.push_str(more);
        }
        let mut event = self.item_event("msg", "response.output_text.delta");
        event["content_index"] = 0.into();
        event["delta"] = more.into();
        event["logprobs"] = json!([]);
        self.event(event, out);
    }

    fn call(&mut self, call: &Value, out: &mut BytesMut) {
        let at = call["index"].as_u64().unwrap_or_default();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let more = text(&call["function"]["arguments"]);
        if !matches!(&self.open, Some(Open::Call { index, .. }) if *index == at) {
            self.close(out);
            let (id, name) = (text(&call["id"]), text(&call["function"]["name"]));
            let item = call_item(&self.frame, self.items, &id, &name, "", "in_progress");
            self.added(item, out);
            self.open = Some(Open::Call {
                index: at,
                id,
                name,
                arguments: String::new(),
            });
        }
        if more.is_empty() {
            return;
        }
        if let Some(Open::Call { arguments, .. }) = &mut self.open {
            arguments.push_str(&more);
        }
        let mut event = self.item_event("fc", "response.function_call_arguments.delta");
        event["delta"] = more.into();
        self.event(event, out);
    }

    fn piece(&mut self, chunk: &Value, out: &mut BytesMut) {
        let delta = &chunk["choices"][0]["delta"];
        let text = |name: &str| delta[name].as_str().filter(|text| !text.is_empty());
        if let Some(more) = text("reasoning_content").or_else(|| text("reasoning")) {
            self.reasoning(more, out);
        }
        if let Some(more) = text("content").or_else(|| text("refusal")) {
            self.text(more, out);
        }
        for call in delta["tool_calls"].as_array().into_iter().flatten() {
            self.call(call, out);
        }
    }

    /// An event of the provider's own, in which the response is ours to keep.
    fn verbatim(&mut self, name: &[u8], chunk: &Chunk, out: &mut BytesMut) {
        self.started = true;
        let event = serde_json::from_slice::<Object>(&chunk.json);
        let Ok(mut event) = event else {
            return write_raw(name, &chunk.json, out);
        };
        let response = event.get("response").and_then(Object::of);
        let Some(response) = response else {
            return write_raw(name, &chunk.json, out);
        };
        event.set("response", own(&self.frame, response).to_string());
        match chunk.finished {
            true => self.last = Some((name.to_vec(), event)),
            false => write_raw(name, event.to_string().as_bytes(), out),
        }
    }

    /// How it ended: the response, and the event that says so.
    fn conclude(&mut self, usage: &TokenUsage, cost: Money) -> Result<Value> {
        if let Some((_, event)) = &mut self.last {
            let response = event.get("response").and_then(Object::of);
            let mut response = response.unwrap_or_default();
            response.set("usage", priced(&response, usage, cost));
            event.set("response", response.to_string());
            return serde_json::from_str(&response.to_string()).map_err(Error::internal);
        }
        let whole = std::mem::take(&mut self.whole).build()?;
        let (output, finish) = output(&self.frame, &whole.body)?;
        Ok(self.frame.ended(&finish, output, usage, cost))
    }
}

/// The provider's response under our id: what it leads to is kept here.
pub(super) fn own(frame: &Frame, mut response: Object) -> Object {
    response.set("id", json!(frame.id).to_string());
    response.set("store", frame.store.to_string());
    response.set("background", frame.background.to_string());
    let previous = &frame.shown["previous_response_id"];
    response.set("previous_response_id", previous.to_string());
    response
}

/// The provider's `usage` with what it cost; ours where it told none.
pub(super) fn priced(response: &Object, usage: &TokenUsage, cost: Money) -> String {
    match response.get("usage").and_then(Object::of) {
        Some(mut told) => {
            told.set("cost", cost.to_string());
            told.to_string()
        }
        None => usage_object(usage, cost).to_string(),
    }
}

impl EventWriter for EventStream {
    fn chunk(&mut self, chunk: &Chunk, out: &mut BytesMut) {
        if let Some(name) = &chunk.event {
            return self.verbatim(name, chunk, out);
        }
        self.start(out);
        // What cannot be put together shows at the end.
        let _ = self.whole.push(chunk);
        if let Ok(piece) = serde_json::from_slice(&chunk.json) {
            self.piece(&piece, out);
        }
    }

    fn before_end(
        &mut self,
        usage: &TokenUsage,
        cost: Money,
    ) -> Option<BoxFuture<'static, Result<()>>> {
        let response = match self.conclude(usage, cost) {
            Ok(response) => response,
            Err(error) => return Some(async { Err(error) }.boxed()),
        };
        self.ended = Some(response.clone());
        let keeping = self.keeping.take()?;
        let id = self.frame.id.clone();
        Some(async move { keeping.keep(response, &id).await }.boxed())
    }

    fn end(&mut self, _: &TokenUsage, _: Money, out: &mut BytesMut) {
        if let Some((name, event)) = self.last.take() {
            return write_raw(&name, event.to_string().as_bytes(), out);
        }
        self.start(out);
        self.close(out);
        let response = self.ended.take().unwrap_or_default();
        let kind = match response["status"] == "incomplete" {
            true => "response.incomplete",
            false => "response.completed",
        };
        self.event(json!({"type": kind, "response": response}), out);
    }

    fn error(&mut self, error: &Error, out: &mut BytesMut) {
        self.start(out);
        let response = self.frame.failed(error);
        self.event(
            json!({"type": "response.failed", "response": response}),
            out,
        );
    }
}

impl Keeping {
    /// Keeps the response, unless it is too long for that.
    pub(super) async fn keep(self, response: Value, id: &str) -> Result<()> {
        let asked = Stored {
            response: Value::Null,
            items: self.items,
            before: self.before,
            request: None,
        };
        let stored = asked.answered(response);
        stored.keep(&self.ports, &self.account, id).await
    }
}
