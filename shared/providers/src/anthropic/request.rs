//! The request out.

mod calls;
mod content;
mod format;
mod media;
mod messages;
mod reasoning;
mod schema;
mod thoughts;
mod tools;

use self::{
    format::{OutputFormat, ResponseFormat},
    messages::{System, Turn},
    reasoning::{Obstacles, ThinkingConfig},
    tools::{Choice, Tool, Toolset},
};
use super::family::{Family, Sampling};
use crate::dialect::{Input, MAX_TOKENS};
use bytes::Bytes;
use openclaw_core::{Error, Result};
use openclaw_schema::chat::Text;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};
use std::{borrow::Cow, fmt::Write};

/// The longest `metadata.user_id`, in characters.
const LONGEST_USER: usize = 256;

#[derive(Serialize)]
struct Request<'a> {
    max_tokens: u64,
    #[serde(skip_serializing_if = "System::is_empty")]
    system: System<'a>,
    messages: Vec<Turn<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    temperature: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    top_p: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    top_k: Option<u64>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    stop_sequences: Vec<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    thinking: Option<ThinkingConfig<'a>>,
    #[serde(skip_serializing_if = "OutputConfig::is_empty")]
    output_config: OutputConfig,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tools: Vec<Tool<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tool_choice: Option<Choice<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    metadata: Option<Metadata<'a>>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    stream: bool,
}

#[derive(Serialize)]
struct OutputConfig {
    #[serde(skip_serializing_if = "Option::is_none")]
    effort: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    format: Option<OutputFormat>,
}

impl OutputConfig {
    fn is_empty(&self) -> bool {
        self.effort.is_none() && self.format.is_none()
    }
}

#[derive(Serialize)]
struct Metadata<'a> {
    user_id: Cow<'a, str>,
}

/// `docs/dialects.md` says what each field becomes.
pub(crate) fn encode_request(input: &Input<'_>) -> Result<Bytes> {
    refuse_unsupported(input)?;
    let family = Family::of(input.model.name);
    let max_tokens = max_tokens(input)?;
    let mut conversation = messages::encode(&input.request.messages)?;
    let (answer, format) = match format::encode(input, family)? {
        ResponseFormat::Text => (None, None),
        ResponseFormat::Tool(tool) => (Some(tool), None),
        ResponseFormat::Structured(format) => (None, Some(format)),
        ResponseFormat::Instruction => {
            conversation.system.instruct(format::INSTRUCTION);
            (None, None)
        }
    };
    let Toolset { tools, choice } = tools::encode(input, answer, &conversation.called())?;
    let obstacles = Obstacles {
        bound_answer: conversation.ends_with_assistant()
            || choice.as_ref().is_some_and(Choice::is_forced),
        thoughts_missing: conversation.lacks_thoughts(),
    };
    let reasoning = reasoning::encode(input, family.thinking, max_tokens, obstacles)?;
    let takes = match reasoning.is_on() {
        true => Sampling::Neither,
        false => family.sampling,
    };
    let (temperature, top_p) = sampling(input, takes)?;
    // No field of OpenAI's: a value that Claude cannot take says "off" to the vendors who have it.
    let top_k = input.field::<&RawValue>("top_k")?;
    let top_k = top_k.and_then(|top_k| top_k.get().parse().ok());
    let request = Request {
        max_tokens,
        system: conversation.system,
        messages: conversation.turns,
        temperature,
        top_p,
        top_k: top_k.filter(|_| takes != Sampling::Neither),
        stop_sequences: stop_sequences(input)?,
        thinking: reasoning.thinking,
        output_config: OutputConfig {
            effort: reasoning.effort,
            format,
        },
        tools,
        tool_choice: choice,
        metadata: user(input)?.map(|user_id| Metadata { user_id }),
        stream: input.stream,
    };
    let mut body = serde_json::to_vec(&request).map_err(Error::internal)?;
    // The model's name is put in front.
    if let Some(brace) = body.first_mut() {
        *brace = b',';
    }
    Ok(body.into())
}

fn max_tokens(input: &Input<'_>) -> Result<u64> {
    if let Some(asked) = input.max_tokens() {
        return Ok(asked);
    }
    let most = input.model.max_output_tokens;
    for name in MAX_TOKENS {
        if let Some(default) = input.field::<u64>(name)? {
            return Ok(default.min(most));
        }
    }
    Ok(most)
}

/// `temperature`, which is at most 1 here, and `top_p`. Where only one may be given, it is
/// `temperature`, unless that is 1, which is where it stands anyway.
fn sampling(input: &Input<'_>, takes: Sampling) -> Result<(Option<f64>, Option<f64>)> {
    let temperature = input.field::<f64>("temperature")?;
    let temperature = temperature.map(|temperature| temperature.min(1.0));
    let top_p = input.field::<f64>("top_p")?;
    Ok(match (takes, temperature, top_p) {
        (Sampling::Neither, ..) => (None, None),
        (Sampling::One, Some(1.0), Some(top_p)) => (None, Some(top_p)),
        (Sampling::One, Some(temperature), _) => (Some(temperature), None),
        (_, temperature, top_p) => (temperature, top_p),
    })
}

fn refuse_unsupported(input: &Input<'_>) -> Result<()> {
    if input.field::<u64>("n")?.is_some_and(|n| n > 1) {
        return Err(Error::invalid("n", "must be 1 for this model"));
    }
    for name in ["functions", "function_call", "audio"] {
        if input.field::<&RawValue>(name)?.is_some() {
            return Err(content::unsupported(name.into()));
        }
    }
    let modalities = input.field::<Vec<Text<'_>>>("modalities")?;
    if modalities.iter().flatten().any(|kind| *kind != "text") {
        return Err(content::unsupported("modalities".into()));
    }
    Ok(())
}

/// One string or several.
#[derive(Deserialize)]
#[serde(untagged, expecting = "a string or an array of strings")]
enum Stop<'a> {
    One(#[serde(borrow)] Text<'a>),
    More(#[serde(borrow)] Vec<Text<'a>>),
}

/// Anthropic refuses those of white space only: they are left out.
fn stop_sequences<'a>(input: &Input<'a>) -> Result<Vec<Cow<'a, str>>> {
    let stop = match input.field::<Stop<'a>>("stop")? {
        None => Vec::new(),
        Some(Stop::One(text)) => vec![text],
        Some(Stop::More(texts)) => texts,
    };
    let texts = stop.into_iter().map(|text| text.0);
    Ok(texts.filter(|text| !text.trim().is_empty()).collect())
}

/// Who asks. Anthropic refuses addresses and telephone numbers: of these, and of what is too long,
/// it gets a hash, which still tells users apart.
fn user<'a>(input: &Input<'a>) -> Result<Option<Cow<'a, str>>> {
    let user = match input.field::<Text<'a>>("user")? {
        None => input.field::<Text<'a>>("safety_identifier")?,
        user => user,
    };
    let user = user
        .map(|text| text.0)
        .filter(|user| !user.trim().is_empty());
    Ok(user.map(
        |user| match is_personal(&user) || user.chars().count() > LONGEST_USER {
            true => Cow::Owned(hash(&user)),
            false => user,
        },
    ))
}

/// An e-mail address, or digits with the signs of a telephone number among them.
fn is_personal(user: &str) -> bool {
    let of_phone = |letter: char| letter.is_ascii_digit() || " +-().".contains(letter);
    let digits = user.chars().filter(char::is_ascii_digit).count();
    user.contains('@') || (digits >= 7 && user.chars().all(of_phone))
}

fn hash(text: &str) -> String {
    let mut hash = String::from("user_");
    for byte in Sha256::digest(text) {
        // Writing to a string does not fail.
        let _ = write!(hash, "{byte:02x}");
    }
    hash
}
