//! Messages: a system prompt, and turns of `user` and `assistant` made of blocks.

use super::{
    calls::{Arguments, CallIds},
    content::{Block, Cached, content, set_breakpoint, text, unsupported},
    thoughts::{self, Thought},
};
use openclaw_core::{Error, Result};
use openclaw_schema::chat::{Message, ToolCall};
use serde::{Serialize, Serializer};

/// A turn of the user's before an assistant's greeting: Anthropic's conversations begin with one.
const SILENT_USER: &str = ".";

/// What was said so far.
#[derive(Debug, Default)]
pub(super) struct Conversation<'a> {
    pub(super) system: System<'a>,
    pub(super) turns: Vec<Turn<'a>>,
}

/// What one side says, up to the other side's turn.
#[derive(Debug, Serialize)]
pub(super) struct Turn<'a> {
    role: Role,
    content: Vec<Cached<'a>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Role {
    User,
    Assistant,
}

/// The system prompt: one text, or blocks where one of them ends with a cache breakpoint.
#[derive(Debug, Default)]
pub(super) struct System<'a>(Vec<Cached<'a>>);

impl<'a> System<'a> {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds a text of ours.
    pub(super) fn instruct(&mut self, text: &'static str) {
        self.0.push(Block::Text { text }.into());
    }
}

impl Serialize for System<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.0.iter().any(|cached| cached.cache_control.is_some()) {
            return self.0.serialize(serializer);
        }
        let texts = self.0.iter().filter_map(|cached| match cached.block {
            Block::Text { text } => Some(text),
            _ => None,
        });
        let texts: Vec<_> = texts.collect();
        serializer.serialize_str(&texts.join("\n\n"))
    }
}

/// The conversation, as Anthropic takes it.
pub(super) fn encode<'a>(messages: &'a [Message<'a>]) -> Result<Conversation<'a>> {
    let mut conversation = Conversation::default();
    let mut ids = CallIds::default();
    for (at, message) in messages.iter().enumerate() {
        let path = format!("messages[{at}]");
        match &*message.role {
            "system" | "developer" => {
                let blocks = system(message, &path)?;
                conversation.system.0.extend(blocks);
            }
            "user" => {
                let mut blocks = content(message, &path)?;
                set_breakpoint(&mut blocks, message.cache_control);
                conversation.add(Role::User, blocks);
            }
            "assistant" => {
                let blocks = assistant(message, &path, &mut ids)?;
                conversation.add(Role::Assistant, blocks);
            }
            "tool" => conversation.add_result(tool_result(message, &path, &mut ids)?),
            _ => return Err(unsupported(format!("{path}.role"))),
        }
    }
    conversation.finish()
}

impl<'a> Conversation<'a> {
    /// Neighbours of one side are one turn.
    fn add(&mut self, role: Role, blocks: Vec<Cached<'a>>) {
        match self.turns.last_mut() {
            Some(turn) if turn.role == role => turn.content.extend(blocks),
            _ if blocks.is_empty() => {}
            _ => self.turns.push(Turn {
                role,
                content: blocks,
            }),
        }
    }

    /// A turn's results come before what else the user says.
    fn add_result(&mut self, result: Cached<'a>) {
        match self.turns.last_mut() {
            Some(turn) if turn.role == Role::User => {
                let results = turn.content.iter();
                let results = results.take_while(|cached| is_result(cached)).count();
                turn.content.insert(results, result);
            }
            _ => self.add(Role::User, vec![result]),
        }
    }

    /// Makes a conversation of it that Anthropic takes.
    fn finish(mut self) -> Result<Self> {
        if self.turns.is_empty() {
            if self.system.is_empty() {
                let issue = "must hold more than empty messages for this model";
                return Err(Error::invalid("messages", issue));
            }
            // OpenAI's models answer a system prompt alone.
            let System(content) = std::mem::take(&mut self.system);
            self.add(Role::User, content);
        }
        if self
            .turns
            .first()
            .is_some_and(|turn| turn.role == Role::Assistant)
        {
            let content = vec![Block::Text { text: SILENT_USER }.into()];
            let role = Role::User;
            self.turns.insert(0, Turn { role, content });
        }
        // The answer continues it: Anthropic takes no thoughts there, and no white space at its end.
        if let Some(turn) = self.last_of_assistant() {
            turn.content.retain(|cached| !cached.block.is_thinking());
            if let Some(Block::Text { text }) = turn.content.last_mut().map(|last| &mut last.block)
            {
                *text = text.trim_end();
            }
        }
        Ok(self)
    }

    fn last_of_assistant(&mut self) -> Option<&mut Turn<'a>> {
        let last = self.turns.last_mut();
        last.filter(|turn| turn.role == Role::Assistant)
    }

    /// Whether the answer continues the assistant's own words.
    pub(super) fn ends_with_assistant(&self) -> bool {
        let last = self.turns.last();
        last.is_some_and(|turn| turn.role == Role::Assistant)
    }

    /// Whether a tool is answered and the call before it does not begin with a thought.
    pub(super) fn lacks_thoughts(&self) -> bool {
        let [.., call, answer] = &*self.turns else {
            return false;
        };
        answer.content.first().is_some_and(is_result)
            && !call
                .content
                .first()
                .is_some_and(|first| first.block.is_thinking())
    }

    /// The names of the tools that were called, each once, in the order of their first call.
    pub(super) fn called(&self) -> Vec<&'a str> {
        let mut names = Vec::new();
        for cached in self.turns.iter().flat_map(|turn| &turn.content) {
            match cached.block {
                Block::ToolUse { name, .. } if !names.contains(&name) => names.push(name),
                _ => {}
            }
        }
        names
    }
}

fn is_result(cached: &Cached<'_>) -> bool {
    matches!(cached.block, Block::ToolResult { .. })
}

/// The texts of a system message. Anthropic's prompts hold nothing else.
fn system<'a>(message: &'a Message<'a>, path: &str) -> Result<Vec<Cached<'a>>> {
    let mut blocks = content(message, path)?;
    let is_text = |cached: &Cached<'_>| matches!(cached.block, Block::Text { .. });
    if !blocks.iter().all(is_text) {
        let issue = "must hold only text in a system message for this model";
        return Err(Error::invalid(format!("{path}.content"), issue));
    }
    set_breakpoint(&mut blocks, message.cache_control);
    Ok(blocks)
}

fn assistant<'a>(
    message: &'a Message<'a>,
    path: &str,
    ids: &mut CallIds<'a>,
) -> Result<Vec<Cached<'a>>> {
    for (field, given) in [
        ("function_call", message.function_call),
        ("audio", message.audio),
    ] {
        if given.is_some() {
            return Err(unsupported(format!("{path}.{field}")));
        }
    }
    let mut said = content(message, path)?;
    let refusal = message.refusal.as_ref();
    said.extend(
        refusal
            .and_then(|refusal| text(&refusal.0))
            .map(Cached::from),
    );
    let mut items: Vec<Vec<Cached<'a>>> = Vec::new();
    if !said.is_empty() {
        items.push(said);
    }
    let calls = message.tool_calls.iter().flatten().enumerate();
    for (at, call) in calls {
        let call = tool_use(call, ids, || format!("{path}.tool_calls[{at}]"))?;
        items.push(vec![call.into()]);
    }
    let thoughts: Vec<Thought<'a>> = match message.thinking_blocks {
        Some(raw) => openclaw_schema::parse(raw.get(), &format!("{path}.thinking_blocks"))?,
        None => Vec::new(),
    };
    let mut blocks = thoughts::interleave(thoughts, items);
    set_breakpoint(&mut blocks, message.cache_control);
    Ok(blocks)
}

fn tool_use<'a>(
    call: &'a ToolCall<'a>,
    ids: &mut CallIds<'a>,
    path: impl Fn() -> String,
) -> Result<Block<'a>> {
    let function = call.function.as_ref();
    let function = function.ok_or_else(|| unsupported(format!("{}.type", path())))?;
    Ok(Block::ToolUse {
        id: ids.called(&call.id),
        name: &function.name,
        input: Arguments::new(&function.arguments),
    })
}

fn tool_result<'a>(
    message: &'a Message<'a>,
    path: &str,
    ids: &mut CallIds<'a>,
) -> Result<Cached<'a>> {
    let id = message.tool_call_id.as_ref().map(|id| &*id.0);
    Ok(Cached {
        block: Block::ToolResult {
            tool_use_id: ids.answered(id.unwrap_or_default()),
            content: content(message, path)?,
        },
        cache_control: message.cache_control,
    })
}
